"""What the figures share: colours that survive printing and colour-blindness, and yours beside the reference's."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

YOURS, REFERENCE, ACCENT, GREY = "#0072b2", "#009e73", "#d55e00", "#888888"


def compare_maps(yours: np.ndarray, reference: np.ndarray, labels: Sequence[str], title: str) -> Figure:
    """Return three heat maps of (n, n) weights: yours, the reference's, and the difference."""
    figure = Figure(figsize=(13, 4.6), layout="constrained")
    gap = yours - reference
    top = max(float(np.abs(reference).max()), 1e-9)
    span = max(float(np.nanmax(np.abs(gap))), 1e-9)
    verdict = "yours - reference: the same" if span < 1e-6 else f"yours - reference: up to {span:.2g}"
    for axes, weights, name, colours, low, high in zip(
        figure.subplots(1, 3),
        (yours, reference, gap),
        ("yours", "reference", verdict),
        ("viridis", "viridis", "coolwarm"),
        (0, 0, -span),
        (top, top, span),
        strict=True,
    ):
        image = axes.imshow(weights, cmap=colours, vmin=low, vmax=high)
        axes.set(title=name, xticks=range(len(labels)), yticks=range(len(labels)), yticklabels=labels)
        axes.set_xticklabels(labels, rotation=60, ha="right")
        figure.colorbar(image, ax=axes, shrink=0.8)
    figure.suptitle(title)
    return figure
