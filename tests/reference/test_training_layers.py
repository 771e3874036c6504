"""Normalization, dropout and augmentation, against torch, autograd and exact enumeration."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from reference.data import images
from reference.training import augmentation, batchnorm, dropout, layernorm

SEEDS = st.integers(0, 2**31)
SHAPES = st.one_of(
    st.tuples(st.integers(2, 7), st.integers(1, 6)),
    st.tuples(st.integers(2, 4), st.integers(1, 5), st.integers(1, 5), st.integers(1, 6)),
)


def normal(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def close(ours: Tensor, theirs: Tensor, tolerance: float = 1e-10) -> None:
    torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance)


@given(shape=SHAPES, momentum=st.sampled_from([0.1, 0.4]), eps=st.sampled_from([1e-5, 0.1]), seed=SEEDS)
def test_batch_norm_equals_torch_forward_and_backward(
    shape: tuple[int, ...], momentum: float, eps: float, seed: int
) -> None:
    channels = shape[1]
    x, dy = (normal(seed, *shape) * 2 + 1).requires_grad_(), normal(seed + 1, *shape)
    gamma, beta = normal(seed + 2, channels).requires_grad_(), normal(seed + 3, channels).requires_grad_()
    mean, var = normal(seed + 4, channels), normal(seed + 5, channels).exp()
    given_mean, given_var = mean.clone(), var.clone()
    expected = F.batch_norm(x, mean, var, gamma, beta, training=True, momentum=momentum, eps=eps)
    gradients = torch.autograd.grad((expected * dy).sum(), (x, gamma, beta))
    with torch.no_grad():
        y, cache, new_mean, new_var = batchnorm.batch_norm_train(x, gamma, beta, given_mean, given_var, momentum, eps)
        ours = batchnorm.batch_norm_backward(dy, gamma, cache)
    close(y, expected)
    close(new_mean, mean)
    close(new_var, var)
    for mine, theirs in zip(ours, gradients, strict=True):
        close(mine, theirs, 1e-8 if eps < 0.01 else 1e-10)  # two values may be so near that 1/var is huge
    close(batchnorm.batch_norm_test(x, gamma, beta, mean, var, eps), F.batch_norm(x, mean, var, gamma, beta, eps=eps))


def test_a_single_value_per_channel_cannot_be_normalized() -> None:
    zero = torch.zeros(3)
    with pytest.raises(ValueError, match="more than one value"):
        batchnorm.batch_norm_train(torch.ones(1, 3), zero, zero, zero, zero)


@pytest.mark.parametrize("shape", [(8, 3), (4, 3, 5, 6)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_batch_norm_module_is_torchs_through_training_and_testing(
    shape: tuple[int, ...], dtype: torch.dtype, device: torch.device
) -> None:
    torch.manual_seed(0)
    ours = batchnorm.BatchNorm(3, momentum=0.2).to(device, dtype)
    theirs = (nn.BatchNorm1d if len(shape) == 2 else nn.BatchNorm2d)(3, momentum=0.2).to(device, dtype)
    tolerance = 1e-10 if dtype == torch.float64 else 1e-4
    for step in range(3):
        x = (normal(step, *shape) * 3 + 2).to(device, dtype)
        results = []
        for layer, weights in ((ours, (ours.gamma, ours.beta)), (theirs, (theirs.weight, theirs.bias))):
            entering = x.clone().requires_grad_()
            y = layer(entering)
            results.append((y, *torch.autograd.grad((y**3).sum(), (entering, *weights))))
        for mine, other in zip(*results, strict=True):
            torch.testing.assert_close(mine, other, rtol=tolerance, atol=tolerance * 10)
    close(ours.running_mean, theirs.running_mean, tolerance)
    close(ours.running_var, theirs.running_var, tolerance)
    ours.eval()
    theirs.eval()
    close(ours(x), theirs(x), tolerance)


def test_folding_gives_one_convolution() -> None:
    x, weight, bias = normal(0, 2, 3, 7, 6), normal(1, 4, 3, 3, 2), normal(2, 4)
    statistics = normal(3, 4), normal(4, 4), normal(5, 4), normal(6, 4).exp()
    for before in (bias, None):
        expected = batchnorm.batch_norm_test(F.conv2d(x, weight, before), *statistics, 0.1)
        close(F.conv2d(x, *batchnorm.fold_into_conv(weight, before, *statistics, 0.1)), expected)
    dense = normal(7, 4, 5)
    expected = batchnorm.batch_norm_test(normal(8, 6, 5) @ dense.T + bias, *statistics)
    close(F.linear(normal(8, 6, 5), *batchnorm.fold_into_conv(dense, bias, *statistics)), expected)


@given(rows=st.integers(1, 6), middle=st.integers(1, 4), d=st.integers(1, 8), seed=SEEDS)
def test_layer_norm_equals_torch_forward_and_backward(rows: int, middle: int, d: int, seed: int) -> None:
    x, dy = (normal(seed, rows, middle, d) * 2 + 1).requires_grad_(), normal(seed + 1, rows, middle, d)
    gamma, beta = normal(seed + 2, d).requires_grad_(), normal(seed + 3, d).requires_grad_()
    expected = F.layer_norm(x, [d], gamma, beta, eps=0.1)
    gradients = torch.autograd.grad((expected * dy).sum(), (x, gamma, beta))
    close(layernorm.layer_norm(x, gamma, beta, 0.1), expected)
    with torch.no_grad():
        ours = layernorm.layer_norm_backward(dy, x, gamma, 0.1)
    layer = layernorm.LayerNorm(d, eps=0.1).double()
    with torch.no_grad():
        layer.gamma.copy_(gamma)
        layer.beta.copy_(beta)
    y = layer(x)
    close(y, expected)
    by_module = torch.autograd.grad((y * dy).sum(), (x, layer.gamma, layer.beta))
    for mine, module, theirs in zip(ours, by_module, gradients, strict=True):
        close(mine, theirs)
        close(module, theirs)


def test_layer_norm_of_the_row_worked_by_hand() -> None:
    y = layernorm.layer_norm(torch.tensor([[1.0, 3.0]]), torch.tensor([2.0, 2.0]), torch.tensor([0.0, 1.0]), 0.0)
    assert y.tolist() == [[-2, 3]]


@given(d=st.integers(1, 7), p=st.sampled_from([0.1, 0.5, 0.8]), seed=SEEDS)
def test_dropout_preserves_the_expectation_over_all_masks(d: int, p: float, seed: int) -> None:
    x = normal(seed, d)
    masks = ((torch.arange(2**d)[:, None] >> torch.arange(d)) & 1).double()
    probability = torch.prod(masks * (1 - p) + (1 - masks) * p, 1)
    close(probability @ dropout.dropout(x, masks, p), x)
    W = normal(seed + 1, d, 3)
    close(probability @ ((x * masks) @ W), x @ dropout.scale_weights(W, p))


def test_a_mask_drops_with_its_probability() -> None:
    mask = dropout.dropout_mask((200, 100), 0.3, torch.zeros(1).double(), torch.Generator().manual_seed(0))
    assert mask.dtype == torch.float64
    assert set(mask.flatten().tolist()) == {0.0, 1.0}
    assert float(mask.mean()) == pytest.approx(0.7, abs=4 * (0.21 / 20_000) ** 0.5)
    for p in (-0.1, 1.0):
        with pytest.raises(ValueError, match="probability"):
            dropout.dropout_mask((2,), p, mask)


def test_the_backward_pass_uses_the_forward_pass_s_mask(device: torch.device) -> None:
    layer = dropout.Dropout(0.4)
    x = normal(1, 30, 20).to(device).requires_grad_()
    y = layer(x)
    gradient = torch.autograd.grad(y.sum(), x)[0]
    assert torch.equal(gradient != 0, y != 0)
    mask = (y != 0).double()
    close(y, dropout.dropout(x, mask, 0.4))
    close(gradient, dropout.dropout_backward(torch.ones_like(x), mask, 0.4))
    assert not torch.equal(layer(x), y)
    layer.eval()
    assert torch.equal(layer(x), x)


def test_the_ensemble_of_one_layer_is_weight_scaling() -> None:
    x, W, b = normal(2, 4, 6), normal(3, 6, 3), normal(4, 3)
    close(dropout.ensemble(x, W, b), torch.softmax(x @ (0.5 * W) + b, 1))


def test_affine_turns_anticlockwise_and_moves_down_and_right() -> None:
    x = normal(5, 3, 2, 6, 6)
    one, none = torch.ones(3).double(), torch.zeros(3).double()
    close(augmentation.affine(x, none, one, none, none), x)
    close(augmentation.affine(x, one * torch.pi / 2, one, none, none), torch.rot90(x, 1, (2, 3)))
    close(augmentation.affine(x, none, one, 2 * one, -one), augmentation.translate(x, 2, -1))


def test_affine_on_an_oblong_image() -> None:
    x = torch.zeros(1, 1, 5, 9).double()
    x[0, 0, 2, 6] = 1  # two pixels to the right of the centre
    quarter, one, zero = torch.full((1,), torch.pi / 2).double(), torch.ones(1).double(), torch.zeros(1).double()
    turned = augmentation.affine(x, quarter, one, zero, zero)
    assert turned.flatten().argmax() == 0 * 9 + 4  # two above the centre
    enlarged = augmentation.affine(x, zero, 2 * one, zero, zero)
    assert enlarged.flatten().argmax() == 2 * 9 + 8  # four to the right
    moved = augmentation.affine(x, quarter, one, one, zero)
    assert moved.flatten().argmax() == 1 * 9 + 4  # turned first, then moved down


def test_translate_brings_in_zeros() -> None:
    x = torch.arange(6.0).reshape(1, 1, 2, 3) + 1
    assert augmentation.translate(x, 1, 0)[0, 0].tolist() == [[0, 0, 0], [1, 2, 3]]
    assert augmentation.translate(x, 0, -2)[0, 0].tolist() == [[3, 0, 0], [6, 0, 0]]


def test_flip_and_photometric() -> None:
    x = normal(6, 2, 1, 3, 4)
    flipped = augmentation.flip(x, torch.tensor([1.0, 0.0]))
    close(flipped[0], x[0].flip(2))
    close(flipped[1], x[1])
    changed = augmentation.photometric(x, torch.tensor([2.0, 1.0]).double(), torch.tensor([0.0, 0.5]).double())
    assert float(changed[0].mean()) == pytest.approx(float(x[0].mean()))
    assert float(changed[0].std()) == pytest.approx(2 * float(x[0].std()))
    close(changed[1], x[1] + 0.5)


def test_mixup_mixes_inputs_and_targets_alike() -> None:
    x, targets = normal(7, 3, 2), torch.eye(3).double()
    share = torch.tensor([1.0, 0.25, 0.5]).double()
    mixed, soft = augmentation.mixup(x, targets, share, torch.tensor([1, 2, 0]))
    close(mixed[1], 0.25 * x[1] + 0.75 * x[2])
    assert soft.tolist() == [[1, 0, 0], [0, 0.25, 0.75], [0.5, 0, 0.5]]


def test_random_affine_is_reproducible_and_different_for_every_image() -> None:
    x = images.digits().train.x[:1].expand(4, -1, -1, -1)
    once, again = (augmentation.random_affine(x, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(once, again)
    assert not torch.equal(once[0], once[1])


def test_views_are_averaged() -> None:
    x = normal(8, 2, 1, 4, 4)
    predictions = augmentation.average_over_views(
        lambda x: x.flatten(1), [lambda x: x, lambda x: augmentation.flip(x, torch.ones(2))], x
    )
    close(predictions, ((x + x.flip(3)) / 2).flatten(1))


def test_statistics_come_from_the_training_data_only() -> None:
    train, other = normal(9, 30, 3) * 4 + 2, normal(10, 20, 3) * 9 - 5
    train[:, 2] = 7.0  # constant
    scaled, same = augmentation.standardize(train, other)
    close(scaled[:, :2].mean(0), torch.zeros(2).double())
    close(scaled[:, :2].std(0, correction=0), torch.ones(2).double())
    close(same[:, 0], (other[:, 0] - train[:, 0].mean()) / train[:, 0].std(correction=0))
    close(same[:, 2], other[:, 2] - 7)
    splits = images.digits().standardized()
    assert abs(float(splits.train.x.mean())) < 1e-5
    assert abs(float(splits.test.x.mean())) > 1e-4  # not its own mean


def test_whitened_training_data_is_uncorrelated() -> None:
    train = normal(11, 50, 4) @ normal(12, 4, 4)
    white, other = augmentation.whiten(train, train[:5] + 1, components=3)
    close(white.T @ white / 50, torch.eye(3).double())
    assert other.shape == (5, 3)
