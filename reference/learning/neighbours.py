"""Nearest neighbours: classify as the most similar training examples are labelled.

There is no training; all data are kept and every prediction compares with all of them. The number of neighbours k is
a hyperparameter: k = 1 has no error on its training data whatever the noise, larger k smooth. Distances between raw
pixels say little about meaning, which is why learned features make better neighbours.

    ||a - b||^2 = ||a||^2 + ||b||^2 - 2 a . b        label = the most frequent of the k nearest, the smallest of equal ones

Source: Cover and Hart 1967. Course: learning, topic `neighbours-and-metrics`.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor


def distances(A: Float[Tensor, "m d"], B: Float[Tensor, "n d"]) -> Float[Tensor, "m n"]:
    """Euclidean distances between the rows of A and those of B."""
    squared = (A**2).sum(1)[:, None] + (B**2).sum(1)[None, :] - 2 * A @ B.T
    return squared.clamp_min(0).sqrt()


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
