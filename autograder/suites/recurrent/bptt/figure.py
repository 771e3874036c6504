"""How far back in time the error of a prediction reaches, for letters of news texts."""

import numpy as np
from matplotlib.figure import Figure

from autograder.drawing.corpus import news_tokens
from autograder.drawing.style import ACCENT, GREY, YOURS

LETTERS = " abcdefghijklmnopqrstuvwxyz"
SEQUENCES, STEPS, UNITS = 12, 14, 20
MARKED = range(1, STEPS + 1, 4)  # the windows of which the reference's values are shown
SAME = 1e-6  # differences that are rounding
SETTINGS = {"whole": {}, "window=3": {"window": 3}, "average": {"average": True}}
RESULTS = ("Y", "H", "Wx", "Wh", "bh", "Wy", "by")
SCALES = {0.5: "#cc79a7", 1.0: YOURS, 2.0: ACCENT}  # size of the recurrent weights: largest |eigenvalue|


def draw(student, reference) -> Figure:
    """Draw what each step back in time adds to the gradient, and how good a truncated gradient is.

    A step's share is the gradient with a window of w replicas less that with w - 1: what errors bring to the replica w - 1 steps
    before them.

    Args:
        student, reference: modules with `bptt(X, T, h0, params, window=None, average=False)`.
    """
    X, T = _letters()
    figure = Figure(figsize=(15, 4.8))
    left, right, table = figure.subplots(1, 3, width_ratios=[3, 3, 2])
    figure.subplots_adjust(left=0.06, right=0.99, top=0.86, bottom=0.22, wspace=0.25)
    for scale, colour in SCALES.items():
        yours = _reach(student, X, T, _weights(scale), range(1, STEPS + 1))
        right_ones = _reach(reference, X, T, _weights(scale), MARKED)
        for axes, first, values, wanted in zip((left, right), (0, 1), yours, right_ones, strict=True):
            steps = np.arange(first, first + STEPS)
            axes.plot(steps, values, "-", color=colour, lw=1.8, label=f"yours, |eigenvalues of Wh| up to {scale}")
            axes.plot(steps[[window - 1 for window in MARKED]], wanted, "o", color=colour, mfc="none", ms=10)
    left.set_yscale("log")
    left.plot([], [], "o", color=GREY, mfc="none", ms=10, label="the reference's")
    figure.legend(*left.get_legend_handles_labels(), loc="lower center", ncols=4)
    gaps = _gaps(student, reference, X, T)
    _show_gaps(table, gaps)
    same = np.nanmax(gaps) < SAME
    verdict = "the same as the reference's" if same else "not the reference's, see the table"
    figure.suptitle(f"Gradients through time for letters of texts; yours are {verdict}")
    left.set(
        title="Errors fade or grow on their way back",
        xlabel="steps back in time",
        ylabel="norm of what they add to the gradient of Wx",
    )
    right.set(
        title="How good is a truncated gradient?",
        xlabel=f"window, of {STEPS} replicas",
        ylabel="distance from the whole gradient, relative",
        ylim=(0, 1.05),
    )
    return figure


def _letters() -> tuple[np.ndarray, np.ndarray]:
    """Return sequences of letters as one-hot vectors, and the letter after each as its target."""
    text = " ".join(news_tokens()[:400])[: SEQUENCES * (STEPS + 1)]
    codes = np.array([LETTERS.index(letter) for letter in text]).reshape(SEQUENCES, STEPS + 1)
    one_hot = np.eye(len(LETTERS))[codes]
    return one_hot[:, :-1], one_hot[:, 1:]


def _weights(scale: float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    recurrent = rng.normal(size=(UNITS, UNITS))
    return {
        "Wx": rng.normal(0, 0.3, (len(LETTERS), UNITS)),
        "Wh": scale * recurrent / np.abs(np.linalg.eigvals(recurrent)).max(),
        "bh": np.zeros(UNITS),
        "Wy": rng.normal(0, UNITS**-0.5, (UNITS, len(LETTERS))),
        "by": np.zeros(len(LETTERS)),
    }


def _reach(
    module, X: np.ndarray, T: np.ndarray, params: dict[str, np.ndarray], windows: range
) -> tuple[list[float], list[float]]:
    """Return the norm of the share of each window's last step, and the distance of each truncated gradient from the whole one."""
    h0 = np.zeros((len(X), UNITS))

    def gradient(window: int | None) -> np.ndarray:
        return np.asarray(module.bptt(X, T, h0, params, window)["Wx"])

    grads = {0: np.zeros((len(LETTERS), UNITS))}
    for window in windows:
        for reach in (window - 1, window):
            if reach not in grads:
                grads[reach] = gradient(reach)
    whole = gradient(None)
    shares = [float(np.linalg.norm(grads[window] - grads[window - 1])) for window in windows]
    return shares, [float(np.linalg.norm(grads[window] - whole) / np.linalg.norm(whole)) for window in windows]


def _gaps(student, reference, X: np.ndarray, T: np.ndarray) -> np.ndarray:
    """Return how far each result is off, relative to its largest entry: a row per result, a column per setting.

    A result of another shape, or one that holds NaN, is infinitely far off; Y and H do not depend on the setting.
    """
    rng = np.random.default_rng(1)
    params = _weights(1.0) | {"bh": rng.normal(0, 0.3, UNITS), "by": rng.normal(0, 0.3, len(LETTERS))}
    h0 = rng.uniform(-0.8, 0.8, (len(X), UNITS))
    gaps = np.full((len(RESULTS), len(SETTINGS)), np.nan)
    for row, pair in enumerate(zip(student.forward(X, h0, params), reference.forward(X, h0, params), strict=True)):
        gaps[row, 0] = _gap(*pair)
    for column, setting in enumerate(SETTINGS.values()):
        yours, right = (module.bptt(X, T, h0, params, **setting) for module in (student, reference))
        gaps[2:, column] = [_gap(yours[name], right[name]) for name in RESULTS[2:]]
    return gaps


def _gap(yours, right) -> float:
    yours, right = np.asarray(yours), np.asarray(right)
    if yours.shape != right.shape or not np.isfinite(yours).all():
        return np.inf
    return float(np.abs(yours - right).max() / np.abs(right).max())


def _show_gaps(axes, gaps: np.ndarray) -> None:
    axes.imshow(np.where(gaps < SAME, 0, np.clip(gaps, 0.2, 1)), cmap="Reds", vmin=0, vmax=1.4, aspect="auto")
    for (row, column), gap in np.ndenumerate(gaps):
        if not np.isnan(gap):
            text = (
                "right"
                if gap < SAME
                else "no numbers"
                if np.isinf(gap)
                else f"off {gap:.0%}"
                if gap < 10
                else "far off"
            )
            axes.text(column, row, text, ha="center", va="center", fontsize=9)
    axes.set(title="Each of your results", xticks=range(len(SETTINGS)), xticklabels=SETTINGS)
    axes.set(yticks=range(len(RESULTS)), yticklabels=RESULTS)
