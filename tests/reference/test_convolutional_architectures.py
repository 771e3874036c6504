"""Published parameter counts to the unit, shapes on 224x224, the blocks, and one training step."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from reference.convolutional import alexnet, inception, lenet, separable
from reference.convolutional.architectures import ARCHITECTURES, multiply_accumulates, parameter_count
from reference.convolutional.densenet import DenseLayer
from reference.convolutional.efficientnet import InvertedResidual
from reference.convolutional.residual import PreActivationBlock, basic_block, bottleneck_block, residual
from reference.convolutional.resnet import small_resnet, wide_resnet_cifar
from reference.convolutional.vgg import vgg16

BY_NAME = {entry.name: entry for entry in ARCHITECTURES}
each = pytest.mark.parametrize("entry", ARCHITECTURES, ids=lambda entry: entry.name)


def total(module):
    return sum(p.numel() for p in module.parameters())


@each
def test_parameters_and_shapes_are_the_published_ones(entry):
    with torch.device("meta"):
        model = entry.build()
        x = torch.empty(3, *entry.image)
    assert parameter_count(model) == entry.parameters
    assert total(model) - parameter_count(model) == entry.auxiliary
    assert model(x).shape == (3, entry.classes)
    if entry.maps:
        assert model.features(x).shape == (3, *entry.maps)


def test_the_courses_shares_of_parameters():
    with torch.device("meta"):
        vgg, published, joined = vgg16(), alexnet.alexnet(), alexnet.alexnet(groups=1)
    assert round(100 * total(vgg.features) / total(vgg)) == 11  # "138 M, 11 % of them in the convolutions"
    assert total(joined) == 62_378_344
    assert round(100 * total(joined.classifier) / total(joined)) == 94  # the course's figure: without groups
    assert round(100 * total(published.classifier) / total(published)) == 96  # the network as published


def test_googlenets_modules_have_the_depths_of_the_papers_table():
    published = {"3a": 256, "3b": 480, "4a": 512, "4b": 512, "4c": 512, "4d": 528, "4e": 832, "5a": 832, "5b": 1024}
    channels = 192
    for name, row in inception.TABLE.items():
        module = inception.Inception(channels, row).to("meta")
        assert module(torch.empty(2, channels, 7, 6, device="meta")).shape == (2, published[name], 7, 6)
        channels = module.out_channels


def test_published_operations():
    with torch.device("meta"):
        macs = {
            name: multiply_accumulates(BY_NAME[name].build(), (3, 224, 224))
            for name in ("MobileNet", "EfficientNet-B0", "ResNet-18", "ResNeXt-50 32x4d")
        }
    assert round(macs["MobileNet"] / 1e6) == 569  # Howard et al., table 4
    assert round(macs["EfficientNet-B0"] / 1e9, 2) == 0.39  # Tan and Le, table 2
    assert round(macs["ResNet-18"] / 1e9, 1) == 1.8  # He et al., table 1
    assert round(macs["ResNeXt-50 32x4d"] / 1e9, 1) == 4.2  # Xie et al., table 1


def test_nins_weights_have_the_size_of_the_published_file():
    assert round(BY_NAME["NiN"].parameters * 4 / 2**20) == 29


def test_lenets_connections_are_the_papers():
    layers = {  # positions times (weights and bias), by the text of section II.B
        "C1": 6 * 28 * 28 * (25 + 1),
        "S2": 6 * 14 * 14 * (4 + 1),
        "C3": 10 * 10 * sum(25 * len(row) + 1 for row in lenet.C3_TABLE),
        "S4": 16 * 5 * 5 * (4 + 1),
        "C5": 120 * (25 * 16 + 1),
        "F6": 84 * (120 + 1),
        "RBF": lenet.digit_codes().numel(),
    }
    assert layers["C1"] == 122_304
    assert layers["C3"] == 151_600
    assert sum(layers.values()) == 340_908


def test_lenets_sparse_convolution_sees_only_what_the_table_says():
    torch.manual_seed(0)
    layer = lenet.SparseConv(6, lenet.C3_TABLE, 5)
    assert total(layer) == 1516
    x = torch.randn(2, 6, 7, 8)
    for number, row in enumerate(lenet.C3_TABLE):
        expected = F.conv2d(x[:, row], layer.weights[number][None], layer.bias[number : number + 1])
        torch.testing.assert_close(layer(x)[:, number : number + 1], expected)
    assert [len(row) for row in lenet.C3_TABLE] == [3] * 6 + [4] * 9 + [6]
    assert len({tuple(row) for row in lenet.C3_TABLE}) == 16


def test_lenets_loss_and_squashing():
    assert lenet.scaled_tanh(torch.tensor([1.0, -1.0])).tolist() == pytest.approx([1, -1], abs=1e-4)
    codes = lenet.digit_codes()
    assert codes.unique().tolist() == [-1, 1]
    assert len(codes.unique(dim=0)) == 10
    distances = torch.tensor([[0.5, 2.0, 3.0]])
    by_hand = 2.0 + math.log(sum(math.exp(-v) for v in (0.1, 0.5, 2.0, 3.0)))
    assert float(lenet.discriminative_loss(distances, torch.tensor([1]))) == pytest.approx(by_hand)


def test_alexnets_normalization_is_the_papers_formula():
    a = torch.randn(1, 7, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 50
    expected = torch.empty_like(a)
    for c in range(7):
        near = a[:, max(0, c - 2) : c + 3]
        expected[:, c] = a[:, c] / (2 + 1e-4 * near.square().sum(1)) ** 0.75
    torch.testing.assert_close(alexnet.ResponseNorm()(a), expected)


def test_a_residual_block_adds_its_input():
    x = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    assert torch.equal(residual(x, lambda v: 2 * v), torch.relu(3 * x))
    assert torch.equal(residual(x, lambda v: v, lambda v: -v), torch.zeros_like(x))
    with pytest.raises(ValueError, match="project"):
        residual(x, lambda v: v[:, :1])


@pytest.mark.parametrize("block", [basic_block(6, 6), bottleneck_block(6, 4, 6)])
def test_a_block_with_zero_last_scale_passes_its_input_on(block):
    assert block.shortcut is None
    nn.init.zeros_(block.branch[-1].weight)
    x = torch.randn(2, 6, 5, 4)
    torch.testing.assert_close(block(x), torch.relu(x))
    assert not torch.equal(basic_block(6, 6)(x), torch.relu(x))


def test_blocks_project_where_the_shape_changes():
    x = torch.randn(2, 6, 8, 9)
    assert basic_block(6, 10, 2)(x).shape == (2, 10, 4, 5)
    assert bottleneck_block(6, 4, 12, 2, groups=2)(x).shape == (2, 12, 4, 5)
    assert PreActivationBlock(6, 10, 2)(x).shape == (2, 10, 4, 5)
    same = PreActivationBlock(6, 6)
    nn.init.zeros_(same.branch[-1].weight)
    assert torch.equal(same(x), x)  # nothing after the sum
    with pytest.raises(ValueError, match="6 n"):
        wide_resnet_cifar(27)


def test_inception_stacks_its_branches():
    module = inception.Inception(5, (2, 3, 4, 1, 6, 7))
    x = torch.randn(2, 5, 8, 9)
    y = module(x)
    assert y.shape == (2, 19, 8, 9)
    torch.testing.assert_close(y[:, :2], torch.relu(module.branches[0][0](x)))
    assert module.branches[2][1][0].kernel_size == (5, 5)


def test_googlenets_loss_weighs_the_auxiliary_classifiers():
    with torch.device("meta"):
        net = inception.googlenet(7)
    g = torch.Generator().manual_seed(0)
    scores, labels = [torch.randn(4, 7, generator=g) for _ in range(3)], torch.tensor([1, 2, 3, 0])
    main, first, second = (F.cross_entropy(each, labels) for each in scores)
    torch.testing.assert_close(net.loss(scores, labels), main + 0.3 * (first + second))
    assert [tuple(s.shape) for s in net.scores(torch.empty(2, 3, 224, 224, device="meta"))] == [(2, 7)] * 3


def test_a_dense_layer_keeps_its_input_in_front():
    x = torch.randn(2, 5, 6, 7)
    y = DenseLayer(5, 3)(x)
    assert y.shape == (2, 8, 6, 7)
    assert torch.equal(y[:, :5], x)


def test_stochastic_depth_skips_whole_examples_and_keeps_the_expectation():
    torch.manual_seed(0)
    block = InvertedResidual(4, 4, 2, 3, 1, drop=0.75).train()
    x = torch.randn(64, 4, 5, 5)
    with torch.no_grad():
        change = block.branch(x)
        y = block(x)
    kept = (y != x).flatten(1).any(1)
    assert 4 <= int(kept.sum()) <= 30
    torch.testing.assert_close(y[kept], (x + change / 0.25)[kept])
    block.eval()
    torch.testing.assert_close(block(x), x + block.branch(x))


def test_separable_convolution_is_a_convolution_of_rank_one():
    g = torch.Generator().manual_seed(0)
    x = torch.randn(2, 3, 8, 7, dtype=torch.float64, generator=g)
    filters = torch.randn(3, 3, 2, dtype=torch.float64, generator=g)
    mix = torch.randn(5, 3, dtype=torch.float64, generator=g)
    options = {"stride": (2, 1), "padding": (1, 0)}
    together = F.conv2d(x, mix[:, :, None, None] * filters, **options)
    torch.testing.assert_close(separable.separable_conv2d(x, filters, mix, **options), together)
    torch.testing.assert_close(separable.depthwise(x, filters), F.conv2d(x, filters[:, None], groups=3))
    torch.testing.assert_close(separable.pointwise(x, mix), F.conv2d(x, mix[:, :, None, None]))


@pytest.mark.parametrize(("c", "o", "k"), [(32, 64, 3), (7, 5, 5)])
def test_the_saving_of_separable_convolutions(c, o, k):
    light, heavy = separable.separable_parameters(c, o, k)
    layers = [nn.Conv2d(c, c, k, groups=c, bias=False), nn.Conv2d(c, o, 1, bias=False)]
    assert light == sum(map(total, layers))
    assert heavy == total(nn.Conv2d(c, o, k, bias=False))
    assert light / heavy == pytest.approx(1 / o + 1 / k**2)


def step(model, x, labels, rate=0.01):
    """Loss before and after a step of gradient descent."""
    model.train()
    for module in model.modules():
        if isinstance(module, (nn.Dropout, InvertedResidual)):
            module.p = module.drop = 0.0  # chance would blur the comparison
    losses = []
    optimizer = torch.optim.SGD(model.parameters(), rate)
    for _ in range(2):
        loss = F.cross_entropy(model(x), labels)
        optimizer.zero_grad()
        loss.backward()
        assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses


@pytest.mark.parametrize(
    "build",
    [lenet.lenet, lambda: small_resnet(in_channels=1, depths=(1, 1, 1)), lambda: wide_resnet_cifar(10, 1, 10, 1)],
)
def test_small_networks_learn_in_one_step(build, device):
    torch.manual_seed(0)
    model = build().to(device)
    x = torch.randn(8, 1, 32, 32, device=device)
    before, after = step(model, x, torch.arange(8, device=device))
    assert after < before


@pytest.mark.parametrize("name", ["MobileNet", "EfficientNet-B0", "ResNet-18"])
def test_imagenet_networks_learn_in_one_step_at_224(name, device):
    torch.manual_seed(0)
    model = BY_NAME[name].build().to(device)
    before, after = step(model, torch.rand(2, 3, 224, 224, device=device), torch.tensor([3, 999], device=device))
    assert after < before
