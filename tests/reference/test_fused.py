"""The layers on torch's kernels: the same parameters, the same numbers and gradients as the layers one reads."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from reference import fused
from reference.convolutional.conv2d import Conv2d
from reference.recurrent import layers
from reference.training.batchnorm import BatchNorm
from reference.training.layernorm import LayerNorm

GEOMETRY = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2}
RECURRENT = [(layers.RNN, fused.FusedRNN), (layers.LSTM, fused.FusedLSTM), (layers.GRU, fused.FusedGRU)]
PAIRS = {
    "conv2d": (
        lambda: Conv2d(4, 6, (3, 2), **GEOMETRY),
        lambda: fused.FusedConv2d(4, 6, (3, 2), **GEOMETRY),
        (3, 4, 6, 5),
    ),
    "batch norm": (lambda: BatchNorm(3, 0.3, 0.1), lambda: fused.FusedBatchNorm(3, 0.3, 0.1), (5, 3, 2, 4)),
    "layer norm": (lambda: LayerNorm(5, 0.1), lambda: fused.FusedLayerNorm(5, 0.1), (3, 2, 5)),
} | {
    plain.__name__: (
        lambda plain=plain: plain(2, 3, 2, bidirectional=True),
        lambda fast=fast: fast(2, 3, 2, bidirectional=True),
        (4, 6, 2),
    )
    for plain, fast in RECURRENT
}


@pytest.mark.parametrize(("plain", "fast", "shape"), PAIRS.values(), ids=PAIRS.keys())
def test_a_fused_layer_is_the_layer(
    plain: Callable[[], nn.Module], fast: Callable[[], nn.Module], shape: tuple[int, ...], device: torch.device
) -> None:
    generator = torch.Generator().manual_seed(0)
    ours, theirs = plain().to(device).double(), fast().to(device).double()
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    theirs.load_state_dict(ours.state_dict())
    for training in (True, True, False):  # twice, for the running averages
        x = torch.randn(shape, generator=generator, dtype=torch.float64).to(device)
        results = []
        for layer in (ours.train(training), theirs.train(training)):
            entering = x.clone().requires_grad_()
            outputs = _flat(layer(entering))
            loss = sum((output.pow(3).sum() for output in outputs), torch.zeros((), device=device))
            results.append([*outputs, *torch.autograd.grad(loss, [entering, *layer.parameters()])])
        torch.testing.assert_close(*results, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(dict(theirs.named_buffers()), dict(ours.named_buffers()), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("plain", "fast", "shape"), PAIRS.values(), ids=PAIRS.keys())
def test_a_fused_layer_under_autocast_has_the_layers_type(
    plain: Callable[[], nn.Module], fast: Callable[[], nn.Module], shape: tuple[int, ...], device: torch.device
) -> None:
    x = torch.randn(shape, generator=torch.Generator().manual_seed(1)).to(device)
    ours, theirs = plain().to(device), fast().to(device)
    theirs.load_state_dict(ours.state_dict())
    with torch.autocast(device.type, torch.bfloat16):
        mine, other = _flat(ours(x)), _flat(theirs(x))
    for a, b in zip(mine, other, strict=True):
        assert a.dtype == b.dtype
        torch.testing.assert_close(a, b, rtol=0.05, atol=0.05)


def _flat(result: Tensor | tuple[Tensor, tuple[Tensor, ...]]) -> list[Tensor]:
    return [result] if isinstance(result, Tensor) else [result[0], *result[1]]
