"""Nearest neighbours: classify as the most similar training examples are labelled.

There is no training; all data are kept and every prediction compares with all of them. The number of neighbours k is
a hyperparameter: k = 1 has no error on its training data whatever the noise, larger k smooth. Distances between raw
pixels say little about meaning, which is why learned features make better neighbours.

    ||a - b||^2 = sum_i (a_i - b_i)^2        label = the most frequent of the k nearest, the smallest of equal ones

||a||^2 + ||b||^2 - 2 a . b is the same in exact arithmetic, and faster; but it subtracts large numbers that are almost
equal, and in float32 data with a mean of 1000 get other neighbours. The differences come first here.

Source: Cover and Hart 1967. Course: learning, topic `neighbours-and-metrics`.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

BLOCK = 2**20
"""So many differences are in memory at once; more are no faster."""


def squared_distances(A: Float[Tensor, "m d"], B: Float[Tensor, "n d"]) -> Float[Tensor, "m n"]:
    """Squared Euclidean distances between the rows of A and those of B."""
    rows = max(1, BLOCK // max(1, B.numel()))
    blocks = [(block[:, None] - B).square().sum(2) for block in torch.split(A, rows)]
    return torch.cat(blocks) if blocks else A.new_empty(len(A), len(B))


def distances(A: Float[Tensor, "m d"], B: Float[Tensor, "n d"]) -> Float[Tensor, "m n"]:
    """Euclidean distances between the rows of A and those of B; where two rows are equal, the gradient is zero."""
    squared = squared_distances(A, B)
    apart = squared > 0  # the root's slope is infinite at 0, and 0 times infinity is no number
    return torch.where(apart, torch.where(apart, squared, 1.0).sqrt(), 0.0)


def nearest(X: Float[Tensor, "n d"], queries: Float[Tensor, "m d"], k: int) -> Int[Tensor, "m k"]:
    """Row numbers of the k nearest, the nearest first; of equally near ones the earlier row first.

    Raises:
        ValueError: k is less than one or more than there are examples.
    """
    if not 1 <= k <= len(X):
        raise ValueError(f"k must be from 1 to the number of examples {len(X)}, it is {k}")
    return distances(queries, X).argsort(dim=1, stable=True)[:, :k]


def predict(
    X: Float[Tensor, "n d"], labels: Int[Tensor, " n"], queries: Float[Tensor, "m d"], k: int
) -> Int[Tensor, " m"]:
    """The majority label among the k nearest, the smallest label in a tie."""
    votes = labels[nearest(X, queries, k)]
    counts = torch.zeros(len(queries), int(labels.max()) + 1, dtype=torch.int64, device=labels.device)
    return counts.scatter_add_(1, votes, torch.ones_like(votes)).argmax(1)
