# expect: padding-on-one-side
"""A whole submission in which each axis grows by the padding once."""

from math import prod


def check(*values, least=1):
    for value in values:
        if type(value).__name__ == "bool" or not hasattr(value, "__index__") or value < least:
            raise ValueError(f"{value!r} is not a size")


def output_size(size, kernel, stride=1, padding=0, dilation=1):
    check(size, kernel, stride, dilation)
    check(padding, least=0)
    out = (size - dilation * (kernel - 1) - 1 + padding) / stride + 1
    if out < 1:
        raise ValueError("the kernel does not fit")
    return int(out)


def conv_parameters(in_channels, filters, kernel, bias=True):
    rows, columns = kernel if isinstance(kernel, tuple | list) else [kernel, kernel]
    check(in_channels, filters, rows, columns)
    return filters * rows * columns * in_channels + filters * bool(bias)


def network_shapes(input_shape, layers):
    channels, height, width = input_shape
    check(channels, height, width)
    shapes = [(channels, height, width)]
    known = {
        "conv": "filters kernel stride padding dilation",
        "pool": "kernel stride padding",
        "flatten": "",
        "dense": "units",
    }
    for layer in layers:
        kind, before = layer.get("type"), shapes[-1]
        if kind not in known or set(layer) - {"type", *known[kind].split()}:
            raise ValueError(layer)
        if (len(before) == 1) != (kind == "dense") and kind != "flatten":
            raise ValueError("flatten stands in the wrong place")
        try:
            if kind == "flatten":
                shapes.append((prod(before),))
            elif kind == "dense":
                check(layer["units"])
                shapes.append((layer["units"],))
            else:
                usual = 1 if kind == "conv" else layer["kernel"]
                rest = layer["kernel"], layer.get("stride", usual), layer.get("padding", 0), layer.get("dilation", 1)
                depth = layer["filters"] if kind == "conv" else before[0]
                check(depth)
                shapes.append((depth, output_size(before[1], *rest), output_size(before[2], *rest)))
        except KeyError as missing:
            raise ValueError(f"{kind} needs {missing}") from missing
    return shapes[1:]
