"""Backpropagation by hand, for two layers and for any number of them.

The derivative of the loss with respect to a layer's input is the derivative with respect to its output, multiplied by
the layer's Jacobian. No Jacobian is ever formed: each of these products is a matrix product or an element-wise one.
Going from the last layer to the first, every intermediate result is computed once and used for all weights before it.

    forward    A1 = X W1 + b1      H = tanh(A1)       Y = H W2 + b2
    loss       E = sum_nk (Y - T)^2
    backward   dY = 2 (Y - T)      dW2 = H^T dY       db2 = sum_n dY
               dA1 = (dY W2^T) * (1 - H^2)            dW1 = X^T dA1       db1 = sum_n dA1

Sources: Rumelhart, Hinton, Williams 1986; Goodfellow et al., Deep Learning, algorithms 6.3 and 6.4.
Course: feedforward, topic `backpropagation`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

Params = dict[str, Tensor]


def forward(X: Float[Tensor, "n d"], params: Params) -> tuple[Float[Tensor, "n k"], dict[str, Tensor]]:
    """tanh hidden layer, linear output.

    Args:
        X: inputs, one example per row.
        params: W1 (d, h), b1 (h,), W2 (h, k), b2 (k,).

    Returns:
        The output Y and what `backward` needs of this pass.
    """
    H = torch.tanh(X @ params["W1"] + params["b1"])
    Y = H @ params["W2"] + params["b2"]
    return Y, {"X": X, "H": H, "Y": Y}


def loss(Y: Float[Tensor, "n k"], T: Float[Tensor, "n k"]) -> Float[Tensor, ""]:
    """Sum of squared errors over examples and outputs: no 1/2, no mean."""
    return ((Y - T) ** 2).sum()


def backward(T: Float[Tensor, "n k"], params: Params, cache: dict[str, Tensor]) -> Params:
    """The gradient of `loss` for every parameter, with the shapes of `params`."""
    X, H, Y = cache["X"], cache["H"], cache["Y"]
    dY = 2 * (Y - T)
    dA1 = (dY @ params["W2"].T) * (1 - H**2)  # tanh' = 1 - tanh^2
    return {"W1": X.T @ dA1, "b1": dA1.sum(0), "W2": H.T @ dY, "b2": dY.sum(0)}


def deep_forward(
    X: Float[Tensor, "n d"], weights: Sequence[Tensor], biases: Sequence[Tensor]
) -> tuple[Float[Tensor, "n k"], list[Tensor]]:
    """L layers, tanh between them, linear at the end; the cache is the input of every layer, then the output."""
    inputs = [X]
    for layer, (W, b) in enumerate(zip(weights, biases, strict=True), start=1):
        A = inputs[-1] @ W + b
        inputs.append(A if layer == len(weights) else torch.tanh(A))
    return inputs[-1], inputs


def deep_backward(
    T: Float[Tensor, "n k"], weights: Sequence[Tensor], inputs: Sequence[Tensor]
) -> tuple[list[Tensor], list[Tensor]]:
    """Gradients of the sum of squared errors for the weights and the biases of `deep_forward`."""
    delta = 2 * (inputs[-1] - T)
    dWs: list[Tensor] = []
    dbs: list[Tensor] = []
    for W, entering in zip(reversed(weights), reversed(inputs[:-1]), strict=True):
        dWs.append(entering.T @ delta)
        dbs.append(delta.sum(0))
        delta = (delta @ W.T) * (1 - entering**2)  # after the first layer this is not used: X is no tanh
    return dWs[::-1], dbs[::-1]


class TwoLayer(nn.Module):
    """The two-layer network as a module; its parameters carry the exercise's names and layouts."""

    def __init__(self, inputs: int, hidden: int, outputs: int, *, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.W1 = nn.Parameter(torch.randn(inputs, hidden, generator=generator) / inputs**0.5)
        self.b1 = nn.Parameter(torch.zeros(hidden))
        self.W2 = nn.Parameter(torch.randn(hidden, outputs, generator=generator) / hidden**0.5)
        self.b2 = nn.Parameter(torch.zeros(outputs))

    def forward(self, X: Float[Tensor, "n d"]) -> Float[Tensor, "n k"]:
        return forward(X, dict(self.named_parameters()))[0]
