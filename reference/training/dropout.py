"""Dropout: while training, each unit is silent with probability p, so that none can rely on another.

Every mini-batch trains another sub-network, all of which share their weights; the whole network then stands for their
average. Inverted dropout divides what is kept by the keep probability while TRAINING, so that expectations agree and
testing needs no change; the original form multiplies the weights by it at test instead. The backward pass uses the same
mask. The average is exact for one layer before a softmax: the geometric mean of the sub-networks, normalized.

    mask ~ Bernoulli(1 - p)      y = x mask / (1 - p)      E[y] = x      dx = dy mask / (1 - p)
    original:  training y = x mask;  testing y = (1 - p) x

p is the probability of being dropped, as in torch; some texts give the keep probability.
Source: Srivastava et al. 2014; Goodfellow et al., Deep Learning, eq. 7.56 to 7.66. Course: training, topic `dropout`.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from reference.feedforward.activations import softmax

Array = Float[Tensor, "..."]


def dropout_mask(shape: tuple[int, ...], p: float, like: Tensor, generator: torch.Generator | None = None) -> Array:
    """1 with probability 1 - p, else 0, in the type and place of `like`.

    Raises:
        ValueError: p is not in [0, 1): at 1 nothing would be left to scale.
    """
    if not 0 <= p < 1:
        raise ValueError(f"the probability of being dropped must be in [0, 1), it is {p}")
    where = generator.device if generator is not None else like.device
    return (torch.rand(shape, generator=generator, device=where) >= p).to(like.device, like.dtype)


def dropout(x: Array, mask: Array, p: float) -> Array:
    """Inverted dropout with a given mask: x mask / (1 - p)."""
    return x * mask / (1 - p)


def dropout_backward(dy: Array, mask: Array, p: float) -> Array:
    """The same mask and the same scale."""
    return dy * mask / (1 - p)


def scale_weights(W: Float[Tensor, "d h"], p: float) -> Float[Tensor, "d h"]:
    """The original form's weights at test, for a layer whose inputs were dropped without scaling: (1 - p) W."""
    return (1 - p) * W


def ensemble(x: Float[Tensor, "n d"], W: Float[Tensor, "d k"], b: Float[Tensor, " k"]) -> Float[Tensor, "n k"]:
    """Normalized geometric mean of the softmax outputs of all 2^d sub-networks of one layer (p = 1/2).

    It equals softmax((1/2) x W + b): weight scaling is exact here. Meant for small d.
    """
    d = W.shape[0]
    masks = ((torch.arange(2**d, device=x.device)[:, None] >> torch.arange(d, device=x.device)) & 1).to(x.dtype)
    scores = torch.einsum("nd,md,dk->mnk", x, masks, W) + b
    mean_log = torch.log_softmax(scores, -1).mean(0)
    return softmax(mean_log)


class Dropout(nn.Module):
    """Inverted dropout while training, the identity otherwise."""

    def __init__(self, p: float = 0.5, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.p, self.generator = p, generator

    def forward(self, x: Array) -> Array:
        if not self.training or self.p == 0:
            return x
        return dropout(x, dropout_mask(tuple(x.shape), self.p, x, self.generator), self.p)
