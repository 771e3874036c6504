"""LeNet-5 as blocks: the shapes and the parameters that the code counts, beside the reference's."""

from math import prod

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from autograder.drawing.style import ACCENT, GREY, REFERENCE, YOURS

IMAGE = (1, 32, 32)
LENET = [
    {"type": "conv", "filters": 6, "kernel": 5},
    {"type": "pool", "kernel": 2},
    {"type": "conv", "filters": 16, "kernel": 5},
    {"type": "pool", "kernel": 2},
    {"type": "flatten"},
    {"type": "dense", "units": 120},
    {"type": "dense", "units": 84},
    {"type": "dense", "units": 10},
]
COLOURS = {"input": GREY, "conv": YOURS, "pool": REFERENCE, "flatten": GREY, "dense": ACCENT}


def draw(student, reference) -> Figure:
    """Draw a network on 32 x 32 digits, with shapes and parameters counted by the learner's code and by the reference.

    Args:
        student, reference: modules with `conv_parameters(...)` and `network_shapes(input_shape, layers)`.
    """
    figure = Figure(figsize=(13, 6.4), layout="constrained")
    for axes, module, name in zip(figure.subplots(2, 1), (student, reference), ("yours", "reference"), strict=True):
        shapes = [IMAGE, *(tuple(shape) for shape in module.network_shapes(IMAGE, LENET))]
        counts = [_parameters(module, shape, layer) for shape, layer in zip(shapes, LENET, strict=False)]
        _blocks(axes, shapes, counts)
        axes.set_title(f"LeNet-5, {name}: {sum(counts):,} parameters")
    return figure


def _parameters(module, shape: tuple[int, ...], layer: dict[str, object]) -> int:
    if layer["type"] == "conv":
        return int(module.conv_parameters(shape[0], layer["filters"], layer["kernel"]))
    return (prod(shape) + 1) * int(layer["units"]) if layer["type"] == "dense" else 0


def _blocks(axes: Axes, shapes: list[tuple[int, ...]], counts: list[int]) -> None:
    """Draw one block per layer: as high as the image, as wide as its depth, seen a little from above."""
    left = 0.0
    for shape, layer, count in zip(shapes, [{"type": "input"}, *LENET], [0, *counts], strict=False):
        kind = str(layer["type"])
        depth, side = (shape[0] / 6, shape[-1] / 5) if len(shape) == 3 else (0.5, min(shape[0] / 30, 7.0))
        slant = side / 3 if len(shape) == 3 else 0.0
        low, high = -side / 2, side / 2
        front = [(left, low), (left + depth, low), (left + depth, high), (left, high)]
        top = [(left, high), (left + depth, high), (left + depth + slant, high + slant), (left + slant, high + slant)]
        edge = [front[1], (left + depth + slant, low + slant), top[2], front[2]]
        for corners, strength in ((front, 0.9), (top, 0.5), (edge, 0.7)):
            axes.add_patch(Polygon(corners, facecolor=COLOURS[kind], alpha=strength, edgecolor="white", lw=0.6))
        text = f"{kind}\n{' x '.join(str(int(n)) for n in shape)}\n" + (f"{count:,}" if count else "")
        axes.text(left + depth / 2, -5.0, text, ha="center", va="top", fontsize=8)
        left += depth + slant + 3.0
    axes.set(xlim=(-2, left), ylim=(-8.5, 6.5))
    axes.set_axis_off()
