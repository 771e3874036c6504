"""The decision line moving from epoch to epoch: coming to rest on two kinds of iris, circling on XOR."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from sklearn.datasets import load_iris

from autograder.drawing.style import ACCENT, GREY, REFERENCE, YOURS

FLOWERS, EPOCHS, RATE = 40, 14, 0.25
XOR = np.array([[1.0, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1]]), np.array([-1.0, 1, 1, -1])
LEGEND = [
    Line2D([], [], color=GREY, marker="o", ls="", label="class -1"),
    Line2D([], [], color=ACCENT, marker="^", ls="", label="class +1"),
    Line2D([], [], color=YOURS, lw=2.5, label="yours after each epoch, the last one bold"),
    Line2D([], [], color=YOURS, ls="--", lw=1, label="yours within one more epoch"),
    Line2D([], [], color=REFERENCE, marker="o", mfc="none", ms=9, ls="", label="the reference's last line and errors"),
]


@dataclass(frozen=True)
class Run:
    """What one module makes of one data set."""

    weights: np.ndarray  # before the first epoch and after each one
    wrong: list[int]  # with each of these weights, how many examples are answered wrongly
    answers: list[Any]  # predict for each example with the first weights
    steps: np.ndarray  # hebbian_update for each example with the first weights
    more: list[np.ndarray]  # the weights after each example of one more epoch
    epochs: Any
    converged: Any

    @property
    def end(self) -> str:
        """How the whole training ended, in words."""
        return f"{'converged' if self.converged else 'not converged'}, epochs = {self.epochs}"


def draw(student, reference) -> Figure:
    """Draw the line after each epoch on iris and on XOR, and the errors left, beside the reference's.

    Args:
        student, reference: modules with `predict(w, x)`, `hebbian_update(w, x, t, eta)` and
            `train(w, X, t, eta, max_epochs)`.
    """
    figure = Figure(figsize=(13, 5), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    problems = {
        "Iris: setosa (-1), versicolor (+1)": (left, *_iris(), [-8.0, -0.5, 0.75]),
        "XOR: no line separates the classes": (middle, *XOR, [0.0, 0.0, 0.0]),
    }
    different: set[str] = set()
    for (title, (axes, X, t, start)), style in zip(problems.items(), ("-", ":"), strict=True):
        yours, wanted = (_run(module, X, t, np.array(start)) for module in (student, reference))
        different |= _different(yours, wanted)
        _plane(axes, X, t, yours, wanted.weights[-1])
        axes.set_title(f"{title}\nyours: {yours.end}\nreference: {wanted.end}", fontsize=10)
        right.plot(yours.wrong, style, color=YOURS, label=f"{title.partition(':')[0]}, yours")
        shown = range(0, len(wanted.wrong), 2)
        right.plot(shown, [wanted.wrong[i] for i in shown], "o", color=REFERENCE, mfc="none", ms=9)
    left.set(xlabel="sepal length - 55 mm", ylabel="sepal width - 30 mm")
    middle.set(xlabel="x[1]", ylabel="x[2]")
    right.set(xlabel="epochs of training", ylabel="examples answered wrongly", yscale="symlog", ylim=(-0.2, 300))
    right.set_title("Errors left after each epoch", fontsize=10)
    right.legend(loc="upper right", ncols=2, fontsize=9)
    figure.legend(handles=LEGEND, loc="outside lower center", ncols=5, fontsize=9)
    names = ", ".join(name for name in ("predict", "hebbian_update", "train") if name in different)
    figure.suptitle(
        f"Yours differ from the reference's in {names}" if names else "Yours are the same as the reference's"
    )
    return figure


def _iris() -> tuple[np.ndarray, np.ndarray]:
    """Some flowers of two kinds of iris; whole numbers, so that both implementations' sums are exact."""
    iris = load_iris()
    chosen = np.random.default_rng(0).permutation(np.flatnonzero(iris.target < 2))[:FLOWERS]
    sepals = np.round(10 * iris.data[chosen][:, [0, 1]]) - np.array([55, 30])
    return np.column_stack([np.ones(len(sepals)), sepals]), np.where(iris.target[chosen] == 0, -1.0, 1.0)


def _run(module, X: np.ndarray, t: np.ndarray, start: np.ndarray) -> Run:
    weights, converged = [start], False
    while len(weights) <= EPOCHS and not converged:
        w, _, converged = module.train(weights[-1], X, t, RATE, 1)
        weights.append(np.asarray(w, dtype=float))
    answers = [[module.predict(w, x) for x in X] for w in weights]
    wrong = [sum(bool(y != target) for y, target in zip(row, t, strict=True)) for row in answers]
    steps = [np.asarray(module.hebbian_update(start, x, target, RATE)) for x, target in zip(X, t, strict=True)]
    more, w = [], weights[-1]
    for x, target in zip(X, t, strict=True):
        w = np.asarray(module.hebbian_update(w, x, target, RATE), dtype=float)
        more.append(w)
    _, epochs, converged = module.train(start, X, t, RATE, EPOCHS)
    return Run(np.stack(weights), wrong, answers[0], np.stack(steps), more, epochs, converged)


def _different(yours: Run, wanted: Run) -> set[str]:
    """Return the functions whose results differ."""
    found = set()
    if yours.answers != wanted.answers:
        found.add("predict")
    if yours.steps.shape != wanted.steps.shape or not np.allclose(yours.steps, wanted.steps):
        found.add("hebbian_update")
    same = yours.weights.shape == wanted.weights.shape and np.allclose(yours.weights, wanted.weights)
    if not same or yours.end != wanted.end:
        found.add("train")
    return found


def _plane(axes: Axes, X: np.ndarray, t: np.ndarray, yours: Run, wanted: np.ndarray) -> None:
    """Draw the examples, the line w . x = 0 after each epoch, and some points of the one that is wanted at the end."""
    low, high = X[:, 1:].min(axis=0), X[:, 1:].max(axis=0)
    low, high = low - 0.2 * (high - low), high + 0.2 * (high - low)
    for target, colour, marker in ((-1, GREY, "o"), (1, ACCENT, "^")):
        axes.scatter(*X[t == target, 1:].T, c=colour, marker=marker, s=28)
    for number, w in enumerate(yours.weights, 1):
        share = number / len(yours.weights)
        axes.plot(*_line(w, low, high), color=YOURS, lw=2.5 if share == 1 else 1, alpha=0.15 + 0.85 * share)
    for w in np.unique(np.stack(yours.more), axis=0):
        axes.plot(*_line(w, low, high), "--", color=YOURS, lw=1)
    inside = _line(wanted, low, high)
    inside = inside[:, (np.abs(inside.T - (low + high) / 2) < (high - low) / 2).all(axis=1)]
    chosen = np.linspace(0, inside.shape[1] - 1, 9).astype(int)[1:-1]
    axes.plot(*inside[:, chosen], "o", color=REFERENCE, mfc="none", ms=9)
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))


def _line(w: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Points (2, m) of the line w . x = 0 across a box; none where w is no line."""
    length = np.linalg.norm(w[1:])
    if not np.isfinite(w).all() or length < 1e-12:
        return np.empty((2, 0))
    foot = -w[0] * w[1:] / length**2
    along = np.linspace(-1, 1, 801) * (np.linalg.norm(foot) + np.linalg.norm(high - low) + np.linalg.norm(low))
    return foot[:, None] + np.array([[-w[2]], [w[1]]]) / length * along
