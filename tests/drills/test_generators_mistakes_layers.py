"""Explanations about shapes and parameters: the error that each claims, made by hand, gives its wrong value."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from drills.generators import load_generators
from drills.items import LayerTable
from drills.marking import computed
from drills.networks import rows
from tests.drills import mistakes
from tests.drills.test_generators_keys_layers import number_after, numbers, padding

FAMILIES = load_generators()


def axis(item) -> tuple[int, int, int, int, int]:
    """Size, kernel, stride, padding and dilation of a square convolution."""
    size, _, kernel, *_ = numbers(item.stem)
    stem = item.stem
    return size, kernel, number_after("stride", stem, 1), padding(stem), number_after("dilation", stem, 1)


def slides(size: int, kernel: int, stride: int) -> int:
    """Positions of a window: the first one and the steps that still fit."""
    return (size - kernel) // stride + 1


def conv(change):
    """A function of the item from one of (size, kernel, stride, padding, dilation)."""
    return lambda item: change(*axis(item))


def shape(change):
    """As `conv`, for an item of a layer with channels, height and width; gives the shape as text."""

    def made(item) -> str:
        channels, height, width, filters, kernel, _, stride, *_ = numbers(item.stem)
        return " x ".join(map(str, change(channels, height, width, filters, kernel, stride, padding(item.stem))))

    return made


def pool(change):
    def made(item) -> str:
        channels, height, width, kernel, _, stride = numbers(item.stem)
        return " x ".join(map(str, change(channels, height, width, kernel, stride)))

    return made


def mlp(change):
    """From the sizes of the layers, inputs first."""
    return lambda item: change(numbers(item.stem))


def counted(change):
    return lambda item: change(*numbers(item.stem))


def flat(change):
    """Channels, size, filters, kernel, units of a convolution, a pooling and a dense layer."""

    def made(item) -> int:
        channels, size, _, filters, kernel, _, _, _, _, _, units = numbers(item.stem)
        return change(channels, size, filters, kernel, units)

    return made


def cell(change):
    """Blocks (4 for an LSTM, 3 for a GRU), inputs, hidden units and bias vectors per block."""

    def made(item) -> int:
        inputs, hidden = numbers(item.stem)
        return change(4 if "LSTM" in item.stem else 3, inputs, hidden, 2 if item.convention.startswith("two") else 1)

    return made


def heads(change):
    def made(item) -> int:
        size, number, width = numbers(item.stem)
        return change(size, number, width, size if item.convention.endswith("with biases") else 0)

    return made


def windows(change):
    """Kernels and strides of the layers."""

    def made(item) -> int:
        layers = [(int(k), int(s)) for k, s in re.findall(r"(\d+) x \d+, stride (\d+)", item.stem)]
        return change([k for k, _ in layers], [s for _, s in layers])

    return made


def reach(kernels: list[int], strides: list[int], own: bool = False) -> int:
    """The field of the last unit, grown layer by layer; with `own` a stride already widens its own window."""
    field, jump = 1, 1
    for kernel, stride in zip(kernels, strides, strict=True):
        jump *= stride if own else 1
        field += (kernel - 1) * jump
        jump *= 1 if own else stride
    return field


def learned(item) -> int:
    """Numbers per channel that the convention counts."""
    return 4 if "together" in item.convention else 2


FORGOT_FIRST = lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) // s  # noqa: E731
ONE_SIDE = lambda n, k, s, p, d: slides(n + p, d * (k - 1) + 1, s)  # noqa: E731
NO_STRIDE = lambda n, k, s, p, d: slides(n + 2 * p, d * (k - 1) + 1, 1)  # noqa: E731

MISTAKES: dict[str, mistakes.Mistakes] = {
    "conv-output-size": {
        "You added the padding on one side only": conv(ONE_SIDE),
        "The kernel's first position counts too": conv(FORGOT_FIRST),
        "That is the size for stride 1": conv(NO_STRIDE),
        "You left out the padding": conv(lambda n, k, s, p, d: slides(n, k, s)),
        "You divided by the stride alone": conv(lambda n, k, s, p, d: n // s),
    },
    "conv-dilated-output-size": {
        "You left out the dilation": conv(lambda n, k, s, p, d: slides(n + 2 * p, k, s)),
        "You multiplied the kernel by the dilation": conv(lambda n, k, s, p, d: slides(n + 2 * p, d * k, s)),
        "You counted the steps": conv(FORGOT_FIRST),
        "You added the padding on one side only": conv(ONE_SIDE),
        "That is the size for stride 1": conv(NO_STRIDE),
    },
    "conv-same-output-size": {
        "You rounded": conv(lambda n, k, s, p, d: n // s),
        "'same' keeps the size only for stride 1": conv(lambda n, k, s, p, d: n),
        "That is the size with 'valid' padding": conv(lambda n, k, s, p, d: slides(n, k, s)),
    },
    "conv-output-shape": {
        "You let the input's depth pass": shape(lambda c, h, w, f, k, s, p: (c, slides(h + 2 * p, k, s), slides(w + 2 * p, k, s))),
        "You gave each filter one map per input channel": shape(
            lambda c, h, w, f, k, s, p: (c * f, slides(h + 2 * p, k, s), slides(w + 2 * p, k, s))),
        "You added the padding on one side only": shape(lambda c, h, w, f, k, s, p: (f, slides(h + p, k, s), slides(w + p, k, s))),
        "You counted the steps": shape(lambda c, h, w, f, k, s, p: (f, (h + 2 * p - k) // s, (w + 2 * p - k) // s)),
    },
    "pool-output-shape": {
        "You pooled over the channels": pool(lambda c, h, w, k, s: (c // k, slides(h, k, s), slides(w, k, s))),
        "You merged all channels": pool(lambda c, h, w, k, s: (1, slides(h, k, s), slides(w, k, s))),
        "That is the size for stride 1": pool(lambda c, h, w, k, s: (c, slides(h, k, 1), slides(w, k, 1))),
        "You rounded up": pool(lambda c, h, w, k, s: (c, -((k - h) // s) + 1, -((k - w) // s) + 1)),
    },
    "conv-macs": {
        "You counted the weights": lambda item: macs(item, positions=1),
        "You gave each filter a single channel": lambda item: macs(item, channels=1),
        "You counted the positions of the input": lambda item: macs(item, positions=numbers(item.stem)[-2] ** 2),
        "You counted multiplications and additions": lambda item: 2 * macs(item),
    },
    "mlp-parameters": {
        "You left out the biases": mlp(lambda n: weights(n)),
        "You gave the .* inputs biases": mlp(lambda n: weights(n) + sum(n)),
        "You gave each layer a single bias": mlp(lambda n: weights(n) + len(n) - 1),
        "You counted units": mlp(lambda n: sum(n[1:])),
    },
    "conv-parameters": {
        "You left out the biases": counted(lambda f, k, _, c, *__: f * k * k * c),
        "You gave each filter a single channel": counted(lambda f, k, _, c, *__: f * (k * k + 1)),
        "You gave the layer a single bias": counted(lambda f, k, _, c, *__: f * k * k * c + 1),
        "You gave a filter one bias per channel": counted(lambda f, k, _, c, *__: f * (k * k * c + c)),
        "You gave every pixel weights": counted(lambda f, k, _, c, n, *__: f * (k * k * c + 1) * n * n),
    },
    "separable-parameters": {
        "That is an ordinary convolution": counted(lambda c, k, _, __, ___, f: f * k * k * c),
        "You let all channels share one filter": counted(lambda c, k, _, __, ___, f: k * k + f * c),
        "You gave each 1 x 1 filter one weight": counted(lambda c, k, _, __, ___, f: k * k * c + f),
        "You counted .* depth-wise filters": counted(lambda c, k, _, __, ___, f: k * k * f + f * c),
    },
    "batch-norm-parameters": {
        "You counted the running means": lambda item: 4 * numbers(item.stem)[0],
        "You counted the learned scale and shift alone": lambda item: 2 * numbers(item.stem)[0],
        "You gave every pixel numbers": lambda item: learned(item) * numbers(item.stem)[0] * numbers(item.stem)[1] ** 2,
        "You counted per example": lambda item: learned(item) * numbers(item.stem)[3],
        "You counted the numbers of one channel": learned,
        "You counted one number per channel": lambda item: numbers(item.stem)[0],
    },
    "gated-cell-parameters": {
        "You left out the biases": cell(lambda g, d, h, b: g * h * (d + h)),
        "You counted two bias vectors": cell(lambda g, d, h, b: g * (h * (d + h) + 2 * h)),
        "You counted one bias vector": cell(lambda g, d, h, b: g * (h * (d + h) + h)),
        "You counted an LSTM": cell(lambda g, d, h, b: 4 * (h * (d + h) + b * h)),
        "You left one of the four out": cell(lambda g, d, h, b: 3 * (h * (d + h) + b * h)),
        "You left out the recurrent weights": cell(lambda g, d, h, b: g * (h * d + b * h)),
        "That is a plain recurrent layer": cell(lambda g, d, h, b: h * (d + h) + b * h),
    },
    "rnn-parameters": {
        "You gave every time step": counted(lambda t, d, h, k: t * (h * (d + h + 1) + k * (h + 1))),
        "You left out the weights from the previous state": counted(lambda t, d, h, k: h * (d + 1) + k * (h + 1)),
        "You left out the biases": counted(lambda t, d, h, k: h * (d + h) + k * h),
        "You stopped at the state": counted(lambda t, d, h, k: h * (d + h + 1)),
    },
    "multi-head-parameters": {
        "You left out the projection": heads(lambda n, h, w, b: 3 * (n * n + b)),
        "You multiplied by the": heads(lambda n, h, w, b: h * 4 * (n * n + b)),
        "You counted one head": heads(lambda n, h, w, b: 4 * (n * w + (w if b else 0))),
        "You left out the biases": heads(lambda n, h, w, b: 4 * n * n),
        "You counted biases": heads(lambda n, h, w, b: 4 * (n * n + n)),
    },
    "dense-after-flatten": {
        "You left out the biases": flat(lambda c, n, f, k, u: u * f * ((n - k + 1) // 2) ** 2),
        "You left out the pooling": flat(lambda c, n, f, k, u: u * (f * (n - k + 1) ** 2 + 1)),
        "You flattened one map": flat(lambda c, n, f, k, u: u * (((n - k + 1) // 2) ** 2 + 1)),
        "You let the convolution keep the size": flat(lambda c, n, f, k, u: u * (f * (n // 2) ** 2 + 1)),
    },
    "dense-as-convolution": {
        "You made the filters 1 x 1": counted(lambda c, n, _, u, *__: filters(u, 1, c * n * n)),
        "You exchanged input and output": counted(lambda c, n, _, u, *__: filters(c, n, u)),
        "You gave each unit one weight per channel": counted(lambda c, n, _, u, *__: filters(u, 1, c)),
    },
    "receptive-field": {
        "You left out the strides": windows(lambda k, s: reach(k, [1] * len(k))),
        "You added up the windows": windows(lambda k, s: sum(k)),
        "You let a layer's own stride": windows(lambda k, s: reach(k, s, own=True)),
        "You forgot the pixel": windows(lambda k, s: reach(k, s) - 1),
    },
}  # fmt: skip


def macs(item, positions: int = 0, channels: int = 0) -> int:
    """Products of the layer, with another number of positions or of channels per filter where one is given."""
    found = numbers(item.stem)
    count, kernel, depth, size = found[0], found[1], found[-3], found[-2]
    side = size + 2 * padding(item.stem) - kernel + 1
    return count * (positions or side * side) * kernel * kernel * (channels or depth)


def weights(sizes: list[int]) -> int:
    return sum(a * b for a, b in pairwise(sizes))


def filters(count: int, kernel: int, depth: int) -> str:
    return f"{count} filters of {kernel} x {kernel} pixels that read {depth} channels"


@pytest.mark.parametrize("family", MISTAKES)
def test_each_explanation_is_true(family: str):
    mistakes.check(FAMILIES[family], MISTAKES[family])


def test_an_explanation_that_names_another_error_is_found():
    honest = FAMILIES["mlp-parameters"]

    def exchanged(source):
        item = honest.make(source)
        values, whys = list(item.wrong_values), list(item.wrong_values.values())
        return item.model_copy(update={"wrong_values": dict(zip(values, [whys[1], whys[0], *whys[2:]], strict=True))})

    with pytest.raises(AssertionError, match="mlp-parameters@0"):
        mistakes.check(replace(honest, make=exchanged), MISTAKES["mlp-parameters"])


def test_each_explanation_of_a_network_table_is_true():
    for seed in mistakes.SEEDS:
        item = FAMILIES["network-table"](seed)
        assert isinstance(item, LayerTable)
        depth, met = 3, 0
        for number, (layer, row) in enumerate(zip(item.layers, rows(item), strict=True), start=1):
            f, k = layer.filters or layer.units or 0, layer.kernel or 0
            errors = {
                "You counted the running means": 4 * depth,
                "You gave the layer one scale": 2,
                "You left out the biases": f * (k * k if layer.kernel else 1) * depth,
                "You gave each filter": f * (k * k + 1),
                "You gave a filter": f * (k * k + 1) * depth,
            }
            for value, why in item.wrong_values.get(f"{number}.parameters", {}).items():
                (claim,) = [claim for claim in errors if why.because.startswith(claim)]
                assert computed(value) == errors[claim], (item.id, number, why.because)
                met += 1
            depth = row.output[0]
        assert met >= 3
