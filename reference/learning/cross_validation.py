"""Validation: estimate how a model does on data that it has not seen, choose by that estimate, then refit on all data.

Hold-out keeps one part aside; k-fold lets every example be validated on once, by the model trained on the other k - 1
folds; leave-one-out is k = n. What was used for choosing is no longer unseen: the test set is touched once, at the end.

    folds of sizes n // k, the first n mod k of them one larger, in the order of the data
    score = mean over the folds of the score on the fold

Source: Hastie, Tibshirani, Friedman, Elements of Statistical Learning, section 7.10.
Course: learning, topics `cross-validation` and `hyperparameters`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor

from reference.learning.ridge import ridge

Model = TypeVar("Model")
Fold = tuple[Tensor, Tensor]


def kfold_indices(n: int, k: int, generator: torch.Generator | None = None) -> list[Fold]:
    """(training rows, validation rows) of each fold: consecutive blocks, of shuffled rows with a generator.

    Raises:
        ValueError: there are fewer than two folds or more folds than examples.
    """
    if not 2 <= k <= n:
        raise ValueError(f"k-fold needs 2 <= k <= n, got k = {k} and n = {n}")
    order = torch.arange(n) if generator is None else torch.randperm(n, generator=generator)
    sizes = [n // k + (fold < n % k) for fold in range(k)]
    edges = [sum(sizes[:fold]) for fold in range(k + 1)]
    return [(torch.cat([order[:low], order[high:]]), order[low:high]) for low, high in pairwise(edges)]


def leave_one_out_indices(n: int) -> list[Fold]:
    """n folds of one example each."""
    return kfold_indices(n, n)


def hold_out_indices(n: int, share: float, generator: torch.Generator | None = None) -> Fold:
    """(training rows, validation rows): the last `share` of the rows, rounded up, is for validation."""
    order = torch.arange(n) if generator is None else torch.randperm(n, generator=generator)
    kept = n - math.ceil(n * share)
    return order[:kept], order[kept:]


def cross_validate(
    fit: Callable[[Tensor, Tensor], Model],
    score: Callable[[Model, Tensor, Tensor], float],
    X: Float[Tensor, "n d"],
    t: Float[Tensor, " n"],
    folds: Sequence[Fold],
) -> Float[Tensor, " k"]:
    """The score on every fold of the model that was fitted on the others."""
    scores = [score(fit(X[train], t[train]), X[held_out], t[held_out]) for train, held_out in folds]
    return torch.tensor(scores, dtype=torch.float64)


def mean_squared_error(w: Float[Tensor, " d"], X: Float[Tensor, "n d"], t: Float[Tensor, " n"]) -> float:
    """Of a linear model."""
    return float(((X @ w - t) ** 2).mean())


def cv_score(X: Float[Tensor, "n d"], t: Float[Tensor, " n"], gamma: float, k: int) -> float:
    """The mean over k folds of the mean squared error of ridge regression."""

    def fit(X: Tensor, t: Tensor) -> Tensor:
        return ridge(X, t, gamma)

    return float(cross_validate(fit, mean_squared_error, X, t, kfold_indices(len(X), k)).mean())


def choose_gamma(
    X: Float[Tensor, "n d"], t: Float[Tensor, " n"], gammas: Sequence[float], k: int
) -> tuple[float, Float[Tensor, " d"]]:
    """The gamma with the least cross-validated error (the first of equal ones), and the weights refitted on all data."""
    scores = [cv_score(X, t, gamma, k) for gamma in gammas]
    best = gammas[min(range(len(gammas)), key=lambda i: scores[i])]
    return best, ridge(X, t, best)
