"""Layer normalization: the statistics of batch normalization taken over the features of one example.

Batch normalization ties every example to its mini-batch, which fails for batches of one and for recurrent networks,
where each time step would need statistics of its own. Over features there is no batch to depend on and no difference
between training and testing. Scale and shift are per feature, as before.

    mu_n = 1/d sum_d x_nd       var_n = 1/d sum_d (x_nd - mu_n)^2       xhat = (x - mu) / sqrt(var + eps)
    y = gamma xhat + beta       g = gamma dy        dx = (g - mean_d g - xhat mean_d(g xhat)) / sqrt(var + eps)

Source: Ba, Kiros, Hinton 2016, eq. 4. Course: training, topic `normalization`.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

Rows = Float[Tensor, "... d"]
Vector = Float[Tensor, " d"]


def layer_norm(x: Rows, gamma: Vector, beta: Vector, eps: float = 1e-5) -> Rows:
    """Normalize over the last axis, then scale and shift."""
    return _forward(x, gamma, beta, eps)[0]


def layer_norm_backward(dy: Rows, x: Rows, gamma: Vector, eps: float = 1e-5) -> tuple[Rows, Vector, Vector]:
    """Gradients for x, gamma and beta."""
    return _backward(dy, gamma, *_statistics(x, eps))


def _statistics(x: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """(x - mean) / sqrt(var + eps), and 1 / sqrt(var + eps)."""
    centred = x - x.mean(-1, keepdim=True)
    scale = torch.rsqrt(centred.square().mean(-1, keepdim=True) + eps)
    return centred * scale, scale


def _forward(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor]:
    xhat, scale = _statistics(x, eps)
    return torch.addcmul(beta, xhat, gamma), xhat, scale


def _backward(dy: Tensor, gamma: Tensor, xhat: Tensor, scale: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    rows = list(range(dy.ndim - 1))
    g = dy * gamma
    along = (g * xhat).mean(-1, keepdim=True)
    dx = (g - g.mean(-1, keepdim=True)).sub_(xhat * along).mul_(scale)
    return dx, (dy * xhat).sum(rows), dy.sum(rows)


class _Function(torch.autograd.Function):
    """Ties the backward pass by hand to the forward pass."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> Tensor:
        y, xhat, scale = _forward(x, gamma, beta, eps)
        ctx.save_for_backward(gamma, xhat, scale)
        return y

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return *_backward(grads[0], *ctx.saved_tensors), None


class LayerNorm(nn.Module):
    """Layer normalization over the last axis."""

    def __init__(self, features: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.gamma = nn.Parameter(torch.ones(features))
        self.beta = nn.Parameter(torch.zeros(features))

    def forward(self, x: Rows) -> Rows:
        apply: Any = _Function.apply
        y: Tensor = apply(x, self.gamma, self.beta, self.eps)
        return y
