"""Samples over rounds: your training round teaches a generator handwritten digits, seen through two principal components."""

from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

from autograder.calls import Recipe
from autograder.drawing.style import ACCENT, GREY

DIGITS = (0, 4, 7)  # they lie apart in the plane
ROUNDS, K, BATCH, NOISE, HIDDEN = 350, 2, 96, 4, 32
SHOWN = (0, 30, 100, 350)
CHECKED = 30  # rounds that the reference plays too


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


def play(module, data: np.ndarray, rounds: int) -> dict[int, tuple[dict[str, np.ndarray], dict[str, np.ndarray]]]:
    """Train for a number of rounds, each one call of `train_round`, and return (G, D) after the rounds in SHOWN."""
    rng = np.random.default_rng(1)
    (layers_g, G), (layers_d, D) = network(rng, NOISE, 2), network(rng, 2, 1)
    kept = {0: (G, D)}
    for number in range(1, rounds + 1):
        step = 0.15 * (1 - number / (1.2 * ROUNDS))
        after = module.arguments_after(
            "train_round",
            Recipe("module", {"layers": layers_g, "state": G}),
            Recipe("module", {"layers": layers_d, "state": D}),
            Recipe("optimizer", {"name": "sgd", "of": 0, "options": {"lr": step}}),
            Recipe("optimizer", {"name": "sgd", "of": 1, "options": {"lr": step}}),
            Recipe("batches", {"arrays": [data[rng.integers(len(data), size=BATCH)] for _ in range(K)]}),
            Recipe("noise", {"arrays": [rng.normal(size=(BATCH, NOISE)) for _ in range(K + 1)]}),
            K,
        )
        G, D = after[0], after[1]
        if number in SHOWN:
            kept[number] = (G, D)
    return kept


def draw(student, reference) -> Figure:
    """Draw real points, samples and what the discriminator says of each place, after some rounds of training.

    Args:
        student, reference: modules with `train_round(G, D, optimizer_g, optimizer_d, real_batches, noise, k)`.
    """
    data = plane()
    kept = play(student, data, ROUNDS)
    checked = play(reference, data, CHECKED)[CHECKED]
    gap = max(float(np.abs(a[name] - b[name]).max()) for a, b in zip(kept[CHECKED], checked, strict=True) for name in b)

    z = np.random.default_rng(2).normal(size=(300, NOISE))
    edge = 3.0
    grid = np.stack(np.meshgrid(*[np.linspace(-edge, edge, 60)] * 2), axis=-1)
    figure = Figure(figsize=(15, 4.3), layout="constrained")
    for axes, number in zip(figure.subplots(1, len(SHOWN)), SHOWN, strict=True):
        G, D = kept[number]
        says = 1 / (1 + np.exp(-np.clip(forward(D, grid)[..., 0], -30, 30)))
        image = axes.imshow(says, extent=(-edge, edge) * 2, origin="lower", cmap="coolwarm", vmin=0, vmax=1, alpha=0.35)
        axes.scatter(*data.T, s=4, color=GREY, label="digits " + ", ".join(map(str, DIGITS)))
        axes.scatter(*forward(G, z).T, s=5, color=ACCENT, label="your generator's samples")
        axes.set(xlim=(-edge, edge), ylim=(-edge, edge), xticks=[], yticks=[], title=f"after {number} rounds")
    figure.axes[0].legend(loc="lower left", fontsize=8)
    figure.colorbar(image, ax=figure.axes, shrink=0.8, label="D(x): probability of being real")
    verdict = "equal the reference's" if gap < 1e-6 else f"are off from the reference's by up to {gap:.2g}"
    figure.suptitle(f"A generator trained by your code; after {CHECKED} rounds your networks {verdict}")
    return figure
