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
    """Normalize over the last axis, then scale and shift. Its gradient is `layer_norm_backward`."""
    apply: Any = _Function.apply
    y: Tensor = apply(x, gamma, beta, eps)
    return y


@torch.no_grad()
def layer_norm_backward(dy: Rows, x: Rows, gamma: Vector, eps: float = 1e-5) -> tuple[Rows, Vector, Vector]:
    """Gradients for x, gamma and beta."""
    return _backward(dy, gamma, *_statistics(x, eps))


def _statistics(x: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """(x - mean) / sqrt(var + eps), and 1 / sqrt(var + eps)."""
    centred = x - x.mean(-1, keepdim=True)
    scale = torch.rsqrt(centred.square().mean(-1, keepdim=True) + eps)
    return centred.mul_(scale), scale


def _backward(dy: Tensor, gamma: Tensor, xhat: Tensor, scale: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    rows = list(range(dy.ndim - 1))
    product = dy * xhat
    dgamma, dbeta = product.sum(rows), dy.sum(rows)
    along = product.mul_(gamma).mean(-1, keepdim=True)
    g = dy * gamma
    dx = g.sub_(g.mean(-1, keepdim=True)).sub_(torch.mul(xhat, along, out=product)).mul_(scale)
    return dx, dgamma, dbeta


class _Function(torch.autograd.Function):
    """Ties the backward pass by hand to the forward pass; in here results may be reused in place."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> Tensor:
        xhat, scale = _statistics(x, eps)
        ctx.save_for_backward(gamma, xhat, scale)
        return torch.addcmul(beta, xhat, gamma)

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
        return layer_norm(x, self.gamma, self.beta, self.eps)
