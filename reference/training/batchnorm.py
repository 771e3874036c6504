"""Batch normalization: every unit gets mean zero and variance one over the mini-batch, then a learned scale and shift.

It keeps the distribution of each layer's input steady while the layers before it learn, which allows larger learning
rates; through the batch every example is disturbed a little by the others. At test time running averages take the place
of the batch's statistics, and the layer is a fixed affine map that can be folded into the convolution before it.

    mu = mean, var = mean (x - mu)^2 over the batch (and over the pixels of a channel)
    xhat = (x - mu) / sqrt(var + eps)            y = gamma xhat + beta
    running <- (1 - momentum) running + momentum new       (the variance's new value is divided by n - 1, as in torch)
    dbeta = sum dy      dgamma = sum dy xhat      dx = gamma / sqrt(var + eps) (dy - mean dy - xhat mean(dy xhat))
    folded:  W' = W gamma / sqrt(var + eps),   b' = (b - mu) gamma / sqrt(var + eps) + beta

Two learned parameters per unit or channel, and two running statistics that are not trained.
Source: Ioffe and Szegedy 2015, algorithms 1 and 2. Course: training, topic `normalization`.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from reference.by_hand import ByHand, at_least_float32

Vector = Float[Tensor, " c"]
Batch = Float[Tensor, "n c ..."]
Cache = tuple[Tensor, Tensor]  # x - mean, and 1 / sqrt(var + eps)


def batch_norm_train(
    x: Batch,
    gamma: Vector,
    beta: Vector,
    running_mean: Vector,
    running_var: Vector,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[Batch, Cache, Vector, Vector]:
    """Normalize with the statistics of the batch.

    Args:
        x: (n, c) or (n, c, h, w); statistics are per unit or channel c, in float32 at least: squares overflow half
            precision, and y has the type of x again.
        momentum: the weight of the NEW value in the running averages.

    Returns:
        y; a cache for `batch_norm_backward`; the new running mean and variance (the given ones are not modified).

    Raises:
        ValueError: one value per channel, whose variance is zero: y would be beta whatever x is.
    """
    y, cache, mean, var = _normalize(x, gamma, beta, eps)
    return y, cache, *_running(running_mean, running_var, mean, var, momentum, x)


def _normalize(x: Batch, gamma: Vector, beta: Vector, eps: float) -> tuple[Batch, Cache, Vector, Vector]:
    """y, the cache, and the batch's mean and variance."""
    axes, n = _axes(x)
    if n < 2:
        raise ValueError("batch normalization needs more than one value per channel to train on")
    wide = at_least_float32(x)
    mean = wide.mean(axes)
    centred = wide - _wide(mean, x)
    var = centred.square().mean(axes)  # two passes: exact, and several times faster than torch.var on a CPU
    scale = torch.rsqrt(var + eps)
    y = centred * _wide(scale * gamma, x) + _wide(beta, x)
    return y.to(x.dtype), (centred, scale), mean, var


def _running(
    running_mean: Vector, running_var: Vector, mean: Vector, var: Vector, momentum: float, x: Batch
) -> tuple[Vector, Vector]:
    """The running averages after this batch, which no gradient passes."""
    n = _axes(x)[1]
    new_mean, new_var = (new.detach().to(running_mean.dtype) for new in (mean, var * (n / (n - 1))))
    return (1 - momentum) * running_mean + momentum * new_mean, (1 - momentum) * running_var + momentum * new_var


def batch_norm_test(
    x: Batch, gamma: Vector, beta: Vector, running_mean: Vector, running_var: Vector, eps: float = 1e-5
) -> Batch:
    """Normalize with the running statistics: each example on its own."""
    scale = gamma * torch.rsqrt(at_least_float32(running_var) + eps)
    return (at_least_float32(x) * _wide(scale, x) + _wide(beta - running_mean * scale, x)).to(x.dtype)


def batch_norm_backward(dy: Batch, gamma: Vector, cache: Cache) -> tuple[Batch, Vector, Vector]:
    """Gradients for x, gamma and beta; mean and variance depend on x as well, hence the two further terms."""
    centred, scale = cache  # xhat = centred * scale is not formed: it only occurs in sums and with a factor per channel
    axes, n = _axes(dy)
    wide = at_least_float32(dy)
    dbeta = wide.sum(axes)
    dgamma = (wide * centred).sum(axes) * scale
    dx = (wide - _wide(dbeta / n, dy)).sub_(centred * _wide(scale * dgamma / n, dy)).mul_(_wide(gamma * scale, dy))
    return dx.to(dy.dtype), dgamma.to(gamma.dtype), dbeta.to(gamma.dtype)


def fold_into_conv(
    weight: Float[Tensor, "c ..."],
    bias: Vector | None,
    gamma: Vector,
    beta: Vector,
    running_mean: Vector,
    running_var: Vector,
    eps: float = 1e-5,
) -> tuple[Float[Tensor, "c ..."], Vector]:
    """Weights and bias of the convolution (or dense layer, outputs first) that includes the normalization after it."""
    scale = gamma * torch.rsqrt(running_var + eps)
    before = bias if bias is not None else torch.zeros_like(running_mean)
    return weight * scale.reshape(-1, *[1] * (weight.ndim - 1)), (before - running_mean) * scale + beta


def _forward(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> tuple[tuple[Tensor, ...], Cache]:
    y, cache, mean, var = _normalize(x, gamma, beta, eps)
    return (y, mean, var), cache


_by_hand = ByHand(
    lambda x, gamma, beta, eps: _forward(x, gamma, beta, eps)[0],
    _forward,
    lambda grads, inputs, cache, eps: batch_norm_backward(grads[0], inputs[1], cache),
    outputs=3,
    differentiable=1,
)


class BatchNorm(nn.Module):
    """Batch normalization of (n, c) or (n, c, h, w)."""

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, momentum: float = 0.1, eps: float = 1e-5) -> None:
        super().__init__()
        self.momentum, self.eps = momentum, eps
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Batch) -> Batch:
        running = self.running_mean, self.running_var
        if not self.training:
            return batch_norm_test(x, self.gamma, self.beta, *running, self.eps)
        y, mean, var = _by_hand(x, self.gamma, self.beta, eps=self.eps)
        for average, new in zip(running, _running(*running, mean, var, self.momentum, x), strict=True):
            average.copy_(new)
        return y


def _axes(x: Tensor) -> tuple[list[int], int]:
    """All axes but the channels', and how many values they hold per channel."""
    return [0, *range(2, x.ndim)], x.numel() // x.shape[1]


def _wide(values: Vector, x: Tensor) -> Tensor:
    """A value per channel in a shape that broadcasts against x."""
    return values.reshape(1, -1, *[1] * (x.ndim - 2))
