"""A network as the table that exams print (chapter convolutional, topics output-size and cnn-parameters).

Output shapes, parameters and operations follow from the input shape and the list of layers; nothing has to be run.
Parameters sit in convolutions, dense layers and batch normalization; pooling, activations and dropout have none. A
convolution applies its few parameters at every position: it leads in computation where dense layers lead in parameters.

    conv     filters (kh kw in_channels / groups + 1)     macs = filters height width kh kw in_channels / groups
    dense    units (inputs + 1)                           macs = units inputs
    batch normalization   2 channels learned (gamma, beta); the 2 channels of running statistics are not trained

A multiply-accumulate (mac) is one product and one sum, so FLOPs = 2 macs; biases, pooling and activations do not count.

Course: parameters of a CNN and of the architectures from LeNet-5 on. Source for the counting of operations: He et al.,
"Deep residual learning" (2016), table 1, whose "FLOPs" are multiply-accumulates.
"""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

from reference.convolutional.output_size import Shape, integer, layer_shape

_SAME_SHAPE = ("activation", "batchnorm", "dropout")


class Row(NamedTuple):
    """One layer of a summary. `formula` is the parameters' count as an expression that Python can evaluate."""

    type: str
    output_shape: Shape
    formula: str
    parameters: int
    macs: int


def network_summary(input_shape: Sequence[int], layers: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The rows of a summary, one per layer.

    Args:
        input_shape: (channels, height, width).
        layers: dicts as for `network_shapes`; besides, conv may have "groups" (1) and "bias" (True), dense "bias"
            (True); the types "global_pool" (mean over height and width, (C, H, W) -> (C,)), "batchnorm", "activation"
            and "dropout" exist.

    Raises:
        ValueError: as for `network_shapes`; or groups that do not divide the channels and the filters.
    """
    shape: Shape = tuple(integer("input_shape", side, 1) for side in input_shape)
    if len(shape) != 3:
        raise ValueError(f"input_shape must be (channels, height, width), not {shape}")
    rows = []
    for number, layer in enumerate(layers):
        try:
            row = layer_row(shape, layer)
        except ValueError as error:
            raise ValueError(f"layer {number}: {error}") from None
        rows.append(row)
        shape = row.output_shape
    return rows


def layer_row(shape: Shape, layer: Mapping[str, Any]) -> Row:
    """The row of one layer on an input of `shape`; ValueError as for `network_summary`."""
    kind = layer.get("type")
    if kind in _SAME_SHAPE:
        _refuse_options(layer)
        formula = f"2 * {shape[0]}" if kind == "batchnorm" else "0"
        return Row(str(kind), shape, formula, 2 * shape[0] if kind == "batchnorm" else 0, 0)
    if kind == "global_pool":
        _refuse_options(layer)
        if len(shape) != 3:
            raise ValueError(f"global_pool needs (channels, height, width), not {shape}")
        return Row(kind, shape[:1], "0", 0, 0)
    if kind == "conv":
        return _conv_row(shape, layer)
    if kind == "dense":
        output = layer_shape(shape, {key: value for key, value in layer.items() if key != "bias"})
        return _weights_row(kind, output, (shape[0],), layer)
    return Row(str(kind), layer_shape(shape, layer), "0", 0, 0)


def total(rows: Sequence[Row]) -> tuple[int, int]:
    """(parameters, macs) of the whole network."""
    return sum(row.parameters for row in rows), sum(row.macs for row in rows)


def summary_table(input_shape: Sequence[int], rows: Sequence[Row]) -> str:
    """The rows as a Markdown table, with the input above and the totals below."""
    parameters, macs = total(rows)
    lines = [("layer", "output shape", "parameters", "formula", "macs"), ("---", "---", "--:", "---", "--:")]
    lines.append(("input", _by(input_shape), "", "", ""))
    for row in rows:
        formula = row.formula if row.parameters else ""
        lines.append((row.type, _by(row.output_shape), f"{row.parameters:,}", formula, f"{row.macs:,}"))
    lines.append(("total", "", f"{parameters:,}", "", f"{macs:,}"))
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _conv_row(shape: Shape, layer: Mapping[str, Any]) -> Row:
    output = layer_shape(shape, {key: value for key, value in layer.items() if key not in ("groups", "bias")})
    kernel, groups = int(layer["kernel"]), integer("groups", layer.get("groups", 1), 1)
    if shape[0] % groups or output[0] % groups:
        raise ValueError(f"groups = {groups} must divide the {shape[0]} channels and the {output[0]} filters")
    return _weights_row("conv", output, (kernel, kernel, shape[0] // groups), layer)


def _weights_row(kind: str, output: Shape, fan_in: Sequence[int], layer: Mapping[str, Any]) -> Row:
    """A layer of output[0] filters or units of prod(fan_in) weights each, used at every position of the output."""
    bias = bool(layer.get("bias", True))
    weights = " * ".join(map(str, fan_in))
    formula = f"{output[0]} * ({weights} + 1)" if bias else f"{output[0]} * {weights}"
    return Row(kind, output, formula, output[0] * (prod(fan_in) + bias), prod(output) * prod(fan_in))


def _refuse_options(layer: Mapping[str, Any]) -> None:
    if options := layer.keys() - {"type"}:
        raise ValueError(f"{layer['type']} has no {', '.join(sorted(options))}")


def _by(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))
