"""How far back in time the error of a prediction reaches, for letters of news texts."""

from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure

from autograder.drawing.corpus import news_tokens
from autograder.drawing.style import ACCENT, GREY, YOURS

LETTERS = " abcdefghijklmnopqrstuvwxyz"
SEQUENCES, STEPS, UNITS = 12, 14, 20
SCALES = {0.5: "#cc79a7", 1.0: YOURS, 2.0: ACCENT}  # size of the recurrent weights: largest |eigenvalue|


def draw(student, reference) -> Figure:
    """Draw what each step back in time adds to the gradient, and how good a truncated gradient is.

    A step's share is the gradient with a window of w replicas less that with w - 1: what errors bring to the replica w - 1 steps
    before them.

    Args:
        student, reference: modules with `bptt(X, T, h0, params, window=None, average=False)`.
    """
    X, T = _letters()
    figure = Figure(figsize=(13, 4.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    off = 0.0
    for scale, colour in SCALES.items():
        yours, right_ones = (_reach(module, X, T, _weights(scale)) for module in (student, reference))
        for axes, first, values, wanted in zip((left, right), (0, 1), yours, right_ones, strict=True):
            steps = np.arange(first, first + STEPS)
            axes.plot(steps, values, "-", color=colour, lw=1.8, label=f"yours, |eigenvalues of Wh| up to {scale}")
            axes.plot(steps[::3], wanted[::3], "o", color=colour, mfc="none", ms=10)
            off = max(off, float(np.abs(np.subtract(values, wanted)).max() / np.abs(wanted).max()))
    left.set_yscale("log")
    left.plot([], [], "o", color=GREY, mfc="none", ms=10, label="the reference's")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    verdict = (
        "the same as the reference's" if off < 1e-6 else f"off from the reference's by up to {off:.0%} of the largest"
    )
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


def _reach(module, X: np.ndarray, T: np.ndarray, params: dict[str, np.ndarray]) -> tuple[list[float], list[float]]:
    """Return the norm of each further step's share, and the distance of each truncated gradient from the whole one."""
    h0 = np.zeros((len(X), UNITS))
    grads = [np.zeros((len(LETTERS), UNITS))]
    grads += [np.asarray(module.bptt(X, T, h0, params, window)["Wx"]) for window in range(1, STEPS + 1)]
    whole = np.asarray(module.bptt(X, T, h0, params)["Wx"])
    shares = [float(np.linalg.norm(late - early)) for early, late in pairwise(grads)]
    return shares, [float(np.linalg.norm(grad - whole) / np.linalg.norm(whole)) for grad in grads[1:]]
