"""Regularization by penalties: preferring small weights, and what depth does to gradients.

A squared penalty pulls every weight towards zero in proportion to its size and rarely reaches it; an absolute one pulls
with constant force and sets small weights to zero exactly. With plain gradient descent a squared penalty is the same as
shrinking the weights before each step (weight decay); with Adam it is not, as the penalty's gradient is rescaled too.

    L2   E + lambda ||w||^2      gradient + 2 lambda w        decay: w <- (1 - 2 eta lambda) w - eta g
    L1   E + lambda ||w||_1      gradient + lambda sign(w)    proximal: w <- sign(w) max(|w| - eta lambda, 0)
    depth   dE/dx_0 = J_1^T ... J_L^T dE/dx_L,  ||J_l|| <= ||W_l|| max |activation'|: with a sigmoid <= ||W_l|| / 4

Sources: Krogh and Hertz 1992; Tibshirani 1996; Loshchilov and Hutter 2019; Hochreiter 1991; Glorot and Bengio 2010.
Course: training, topic `regularization`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor


def l2_penalty(w: Tensor, strength: float) -> Float[Tensor, ""]:
    """strength ||w||^2."""
    return strength * (w**2).sum()


def l2_gradient(w: Tensor, strength: float) -> Tensor:
    """2 strength w."""
    return 2 * strength * w


def l1_penalty(w: Tensor, strength: float) -> Float[Tensor, ""]:
    """strength sum |w|."""
    return strength * w.abs().sum()


def l1_gradient(w: Tensor, strength: float) -> Tensor:
    """strength sign(w), a sub-gradient: zero at zero."""
    return strength * torch.sign(w)


def weight_decay_step(w: Tensor, g: Tensor, eta: float, strength: float) -> Tensor:
    """(1 - 2 eta strength) w - eta g: gradient descent on the loss plus `l2_penalty`."""
    return (1 - 2 * eta * strength) * w - eta * g


def soft_threshold(w: Tensor, amount: float) -> Tensor:
    """Towards zero by `amount`, and not beyond: the proximal step of the L1 penalty."""
    return torch.sign(w) * (w.abs() - amount).clamp_min(0)


def lasso(X: Float[Tensor, "n d"], t: Float[Tensor, " n"], strength: float, steps: int = 5000) -> Float[Tensor, " d"]:
    """Minimise 1/(2n) ||X w - t||^2 + strength ||w||_1 by proximal gradient steps (ISTA)."""
    n = len(X)
    largest: Tensor = torch.linalg.matrix_norm(X, 2)
    eta = n / float(largest) ** 2
    w = torch.zeros(X.shape[1], dtype=X.dtype, device=X.device)
    for _ in range(steps):
        w = soft_threshold(w - eta / n * X.T @ (X @ w - t), eta * strength)
    return w


def gradients_by_depth(
    X: Float[Tensor, "n d"],
    weights: Sequence[Float[Tensor, "d d"]],
    activation: Callable[[Tensor], Tensor],
    residual: bool = False,
) -> list[float]:
    """Norms of the gradient of the sum of the output with respect to the input of every layer, the first layer's first.

    Args:
        weights: square, one per layer; `residual` adds each layer's input to its output.
    """
    entering: list[Tensor] = []
    h = X.detach().requires_grad_()
    for W in weights:
        entering.append(h)
        h = activation(h @ W) + (h if residual else 0)
    gradients = torch.autograd.grad(h.sum(), entering)
    return [float(g.norm()) for g in gradients]
