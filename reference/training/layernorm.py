"""Layer normalization: the statistics of batch normalization taken over the features of one example.

Batch normalization ties every example to its mini-batch, which fails for batches of one and for recurrent networks,
where each time step would need statistics of its own. Over features there is no batch to depend on and no difference
between training and testing. Scale and shift are per feature, as before.

    mu_n = 1/d sum_d x_nd       var_n = 1/d sum_d (x_nd - mu_n)^2       xhat = (x - mu) / sqrt(var + eps)
    y = gamma xhat + beta       g = gamma dy        dx = (g - mean_d g - xhat mean_d(g xhat)) / sqrt(var + eps)

Source: Ba, Kiros, Hinton 2016, eq. 4. Course: training, topic `normalization`.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from reference.by_hand import ByHand, at_least_float32

Rows = Float[Tensor, "... d"]
Vector = Float[Tensor, " d"]


def layer_norm(x: Rows, gamma: Vector, beta: Vector, eps: float = 1e-5) -> Rows:
    """Normalize over the last axis, then scale and shift. Its gradient is `layer_norm_backward`.

    The statistics are computed in float32 at least; y has the wider of the types of x and gamma, as torch's under autocast.
    """
    (y,) = _by_hand(x, gamma, beta, eps=eps)
    return y


def layer_norm_backward(dy: Rows, x: Rows, gamma: Vector, eps: float = 1e-5) -> tuple[Rows, Vector, Vector]:
    """Gradients for x, gamma and beta."""
    return _backward(dy, x, gamma, *_statistics(x, eps))


def _statistics(x: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """(x - mean) / sqrt(var + eps), and 1 / sqrt(var + eps)."""
    wide = at_least_float32(x)
    centred = wide - wide.mean(-1, keepdim=True)
    scale = torch.rsqrt(centred.square().mean(-1, keepdim=True) + eps)
    return centred * scale, scale


def _forward(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> tuple[tuple[Tensor], tuple[Tensor, Tensor]]:
    xhat, scale = _statistics(x, eps)
    y = (beta + xhat * gamma).to(torch.promote_types(x.dtype, gamma.dtype))
    return (y,), (xhat, scale)


def _backward(dy: Tensor, x: Tensor, gamma: Tensor, xhat: Tensor, scale: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    rows = list(range(dy.ndim - 1))
    wide = at_least_float32(dy)
    g, product = wide * gamma, wide * xhat
    dgamma, dbeta = product.sum(rows), wide.sum(rows)
    along = product.mul_(gamma).mean(-1, keepdim=True)
    dx = g.sub_(g.mean(-1, keepdim=True)).sub_(xhat * along).mul_(scale)
    return dx.to(x.dtype), dgamma.to(gamma.dtype), dbeta.to(gamma.dtype)


_by_hand = ByHand(
    lambda x, gamma, beta, eps: _forward(x, gamma, beta, eps)[0],
    _forward,
    lambda grads, inputs, cache, eps: _backward(grads[0], *inputs[:2], *cache),
)


class LayerNorm(nn.Module):
    """Layer normalization over the last axis."""

    def __init__(self, features: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.gamma = nn.Parameter(torch.ones(features))
        self.beta = nn.Parameter(torch.zeros(features))

    def forward(self, x: Rows) -> Rows:
        return layer_norm(x, self.gamma, self.beta, self.eps)
