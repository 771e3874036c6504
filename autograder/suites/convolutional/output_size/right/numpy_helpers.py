"""NumPy for the arithmetic; results are NumPy integers."""

import numpy as np


def check(**values):
    for name, value in values.items():
        if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
            raise ValueError(f"{name} is no integer")
        if value < (0 if name == "padding" else 1):
            raise ValueError(f"{name} is too small")


def output_size(size, kernel, stride=1, padding=0, dilation=1):
    check(size=size, kernel=kernel, stride=stride, padding=padding, dilation=dilation)
    free = np.int64(size) + 2 * padding - dilation * (kernel - 1) - 1
    if free < 0:
        raise ValueError("too large a window")
    return np.floor_divide(free, stride) + 1


def conv_parameters(in_channels, filters, kernel, bias=True):
    sides = [kernel, kernel] if np.ndim(kernel) == 0 else list(kernel)
    if len(sides) != 2:
        raise ValueError("kernel: an integer or a pair")
    check(in_channels=in_channels, filters=filters, height=sides[0], width=sides[1])
    return np.prod([filters, in_channels, *sides]) + (filters if bias else 0)


def conv(shape, filters, kernel, stride=1, padding=0, dilation=1):
    check(filters=filters)
    _, *sides = shape
    if len(sides) != 2:
        raise ValueError("conv after flatten")
    return (filters, *(output_size(side, kernel, stride, padding, dilation) for side in sides))


def pool(shape, kernel, stride=None, padding=0):
    if len(shape) == 1:
        raise ValueError("pool after flatten")
    c, h, w = shape
    stride = kernel if stride is None else stride
    return c, output_size(h, kernel, stride, padding), output_size(w, kernel, stride, padding)


def flatten(shape):
    return (int(np.prod(shape)),)


def dense(shape, units):
    check(units=units)
    if len(shape) > 1:
        raise ValueError("dense before flatten")
    return (units,)


def network_shapes(input_shape, layers):
    if len(input_shape) != 3:
        raise ValueError("channels, height, width")
    check(channels=input_shape[0], height=input_shape[1], width=input_shape[2])
    shapes = [tuple(input_shape)]
    for layer in layers:
        layer = dict(layer)
        try:
            function = {"conv": conv, "pool": pool, "flatten": flatten, "dense": dense}[layer.pop("type")]
            shapes.append(function(shapes[-1], **layer))
        except (KeyError, TypeError) as error:
            raise ValueError(str(error)) from error
    return shapes[1:]
