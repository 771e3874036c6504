"""Keys about shapes and parameters against brute force that reads only what the learner reads.

Positions are counted by moving a window, parameters by listing every single weight; nothing here calls the reference.
"""

import re
from itertools import product

import pytest

from drills.generators import load_generators
from drills.items import LayerTable, Numeric
from drills.marking import key_number
from drills.networks import solution

FAMILIES = load_generators()


def numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def padding(stem: str) -> int:
    found = re.search(r"zero padding of (\d+) on each side", stem)
    return int(found[1]) if found else 0


def number_after(word: str, stem: str, otherwise: int) -> int:
    found = re.search(rf"{word} (\d+)", stem)
    return int(found[1]) if found else otherwise


def positions(size: int, kernel: int, stride: int = 1, pad: int = 0, dilation: int = 1) -> int:
    """Moves the window over the padded axis until its last sample would stick out."""
    count, start = 0, 0
    while start + dilation * (kernel - 1) < size + 2 * pad:
        count += 1
        start += stride
    return count


def conv_size(item) -> int:
    size, _, kernel, *_ = numbers(item.stem)
    return positions(size, kernel, number_after("stride", item.stem, 1), padding(item.stem),
                     number_after("dilation", item.stem, 1))  # fmt: skip


def same_size(item) -> int:
    size, _, _, _, stride = numbers(item.stem)
    return len(range(0, size, stride))


def conv_shape(item) -> str:
    _, height, width, filters, kernel, _, stride, *_ = numbers(item.stem)
    pad = padding(item.stem)
    return f"{filters} x {positions(height, kernel, stride, pad)} x {positions(width, kernel, stride, pad)}"


def pool_shape(item) -> str:
    channels, height, width, kernel, _, stride = numbers(item.stem)
    return f"{channels} x {positions(height, kernel, stride)} x {positions(width, kernel, stride)}"


def macs(item) -> int:
    filters, kernel, _, stride = numbers(item.stem)[:4]
    channels, size, _ = numbers(item.stem.partition("reads")[2])
    side = positions(size, kernel, stride, padding(item.stem))
    return sum(kernel * kernel * channels for _ in product(range(filters), range(side), range(side)))


def mlp(item) -> int:
    inputs, *hidden, outputs = numbers(item.stem)
    total, before = 0, inputs
    for units in [*hidden, outputs]:
        total += sum(before + 1 for _ in range(units))
        before = units
    return total


def conv(item) -> int:
    filters, kernel, _, channels, *_ = numbers(item.stem)
    return sum(sum(1 for _ in product(range(kernel), range(kernel), range(channels))) + 1 for _ in range(filters))


def separable(item) -> int:
    channels, kernel, _, _, _, filters = numbers(item.stem)
    depthwise = sum(kernel * kernel for _ in range(channels))
    return depthwise + sum(channels for _ in range(filters))


def batch_norm(item) -> int:
    filters = numbers(item.stem)[0]
    per_channel = ["gamma", "beta"] + (["mean", "variance"] if "Keras" in item.stem else [])
    assert ("running statistics together" in item.convention) == ("Keras" in item.stem)
    return sum(len(per_channel) for _ in range(filters))


def gated_cell(item) -> int:
    inputs, hidden = numbers(item.stem)
    blocks = ["update", "reset", "candidate"] if "GRU" in item.stem else ["forget", "input", "output", "candidate"]
    biases = 1 if item.convention.startswith("one bias") else 2
    return sum(inputs + hidden + biases for _ in blocks for _ in range(hidden))


def rnn(item) -> int:
    _, inputs, hidden, outputs = numbers(item.stem)
    return sum(inputs + hidden + 1 for _ in range(hidden)) + sum(hidden + 1 for _ in range(outputs))


def multi_head(item) -> int:
    size, heads, width = numbers(item.stem)
    bias = "with biases" in item.convention
    per_head = 3 * (size * width + bias * width)
    return heads * per_head + heads * width * size + bias * size


def after_flatten(item) -> int:
    _, height, _, filters, kernel, _, _, pool, _, stride, units = numbers(item.stem)
    side = positions(positions(height, kernel), pool, stride)
    return units * (filters * side * side + 1)


def as_convolution(item) -> str:
    channels, side, _, units, _ = numbers(item.stem)
    return f"{units} filters of {side} x {side} pixels that read {channels} channels"


def receptive_field(item) -> int:
    """Follows the connections of one unit back to the pixels, set by set."""
    layers = [tuple(map(int, layer)) for layer in re.findall(r"(\d+) x \d+, stride (\d+)", item.stem)]
    seen = {100}
    for kernel, stride in reversed(layers):
        seen = {unit * stride + offset for unit in seen for offset in range(kernel)}
    return max(seen) - min(seen) + 1


KEYS = {
    "conv-output-size": conv_size,
    "conv-dilated-output-size": conv_size,
    "conv-same-output-size": same_size,
    "conv-output-shape": conv_shape,
    "pool-output-shape": pool_shape,
    "conv-macs": macs,
    "mlp-parameters": mlp,
    "conv-parameters": conv,
    "separable-parameters": separable,
    "batch-norm-parameters": batch_norm,
    "gated-cell-parameters": gated_cell,
    "rnn-parameters": rnn,
    "multi-head-parameters": multi_head,
    "dense-after-flatten": after_flatten,
    "dense-as-convolution": as_convolution,
    "receptive-field": receptive_field,
}


@pytest.mark.parametrize("family", KEYS)
def test_the_key_is_what_counting_gives(family: str):
    for seed in range(200):
        item = FAMILIES[family](seed)
        key = key_number(item) if isinstance(item, Numeric) else item.key
        assert key == KEYS[family](item), item.stem


def test_a_network_table_is_what_counting_gives():
    for seed in range(200):
        item = FAMILIES["network-table"](seed)
        assert isinstance(item, LayerTable)
        cells, shape = solution(item), list(item.input_shape)
        for number, layer in enumerate(item.layers, start=1):
            parameters = 0
            if layer.layer == "conv":
                pad = {"same": (layer.kernel - 1) // 2, "valid": 0}.get(layer.padding, layer.padding)
                parameters = layer.filters * (shape[0] * layer.kernel**2 + 1)
                shape = [layer.filters, *(positions(side, layer.kernel, 1, pad) for side in shape[1:])]
            elif layer.layer == "max pool":
                shape = [shape[0], *(positions(side, layer.kernel, layer.kernel) for side in shape[1:])]
            elif layer.layer == "global average pool":
                shape = shape[:1]
            elif layer.layer == "flatten":
                shape = [len(list(product(*map(range, shape))))]
            elif layer.layer == "batch norm":
                parameters = 2 * shape[0]
            elif layer.layer == "dense":
                parameters = layer.units * (shape[0] + 1)
                shape = [layer.units]
            assert cells[f"{number}.output"] == " x ".join(map(str, shape))
            assert cells[f"{number}.parameters"] == str(parameters)
            for wrong in item.wrong_values.get(f"{number}.parameters", {}):
                assert eval(wrong) != parameters
