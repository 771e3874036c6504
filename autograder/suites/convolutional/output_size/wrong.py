"""The wrong versions of output sizes and parameter counts: what each misconception writes."""

from autograder import edit

OUTPUT = "return (padded - extent) // stride + 1\n"
EXTENT = "extent = dilation * (kernel - 1) + 1"
PADDED = "padded = size + 2 * _integer(padding, 0)"
COUNT = "return _integer(filters, 1) * (weights + (1 if bias else 0))"
WEIGHTS = "_integer(height, 1) * _integer(width, 1) * _integer(in_channels, 1)\n"
DEPTH = '_integer(options.pop("filters"), 1)\n'
ORDINARY = "if isinstance(value, bool) or not isinstance(value, Integral) or value < least:\n"
FIT = "if extent > padded:"
POOLING = 'options.setdefault("stride", options["kernel"])\n'
SIDES = "output_size(height, **options), output_size(width, **options))"

wrong = [
    edit("convolution-keeps-the-size", OUTPUT, "return -(-size // stride)\n"),
    edit("output-size-forgets-the-first-position", OUTPUT, "return (padded - extent) // stride\n"),
    edit("output-size-rounded-up", OUTPUT, "return -((extent - padded) // stride) + 1\n"),
    edit("output-size-adds-one-before-dividing", OUTPUT, "return (padded - extent + 1) // stride\n"),
    edit("output-size-is-a-fraction", OUTPUT, "return (padded - extent) / stride + 1\n"),
    edit("output-size-is-a-fraction", OUTPUT, "return (padded - extent) // stride + 1.0\n"),
    edit("output-size-ignores-the-stride", OUTPUT, "return padded - extent + 1\n"),
    edit("padding-on-one-side", PADDED, "padded = size + _integer(padding, 0)"),
    edit("padding-ignored", PADDED, "padded = size + 0 * _integer(padding, 0)"),
    edit("padding-outside-the-division", OUTPUT, "return (size - extent) // stride + 2 * padding + 1\n"),
    edit("dilation-leaves-the-size-alone", EXTENT, "extent = kernel"),
    edit("dilation-multiplies-the-kernel", EXTENT, "extent = dilation * kernel"),
    edit("dilation-counts-the-holes", EXTENT, "extent = kernel + dilation * (kernel - 1)"),
    edit("window-larger-than-the-image", FIT, "if False:"),
    edit(
        "window-larger-than-the-image",
        FIT + '\n        raise ValueError(f"a window that covers {extent} does not fit into {padded}")\n    ' + OUTPUT,
        "return max((padded - extent) // stride + 1, 0)\n",
    ),
    edit("window-must-be-smaller-than-the-image", FIT, "if extent >= padded:"),
    edit("window-checked-without-padding", FIT, "if extent > size:"),
    edit("window-checked-without-dilation", FIT, "if kernel > padded:"),
    edit(
        "whole-floats-taken-for-integers",
        ORDINARY,
        "if isinstance(value, bool) or value != int(value) or value < least:\n",
    ),
    edit("whole-floats-taken-for-integers", ORDINARY, "if int(value) < least:\n"),
    edit("numpy-integers-refused", ORDINARY, "if type(value) is not int or value < least:\n"),
    edit(
        "numpy-integers-refused",
        ORDINARY,
        "if isinstance(value, bool) or not isinstance(value, int) or value < least:\n",
    ),
    edit(
        "sizes-below-one-accepted",
        ORDINARY,
        "if isinstance(value, bool) or not isinstance(value, Integral):\n",
    ),
    edit(
        "conv-filter-has-one-channel",
        WEIGHTS,
        "_integer(height, 1) * _integer(width, 1) * _integer(in_channels, 1) ** 0\n",
    ),
    edit("parameter-count-without-biases", COUNT, "return _integer(filters, 1) * weights"),
    edit("one-bias-per-layer", COUNT, "return _integer(filters, 1) * weights + (1 if bias else 0)"),
    edit("conv-bias-per-channel", COUNT, "return _integer(filters, 1) * (weights + (in_channels if bias else 0))"),
    edit(
        "conv-bias-of-the-input-channels", COUNT, "return _integer(filters, 1) * weights + (in_channels if bias else 0)"
    ),
    edit(
        "conv-kernel-counted-on-one-axis",
        WEIGHTS,
        "_integer(height, 1) * _integer(width, 1) ** 0 * _integer(in_channels, 1)\n",
    ),
    edit("conv-output-depth-is-the-input-depth", DEPTH, 'channels * _integer(options.pop("filters"), 1) ** 0\n'),
    edit("conv-output-depth-is-the-input-depth", DEPTH, '[channels, options.pop("filters")][0]\n'),
    edit("conv-filter-gives-a-map-per-channel", DEPTH, 'channels * _integer(options.pop("filters"), 1)\n'),
    edit("pooling-moves-by-one", POOLING, 'options.setdefault("stride", 1)\n'),
    edit("pooling-always-halves", POOLING, 'options.setdefault("stride", 2)\n'),
    edit("pooling-stride-is-always-the-kernel", POOLING, 'options["stride"] = options["kernel"]\n'),
    edit(
        "pooling-merges-the-channels",
        POOLING,
        'channels = 1\n                options.setdefault("stride", options["kernel"])\n',
    ),
    edit(
        "pooling-shrinks-the-depth",
        POOLING,
        'options.setdefault("stride", options["kernel"])\n                channels = output_size(channels, **options)\n',
    ),
    edit("flatten-forgets-the-depth", "for side in shape:", "for side in shape[-2:]:"),
    edit("images-are-square", SIDES, "output_size(height, **options), output_size(height, **options))"),
    edit("width-before-height", SIDES, "output_size(width, **options), output_size(height, **options))"),
    edit("layers-are-changed", "options = dict(layer)", "options = layer"),
    edit(
        "dense-layers-flatten-by-themselves",
        'if (len(shape) == 3) != (kind in ("conv", "pool")) and kind != "flatten":',
        'if len(shape) != 3 and kind in ("conv", "pool"):',
    ),
    edit(
        "unknown-options-ignored",
        "if not needed <= set(options) <= needed | optional:",
        "if not needed <= set(options):",
    ),
]
