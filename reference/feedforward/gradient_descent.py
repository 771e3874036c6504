"""Gradient descent: batch, online and mini-batch.

The gradient of a loss that is a mean over examples can be computed from all of them, from one, or from a few: the
first follows the loss downhill, the others follow an unbiased but noisy estimate at a fraction of the cost. On a
quadratic loss the learning rate decides everything: below 2 over the largest curvature every direction shrinks, above
it one of them grows. With noisy gradients a fixed rate only reaches a neighbourhood of the minimum, whose size falls
with the rate.

    w <- w - eta grad E(w),   E(w) = 1/n sum_n E_n(w)        converges on a quadratic for 0 < eta < 2 / lambda_max(H)
    least squares  E = 1/n ||X w - t||^2,   grad = 2/n X^T (X w - t),   H = 2/n X^T X

Source: Goodfellow et al., Deep Learning, sections 4.3 and 5.9. Course: feedforward, topic `gradient-descent`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from jaxtyping import Float
from torch import Tensor

Gradient = Callable[[Tensor, Tensor, Tensor], Tensor]


def batches(n: int, batch_size: int, generator: torch.Generator | None = None) -> Iterator[Tensor]:
    """Row numbers of the mini-batches of one epoch, in a random order with a generator and in order without.

    `batch_size` = n is batch gradient descent, 1 is online (stochastic); the last batch may be smaller.
    """
    order = torch.arange(n) if generator is None else torch.randperm(n, generator=generator)
    for start in range(0, n, batch_size):
        yield order[start : start + batch_size]


def gradient_descent(
    gradient: Gradient,
    w: Tensor,
    X: Float[Tensor, "n d"],
    t: Float[Tensor, " n"],
    eta: float,
    epochs: int,
    batch_size: int,
    generator: torch.Generator | None = None,
) -> tuple[Tensor, list[Tensor]]:
    """Minimise a mean loss.

    Args:
        gradient: (w, X, t) -> gradient of the mean loss over the examples it is given.

    Returns:
        The weights, and those after each epoch, the initial ones first.
    """
    path = [w]
    for _ in range(epochs):
        for rows in batches(len(X), batch_size, generator):
            chosen = rows.to(X.device)
            w = w - eta * gradient(w, X[chosen], t[chosen])
        path.append(w)
    return w, path


def least_squares_gradient(
    w: Float[Tensor, " d"], X: Float[Tensor, "n d"], t: Float[Tensor, " n"]
) -> Float[Tensor, " d"]:
    """2/n X^T (X w - t), the gradient of the mean squared error."""
    return 2 / len(X) * X.T @ (X @ w - t)


def largest_rate(X: Float[Tensor, "n d"]) -> float:
    """2 / lambda_max of the Hessian 2/n X^T X: batch gradient descent on least squares diverges from this rate on."""
    singular: Tensor = torch.linalg.svdvals(X)
    return float(len(X) / singular[0] ** 2)
