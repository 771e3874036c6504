"""The perceptron and Hebbian learning.

A threshold unit answers +1 where `w . x > 0` and -1 elsewhere, with `x[0] = 1` so that `w[0]` is the bias. Hebbian
learning strengthens a weight when input and wanted output agree, only on examples that are answered wrongly: that is
stochastic gradient descent on the perceptron criterion. On separable data it stops after a bounded number of errors;
on XOR, which no line separates, it never does.

    prediction   y = +1 if w . x > 0 else -1
    update       w <- w + eta t x                      on an error, y != t
    criterion    E(w) = - sum_{n in M} t_n (w . x_n)   M: the misclassified examples
    bound        errors <= R^2 / delta^2               R = max ||x_n||, delta = min t_n (u . x_n), ||u|| = 1, w_0 = 0

Sources: Rosenblatt 1958; Novikoff 1962 for the bound (it is R squared, as the proof bounds the squared norm);
Bishop, PRML, eq. 4.54 and 4.55. Course: feedforward, topic `perceptron`.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def predict(w: Float[Tensor, " d"], x: Float[Tensor, " d"]) -> int:
    """+1 if w . x > 0, else -1: a point on the boundary belongs to the negative class."""
    return 1 if bool(w @ x > 0) else -1


def predict_all(w: Float[Tensor, " d"], X: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
    """`predict` for every row of X, as +1 and -1 in the dtype of X."""
    return 2 * (X @ w > 0).to(X.dtype) - 1


def hebbian_update(w: Float[Tensor, " d"], x: Float[Tensor, " d"], t: float, eta: float) -> Float[Tensor, " d"]:
    """w + eta t x when the example is answered wrongly, else `w` itself."""
    return w + eta * t * x if predict(w, x) != t else w


def train(
    w: Float[Tensor, " d"], X: Float[Tensor, "n d"], t: Float[Tensor, " n"], eta: float, max_epochs: int
) -> tuple[Float[Tensor, " d"], int, bool]:
    """Online training, the examples in order, until an epoch without an error.

    Returns:
        The weights; the epochs made, the clean one included; whether such an epoch came within `max_epochs`.
    """
    for epoch in range(1, max_epochs + 1):
        errors = 0
        for x, target in zip(X, t, strict=True):
            updated = hebbian_update(w, x, target, eta)
            errors += updated is not w
            w = updated
        if errors == 0:
            return w, epoch, True
    return w, max_epochs, False


def count_errors(
    w: Float[Tensor, " d"], X: Float[Tensor, "n d"], t: Float[Tensor, " n"], eta: float, max_epochs: int
) -> int:
    """How many updates `train` makes on the same arguments: the number that `convergence_bound` bounds."""
    errors = 0
    for _ in range(max_epochs):
        before = errors
        for x, target in zip(X, t, strict=True):
            updated = hebbian_update(w, x, target, eta)
            errors += updated is not w
            w = updated
        if errors == before:
            break
    return errors


def criterion(w: Float[Tensor, " d"], X: Float[Tensor, "n d"], t: Float[Tensor, " n"]) -> Float[Tensor, ""]:
    """The perceptron criterion, -sum t_n (w . x_n) over the misclassified examples: zero when there are none."""
    wrong = predict_all(w, X) != t
    return -(t * (X @ w))[wrong].sum()


def criterion_gradient(w: Float[Tensor, " d"], X: Float[Tensor, "n d"], t: Float[Tensor, " n"]) -> Float[Tensor, " d"]:
    """-sum t_n x_n over the misclassified examples; a Hebbian update is a step against one of its terms."""
    wrong = (predict_all(w, X) != t).to(X.dtype)
    return -(wrong * t) @ X


def margin(w: Float[Tensor, " d"], X: Float[Tensor, "n d"], t: Float[Tensor, " n"]) -> Float[Tensor, ""]:
    """delta = min t_n (w . x_n) / ||w||; positive exactly when `w` separates the classes."""
    length: Tensor = torch.linalg.vector_norm(w)
    return (t * (X @ w)).min() / length


def convergence_bound(u: Float[Tensor, " d"], X: Float[Tensor, "n d"], t: Float[Tensor, " n"]) -> float:
    """R^2 / delta^2 for a separating `u`: no more errors are made by training that starts from zero weights.

    Raises:
        ValueError: `u` does not separate the classes, so the theorem says nothing.
    """
    delta = margin(u, X, t)
    if not bool(delta > 0):
        raise ValueError("the weights do not separate the classes: the margin must be positive for the bound to hold")
    radius = torch.linalg.vector_norm(X, dim=1).max()
    return float((radius / delta) ** 2)


def with_bias(X: Float[Tensor, "n d"]) -> Float[Tensor, "n d+1"]:
    """X with a leading column of ones, which makes w[0] the bias."""
    return torch.cat([torch.ones_like(X[:, :1]), X], dim=1)
