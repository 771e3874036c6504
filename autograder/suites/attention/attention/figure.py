"""Where the words of a sentence look, and what they learn there: each row of a map belongs to the word that asks."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from autograder.drawing.style import ACCENT

# word: what it can be found by (its key), what it looks for (its query), what it has to tell (its value)
SENTENCE = [
    ("the", "the 1", "noun 1", ""),
    ("small", "quality 1", "noun 1", "small"),
    ("robot", "noun agent 1", "quality 1", "robot"),
    ("lifts", "verb 2", "noun", "lifts"),
    ("a", "the 3", "noun 3", ""),
    ("heavy", "quality 3", "noun 3", "heavy"),
    ("box", "noun 3", "quality 3", "box"),
    ("because", "link", "verb", ""),
    ("it", "agent 4", "noun agent", ""),
    ("is", "verb 4", "agent 4", ""),
    ("strong", "quality 4", "agent 4", "strong"),
]
WORDS = [row[0] for row in SENTENCE]
FEATURES = ["noun", "verb", "quality", "the", "link", "agent", "1", "2", "3", "4"]
TOLD = ["small", "robot", "lifts", "heavy", "box", "strong"]
ALL = "all words"
SAME = 1e-5  # single precision is as good


def vectors(column: int, names: list[str], length: float) -> np.ndarray:
    """Return the (words, names) array with `length` where a word of the sentence has the feature."""
    return np.array([[length * (name in row[column].split()) for name in names] for row in SENTENCE])


def looks(module) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return context and weights of three kinds of look.

    The last two are one call for a batch of two. Only the words BEFORE a word are allowed there, so the first may look nowhere.

    Raises:
        ValueError: an array has another shape than it must have.
    """
    n = len(WORDS)
    K, Q, V = vectors(1, FEATURES, 2.0), vectors(2, FEATURES, 3.0), vectors(3, TOLD, 1.0)
    back = np.tril(np.ones((n, n), dtype=bool), -1)
    context, weights = module.attention(Q, K, V)
    contexts, batch = module.attention(np.stack([Q, 300 * Q]), np.stack([K, K]), np.stack([V, V]), back)
    results = {ALL: (context, weights)}
    for which, name in enumerate(("words before it only", "as 2, with queries 300 times as long")):
        results[name] = contexts[which], batch[which]
    for name, pair in results.items():
        for what, array, shape in zip(("context", "weights"), pair, ((n, len(TOLD)), (n, n)), strict=True):
            if np.shape(array) != shape:
                raise ValueError(f"{name}: the {what} must have the shape {shape}, not {np.shape(array)}")
    return {name: (np.asarray(context), np.asarray(weights)) for name, (context, weights) in results.items()}


def draw(student, reference) -> Figure:
    """Draw weights by the learner's code above the reference's, and for the first kind of look the contexts as well.

    Args:
        student, reference: modules with `attention(Q, K, V, mask=None)`.
    """
    yours, right = (looks(module) for module in (student, reference))
    figure = Figure(figsize=(17, 9))
    figure.subplots_adjust(left=0.05, right=0.99, top=0.85, bottom=0.07, wspace=0.06, hspace=0.14)
    grid = figure.subplots(2, 4, width_ratios=[1, 1, 1, 0.6])
    off = []
    for number, name in enumerate(right):
        _pair(grid[:, number], yours[name][1], right[name][1], WORDS, f"weights {number + 1}: {name}")
        for what, mine, theirs in zip(("context", "weights"), yours[name], right[name], strict=True):
            off += [f"{what} {number + 1}"] * int(_wrong(mine, theirs).any())
    _pair(grid[:, -1], yours[ALL][0], right[ALL][0], TOLD, "context 1")
    for panel in grid[:, 0]:
        panel.set_yticks(range(len(WORDS)), WORDS, fontsize=8)
    verdict = f"Not as the reference's: {', '.join(off)}" if off else "All are the same as the reference's"
    about = "A row shows where its word looks: what it asks for meets what others are found by. Its context is what it is told."
    figure.text(0.5, 0.965, about, ha="center", fontsize=12)
    figure.text(0.5, 0.935, verdict, ha="center", fontsize=12, weight="bold", color=ACCENT if off else "black")
    return figure


def _wrong(yours: np.ndarray, right: np.ndarray) -> np.ndarray:
    return ~np.isclose(yours, right, rtol=0, atol=SAME)


def _pair(axes: Sequence[Axes], yours: np.ndarray, right: np.ndarray, columns: list[str], title: str) -> None:
    """Draw your map above the reference's, with a frame around each entry that differs."""
    wrong = _wrong(yours, right)
    verdict = f"{wrong.sum()} of {wrong.size} entries are off" if wrong.any() else "the same"
    for panel, values in zip(axes, (yours, right), strict=True):
        panel.imshow(np.clip(np.nan_to_num(values), 0, 1), cmap="Blues", vmin=0, vmax=1, aspect="auto")
        for row, column in np.argwhere(~(np.abs(values) < 0.05)):  # NaN is written, too
            value = values[row, column]
            text = f"{value:.2f}" if abs(value) < 10 else f"{value:.0e}"
            colour = "white" if value > 0.6 else "black"
            panel.text(column, row, text, ha="center", va="center", fontsize=6.5, color=colour)
        panel.set(xticks=[], yticks=[])
    axes[0].set_title(f"{title}\nyours, {verdict}", fontsize=10)
    axes[1].set_title("the reference's", fontsize=10)
    axes[1].set_xticks(range(len(columns)), columns, rotation=45, ha="right", fontsize=8)
    rows, places = np.nonzero(wrong)
    axes[0].scatter(places, rows, s=320, marker="s", facecolors="none", edgecolors=ACCENT, linewidths=1)
