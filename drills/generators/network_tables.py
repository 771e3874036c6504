"""The course's own kind of question: a small network whose table is to be completed."""

from typing import Any

from drills.expressions import evaluate
from drills.generators import generator
from drills.generators.common import SET_BY_REGISTRY
from drills.items import Item, Layer, LayerTable, Wrong
from drills.networks import Row, rows
from drills.randomness import Source


@generator("network-table", topic="cnn-parameters", difficulty=2)
def network_table(source: Source) -> Item:
    """The table of a small network: shapes, formulas and numbers of parameters."""
    first, second = source.integer(4, 16), source.integer(10, 32)
    kernels = source.choice([5, 7]), 3
    side = 4 * source.integer(6, 14) + source.integer(0, 3)
    classes = source.integer(4, 12)
    normalized, averaged = source.choice([True, False]), source.choice([True, False])
    layers = [
        Layer(layer="conv", filters=first, kernel=kernels[0], padding=source.choice([0, "same"])),
        *([Layer(layer="batch norm")] if normalized else []),
        Layer(layer="relu"),
        Layer(layer="max pool", kernel=2),
        Layer(layer="conv", filters=second, kernel=kernels[1], padding=source.choice([0, 1])),
        Layer(layer="relu"),
        Layer(layer="global average pool") if averaged else Layer(layer="max pool", kernel=2),
        *([] if averaged else [Layer(layer="flatten")]),
        Layer(layer="dense", units=classes),
    ]
    fields: dict[str, Any] = {
        **SET_BY_REGISTRY,
        "source": "LeCun, Bottou, Bengio and Haffner 1998, section II; Dumoulin and Visin 2016, relationship 6",
        "stem": f"Complete the table of this network for RGB images of {side} x {side} pixels and {classes} classes.",
        "convention": "shapes are channels x height x width; every convolution and dense layer has biases; a window "
        "that does not fit completely is dropped" + ("; batch norm: learned parameters only" if normalized else ""),
        "input_shape": [3, side, side],
        "layers": layers,
        "because": "The depth after a convolution is its number of filters, each of which spans the whole depth before it "
        "and has one bias; pooling, activations and flatten learn nothing.",
        "exercise": "convolutional/output_size",
    }
    table = rows(LayerTable(**fields))
    blanks: list[str] = []
    wrong: dict[str, dict[str, Wrong]] = {}
    depth = 3
    for number, (layer, row) in enumerate(zip(layers, table, strict=True), start=1):
        if layer.layer not in ("relu", "batch norm"):
            blanks.append(f"{number}.output")
        if row.parameters:
            blanks += [f"{number}.formula", f"{number}.parameters"]
            wrong[f"{number}.parameters"] = _mistakes(number, layer, row, depth)
        depth = row.output[0]
    return LayerTable(**fields, blanks=blanks, wrong_values=wrong)


def _mistakes(number: int, layer: Layer, row: Row, depth: int) -> dict[str, Wrong]:
    """What mistakes give for the parameters of a layer that reads `depth` channels or numbers, if not the right number."""
    if layer.layer == "batch norm":
        wrong = {
            f"4 * {depth}": Wrong(
                because="You counted the running means and variances too; they are averaged, not learned.",
                misconception="batch-norm-learns-its-statistics",
            ),
            "2": Wrong(because="You gave the layer one scale and shift; every channel has its own pair."),
        }
    elif layer.layer == "dense":
        wrong = {
            f"{depth} * {layer.units}": Wrong(
                because=f"You left out the biases of the {layer.units} units.",
                misconception="parameter-count-without-biases",
            ),
        }
    else:
        window = f"{layer.kernel} * {layer.kernel}"
        wrong = {
            f"{layer.filters} * {window} * {depth}": Wrong(
                because=f"You left out the biases of layer {number}, one for each of its {layer.filters} filters.",
                misconception="parameter-count-without-biases",
            ),
            f"{layer.filters} * ({window} + 1)": Wrong(
                because=f"You gave each filter of layer {number} a single channel; it spans all {depth} channels of its input.",
                misconception="conv-filter-has-one-channel",
            ),
            f"{layer.filters} * ({window} + 1) * {depth}": Wrong(
                because=f"You gave a filter of layer {number} one bias per channel; it adds its bias once, after the sum over "
                f"{depth} channels.",
            ),
        }
    kept: dict[str, Wrong] = {}
    taken = {row.parameters}
    for expression, why in wrong.items():
        if (value := evaluate(expression)) not in taken:
            taken.add(value)
            kept[expression] = why
    return kept
