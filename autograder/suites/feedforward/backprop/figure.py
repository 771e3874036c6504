"""The gradient against finite differences, and the loss that falls when it trains a network on digits."""

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

from autograder.drawing.style import ACCENT, GREY, REFERENCE, YOURS

HIDDEN, STEPS, RATE, CHECKED = 16, 60, 2e-4, 10
COLOURS = {"W1": YOURS, "b1": ACCENT, "W2": "#cc79a7", "b2": GREY}


def draw(student, reference) -> Figure:
    """Draw a gradient check and a training run, by the learner's code and by the reference.

    Args:
        student, reference: modules with `forward(X, params)`, `loss(Y, T)` and `backward(T, params, cache)`.
    """
    digits = load_digits()
    X, T = digits.data[:300] / 16, np.eye(10)[digits.target[:300]]
    figure = Figure(figsize=(13, 4.8), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    faults = _check(left, student, reference, X[:40], T[:40])
    yours, wanted = (_train(module, X, T) for module in (student, reference))
    for axes, values, right_ones in zip((middle, right), yours, wanted, strict=True):
        axes.plot(values, "-", color=YOURS, label="yours")
        axes.plot(
            np.arange(0, STEPS, 6), right_ones[::6], "o", color=REFERENCE, mfc="none", ms=9, label="the reference's"
        )
        axes.legend()
        if not np.allclose(values, right_ones, rtol=1e-3):
            name = "loss" if axes is middle else "share of hits"
            faults.append(f"the {name} ends at {values[-1]:.3g} instead of {right_ones[-1]:.3g}")
    middle.set(
        title="Loss on 300 digits", xlabel="steps of gradient descent", ylabel="sum of squared errors", yscale="log"
    )
    right.set(title="Digits named rightly", xlabel="steps of gradient descent", ylabel="share of the 300", ylim=(0, 1))
    verdict = "the same as the reference's" if not faults else "not right: " + "; ".join(faults[:3])
    figure.suptitle(f"Your gradient and what it learns: {verdict}")
    return figure


def _start(inputs: int, outputs: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    return {
        "W1": rng.normal(0, inputs**-0.5, (inputs, HIDDEN)),
        "b1": rng.normal(0, 0.1, HIDDEN),
        "W2": rng.normal(0, HIDDEN**-0.5, (HIDDEN, outputs)),
        "b2": rng.normal(0, 0.1, outputs),
    }


def _check(axes, student, reference, X: np.ndarray, T: np.ndarray, step: float = 1e-5) -> list[str]:
    """Plot some entries of each gradient over the slope of the learner's own loss; return which gradients are wrong and how.

    The slope is measured by moving that one weight by +-step.
    """
    params = _start(X.shape[1], T.shape[1])
    grads = student.backward(T, params, student.forward(X, params)[1])
    right = reference.backward(T, params, reference.forward(X, params)[1])
    rng = np.random.default_rng(2)
    faults = []
    for name, colour in COLOURS.items():
        yours, wanted = np.asarray(grads[name], dtype=float), np.asarray(right[name])
        label = name
        if yours.shape != wanted.shape:
            label = f"{name} has the shape {yours.shape}, not {wanted.shape}"
            faults.append(label)
        elif not np.allclose(yours, wanted, rtol=1e-3, atol=1e-3 * np.abs(wanted).max()):
            faults.append(f"the gradient of {name} is off")
        pool = np.flatnonzero(np.abs(wanted).ravel() > 0)  # a pixel that is never lit has no gradient
        chosen = [index for index in rng.permutation(pool)[:CHECKED] if index < yours.size]
        slopes = [_slope(student, X, T, params, name, index, step) for index in chosen]
        axes.plot(slopes, wanted.flat[chosen], "o", ms=11, color=REFERENCE, mfc="none")
        axes.plot(slopes, yours.flat[chosen], "o" if label == name else "x", ms=5, color=colour, label=label)
    axes.plot([], [], "o", ms=11, color=REFERENCE, mfc="none", label="the reference's")
    axes.axline((0, 0), slope=1, color="black", lw=0.8)
    axes.set(
        title="Gradient check: the dots belong into the circles",
        xlabel="slope of your loss by finite differences",
        ylabel="gradient",
    )
    axes.legend()
    return faults


def _slope(module, X: np.ndarray, T: np.ndarray, params: dict, name: str, index: int, step: float) -> float:
    losses = []
    for sign in (1, -1):
        moved = {key: value.copy() for key, value in params.items()}
        moved[name].flat[index] += sign * step
        losses.append(float(np.sum(module.loss(module.forward(X, moved)[0], T))))
    return (losses[0] - losses[1]) / (2 * step)


def _train(module, X: np.ndarray, T: np.ndarray) -> tuple[list[float], list[float]]:
    """Return the loss and the share of right answers before each of STEPS steps of gradient descent."""
    params = _start(X.shape[1], T.shape[1])
    losses, hits = [], []
    for _ in range(STEPS):
        Y, cache = module.forward(X, params)
        losses.append(float(np.sum(module.loss(Y, T))))
        hits.append(float(np.mean(np.argmax(Y, axis=1) == T.argmax(axis=1))))
        grads = module.backward(T, params, cache)
        params = {
            name: value - RATE * np.asarray(grads[name]).reshape(value.shape)
            if np.size(grads[name]) == value.size
            else value
            for name, value in params.items()
        }
    return losses, hits
