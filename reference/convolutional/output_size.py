"""Output sizes and parameter counts (chapter convolutional, topics output-size and cnn-parameters).

A window of `kernel` samples, spread out by `dilation`, covers `dilation (kernel - 1) + 1` pixels of an axis that
padding has lengthened on both sides. It fits at every `stride`-th position until it would stick out, so each axis can
be counted by itself. Filters span the whole depth of their input: the depth of the output is the number of filters.

    output = floor((size + 2 padding - dilation (kernel - 1) - 1) / stride) + 1
    parameters = filters (in_channels kh kw + 1)            the 1 is the bias

Course: convolutional layers, "how to compute the output size and the number of parameters". Source: Dumoulin and Visin,
"A guide to convolution arithmetic for deep learning" (2016), relationship 15 for dilation.
"""

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

Shape = tuple[int, ...]

_OPTIONS: Mapping[str, tuple[set[str], set[str]]] = {  # layer type -> (required keys, optional keys)
    "conv": ({"filters", "kernel"}, {"stride", "padding", "dilation"}),
    "pool": ({"kernel"}, {"stride", "padding"}),
    "flatten": (set(), set()),
    "dense": ({"units"}, set()),
}


def integer(name: str, value: object, least: int) -> int:
    """`value` as a plain int; ValueError unless it is an integer >= `least`. NumPy's will do, True and 5.0 will not."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ValueError(f"{name} must be an integer, not {value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value!r}")
    return int(value)


def output_size(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Length of one axis after a convolution or a pooling.

    Args:
        size: length of the axis before, without padding.
        kernel: number of samples of the window along the axis.
        stride: step between two positions of the window.
        padding: pixels added on EACH side.
        dilation: distance between neighbouring samples of the window.

    Raises:
        ValueError: an argument is no integer or out of range, or the window is longer than the padded axis.
    """
    size = integer("size", size, 1)
    kernel = integer("kernel", kernel, 1)
    stride = integer("stride", stride, 1)
    padding = integer("padding", padding, 0)
    dilation = integer("dilation", dilation, 1)
    extent = dilation * (kernel - 1) + 1
    if extent > size + 2 * padding:
        raise ValueError(f"a kernel that covers {extent} does not fit into {size} + 2 * {padding}")
    return (size + 2 * padding - extent) // stride + 1


def conv_parameters(in_channels: int, filters: int, kernel: int | tuple[int, int], bias: bool = True) -> int:
    """Learned parameters of a convolutional layer: `filters` filters of kh x kw x in_channels, and a bias each.

    Args:
        kernel: an integer for a square window, or (kh, kw).

    Raises:
        ValueError: a size is no positive integer, or `kernel` is a sequence that is not a pair.
    """
    in_channels = integer("in_channels", in_channels, 1)
    filters = integer("filters", filters, 1)
    if isinstance(kernel, (tuple, list)):
        if len(kernel) != 2:
            raise ValueError(f"kernel must be an integer or a pair (kh, kw), not {kernel!r}")
        kh, kw = (integer("kernel", side, 1) for side in kernel)
    else:
        kh = kw = integer("kernel", kernel, 1)
    return filters * (in_channels * kh * kw + bool(bias))


def network_shapes(input_shape: Sequence[int], layers: Sequence[Mapping[str, Any]]) -> list[Shape]:
    """Output shape of every layer of a feed-forward network, without the batch axis.

    Args:
        input_shape: (channels, height, width).
        layers: one dict per layer, in order:
            {"type": "conv", "filters", "kernel", "stride": 1, "padding": 0, "dilation": 1},
            {"type": "pool", "kernel", "stride": kernel, "padding": 0}, {"type": "flatten"}, {"type": "dense", "units"}.

    Returns:
        One tuple per layer: (channels, height, width), or (n,) after flatten and dense.

    Raises:
        ValueError: an unknown layer type or option, a missing option, a bad value, a window that does not fit, a dense
            layer on a volume that was not flattened, a conv or pool layer on a flat vector.
    """
    if len(input_shape) != 3:
        raise ValueError(f"input_shape must be (channels, height, width), not {tuple(input_shape)!r}")
    shape: Shape = tuple(
        integer(name, value, 1) for name, value in zip(("channels", "height", "width"), input_shape, strict=True)
    )
    shapes = []
    for number, layer in enumerate(layers):
        try:
            shape = layer_shape(shape, layer)
        except ValueError as error:
            raise ValueError(f"layer {number}: {error}") from None
        shapes.append(shape)
    return shapes


def layer_shape(shape: Shape, layer: Mapping[str, Any]) -> Shape:
    """Shape after one layer, described as for `network_shapes`; ValueError likewise."""
    options = {key: value for key, value in layer.items() if key != "type"}
    kind = layer.get("type")
    if not isinstance(kind, str) or kind not in _OPTIONS:
        raise ValueError(f"unknown type {kind!r}; known are {', '.join(_OPTIONS)}")
    required, optional = _OPTIONS[kind]
    if missing := required - options.keys():
        raise ValueError(f"{kind} needs {', '.join(sorted(missing))}")
    if unknown := options.keys() - required - optional:
        raise ValueError(f"{kind} has no {', '.join(sorted(map(str, unknown)))}")

    if kind == "flatten":
        count = 1
        for side in shape:
            count *= side
        return (count,)
    if kind == "dense":
        units = integer("units", options["units"], 1)
        if len(shape) != 1:
            raise ValueError(f"dense needs a flat vector, not {shape}: flatten first")
        return (units,)
    if len(shape) != 3:
        raise ValueError(f"{kind} needs (channels, height, width), not {shape}")
    channels, height, width = shape
    if kind == "conv":
        channels = integer("filters", options.pop("filters"), 1)
    else:
        options.setdefault("stride", options["kernel"])
    return (channels, output_size(height, **options), output_size(width, **options))
