"""Gradient checking: is a gradient derived by hand the gradient of the function?

Central differences approximate each partial derivative from two function values, with an error that falls with the
square of the step, until rounding takes over. The two gradients are compared by their relative distance, as the scale
of a gradient says nothing about its being right. In float64 a right one stays below 1e-7, a wrong one is mostly above
1e-3; across a kink (ReLU at 0) neither holds.

    n_i = (f(x + h e_i) - f(x - h e_i)) / 2h        error = ||g - n|| / (||g|| + ||n||)

Source: Goodfellow et al., Deep Learning, section 11.5. Course: feedforward, topic `backpropagation`.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Function = Callable[[Tensor], Tensor | float]


def numerical_gradient(f: Function, x: Tensor, step: float = 1e-5) -> Tensor:
    """Central differences at `x`, which is left as it is; two evaluations of `f` per entry."""
    flat = x.detach().reshape(-1)
    numeric = torch.empty_like(flat)
    for i in range(flat.numel()):
        shift = torch.zeros_like(flat)
        shift[i] = step
        above, below = f((flat + shift).view_as(x)), f((flat - shift).view_as(x))
        numeric[i] = (float(above) - float(below)) / (2 * step)
    return numeric.view_as(x)


def relative_error(gradient: Tensor, numeric: Tensor) -> float:
    """||g - n|| / (||g|| + ||n||): 0 for equal ones (also when both are zero), 1 when either is zero alone."""
    distance: Tensor = torch.linalg.vector_norm(gradient - numeric)
    scale: Tensor = torch.linalg.vector_norm(gradient) + torch.linalg.vector_norm(numeric)
    return float(distance / scale) if bool(scale > 0) else 0.0


def gradient_check(f: Function, x: Tensor, gradient: Tensor, step: float = 1e-5) -> float:
    """The relative error of `gradient` against central differences of `f` at `x`."""
    return relative_error(gradient, numerical_gradient(f, x, step))
