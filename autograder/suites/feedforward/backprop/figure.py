"""The gradient against finite differences, and the loss that falls when it trains a network on digits."""

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

from autograder.drawing.style import ACCENT, GREY, REFERENCE, YOURS

HIDDEN, STEPS, RATE, CHECKED = 16, 80, 2e-4, 10
COLOURS = {"W1": YOURS, "b1": ACCENT, "W2": REFERENCE, "b2": GREY}


def draw(student, reference) -> Figure:
    """Draw a gradient check and a training run, by the learner's code and by the reference.

    Args:
        student, reference: modules with `forward(X, params)`, `loss(Y, T)` and `backward(T, params, cache)`.
    """
    digits = load_digits()
    X, T = digits.data[:300] / 16, np.eye(10)[digits.target[:300]]
    figure = Figure(figsize=(13, 4.4), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    _check(left, student, X[:40], T[:40])
    left.set_title("Gradient check: on the line it is right")
    for module, colour, style, name in ((student, YOURS, "-", "yours"), (reference, REFERENCE, "--", "reference")):
        losses, hits = _train(module, X, T)
        middle.plot(losses, style, color=colour, label=name)
        right.plot(hits, style, color=colour, label=name)
    middle.set(
        title="Loss on 300 digits", xlabel="steps of gradient descent", ylabel="sum of squared errors", yscale="log"
    )
    right.set(title="Digits named rightly", xlabel="steps of gradient descent", ylabel="share of the 300", ylim=(0, 1))
    for axes in (middle, right):
        axes.legend()
    return figure


def _start(inputs: int, outputs: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    return {
        "W1": rng.normal(0, inputs**-0.5, (inputs, HIDDEN)),
        "b1": rng.normal(0, 0.1, HIDDEN),
        "W2": rng.normal(0, HIDDEN**-0.5, (HIDDEN, outputs)),
        "b2": rng.normal(0, 0.1, outputs),
    }


def _check(axes, module, X: np.ndarray, T: np.ndarray, step: float = 1e-5) -> None:
    """Plot some entries of each gradient over the slope of the loss, measured by moving that one weight by +-step."""
    params = _start(X.shape[1], T.shape[1])
    grads = module.backward(T, params, module.forward(X, params)[1])
    rng = np.random.default_rng(2)
    for name, colour in COLOURS.items():
        slopes, entries = [], []
        lit = np.flatnonzero(np.abs(np.asarray(grads[name])).ravel() > 0)  # a pixel that is never lit has no gradient
        pool = lit if len(lit) else np.arange(params[name].size)
        for index in rng.permutation(pool)[:CHECKED]:
            losses = []
            for sign in (1, -1):
                moved = {key: value.copy() for key, value in params.items()}
                moved[name].flat[index] += sign * step
                losses.append(float(module.loss(module.forward(X, moved)[0], T)))
            slopes.append((losses[0] - losses[1]) / (2 * step))
            entries.append(float(np.asarray(grads[name]).flat[index]))
        axes.plot(slopes, entries, "o", ms=5, color=colour, label=name)
    axes.axline((0, 0), slope=1, color="black", lw=0.8)
    axes.set(xlabel="slope by finite differences", ylabel="your gradient")
    axes.legend()


def _train(module, X: np.ndarray, T: np.ndarray) -> tuple[list[float], list[float]]:
    """Return the loss and the share of right answers before each of STEPS steps of gradient descent."""
    params = _start(X.shape[1], T.shape[1])
    losses, hits = [], []
    for _ in range(STEPS):
        Y, cache = module.forward(X, params)
        losses.append(float(module.loss(Y, T)))
        hits.append(float(np.mean(np.argmax(Y, axis=1) == T.argmax(axis=1))))
        grads = module.backward(T, params, cache)
        params = {name: value - RATE * np.asarray(grads[name]) for name, value in params.items()}
    return losses, hits
