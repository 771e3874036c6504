"""Activation functions and their derivatives.

Without a nonlinearity a stack of layers is one linear map. Squashing functions (sigmoid, tanh) saturate, and a
gradient that passes many of them vanishes; rectifiers keep a slope of one on the positive side and differ in what
they do on the negative one. The output activation follows the task: linear for regression, sigmoid for two classes,
softmax for several.

    sigmoid   1 / (1 + e^-x)              s (1 - s), at most 1/4
    tanh      (e^x - e^-x)/(e^x + e^-x)   1 - y^2, at most 1
    ReLU      max(x, 0)                   1 where x > 0, else 0
    leaky     max(x, slope x)             1 or the slope, a fixed number; PReLU learns it, RReLU draws it while training
    ELU       x or a (e^x - 1)            1 or a e^x
    maxout    max over k linear pieces    1 for the piece that won
    softmax   e^x_i / sum_j e^x_j         J = diag(y) - y y^T

Derivatives are functions of the input x. They need not exist everywhere: at a kink the left one is taken, as torch
does. Autograd through the functions gives the same ones, also at 0, which is where units start whose weights are zero:
|x| and torch.clamp have slopes of their own there (0 and 1), so that `torch.where` chooses between the pieces.
Sources: Maas 2013 (leaky), He 2015 (PReLU), Xu 2015 (RReLU), Clevert 2016 (ELU), Goodfellow 2013 (maxout). Course:
feedforward, topic `activations`.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

Array = Float[Tensor, "..."]


def size(x: Array) -> Array:
    """|x| as one piece of it: at 0 the slope is 1, where that of torch.abs is 0. For use in pairs of pieces that meet."""
    return torch.where(x >= 0, x, -x)


def step(x: Array) -> Array:
    """1 where x > 0, else 0: the perceptron's. Its derivative is zero wherever it exists, so no gradient passes it."""
    return (x > 0).to(x.dtype)


def step_derivative(x: Array) -> Array:
    """Zero."""
    return torch.zeros_like(x)


def linear(x: Array) -> Array:
    """x."""
    return x


def linear_derivative(x: Array) -> Array:
    """One."""
    return torch.ones_like(x)


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x); the exponential is only taken of -|x|, so that nothing overflows."""
    z = torch.exp(-size(x))
    return torch.where(x >= 0, torch.ones_like(z), z) / (1 + z)


def sigmoid_derivative(x: Array) -> Array:
    """s (1 - s), at most 1/4."""
    z = torch.exp(-size(x))
    return z / (1 + z) ** 2  # s (1 - s) without the cancellation in 1 - s


def tanh(x: Array) -> Array:
    """2 sigmoid(2x) - 1, computed from e^-2|x|."""
    z = torch.expm1(-2 * size(x))  # expm1 keeps the digits near zero
    return torch.where(x >= 0, -z, z) / (2 + z)


def tanh_derivative(x: Array) -> Array:
    """1 - tanh^2 = 4 sigmoid'(2x)."""
    return 4 * sigmoid_derivative(2 * x)


def relu(x: Array) -> Array:
    """max(x, 0)."""
    return torch.where(x <= 0, 0.0, x)


def relu_derivative(x: Array) -> Array:
    """1 where x > 0, else 0."""
    return (x > 0).to(x.dtype)


def leaky_relu(x: Array, slope: float | Tensor = 0.01) -> Array:
    """x where x > 0, else slope x; continuous, its derivative jumps at 0 as ReLU's does."""
    return torch.where(x > 0, x, slope * x)


def leaky_relu_derivative(x: Array, slope: float | Tensor = 0.01) -> Array:
    """1 where x > 0, else the slope."""
    return torch.where(x > 0, torch.ones_like(x), slope * torch.ones_like(x))


def prelu(x: Float[Tensor, "n d"], slope: Float[Tensor, " d"]) -> Float[Tensor, "n d"]:
    """The parametric ReLU: leaky, with a slope per feature that is learned."""
    return leaky_relu(x, slope)


def prelu_backward(
    x: Float[Tensor, "n d"], slope: Float[Tensor, " d"], dy: Float[Tensor, "n d"]
) -> tuple[Float[Tensor, "n d"], Float[Tensor, " d"]]:
    """Gradients for the input and for the slopes."""
    return dy * leaky_relu_derivative(x, slope), (dy * x.clamp_max(0)).sum(0)


def elu(x: Array, alpha: float = 1.0) -> Array:
    """x where x > 0, else alpha (e^x - 1)."""
    return torch.where(x > 0, x, alpha * torch.expm1(x.clamp_max(0)))


def elu_derivative(x: Array, alpha: float = 1.0) -> Array:
    """1 where x > 0, else alpha e^x."""
    return torch.where(x > 0, torch.ones_like(x), alpha * torch.exp(x.clamp_max(0)))


def rrelu(
    x: Array,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    *,
    training: bool = False,
    generator: torch.Generator | None = None,
) -> Array:
    """The randomized ReLU: a slope per entry, uniform in [lower, upper], while training; then their mean."""
    if not training:
        return leaky_relu(x, (lower + upper) / 2)
    where = generator.device if generator is not None else x.device
    slope = torch.rand(x.shape, dtype=x.dtype, device=where, generator=generator).to(x.device)
    return leaky_relu(x, lower + (upper - lower) * slope)


def maxout(x: Float[Tensor, "n dk"], pieces: int) -> Float[Tensor, "n d"]:
    """The largest of each `pieces` neighbouring features, the first one of equals."""
    groups = _groups(x, pieces)
    return groups.gather(2, groups.argmax(2, keepdim=True)).squeeze(2)


def maxout_backward(x: Float[Tensor, "n dk"], pieces: int, dy: Float[Tensor, "n d"]) -> Float[Tensor, "n dk"]:
    """The gradient goes to the piece that won; in a tie to the first."""
    groups = _groups(x, pieces)
    return torch.zeros_like(groups).scatter(2, groups.argmax(2, keepdim=True), dy[..., None]).flatten(1)


def _groups(x: Float[Tensor, "n dk"], pieces: int) -> Float[Tensor, "n d k"]:
    return x.reshape(x.shape[0], x.shape[1] // pieces, pieces)


def softmax(x: Array, axis: int = -1) -> Array:
    """e^x / sum e^x along `axis`; subtracting the largest entry changes nothing but keeps the exponentials finite."""
    z = torch.exp(x - x.amax(axis, keepdim=True))
    return z / z.sum(axis, keepdim=True)


def softmax_backward(y: Array, dy: Array, axis: int = -1) -> Array:
    """J^T dy with J = diag(y) - y y^T, given the OUTPUT y; J itself is not formed."""
    return y * (dy - (y * dy).sum(axis, keepdim=True))


class PReLU(nn.Module):
    """`prelu` with its learned slopes, which start at 0.25 as in He et al."""

    def __init__(self, features: int, slope: float = 0.25) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.full((features,), slope))

    def forward(self, x: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
        return prelu(x, self.slope)


class Maxout(nn.Module):
    """A layer whose units take the largest of `pieces` linear functions: a learned convex activation."""

    def __init__(self, inputs: int, outputs: int, pieces: int) -> None:
        super().__init__()
        self.pieces = pieces
        self.linear = nn.Linear(inputs, outputs * pieces)

    def forward(self, x: Float[Tensor, "n d"]) -> Float[Tensor, "n k"]:
        return maxout(self.linear(x), self.pieces)
