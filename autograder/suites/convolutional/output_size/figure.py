"""The beginning of a residual network as blocks: the shapes and parameters that the code counts, above the reference's."""

from math import isfinite, prod
from numbers import Integral, Real
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from autograder.drawing.style import GREY, REFERENCE, YOURS

IMAGE = (3, 150, 215)  # with strides that leave pixels over, padding, dilation, and sides that differ, each slip shows
NETWORK: list[dict[str, Any]] = [
    {"type": "conv", "filters": 64, "kernel": 7, "stride": 2, "padding": 3},
    {"type": "pool", "kernel": 3, "stride": 2, "padding": 1},
    {"type": "conv", "filters": 128, "kernel": 3, "stride": 2, "padding": 1},
    {"type": "conv", "filters": 128, "kernel": 3, "padding": 2, "dilation": 3},
    {"type": "pool", "kernel": 2},
    {"type": "conv", "filters": 32, "kernel": 1},
    {"type": "flatten"},
    {"type": "dense", "units": 10},
]
COLOURS = {"input": GREY, "conv": YOURS, "pool": REFERENCE, "flatten": GREY, "dense": GREY}
WRONG = "#c1121f"
APART = 5.0  # from one block to the next


def draw(student, reference) -> Figure:
    """Draw a network on an image that is not square, with shapes and parameters as the learner's code and the reference count.

    Args:
        student, reference: modules with `conv_parameters(...)` and `network_shapes(input_shape, layers)`.
    """
    right = [IMAGE, *(tuple(shape) for shape in reference.network_shapes(IMAGE, NETWORK))]
    yours = [IMAGE, *student.network_shapes(IMAGE, NETWORK)]
    counts, own = (
        [_parameters(module, *both) for both in zip(right, NETWORK, strict=False)] for module in (reference, student)
    )
    shown = [yours[number] if number < len(yours) else None for number in range(len(right))]
    wrong = [not _same(*both) for both in zip(shown, right, strict=True)]
    miscounted = [False, *(not _same((one,), (other,)) for one, other in zip(own, counts, strict=True))]

    figure = Figure(figsize=(15, 8), layout="constrained")
    above, below = figure.subplots(2, 1)
    _blocks(above, shown, right, own, wrong, miscounted)
    _blocks(below, right, right, counts, [False] * len(right), [False] * len(right))
    bad = sum(map(max, wrong, miscounted))
    verdict = f"{bad} of {len(right)} blocks are not the reference's (red)" if bad else "the same as the reference's"
    if len(yours) != len(right):
        verdict = f"{len(yours) - 1} shapes for {len(NETWORK)} layers"
    above.set_title(f"Shapes and parameters of a network, yours: {verdict}")
    below.set_title("the reference's")
    return figure


def _parameters(module, shape: tuple[int, ...], layer: dict[str, Any]) -> Any:
    """Count a layer's parameters; those of a dense layer are no function of the exercise."""
    if layer["type"] == "conv":
        return module.conv_parameters(shape[0], layer["filters"], layer["kernel"])
    return (prod(shape) + 1) * layer["units"] if layer["type"] == "dense" else 0


def _same(shape: Any, right: tuple[int, ...]) -> bool:
    whole = isinstance(shape, tuple | list) and all(isinstance(number, Integral) for number in shape)
    return whole and tuple(shape) == right


def _text(value: Any) -> str:
    if isinstance(value, tuple | list):
        return " x ".join(map(_text, value))
    if isinstance(value, Integral):
        return f"{int(value):,}"
    return f"{float(value):,.2f}" if isinstance(value, Real) else str(value)[:12]


def _label(layer: dict[str, Any]) -> str:
    kernel = f" {layer['kernel']} x {layer['kernel']}" if "kernel" in layer else ""
    options = ", ".join(f"{name} {layer[name]}" for name in ("stride", "padding", "dilation") if name in layer)
    return f"{layer['type']}{kernel}\n{options}"


def _blocks(
    axes: Axes,
    shapes: list[Any],
    right: list[tuple[int, ...]],
    counts: list[Any],
    wrong: list[bool],
    miscounted: list[bool],
) -> None:
    """Draw one block per layer, as wide as it is deep, seen a little from above; where a shape is none, the right one."""
    layers = [{"type": "input"}, *NETWORK]
    for number, (layer, shape, good) in enumerate(zip(layers, shapes, right, strict=True)):
        colour = WRONG if wrong[number] else COLOURS[layer["type"]]
        _block(axes, number * APART, shape if _is_drawable(shape) else good, colour)
        place = number * APART
        axes.text(place, -5.2, _label(layer), ha="center", va="top", fontsize=9)
        axes.text(
            place, -7.2, _text(shape), ha="center", va="top", fontsize=9, color=WRONG if wrong[number] else "black"
        )
        if counts[number - 1] and number:
            text, red = f"{_text(counts[number - 1])} parameters", miscounted[number]
            axes.text(place, -8.2, text, ha="center", va="top", fontsize=9, color=WRONG if red else "black")
    axes.set(xlim=(-APART / 2, (len(layers) - 0.5) * APART), ylim=(-9.2, 7.4))
    axes.set_axis_off()


def _is_drawable(shape: Any) -> bool:
    """Whether a shape is one or three numbers of a size that fits into the picture."""
    numbers = shape if isinstance(shape, tuple | list) and len(shape) in (1, 3) else [None]
    return (
        all(isinstance(n, Real) and isfinite(n) and 0 < n < 1e5 for n in numbers) and max(numbers[1:], default=1) < 500
    )


def _block(axes: Axes, middle: float, shape: tuple[float, ...], colour: str) -> None:
    if len(shape) == 3:
        depth, high, wide = shape[0] ** 0.4 / 4, shape[1] ** 0.7 / 4, shape[2] ** 0.7 / 16
    else:
        depth, high, wide = 0.3, min(shape[0] ** 0.28, 9.6), 0.0
    left, low, top = middle - (depth + wide) / 2, -high / 2, high / 2
    front = [(left, low), (left + depth, low), (left + depth, top), (left, top)]
    lid = [(left, top), (left + depth, top), (left + depth + wide, top + wide), (left + wide, top + wide)]
    side = [front[1], (left + depth + wide, low + wide), lid[2], front[2]]
    for corners, strength in ((front, 0.9), (lid, 0.5), (side, 0.7)):
        axes.add_patch(Polygon(corners, facecolor=colour, alpha=strength, edgecolor="white", lw=0.6))
