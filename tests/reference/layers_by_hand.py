"""Every layer whose backward pass is written by hand, each in a small case that leaves no default in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from reference.convolutional import pooling
from reference.convolutional.conv2d import Conv2d
from reference.feedforward import activations
from reference.recurrent import layers as recurrent
from reference.training.batchnorm import BatchNorm
from reference.training.layernorm import LayerNorm


class First(nn.Module):
    """The first result of a function or module that returns several."""

    def __init__(self, module: Callable[[Tensor], tuple[Tensor, ...]]) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Tensor) -> Tensor:
        return self.module(x)[0]


@dataclass(frozen=True)
class Case:
    """A layer, the shape of an input, and the torch.nn module with the same answer, if there is one of one call."""

    make: Callable[[], nn.Module]
    shape: tuple[int, ...]
    per_example: bool = True  # batch normalization mixes its examples

    def draw(self, dtype: torch.dtype = torch.float64, device: torch.device | str = "cpu") -> tuple[nn.Module, Tensor]:
        """The layer with random parameters, and an input."""
        generator = torch.Generator().manual_seed(1)
        layer = self.make().to(device, dtype)
        with torch.no_grad():
            for parameter in layer.parameters():
                parameter.copy_(torch.rand(parameter.shape, generator=generator, dtype=torch.float64) + 0.3)
        return layer, torch.randn(self.shape, generator=generator, dtype=torch.float64).to(device, dtype)


def _recurrent(kind: type[recurrent.Recurrent]) -> Case:
    return Case(lambda: First(kind(1, 2, 2)), (2, 3, 1))


CASES = {
    "conv2d": Case(partial(Conv2d, 2, 4, (3, 2), stride=(2, 1), padding=1, dilation=(1, 2), groups=2), (2, 2, 4, 3)),
    "conv2d without bias": Case(partial(Conv2d, 2, 3, 2, bias=False), (2, 2, 3, 4)),
    "batch norm": Case(partial(BatchNorm, 3, eps=0.1), (4, 3, 2, 2), per_example=False),
    "layer norm": Case(partial(LayerNorm, 5, eps=0.1), (3, 2, 5)),
    "max pooling": Case(lambda: First(partial(pooling.max_pool2d, kernel=(3, 2), stride=2, padding=1)), (2, 3, 5, 4)),
    "maxout": Case(lambda: activations.Maxout(3, 2, 4), (3, 3)),
    "PReLU": Case(lambda: activations.PReLU(4), (3, 4)),
    "RNN": _recurrent(recurrent.RNN),
    "LSTM": _recurrent(recurrent.LSTM),
    "GRU": _recurrent(recurrent.GRU),
}
