"""Metrics of a classifier: the confusion matrix and what is read off it.

Accuracy hides what happens to rare classes; precision asks how many of those called positive are, recall how many of
the positive ones were found, and F1 is their harmonic mean, which is low when either is. For several classes each is
the positive one in turn; the macro average gives every class the same weight, the micro average every example.

    C[i, j] = examples of class i that were called j
    precision_k = C[k, k] / sum_i C[i, k]      recall_k = C[k, k] / sum_j C[k, j]      F1 = 2 P R / (P + R)

A quotient 0 / 0 counts as 0, as in scikit-learn. Course: learning, topic `neighbours-and-metrics`.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor


def confusion_matrix(targets: Int[Tensor, " n"], predictions: Int[Tensor, " n"], classes: int) -> Int[Tensor, "k k"]:
    """True classes in the rows, called ones in the columns."""
    return torch.bincount(targets * classes + predictions, minlength=classes**2).reshape(classes, classes)


def accuracy(targets: Int[Tensor, " n"], predictions: Int[Tensor, " n"]) -> float:
    """The share of right answers."""
    return float((targets == predictions).double().mean())


def precision(matrix: Int[Tensor, "k k"]) -> Float[Tensor, " k"]:
    """Of what was called k, the share that is k: down the columns."""
    return _ratio(matrix.diagonal(), matrix.sum(0))


def recall(matrix: Int[Tensor, "k k"]) -> Float[Tensor, " k"]:
    """Of what is k, the share that was called k: along the rows."""
    return _ratio(matrix.diagonal(), matrix.sum(1))


def f1(matrix: Int[Tensor, "k k"]) -> Float[Tensor, " k"]:
    """2 P R / (P + R) = 2 TP / (2 TP + FP + FN)."""
    return _ratio(2 * matrix.diagonal(), matrix.sum(0) + matrix.sum(1))


def macro(values: Float[Tensor, " k"]) -> float:
    """The plain mean over the classes."""
    return float(values.mean())


def _ratio(over: Tensor, under: Tensor) -> Float[Tensor, " k"]:
    return torch.where(under > 0, over.double() / under.clamp_min(1).double(), 0.0)
