"""What a layer table is filled with: per layer the output shape, the formula of its parameters and their number.

Shapes and counts of convolutional networks come from the reference; sequences (embedding, recurrent layers, dense
layers at every step) are counted here, with one bias vector per gate.
"""

from dataclasses import dataclass
from typing import Any

from drills.expressions import arithmetic
from drills.items import Layer, LayerTable
from reference.convolutional.network_summary import layer_row

COLUMNS = ("output", "formula", "parameters")
GATES = {"rnn": 1, "gru": 3, "lstm": 4}
KINDS = {  # this file's name -> the reference's
    "conv": "conv", "depthwise conv": "conv", "max pool": "pool", "average pool": "pool", "flatten": "flatten",
    "global average pool": "global_pool", "dense": "dense", "batch norm": "batchnorm", "dropout": "dropout",
    "relu": "activation", "tanh": "activation", "sigmoid": "activation", "softmax": "activation",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One line of the table; `cells` holds what a learner would write into each column."""

    layer: str
    output: tuple[int, ...]
    formula: str
    parameters: int

    @property
    def cells(self) -> dict[str, str]:
        """Column -> content."""
        return {"output": by(self.output), "formula": self.formula, "parameters": str(self.parameters)}


def by(shape: tuple[int, ...] | list[int]) -> str:
    """A shape in words: 16 x 28 x 28."""
    return " x ".join(map(str, shape))


def rows(item: LayerTable) -> list[Row]:
    """The complete table.

    Raises:
        ValueError: a layer lacks an argument or does not fit its input; the message names the layer.
    """
    shape, table = tuple(item.input_shape), []
    for number, layer in enumerate(item.layers, start=1):
        try:
            row = _row(shape, layer)
        except ValueError as error:
            raise ValueError(f"layer {number} ({layer.layer}): {error}") from error
        table.append(row)
        shape = row.output
    return table


def blank_cells(item: LayerTable) -> list[str]:
    """The cells to be filled in, as "2.output", in reading order.

    Raises:
        ValueError: a blank is neither a column nor a cell of the table.
    """
    every = [f"{number}.{column}" for number in range(1, len(item.layers) + 1) for column in COLUMNS]
    for blank in item.blanks:
        if blank not in COLUMNS and blank not in every:
            raise ValueError(f"'{blank}' is neither a column ({', '.join(COLUMNS)}) nor a cell such as 1.output")
    return [cell for cell in every if cell in item.blanks or cell.partition(".")[2] in item.blanks]


def solution(item: LayerTable) -> dict[str, str]:
    """Cell -> right content, for every cell of the table."""
    return {f"{number}.{c}": text for number, row in enumerate(rows(item), 1) for c, text in row.cells.items()}


def describe(layer: Layer) -> str:
    """A layer in words: "conv, 16 filters 5 x 5, stride 2"."""
    parts: list[str] = [layer.layer]
    if layer.filters:
        parts.append(f"{layer.filters} filters {layer.kernel} x {layer.kernel}")
    elif layer.kernel:
        parts.append(f"{layer.kernel} x {layer.kernel}")
    if layer.units:
        parts.append(f"{layer.units} units")
    if layer.vocabulary:
        parts.append(f"vocabulary {layer.vocabulary}")
    pools = layer.layer.endswith("pool") and layer.kernel
    if layer.stride or pools:
        parts.append(f"stride {layer.stride or layer.kernel}")
    if layer.padding not in (0, "valid"):
        parts.append(f"padding {layer.padding}")
    if layer.dilation > 1:
        parts.append(f"dilation {layer.dilation}")
    if not layer.bias:
        parts.append("no bias")
    return ", ".join(parts)


def _row(shape: tuple[int, ...], layer: Layer) -> Row:
    kind = layer.layer
    if kind == "embedding":
        vocabulary, units = _need(layer, "vocabulary"), _need(layer, "units")
        return _counted(layer, (*shape, units), f"{vocabulary} * {units}")
    if kind in GATES:
        if len(shape) != 2:
            raise ValueError(f"needs (time, features), not {shape}")
        units = _need(layer, "units")
        return _counted(layer, (shape[0], units), _affine(f"{shape[1]} + {units}", units, layer.bias, GATES[kind]))
    if kind == "dense" and len(shape) == 2:
        units = _need(layer, "units")
        return _counted(layer, (shape[0], units), _affine(f"{shape[1]}", units, layer.bias, 1))
    counted = layer_row(shape, _options(shape, layer))
    return Row(describe(layer), tuple(counted.output_shape), counted.formula, counted.parameters)


def _options(shape: tuple[int, ...], layer: Layer) -> dict[str, Any]:
    """The layer as the reference names it."""
    options: dict[str, Any] = {"type": KINDS[layer.layer]}
    if layer.layer == "dense":
        return {**options, "units": _need(layer, "units"), "bias": layer.bias}
    if options["type"] not in ("conv", "pool"):
        return options
    options |= {"kernel": _need(layer, "kernel"), "padding": _padding(layer)}
    if layer.stride:
        options["stride"] = layer.stride
    if layer.layer == "conv":
        options |= {"filters": _need(layer, "filters"), "dilation": layer.dilation, "bias": layer.bias}
    elif layer.layer == "depthwise conv":
        options |= {"filters": shape[0], "groups": shape[0], "dilation": layer.dilation, "bias": layer.bias}
    return options


def _padding(layer: Layer) -> int:
    """Pixels on each side; "same" keeps ceil(size / stride) and is symmetric for odd kernels only."""
    if layer.padding == "valid":
        return 0
    if layer.padding == "same":
        kernel = _need(layer, "kernel")
        if kernel % 2 == 0:
            raise ValueError('padding "same" is lopsided for an even kernel; give the number of pixels')
        return layer.dilation * (kernel - 1) // 2
    return layer.padding


def _affine(inputs: str, units: int, bias: bool, gates: int) -> str:
    one = f"({inputs}{' + 1' if bias else ''}) * {units}"
    return one if gates == 1 else f"{gates} * {one}"


def _counted(layer: Layer, output: tuple[int, ...], formula: str) -> Row:
    return Row(describe(layer), output, formula, int(arithmetic(formula)))


def _need(layer: Layer, name: str) -> int:
    value = getattr(layer, name)
    if value is None:
        raise ValueError(f"needs '{name}'")
    return int(value)
