"""The same layers on torch's own kernels: equal numbers, one pass over memory where a formula makes several.

Read the formula, train with these. Parameters have the same names and shapes, so that a state dict of one loads into the
other; only `forward` differs. Second derivatives and torch.func work as far as torch's kernels have them (the recurrent
ones do not and say so): where they are needed, take the layer itself.

    FusedConv2d      torch's convolution: oneDNN's blocked loops on a CPU, cuDNN on a GPU
    FusedBatchNorm   one kernel for statistics, scaling and running averages
    FusedLayerNorm   likewise
    FusedRNN, FusedLSTM, FusedGRU   whole sequences in one call
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from reference.convolutional.conv2d import Conv2d
from reference.recurrent.layers import (
    GRU,
    LSTM,
    RNN,
    Direction,
    GRUDirection,
    LSTMDirection,
    RNNDirection,
    State,
)
from reference.training.batchnorm import BatchNorm
from reference.training.layernorm import LayerNorm


class FusedConv2d(Conv2d):
    """`Conv2d` by torch's convolution."""

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n o p q"]:
        return F.conv2d(x, self.weight, self.bias, **self.geometry)


class FusedBatchNorm(BatchNorm):
    """`BatchNorm` by torch's kernel."""

    def forward(self, x: Float[Tensor, "n c ..."]) -> Float[Tensor, "n c ..."]:
        if self.training and x.numel() // x.shape[1] < 2:
            raise ValueError("batch normalization needs more than one value per channel to train on")
        running = self.running_mean, self.running_var
        return F.batch_norm(x, *running, self.gamma, self.beta, self.training, self.momentum, self.eps)


class FusedLayerNorm(LayerNorm):
    """`LayerNorm` by torch's kernel."""

    def forward(self, x: Float[Tensor, "... d"]) -> Float[Tensor, "... d"]:
        return F.layer_norm(x, self.gamma.shape, self.gamma, self.beta, self.eps)


def _sequence(direction: Direction, name: str, X: Tensor, state: State, matrices: list[Tensor]) -> tuple[Tensor, State]:
    """Run torch's kernel of that name over one layer in one direction, in the weights' precision also under autocast."""
    if X.shape[1] == 0:
        raise ValueError("a sequence needs at least one time step")
    first = tuple(part.to(direction.Wx.dtype).unsqueeze(0).contiguous() for part in state)
    with torch.autocast(X.device.type, enabled=False):
        H, *last = getattr(torch, name)(
            X.to(direction.Wx.dtype),
            first if len(first) > 1 else first[0],
            matrices,
            True,  # biases
            1,  # layer
            0.0,  # dropout
            direction.training,
            False,  # one direction
            True,  # batch first
        )
    return H, tuple(part[0] for part in last)


class FusedRNNDirection(RNNDirection):
    """The tanh cell."""

    def run(self, X: Tensor, state: State) -> tuple[Tensor, State]:
        matrices = [self.Wx.mT, self.Wh.mT, self.b, torch.zeros_like(self.b)]
        return _sequence(self, "rnn_tanh", X, state, matrices)


class FusedLSTMDirection(LSTMDirection):
    """torch's gates are i, f, g, o."""

    def run(self, X: Tensor, state: State) -> tuple[Tensor, State]:
        matrices = []
        for stacked in (self.Wx.mT, self.Wh.mT, self.b):
            f, i, o, g = stacked.chunk(4)
            matrices.append(torch.cat([i, f, g, o]))
        return _sequence(self, "lstm", X, state, [*matrices, torch.zeros_like(self.b)])


class FusedGRUDirection(GRUDirection):
    """torch's gates are ours."""

    def run(self, X: Tensor, state: State) -> tuple[Tensor, State]:
        return _sequence(self, "gru", X, state, [self.Wx.mT, self.Wh.mT, self.b, self.bh])


class FusedRNN(RNN):
    """`RNN` by torch's kernel."""

    cell = FusedRNNDirection


class FusedLSTM(LSTM):
    """`LSTM` by torch's kernel."""

    cell = FusedLSTMDirection


class FusedGRU(GRU):
    """`GRU` by torch's kernel."""

    cell = FusedGRUDirection
