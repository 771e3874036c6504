"""Losses and their derivatives.

A loss turns an assumption about the noise into a number to minimise: Gaussian noise gives squared errors, a Bernoulli
target binary cross-entropy, a categorical one categorical cross-entropy. Cross-entropies are computed from the scores
before the sigmoid or softmax, in log space, because the probabilities round to 0 and 1 long before the scores are
extreme; their derivative with respect to those scores is then simply prediction minus target.

    SSE    sum (y - t)^2                                2 (y - t)
    MSE    mean over all entries of (y - t)^2           2 (y - t) / (n k)
    BCE    mean of -t log s(z) - (1 - t) log(1 - s(z))  (s(z) - t) / (n k)
    CCE    mean of -log softmax(z)_label                (softmax(z) - onehot) / n
    margins m = t f, t = +-1:   perceptron max(0, -m)   hinge max(0, 1 - m)   logistic log(1 + e^-m)

All but SSE are means, MSE and BCE over all entries, the others over the examples. Where a margin is met exactly, the
derivative is 0. Sources: Bishop, PRML, sections 4.3, 5.2 and 7.1; Rosasco et al. 2004.
Course: feedforward, topics `losses` and `kernels`.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from reference.feedforward.activations import relu, sigmoid, size, softmax

Array = Float[Tensor, "..."]


def sse(Y: Array, T: Array) -> Float[Tensor, ""]:
    """Sum of squared errors: over examples and outputs, no 1/2."""
    return ((Y - T) ** 2).sum()


def sse_gradient(Y: Array, T: Array) -> Array:
    """2 (Y - T)."""
    return 2 * (Y - T)


def mse(Y: Array, T: Array) -> Float[Tensor, ""]:
    """Mean of the squared errors over all entries."""
    return ((Y - T) ** 2).mean()


def mse_gradient(Y: Array, T: Array) -> Array:
    """2 (Y - T) / number of entries."""
    return 2 * (Y - T) / Y.numel()


def softplus(z: Array) -> Array:
    """log(1 + e^z) = max(z, 0) + log(1 + e^-|z|), which neither overflows nor loses digits."""
    return torch.where(z >= 0, z, 0.0) + torch.log1p(torch.exp(-size(z)))


def bce(logits: Array, T: Array) -> Float[Tensor, ""]:
    """Binary cross-entropy of targets in [0, 1] and scores before the sigmoid, mean over all entries."""
    return (softplus(logits) - T * logits).mean()  # -log s(z) = softplus(-z) = softplus(z) - z


def bce_gradient(logits: Array, T: Array) -> Array:
    """(sigmoid(logits) - T) / number of entries."""
    return (sigmoid(logits) - T) / logits.numel()


def log_softmax(logits: Float[Tensor, "n k"]) -> Float[Tensor, "n k"]:
    """Logarithms of the softmax of each row."""
    shifted = logits - logits.amax(1, keepdim=True)
    return shifted - shifted.exp().sum(1, keepdim=True).log()


def cce(logits: Float[Tensor, "n k"], labels: Int[Tensor, " n"]) -> Float[Tensor, ""]:
    """Categorical cross-entropy of class numbers and scores before the softmax, mean over the examples."""
    return -log_softmax(logits).gather(1, labels[:, None]).mean()


def cce_gradient(logits: Float[Tensor, "n k"], labels: Int[Tensor, " n"]) -> Float[Tensor, "n k"]:
    """(softmax(logits) - onehot(labels)) / n."""
    return (softmax(logits, 1) - one_hot(labels, logits)) / len(logits)


def one_hot(labels: Int[Tensor, " n"], like: Float[Tensor, "n k"]) -> Float[Tensor, "n k"]:
    """1 in the label's column, in the shape, type and place of `like`."""
    return torch.zeros_like(like).scatter_(1, labels[:, None], 1.0)


def perceptron(f: Array, t: Array) -> Float[Tensor, ""]:
    """Mean of max(0, -t f): zero for every example on the right side, however near the boundary."""
    return relu(-t * f).mean()


def perceptron_gradient(f: Array, t: Array) -> Array:
    """-t / n where t f < 0, else 0."""
    return -t * (t * f < 0).to(f.dtype) / f.numel()


def hinge(f: Array, t: Array) -> Float[Tensor, ""]:
    """Mean of max(0, 1 - t f): zero only for a margin of at least one."""
    return relu(1 - t * f).mean()


def hinge_gradient(f: Array, t: Array) -> Array:
    """-t / n where t f < 1, else 0."""
    return -t * (t * f < 1).to(f.dtype) / f.numel()


def logistic(f: Array, t: Array) -> Float[Tensor, ""]:
    """Mean of log(1 + e^(-t f)): binary cross-entropy for targets +-1; never quite zero."""
    return softplus(-t * f).mean()


def logistic_gradient(f: Array, t: Array) -> Array:
    """-t sigmoid(-t f) / n."""
    return -t * sigmoid(-t * f) / f.numel()


def multiclass_hinge(scores: Float[Tensor, "n k"], labels: Int[Tensor, " n"], margin: float = 1.0) -> Float[Tensor, ""]:
    """Mean over the examples of sum over the wrong classes j of max(0, margin + s_j - s_label) (Weston, Watkins)."""
    excess = relu(margin + scores - scores.gather(1, labels[:, None]))
    return (excess * (1 - one_hot(labels, scores))).sum(1).mean()


def multiclass_hinge_gradient(
    scores: Float[Tensor, "n k"], labels: Int[Tensor, " n"], margin: float = 1.0
) -> Float[Tensor, "n k"]:
    """1/n for each wrong class inside the margin; the right class gets minus their sum."""
    right = one_hot(labels, scores)
    inside = (margin + scores - scores.gather(1, labels[:, None]) > 0).to(scores.dtype) * (1 - right)
    return (inside - right * inside.sum(1, keepdim=True)) / len(scores)
