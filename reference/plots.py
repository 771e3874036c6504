"""Figures: drawn without a display, saved small."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor


def axes(columns: int = 1, rows: int = 1, *, width: float = 4.0, height: float = 3.0) -> tuple[Figure, list[Axes]]:
    """A figure with rows x columns axes, in reading order."""
    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    return figure, list(grid.flat)


def curves(epochs: Sequence[dict[str, float]]) -> Figure:
    """Every metric over the epochs, losses in one plot and all others in a second."""
    names = [name for name in (epochs[-1] if epochs else {}) if name != "epoch"]
    groups = [[n for n in names if "loss" in n], [n for n in names if "loss" not in n]]
    groups = [group for group in groups if group]
    figure, plots = axes(max(len(groups), 1))
    for plot, group in zip(plots, groups, strict=False):
        for name in group:
            plot.plot([row["epoch"] for row in epochs], [row[name] for row in epochs], label=name.replace("_", " "))
        plot.set_xlabel("epoch")
        plot.legend()
    return figure


def show_image(plot: Axes, image: Tensor, title: str = "", **options: object) -> None:
    """An image (h, w) or (c, h, w) without ticks; one channel in grey unless `cmap` says otherwise."""
    pixels = np.asarray(image.detach().cpu().float())
    if pixels.ndim == 3:
        pixels = pixels[0] if pixels.shape[0] == 1 else pixels.transpose(1, 2, 0)
    if pixels.ndim == 2:
        options.setdefault("cmap", "gray")
    plot.imshow(pixels, **options)  # type: ignore[arg-type]
    plot.set_title(title, fontsize=9)
    plot.set_axis_off()


def save_figure(figure: Figure, path: Path, *, dpi: int = 80) -> None:
    """Write a PNG with a palette of at most 128 colours: a fifth of the size, and still good for curves and digits."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(buffer) as picture:
        picture.convert("RGB").quantize(128).save(path, optimize=True)
