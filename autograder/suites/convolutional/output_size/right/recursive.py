"""Ranges for the positions, recursion over the layers."""

import math
from numbers import Integral


class SizeError(ValueError):
    pass


def natural(*values):
    for value in values:
        if not isinstance(value, Integral) or isinstance(value, bool) or value <= 0:
            raise SizeError(value)


def output_size(size, kernel, stride=1, padding=0, dilation=1):
    natural(size, kernel, stride, dilation)
    natural(padding + 1 if not isinstance(padding, bool) else padding)
    n = len(range(0, int(size + 2 * padding - dilation * (kernel - 1)), int(stride)))
    if not n:
        raise SizeError("does not fit")
    return n


def conv_parameters(in_channels, filters, kernel, bias=True):
    if isinstance(kernel, Integral):
        kernel = (kernel, kernel)
    if not isinstance(kernel, (list, tuple)) or len(kernel) != 2:
        raise SizeError(kernel)
    natural(in_channels, filters, *kernel)
    return int(filters * (math.prod(kernel) * in_channels + int(bias)))


def network_shapes(input_shape, layers):
    natural(*input_shape)
    if len(input_shape) not in (1, 3):
        raise SizeError(input_shape)
    if not layers:
        return []
    first, *rest = layers
    first = {**first}
    kind, volume = first.pop("type", None), len(input_shape) == 3
    if kind == "flatten" and not first:
        out = (math.prod(input_shape),)
    elif kind == "dense" and list(first) == ["units"] and not volume:
        natural(first["units"])
        out = (first["units"],)
    elif kind == "pool" and volume and "kernel" in first and set(first) <= {"kernel", "stride", "padding"}:
        sides = [output_size(n, **{"stride": first["kernel"], **first}) for n in input_shape[1:]]
        out = (input_shape[0], *sides)
    elif kind == "conv" and volume and {"filters", "kernel"} <= set(first):
        filters = first.pop("filters")
        natural(filters)
        if set(first) - {"kernel", "stride", "padding", "dilation"}:
            raise SizeError(first)
        out = (filters, *[output_size(n, **first) for n in input_shape[1:]])
    else:
        raise SizeError(kind)
    return [out, *network_shapes(out, rest)]
