"""Losses, and samples over rounds: a generator learns handwritten digits, seen through two principal components."""

from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

from autograder.calls import Recipe
from autograder.drawing.style import ACCENT, GREY, REFERENCE, YOURS
from autograder.wire import Tensor

DIGITS = (0, 4, 7)  # they lie apart in the plane
ROUNDS, K, BATCH, NOISE, HIDDEN = 240, 2, 96, 4, 32
SHOWN = (30, 100, 240)
EDGE = 3.0
JOINED = 30  # samples that are joined with those of the reference's generator
LOGITS = np.linspace(-5, 5, 41)
NAMES = ("D's, of a real logit", "D's, of a fake logit", "G's", "G's, saturating")


def plane() -> np.ndarray:
    """Return (n, 2): images of some digits along their first two principal axes, scaled to variance 1."""
    images, labels = load_digits(return_X_y=True)
    images = images[np.isin(labels, DIGITS)]
    images = images - images.mean(axis=0)
    points = images @ np.linalg.svd(images, full_matrices=False)[2][:2].T
    return points / points.std(axis=0)


def network(rng: np.random.Generator, inputs: int, outputs: int) -> tuple[list[Any], dict[str, np.ndarray]]:
    """Return layers and initial parameters of a module with two hidden layers."""
    sizes = (inputs, HIDDEN, HIDDEN, outputs)
    layers: list[Any] = []
    state = {}
    for i, (before, after) in enumerate(pairwise(sizes)):
        layers += [("linear", before, after), ("leaky_relu", 0.2)]
        state[f"{2 * i}.weight"] = rng.normal(0, 1, (after, before)) / np.sqrt(before)
        state[f"{2 * i}.bias"] = np.zeros(after)
    return layers[:-1], state


def forward(state: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Run a module of `network` on x."""
    for i in range(len(state) // 2):
        x = x @ state[f"{2 * i}.weight"].T + state[f"{2 * i}.bias"]
        x = np.where(x > 0, x, 0.2 * x) if 2 * i + 2 < len(state) else x
    return x


def play(module: Any, data: np.ndarray, rounds: int) -> dict[int, tuple[dict[str, Any], dict[str, Any]]]:
    """Train for a number of rounds, each one call of `train_round`, and return (G, D) after the rounds in SHOWN."""
    rng = np.random.default_rng(1)
    networks = network(rng, NOISE, 2), network(rng, 2, 1)
    layers, states = [layers for layers, _ in networks], [state for _, state in networks]
    frozen: list[list[int]] = [[], []]
    kept = {}
    for number in range(1, rounds + 1):
        step = 0.15 * (1 - number / (1.2 * ROUNDS))
        after = module.arguments_after(
            "train_round",
            *(Recipe("module", {"layers": layers[i], "state": states[i], "frozen": frozen[i]}) for i in range(2)),
            *(Recipe("optimizer", {"name": "sgd", "of": i, "options": {"lr": step}}) for i in range(2)),
            Recipe("batches", {"arrays": [data[rng.integers(len(data), size=BATCH)] for _ in range(K)]}),
            Recipe("noise", {"arrays": [rng.normal(size=(BATCH, NOISE)) for _ in range(K + 1)]}),
            K,
        )
        states = after[:2]
        frozen = [sorted({int(name.partition(".")[0]) for name in state.pop("frozen", ())}) for state in states]
        if number in SHOWN:
            kept[number] = (states[0], states[1])
    return kept


def losses(module: Any) -> np.ndarray:
    """Return (4, n): the losses of one example with each of the logits LOGITS; NaN where no number comes."""

    def number(value: Any) -> float:
        array = np.asarray(getattr(value, "array", value))
        return float(array.item()) if array.size == 1 else np.nan

    undecided = Tensor(np.zeros(1))
    rows = [
        (
            module.discriminator_loss(logit, undecided),
            module.discriminator_loss(undecided, logit),
            module.generator_loss(logit),
            module.generator_loss(logit, True),
        )
        for logit in (Tensor(np.array([a])) for a in LOGITS)
    ]
    return np.array([[number(value) for value in row] for row in rows]).T


def verdict(gap: float) -> str:
    """Say how far yours are from the reference's."""
    if np.isnan(gap):
        return "are not numbers (NaN)"
    return "are the same as the reference's" if gap < 1e-6 else f"are WRONG, off by up to {gap:.2g}"


def draw(student: Any, reference: Any) -> Figure:
    """Draw the losses over the logit, then real points, samples and what the discriminator says of each place, after some rounds.

    Args:
        student, reference: modules with `discriminator_loss`, `generator_loss` and `train_round`.
    """
    data = plane()
    mine, right = losses(student), losses(reference)
    yours, theirs = play(student, data, ROUNDS), play(reference, data, ROUNDS)
    gap = max(
        float(np.abs(a[name] - b[name]).max())
        for a, b in zip(yours[SHOWN[0]], theirs[SHOWN[0]], strict=True)
        for name in b
    )

    figure = Figure(figsize=(16, 4.6), layout="constrained")
    first, *others = figure.subplots(1, 1 + len(SHOWN))
    for name, colour, line, dots in zip(NAMES, (YOURS, ACCENT, GREY, "black"), mine, right, strict=True):
        first.plot(LOGITS, line, color=colour, label=name)
        first.plot(LOGITS[::4], dots[::4], "o", color=REFERENCE, mfc="none", ms=7)
    first.plot([], [], "o", color=REFERENCE, mfc="none", ms=7, label="the reference's")
    first.set(xlabel="logit", ylim=(-5, 11), title=f"your losses\n{verdict(float(np.abs(mine - right).max()))}")
    first.legend(loc="upper center", fontsize=7, ncols=1)

    z = np.random.default_rng(2).normal(size=(300, NOISE))
    grid = np.stack(np.meshgrid(*[np.linspace(-EDGE, EDGE, 60)] * 2), axis=-1)
    for axes, number in zip(others, SHOWN, strict=True):
        G, D = yours[number]
        says = 1 / (1 + np.exp(-np.clip(forward(D, grid)[..., 0], -30, 30)))
        image = axes.imshow(says, extent=(-EDGE, EDGE) * 2, origin="lower", cmap="coolwarm", vmin=0, vmax=1, alpha=0.35)
        axes.scatter(*data.T, s=4, color=GREY, label="digits " + ", ".join(map(str, DIGITS)))
        samples, wanted = forward(G, z), forward(theirs[number][0], z[:JOINED])
        axes.scatter(*samples.T, s=5, color=ACCENT, label="your generator's samples")
        axes.plot(*wanted.T, "o", color=REFERENCE, mfc="none", ms=7, label="the reference's, from the same noise")
        if np.isfinite(samples).all():
            axes.add_collection(LineCollection(list(np.stack([samples[:JOINED], wanted], 1)), colors="black", lw=0.6))
        axes.set(xlim=(-EDGE, EDGE), ylim=(-EDGE, EDGE), xticks=[], yticks=[], title=f"after {number} rounds")
    handles, labels = others[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower right", ncols=3, fontsize=8)
    figure.colorbar(image, ax=others, shrink=0.8, label="D(x): probability of being real")
    figure.suptitle(f"A generator trained by your code; after {SHOWN[0]} rounds your networks {verdict(gap)}")
    return figure
