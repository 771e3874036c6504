"""The decision line moving from epoch to epoch: coming to rest on two kinds of iris, circling on XOR."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.datasets import load_iris

from autograder.drawing.style import ACCENT, GREY, REFERENCE, YOURS

EPOCHS = 14
XOR = np.array([[1.0, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1]]), np.array([-1.0, 1, 1, -1])


def draw(student, reference) -> Figure:
    """Draw the line after each epoch on iris and on XOR, and the errors left, beside the reference's.

    Args:
        student, reference: modules with `predict(w, x)` and `train(w, X, t, eta, max_epochs)`.
    """
    figure = Figure(figsize=(13, 4.4), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    iris = load_iris()
    chosen = iris.target < 2
    millimetres = np.round(10 * iris.data[chosen][:, [0, 1]])  # whole numbers: both implementations' sums are exact
    sepals = millimetres - np.array([55, 30])
    X, t = np.column_stack([np.ones(len(sepals)), sepals]), np.where(iris.target[chosen] == 0, -1.0, 1.0)
    order = np.random.default_rng(0).permutation(len(X))
    for axes, (inputs, targets), marker, name in (
        (left, (X[order], t[order]), "o", "Iris: setosa (-1), versicolor (+1)"),
        (middle, XOR, "s", "XOR: no line separates the classes"),
    ):
        path, errors = _path(student, inputs, targets)
        right_path, right_errors = _path(reference, inputs, targets)
        _lines(axes, inputs, targets, path, right_path[-1], marker)
        axes.set_title(name)
        right.plot(errors, f"{marker}-", color=YOURS, label=f"yours, {name.partition(':')[0]}")
        right.plot(right_errors, "--", color=REFERENCE, label="reference")
    left.set(xlabel="sepal length - 55 mm", ylabel="sepal width - 30 mm")
    middle.set(xlabel="x[1]", ylabel="x[2]")
    right.set(xlabel="epochs of training", ylabel="examples answered wrongly", yscale="symlog")
    right.set_title("Errors after each epoch")
    right.legend()
    return figure


def _path(module, X: np.ndarray, t: np.ndarray) -> tuple[list[np.ndarray], list[int]]:
    """Return the weights before and after each of EPOCHS epochs, and how many examples they answer wrongly."""
    path = [np.array([0.25, -0.5, 0.75])]
    for _ in range(EPOCHS):
        path.append(np.asarray(module.train(path[-1], X, t, 0.25, 1)[0], dtype=float))
    return path, [sum(int(module.predict(w, x) != target) for x, target in zip(X, t, strict=True)) for w in path]


def _lines(axes: Axes, X: np.ndarray, t: np.ndarray, path: list[np.ndarray], last: np.ndarray, marker: str) -> None:
    low, high = X[:, 1:].min(axis=0), X[:, 1:].max(axis=0)
    low, high = low - 0.2 * (high - low), high + [0.2, 0.7] * (high - low)  # room for the legend
    for target, colour in ((-1, GREY), (1, ACCENT)):
        axes.scatter(*X[t == target, 1:].T, c=colour, marker=marker, s=28, label=f"class {target:+d}")
    horizontal = np.array([low[0], high[0]])
    for number, w in enumerate(path):
        _line(axes, horizontal, w, color=YOURS, alpha=0.15 + 0.85 * number / len(path))
    _line(axes, horizontal, path[-1], color=YOURS, lw=2.5, label=f"yours after {len(path) - 1} epochs")
    _line(axes, horizontal, last, color=REFERENCE, lw=1.5, ls="--", label="reference")
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    axes.legend(loc="upper right", fontsize=8)


def _line(axes: Axes, horizontal: np.ndarray, w: np.ndarray, **style: object) -> None:
    """Draw w . x = 0, where it can be drawn as a function of x[1]."""
    if abs(w[2]) > 1e-12:
        axes.plot(horizontal, -(w[0] + w[1] * horizontal) / w[2], **style)
    elif abs(w[1]) > 1e-12:
        axes.axvline(-w[0] / w[1], **style)
