"""Initialisation: weights that neither fade nor blow up what passes through a deep network.

Equal weights make equal units with equal gradients, so that zeros never become a network; small Gaussian ones break
the symmetry but shrink the signal in every layer. The variance of a layer's output is that of its input times fan_in
times the weights' variance, so a variance of about 1 / fan_in keeps it; rectifiers pass half of the energy and need
twice that.

    Var(a_j) = fan_in Var(w) E[x^2]
    Xavier   Var(w) = 1 / fan_in              the forward pass keeps its variance (linear or tanh near zero)
    Glorot   Var(w) = 2 / (fan_in + fan_out)  a compromise between forward and backward pass
    He       Var(w) = 2 / fan_in              for ReLU, E[max(a, 0)^2] = Var(a) / 2

Sources: Glorot and Bengio 2010; He et al. 2015. Names differ: what this course calls Xavier is LeCun's in torch and
Keras, where Xavier and Glorot are the same. Biases start at zero. Course: training, topic `initialization`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

Weights = Float[Tensor, "fan_in fan_out"]


def zeros(fan_in: int, fan_out: int, generator: torch.Generator | None = None) -> Weights:
    """All zero; the generator is not used."""
    return torch.zeros(fan_in, fan_out)


def small_gaussian(fan_in: int, fan_out: int, generator: torch.Generator | None = None) -> Weights:
    """N(0, 0.01^2)."""
    return 0.01 * torch.randn(fan_in, fan_out, generator=generator)


def xavier(fan_in: int, fan_out: int, generator: torch.Generator | None = None) -> Weights:
    """Gaussian with variance 1 / fan_in."""
    return math.sqrt(xavier_variance(fan_in)) * torch.randn(fan_in, fan_out, generator=generator)


def glorot(fan_in: int, fan_out: int, generator: torch.Generator | None = None) -> Weights:
    """Gaussian with variance 2 / (fan_in + fan_out)."""
    return math.sqrt(glorot_variance(fan_in, fan_out)) * torch.randn(fan_in, fan_out, generator=generator)


def he(fan_in: int, fan_out: int, generator: torch.Generator | None = None) -> Weights:
    """Gaussian with variance 2 / fan_in."""
    return math.sqrt(he_variance(fan_in)) * torch.randn(fan_in, fan_out, generator=generator)


def xavier_variance(fan_in: int) -> float:
    """1 / fan_in."""
    return 1 / fan_in


def glorot_variance(fan_in: int, fan_out: int) -> float:
    """2 / (fan_in + fan_out)."""
    return 2 / (fan_in + fan_out)


def he_variance(fan_in: int) -> float:
    """2 / fan_in."""
    return 2 / fan_in


def glorot_limit(fan_in: int, fan_out: int) -> float:
    """The uniform form: U(-a, a) has variance a^2 / 3, so a = sqrt(6 / (fan_in + fan_out))."""
    return math.sqrt(3 * glorot_variance(fan_in, fan_out))


def propagated_variance(
    X: Float[Tensor, "n d"], weights: Sequence[Weights], activation: Callable[[Tensor], Tensor]
) -> list[float]:
    """Mean square of the activations after each layer, the input's first; for centred ones this is the variance."""
    squares = [float((X**2).mean())]
    for W in weights:
        X = activation(X @ W)
        squares.append(float((X**2).mean()))
    return squares
