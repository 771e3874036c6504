"""The wrong versions of output sizes and parameter counts: what each misconception writes.

The same belief shows differently in different code: each form that gives other results is stated, under the same id.
"""

from autograder import edit, misconception

OUTPUT = "return (padded - extent) // stride + 1\n"
EXTENT = "extent = dilation * (kernel - 1) + 1"
PADDED = "padded = size + 2 * _integer(padding, 0)"
FIT = "if extent > padded:"
REFUSED = 'raise ValueError(f"a window that covers {extent} does not fit into {padded}")\n    '
INTEGER = "if isinstance(value, bool) or not isinstance(value, Integral) or value < least:"
NO_INTEGER = '\n        raise ValueError(f"{value!r} is no integer of at least {least}")\n    return int(value)'
SIDES = "height, width = kernel if isinstance(kernel, tuple | list) and len(kernel) == 2 else (kernel, kernel)"
WEIGHTS = "_integer(height, 1) * _integer(width, 1) * _integer(in_channels, 1)\n"
COUNT = "return _integer(filters, 1) * (weights + (1 if bias else 0))"
FLAT = "(math.prod(shape),)"
BEFORE = "channels, height, width = shape\n"
INDENT = " " * 16
DEPTH = '_integer(layer["filters"], 1)\n'
POOLING = 'stride = layer.get("stride", kernel)\n'
ORDINARY = 'stride = layer.get("stride", 1)\n'
WIDE = "width = output_size(width, kernel, stride, padding, dilation)\n"
AFTER = "shape = (channels, height, width)\n"
LISTED = "shapes.append(shape)"

wrong = [
    # positions along one axis
    edit("convolution-keeps-the-size", OUTPUT, "return -(-size // stride)\n"),
    edit("convolution-keeps-the-size", OUTPUT, "return size // stride\n"),
    edit("convolution-keeps-the-size", ORDINARY, ORDINARY + f"{INDENT}padding = layer.get('padding', kernel // 2)\n"),
    edit(
        "convolution-keeps-the-size",
        ORDINARY,
        ORDINARY + f"{INDENT}padding = layer.get('padding', (kernel - 1) // 2)\n",
    ),
    edit("output-size-forgets-the-first-position", OUTPUT, "return (padded - extent) // stride\n"),
    edit("output-size-forgets-the-first-position", OUTPUT, "return -((extent - padded) // stride)\n"),
    edit("output-size-rounded-up", OUTPUT, "return -((extent - padded) // stride) + 1\n"),
    edit("output-size-rounded-to-the-nearest", OUTPUT, "return round((padded - extent) / stride) + 1\n"),
    edit("output-size-rounded-to-the-nearest", OUTPUT, "return round((padded - extent) / stride + 1)\n"),
    edit("output-size-adds-one-before-dividing", OUTPUT, "return (padded - extent + 1) // stride\n"),
    edit("output-size-adds-one-twice", EXTENT, "extent = dilation * (kernel - 1)"),
    edit("output-size-adds-one-twice", OUTPUT, "return (padded - extent + 1) // stride + 1\n"),
    edit("output-size-divides-the-window-only", OUTPUT, "return padded - extent // stride + 1\n"),
    edit("output-size-is-a-fraction", OUTPUT, "return (padded - extent) / stride + 1\n"),
    edit("output-size-is-a-fraction", OUTPUT, "return (padded - extent) // stride + 1.0\n"),
    edit("output-size-ignores-the-stride", OUTPUT, "return padded - extent + 1\n"),
    edit("output-size-ignores-the-stride", ORDINARY, "stride = 1\n"),
    edit("padding-on-one-side", PADDED, "padded = size + _integer(padding, 0)"),
    edit("padding-ignored", PADDED, "padded = size + 0 * _integer(padding, 0)"),
    edit("padding-outside-the-division", OUTPUT, "return (size - extent) // stride + 2 * padding + 1\n"),
    edit("padding-outside-the-division", OUTPUT, "return (size - extent) // stride + padding + 1\n"),
    edit("dilation-leaves-the-size-alone", EXTENT, "extent = kernel"),
    edit("dilation-multiplies-the-kernel", EXTENT, "extent = dilation * kernel"),
    edit("dilation-counts-the-holes", EXTENT, "extent = kernel + dilation * (kernel - 1)"),
    edit("dilation-opens-one-gap", EXTENT, "extent = kernel + dilation - 1"),
    # whether the window fits
    edit("window-larger-than-the-image", FIT, "if False:"),
    edit(
        "window-larger-than-the-image",
        f"{FIT}\n        {REFUSED}{OUTPUT}",
        "return max((padded - extent) // stride + 1, 0)\n",
    ),
    edit("window-larger-than-the-image", REFUSED, "return 0\n    "),
    edit("window-larger-than-the-image", REFUSED, "return None\n    "),
    edit(
        "window-larger-than-the-image",
        f"{FIT}\n        {REFUSED}{OUTPUT}",
        "output = int((padded - extent) / stride) + 1\n    if output < 1:\n        raise ValueError\n    return output\n",
    ),
    edit("window-must-be-smaller-than-the-image", FIT, "if extent >= padded:"),
    edit("window-checked-without-padding", FIT, "if extent > size:"),
    edit("window-checked-without-dilation", FIT, "if kernel > padded:"),
    # what is a size
    edit(
        "whole-floats-taken-for-integers",
        INTEGER,
        "if isinstance(value, bool) or value != int(value) or value < least:",
    ),
    edit("whole-floats-taken-for-integers", INTEGER, "if int(value) < least:"),
    edit("true-taken-for-an-integer", INTEGER, "if not isinstance(value, Integral) or value < least:"),
    edit("true-taken-for-an-integer", INTEGER, "if not isinstance(value, int) or value < least:"),
    edit("numpy-integers-refused", INTEGER, "if type(value) is not int or value < least:"),
    edit("sizes-below-one-accepted", INTEGER, "if isinstance(value, bool) or not isinstance(value, Integral):"),
    edit("sizes-are-not-checked", INTEGER + NO_INTEGER, "return value"),
    # parameters
    edit("conv-filter-has-one-channel", WEIGHTS, WEIGHTS.replace("1)\n", "1) ** 0\n")),
    edit("parameter-count-without-biases", COUNT, "return _integer(filters, 1) * weights"),
    edit("one-bias-per-layer", COUNT, "return _integer(filters, 1) * weights + (1 if bias else 0)"),
    edit("conv-bias-per-channel", COUNT, "return _integer(filters, 1) * (weights + (in_channels if bias else 0))"),
    edit(
        "conv-bias-of-the-input-channels", COUNT, "return _integer(filters, 1) * weights + (in_channels if bias else 0)"
    ),
    edit("conv-kernel-counted-on-one-axis", WEIGHTS, WEIGHTS.replace("(width, 1)", "(width, 1) ** 0")),
    edit(
        "conv-kernel-sides-are-added",
        WEIGHTS,
        WEIGHTS.replace("_integer(height, 1) * _integer(width, 1)", "(_integer(height, 1) + _integer(width, 1))"),
    ),
    edit("windows-are-square", WEIGHTS, WEIGHTS.replace("_integer(width, 1)", "_integer(width, 1) ** 0 * height")),
    edit("windows-are-square", WEIGHTS, WEIGHTS.replace("_integer(height, 1)", "_integer(height, 1) ** 0 * width")),
    edit("windows-are-square", WEIGHTS, WEIGHTS.replace("_integer(width, 1)", "_integer(height, 1)")),
    # the depth
    edit("conv-output-depth-is-the-input-depth", DEPTH, 'channels * _integer(layer["filters"], 1) ** 0\n'),
    edit("conv-output-depth-is-the-input-depth", DEPTH, '[channels, layer["filters"]][0]\n'),
    edit("conv-filter-gives-a-map-per-channel", DEPTH, 'channels * _integer(layer["filters"], 1)\n'),
    edit("pooling-merges-the-channels", POOLING, POOLING + f"{INDENT}channels = 1\n"),
    edit(
        "pooling-shrinks-the-depth",
        POOLING,
        POOLING + f"{INDENT}channels = output_size(channels, kernel, stride, padding)\n",
    ),
    # a pooling's stride
    edit("pooling-moves-by-one", POOLING, 'stride = layer.get("stride", 1)\n'),
    edit("pooling-always-halves", POOLING, 'stride = layer.get("stride", 2)\n'),
    edit("pooling-stride-is-always-the-kernel", POOLING, "stride = kernel\n"),
    # one layer after the other
    edit(
        "images-are-square",
        WIDE,
        WIDE.replace("(width", "(height").replace(
            "width = output_size(height, kernel, stride, padding, dilation)", "width = height"
        ),
    ),
    edit("images-are-square", AFTER, "shape = (channels, width, width)\n"),
    edit("width-before-height", AFTER, "shape = (channels, width, height)\n"),
    edit("channels-come-last", LISTED, "shapes.append((*shape[1:], shape[0]))"),
    edit("layers-all-read-the-image", BEFORE, "channels, height, width = input_shape\n"),
    edit("flatten-forgets-the-depth", FLAT, "(math.prod(shape[-2:]),)"),
    edit("flatten-keeps-the-channels", FLAT, "(shape[0], math.prod(shape[1:]))"),
    edit("number-in-brackets-is-a-tuple", LISTED, "shapes.append(shape if len(shape) > 1 else shape[0])"),
    edit("number-in-brackets-is-a-tuple", LISTED, 'shapes.append(shape[0] if kind == "flatten" else shape)'),
    edit("number-in-brackets-is-a-tuple", LISTED, 'shapes.append(shape[0] if kind == "dense" else shape)'),
    edit("shapes-begin-with-the-image", "shapes = []", "shapes = [shape]"),
    edit("shapes-end-with-the-last-only", "return shapes", "return shape"),
    edit("layers-are-changed", 'layer.get("type")', 'layer.pop("type", None)'),
    edit("layers-are-changed", 'layer.get("stride", kernel)', 'layer.setdefault("stride", kernel)'),
    edit("dense-layers-flatten-by-themselves", "if len(shape) == 3:", "if len(shape) == 2:"),
    edit("unknown-options-ignored", "if not needed <= options <= needed | optional:", "if not needed <= options:"),
]


@misconception("sizes-are-not-checked", replaces="output_size")
def the_formula_and_whether_it_fits(size, kernel, stride=1, padding=0, dilation=1):
    left = size + 2 * padding - dilation * (kernel - 1) - 1
    if left < 0:
        raise ValueError("the window does not fit")
    return left // stride + 1


@misconception("sizes-are-not-checked", replaces="conv_parameters")
def the_product(in_channels, filters, kernel, bias=True):
    height, width = kernel if isinstance(kernel, tuple | list) else (kernel, kernel)
    return filters * (height * width * in_channels + (1 if bias else 0))


@misconception("sizes-are-not-checked", replaces="conv_parameters")
def the_product_of_the_first_two_sides(in_channels, filters, kernel, bias=True):
    height, width = kernel[:2] if isinstance(kernel, tuple | list) else (kernel, kernel)
    return filters * (height * width * in_channels + (1 if bias else 0))


@misconception("sizes-below-one-accepted", replaces="output_size")
def integers_of_any_size(size, kernel, stride=1, padding=0, dilation=1):
    for value in (size, kernel, stride, padding, dilation):
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise ValueError("no integer")
    left = size + 2 * padding - dilation * (kernel - 1) - 1
    if left < 0:
        raise ValueError("the window does not fit")
    return left // stride + 1


@misconception("whole-floats-taken-for-integers", replaces="output_size")
def numbers_in_range(size, kernel, stride=1, padding=0, dilation=1):
    if size < 1 or kernel < 1 or stride < 1 or padding < 0 or dilation < 1:
        raise ValueError("too small")
    left = size + 2 * padding - dilation * (kernel - 1) - 1
    if left < 0:
        raise ValueError("the window does not fit")
    return left // stride + 1
