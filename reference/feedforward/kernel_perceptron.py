"""The kernel perceptron: the perceptron in a feature space that is never written down.

Each Hebbian update adds an example to the weights, so the weights are a sum of examples and need not be stored: it is
enough to count, for every example, how often it was got wrong. Inputs then occur in inner products only, and any kernel
may take their place. The features stay fixed by the choice of the kernel, whereas a multi-layer network learns them.

    f(x) = sum_m alpha_m t_m k(x_m, x)        on an error (t f(x) <= 0):  alpha_n <- alpha_n + 1
    RBF         k(x, z) = exp(-gamma ||x - z||^2)
    polynomial  k(x, z) = (x . z + c)^degree

Source: Aizerman, Braverman, Rozonoer 1964; Freund and Schapire 1999. Course: feedforward, topic `kernels`.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from reference.learning.neighbours import squared_distances


def rbf_kernel(A: Float[Tensor, "m d"], B: Float[Tensor, "n d"], gamma: float) -> Float[Tensor, "m n"]:
    """exp(-gamma ||a - b||^2) for every pair of rows."""
    return torch.exp(-gamma * squared_distances(A, B))


def polynomial_kernel(
    A: Float[Tensor, "m d"], B: Float[Tensor, "n d"], degree: int, c: float = 1.0
) -> Float[Tensor, "m n"]:
    """(a . b + c)^degree for every pair of rows."""
    return (A @ B.T + c) ** degree


def decision(alpha: Float[Tensor, " m"], t: Float[Tensor, " m"], K: Float[Tensor, "m n"]) -> Float[Tensor, " n"]:
    """f for the n columns of the kernel matrix between the m training examples and the examples to classify."""
    return (alpha * t) @ K


def predict(alpha: Float[Tensor, " m"], t: Float[Tensor, " m"], K: Float[Tensor, "m n"]) -> Float[Tensor, " n"]:
    """+1 where f > 0, else -1."""
    return 2 * (decision(alpha, t, K) > 0).to(K.dtype) - 1


def train(K: Float[Tensor, "n n"], t: Float[Tensor, " n"], max_epochs: int) -> tuple[Float[Tensor, " n"], int, bool]:
    """Online, in order, from alpha = 0, until an epoch without an error.

    Returns:
        How often each example was got wrong; the epochs made, the clean one included; whether such an epoch came.
    """
    alpha = torch.zeros_like(t)
    f = torch.zeros_like(t)  # the decision for every training example, kept up to date
    for epoch in range(1, max_epochs + 1):
        clean = True
        for n in range(len(t)):
            if (1 if bool(f[n] > 0) else -1) != t[n]:
                alpha[n] += 1
                f += t[n] * K[n]
                clean = False
        if clean:
            return alpha, epoch, True
    return alpha, max_epochs, False
