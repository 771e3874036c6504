"""Output sizes, summaries, convolution as a matrix, dense layers as convolutions, receptive fields."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from reference.convolutional.architectures import ARCHITECTURES
from reference.convolutional.conv2d import add_windows, windows
from reference.convolutional.conv_as_matrix import connections, conv_matrix
from reference.convolutional.convolutionalize import convolutionalize, dense_to_conv
from reference.convolutional.network_summary import Row, network_summary, summary_table, total
from reference.convolutional.output_size import conv_parameters, network_shapes, output_size
from reference.convolutional.receptive_field import empirical_field, layers_of, receptive_field

few = settings(max_examples=60, deadline=None)


@few
@given(st.integers(1, 40), st.integers(1, 7), st.integers(1, 4), st.integers(0, 4), st.integers(1, 4))
def test_output_size_equals_torch(size, kernel, stride, padding, dilation):
    x, weight = torch.zeros(1, 1, 1, size), torch.zeros(1, 1, 1, kernel)
    try:
        expected = F.conv2d(x, weight, stride=stride, padding=(0, padding), dilation=dilation).shape[3]
    except RuntimeError:
        with pytest.raises(ValueError, match="does not fit"):
            output_size(size, kernel, stride, padding, dilation)
    else:
        assert output_size(size, kernel, stride, padding, dilation) == expected


@pytest.mark.parametrize("value", [True, 5.0, "5", None, 0, -1, np.float64(5), np.bool_(True)])
@pytest.mark.parametrize("position", range(5))
def test_output_size_refuses_what_is_no_valid_integer(value, position):
    arguments = [9, 3, 1, 0, 1]
    arguments[position] = value
    if position == 3 and isinstance(value, int) and value is not True and value >= 0:
        assert output_size(*arguments) == 7
    else:
        with pytest.raises(ValueError, match=r"integer|at least"):
            output_size(*arguments)


def test_numpy_integers_are_integers_and_results_are_plain():
    assert type(output_size(np.int64(9), np.int32(3), np.uint8(2))) is int
    assert type(conv_parameters(np.int64(3), np.int8(4), (np.int16(5), 3))) is int
    (shape,) = network_shapes((np.int64(3), 8, 9), [{"type": "conv", "filters": np.int64(4), "kernel": np.int64(3)}])
    assert shape == (4, 6, 7)
    assert {type(side) for side in shape} == {int}


@few
@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 5), st.integers(1, 5), st.booleans())
def test_conv_parameters_equal_torch(c, f, kh, kw, bias):
    layer = nn.Conv2d(c, f, (kh, kw), bias=bias)
    assert conv_parameters(c, f, (kh, kw), bias) == sum(p.numel() for p in layer.parameters())
    assert conv_parameters(c, f, kh, bias) == conv_parameters(c, f, (kh, kh), bias)


def random_network(seed):
    """A description and the same network in torch; grouped convolutions and batch normalization among the layers."""
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 4)) * 2, int(rng.integers(20, 40)), int(rng.integers(20, 40)))
    channels, described, modules = shape[0], [], []
    for _ in range(rng.integers(1, 5)):
        kernel, padding = int(rng.integers(1, 4)), int(rng.integers(0, 2))
        if rng.random() < 0.3:
            stride = int(rng.integers(1, 3))
            described.append({"type": "pool", "kernel": kernel + 1, "stride": stride, "padding": padding})
            modules.append(nn.MaxPool2d(kernel + 1, stride, padding))
            continue
        filters, dilation, groups = 2 * int(rng.integers(1, 5)), int(rng.integers(1, 3)), int(rng.integers(1, 3))
        bias = bool(rng.random() < 0.5)
        layer = {"filters": filters, "kernel": kernel, "padding": padding, "dilation": dilation}
        described.append({"type": "conv", **layer, "groups": groups, "bias": bias})
        modules.append(nn.Conv2d(channels, filters, kernel, 1, padding, dilation, groups, bias))
        described.append({"type": "batchnorm"})
        modules.append(nn.BatchNorm2d(filters))
        channels = filters
    described += [{"type": "flatten"}, {"type": "dense", "units": 5}]
    modules += [nn.Flatten(), nn.LazyLinear(5)]
    return shape, described, nn.Sequential(*modules)


@pytest.mark.parametrize("seed", range(20))
def test_summaries_equal_torch_on_random_architectures(seed):
    shape, described, network = random_network(seed)
    x = torch.zeros(2, *shape)
    network(x)
    for row, module in zip(network_summary(shape, described), network, strict=True):
        x = module(x)
        assert row.output_shape == tuple(x.shape[1:])
        assert row.parameters == sum(p.numel() for p in module.parameters()) == eval(row.formula)
    plain = [
        {key: value for key, value in layer.items() if key not in ("groups", "bias")}
        for layer in described
        if layer["type"] != "batchnorm"
    ]
    expected = [r.output_shape for r in network_summary(shape, described) if r.type != "batchnorm"]
    assert network_shapes(shape, plain) == expected


def test_the_summary_of_the_courses_lenet():
    layers = [
        {"type": "conv", "filters": 6, "kernel": 5},
        {"type": "activation"},
        {"type": "pool", "kernel": 2},
        {"type": "conv", "filters": 16, "kernel": 5},
        {"type": "pool", "kernel": 2},
        {"type": "flatten"},
        {"type": "dense", "units": 120},
        {"type": "dropout"},
        {"type": "dense", "units": 84},
        {"type": "dense", "units": 10, "bias": False},
    ]
    rows = network_summary((1, 32, 32), layers)
    assert rows[0] == Row("conv", (6, 28, 28), "6 * (5 * 5 * 1 + 1)", 156, 117_600)
    assert total(rows) == (61_706 - 10, 117_600 + 240_000 + 48_000 + 10_080 + 840)
    table = summary_table((1, 32, 32), rows).split("\n")
    assert len(table) == 2 + 1 + len(layers) + 1
    assert "61,696" in table[-1]
    (row,) = network_summary((7, 4, 5), [{"type": "global_pool"}])
    assert row.output_shape == (7,)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ({"type": "cov", "filters": 2, "kernel": 3}, "unknown type"),
        ({"type": []}, "unknown type"),
        ({"type": "conv", "filters": 2}, "needs kernel"),
        ({"type": "conv", "filters": 2, "kernel": 3, "strides": 2}, "no strides"),
        ({"type": "conv", "filters": 2, "kernel": 9}, "does not fit"),
        ({"type": "conv", "filters": 2.0, "kernel": 3}, "integer"),
        ({"type": "pool", "kernel": 0}, "at least 1"),
        ({"type": "dense", "units": 4}, "flatten first"),
    ],
)
def test_network_shapes_say_what_is_wrong_and_where(layer, words):
    good = {"type": "conv", "filters": 4, "kernel": 3}
    with pytest.raises(ValueError, match=rf"layer 1: .*{words}"):
        network_shapes((3, 8, 9), [good, layer])
    with pytest.raises(ValueError, match=rf"layer 1: .*{words}"):
        network_summary((3, 8, 9), [good, layer])


def test_shapes_of_pooling_and_of_flat_vectors():
    assert network_shapes((3, 9, 8), [{"type": "pool", "kernel": 3}]) == [(3, 3, 2)]  # the stride is the kernel
    assert network_shapes((3, 9, 8), []) == []
    for layer in ({"type": "conv", "filters": 2, "kernel": 1}, {"type": "pool", "kernel": 1}):
        with pytest.raises(ValueError, match="channels, height, width"):
            network_shapes((3, 4, 5), [{"type": "flatten"}, layer])
    with pytest.raises(ValueError, match="input_shape"):
        network_shapes((4, 5), [])
    with pytest.raises(ValueError, match="groups"):
        network_summary((3, 4, 5), [{"type": "conv", "filters": 2, "kernel": 1, "groups": 2}])


@few
@given(
    st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.integers(0, 2), st.integers(1, 2), st.integers(0, 99)
)
def test_the_matrix_equals_the_convolution_exactly(o, c, stride, padding, dilation, seed):
    rng = torch.Generator().manual_seed(seed)
    weight = torch.randint(1, 9, (o, c, 2, 3), generator=rng).double()  # integers: sums are exact in any order
    x = torch.randint(-9, 9, (2, c, 5, 6), generator=rng).double()
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    matrix = conv_matrix(weight, (5, 6), **options)
    y = F.conv2d(x, weight, **options)
    assert torch.equal(x.flatten(1) @ matrix.mT, y.flatten(1))
    dy = torch.randint(-9, 9, y.shape, generator=rng).double()
    assert torch.equal((dy.flatten(1) @ matrix).view_as(x), torch.nn.grad.conv2d_input(x.shape, weight, dy, **options))


def test_the_matrix_is_sparse_and_shares_its_weights():
    matrix = conv_matrix(torch.arange(1.0, 10.0).view(1, 1, 3, 3), (6, 5))
    assert matrix.shape == (12, 30)
    assert connections(matrix) == 12 * 9
    assert matrix.unique().tolist() == list(range(10))


def test_windows_and_add_windows_are_adjoint():
    g = torch.Generator().manual_seed(0)
    x = torch.randn(2, 3, 7, 6, dtype=torch.float64, generator=g)
    options = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2)}
    view = windows(x, (3, 2), **options)
    dw = torch.randn(view.shape, dtype=torch.float64, generator=g)
    torch.testing.assert_close((view * dw).sum(), (x * add_windows(dw, (7, 6), **options)).sum())


def test_dense_layers_become_convolutions():
    torch.manual_seed(0)
    features = nn.Conv2d(2, 3, 3, bias=False).double()
    classifier = nn.Sequential(nn.Flatten(), nn.Linear(3 * 4 * 5, 7), nn.Tanh(), nn.Linear(7, 2, bias=False)).double()
    image = torch.randn(2, 2, 9, 9, dtype=torch.float64)
    network = convolutionalize(features, classifier, (3, 4, 5))
    assert [tuple(m.weight.shape) for m in network[1:] if isinstance(m, nn.Conv2d)] == [(7, 3, 4, 5), (2, 7, 1, 1)]
    scores = network(image)
    assert scores.shape == (2, 2, 4, 3)
    for row in range(4):  # the heat map is what the classifier says of every crop of 6 x 7
        for column in range(3):
            crop = image[:, :, row : row + 6, column : column + 7]
            torch.testing.assert_close(scores[:, :, row, column], classifier(features(crop)))
    with pytest.raises(ValueError, match="entries"):
        dense_to_conv(torch.zeros(11, 2), (3, 2, 2))


def test_known_receptive_fields():
    three = {"kernel": 3, "padding": 1}
    assert receptive_field([]).size == 1
    assert receptive_field([three] * 3).size == 7
    assert receptive_field([three, {"kernel": 2, "stride": 2}, three]) == (8, 2, -3)
    assert receptive_field([{"kernel": 3, "dilation": 2**i} for i in range(4)]).size == 31
    # Araujo, Norris and Sim (2019), table 1; their ResNet-50 has the stride in the block's first 1x1, as the paper
    by_name = {entry.name: entry for entry in ARCHITECTURES}
    with torch.device("meta"):
        fields = {name: receptive_field(layers_of(by_name[name].build().features)) for name in ("VGG16", "MobileNet")}
        assert receptive_field(layers_of(by_name["AlexNet"].build().features)).size == 195
    assert fields["VGG16"].size == 212
    assert fields["MobileNet"].size == 315
    stem = [{"kernel": 7, "stride": 2}, {"kernel": 3, "stride": 2}]
    stages = [
        [{"kernel": 1, "stride": 2 if stage and not block else 1}, {"kernel": 3}]
        for stage, depth in enumerate((3, 4, 6, 3))
        for block in range(depth)
    ]
    assert receptive_field(stem + [layer for block in stages for layer in block]).size == 483


@pytest.mark.parametrize("seed", range(12))
def test_the_analytic_field_is_where_gradient_arrives(seed):
    rng = np.random.default_rng(seed)
    modules, channels = [], 2
    for _ in range(4):
        kernel, stride, padding = int(rng.integers(1, 4)), int(rng.integers(1, 3)), int(rng.integers(0, 2))
        if rng.random() < 0.3:
            modules.append(nn.MaxPool2d(kernel + 1, stride, padding))
        else:
            modules += [nn.Conv2d(channels, 3, kernel, stride, padding, int(rng.integers(1, 3))), nn.ReLU()]
            channels = 3
    network, size = nn.Sequential(*modules), (160, 170)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    field = receptive_field(layers_of(network))
    unit = tuple((side // 2 - field.first) // field.jump for side in size)  # in the middle: no padding in its field
    expected = tuple(map(field.interval, unit))
    assert all(0 <= first <= last < side for (first, last), side in zip(expected, size, strict=True))
    assert empirical_field(network, (2, *size), unit) == expected
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
