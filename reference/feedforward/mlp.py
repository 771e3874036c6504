"""Multi-layer perceptrons: the forward pass, and what one hidden layer can do.

A layer is an affine map followed by an activation; stacked layers compose. With step units one hidden layer realises
any boolean function (a unit per true row of its table), and any continuous function on an interval as closely as one
likes (a unit per step of a staircase): universal approximation says that such weights exist, not that training finds
them.

    a_l = h_(l-1) W_l + b_l        h_l = activation(a_l), none after the last layer        h_0 = X
    unit for a row r of a truth table:  w = 2r - 1,  b = 1/2 - sum r:  positive for x = r only; output = OR of the units

Sources: Cybenko 1989, Hornik 1991. Course: feedforward, topic `multilayer-perceptron`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from reference.feedforward.activations import step

Activation = Callable[[Tensor], Tensor]
Layers = tuple[list[Tensor], list[Tensor]]


def forward(
    X: Float[Tensor, "n d"],
    weights: Sequence[Tensor],
    biases: Sequence[Tensor],
    activation: Activation = torch.tanh,
    output: Activation | None = None,
) -> Float[Tensor, "n k"]:
    """The network's output; `output` is the activation of the last layer, linear when None."""
    h = X
    for layer, (W, b) in enumerate(zip(weights, biases, strict=True), start=1):
        a = h @ W + b
        if layer < len(weights):
            h = activation(a)
        else:
            h = a if output is None else output(a)
    return h


def weights_for_truth_table(table: Float[Tensor, " rows"]) -> Layers:
    """Weights of a network of step units that realises a boolean function.

    Args:
        table: its values, 0 or 1, for the inputs 0...00, 0...01, 0...10 and so on: 2^d of them.

    Returns:
        weights [(d, h), (h, 1)] and biases for `forward` with step units in both layers; h = number of ones.

    Raises:
        ValueError: the length is no power of two.
    """
    d = len(table).bit_length() - 1
    if d < 1 or len(table) != 2**d:
        raise ValueError(f"a truth table of d inputs has 2^d rows, this one has {len(table)}")
    true_rows = truth_inputs(d).to(table)[table == 1]
    hidden = (2 * true_rows - 1).T, 0.5 - true_rows.sum(1)
    ones = torch.ones(len(true_rows), 1, dtype=table.dtype, device=table.device)
    return [hidden[0], ones], [hidden[1], torch.full_like(ones.sum(0), -0.5)]


def truth_inputs(d: int) -> Float[Tensor, "rows d"]:
    """All 2^d inputs in counting order, the first input being the most significant bit."""
    rows = torch.arange(2**d)
    return ((rows[:, None] >> torch.arange(d - 1, -1, -1)) & 1).float()


def boolean(X: Float[Tensor, "n d"], layers: Layers) -> Float[Tensor, " n"]:
    """The value of a network from `weights_for_truth_table`, 0 or 1."""
    return forward(X, *layers, activation=step, output=step)[:, 0]


def staircase(f: Callable[[Tensor], Tensor], low: float, high: float, units: int) -> Layers:
    """Weights of a network of step units that equals f at the middle of each of `units` + 1 equal intervals.

    For a function with slope at most L, it is never further from f than L (high - low) / (2 (units + 1)).
    """
    edges = torch.linspace(low, high, units + 2, dtype=torch.float64)
    values = f((edges[:-1] + edges[1:]) / 2)
    weights = [torch.ones(1, units, dtype=torch.float64), values.diff()[:, None]]
    return weights, [-edges[1:-1], values[:1]]


class MLP(nn.Module):
    """Affine layers with an activation between them; inputs are flattened, so that images may come as they are."""

    def __init__(self, sizes: Sequence[int], activation: type[nn.Module] = nn.Tanh, dropout: float = 0.0) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Flatten()]
        for index, (inputs, outputs) in enumerate(pairwise(sizes)):
            if index:
                layers.append(activation())
                if dropout:
                    layers.append(nn.Dropout(dropout))
            layers.append(nn.Linear(inputs, outputs))
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Float[Tensor, "n ..."]) -> Float[Tensor, "n k"]:
        scores: Tensor = self.layers(x)
        return scores
