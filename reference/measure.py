"""Measurements that many systems share: accuracy of a classifier, distance between two computations."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from reference.data.splits import Part


@torch.no_grad()
def scores(model: nn.Module, x: Tensor, batch_size: int = 500) -> Tensor:
    """The model's output in evaluation mode, computed batch by batch; the mode is put back afterwards."""
    training = model.training
    model.eval()
    try:
        return torch.cat([model(chunk) for chunk in _chunks(x, batch_size)])
    finally:
        model.train(training)


def accuracy(model: nn.Module, part: Part, batch_size: int = 500) -> float:
    """The share of examples whose highest score is that of their label."""
    return float((scores(model, part.x, batch_size).argmax(1) == part.y).double().mean())


def largest_difference(pairs: Iterable[tuple[Tensor, Tensor]]) -> float:
    """The largest |a - b| / max(1, |b|) over all entries of all pairs: absolute for small numbers, relative for large.

    Raises:
        ValueError: two shapes differ, which broadcasting would hide; or there is nothing to compare.
    """
    largest = -1.0
    for ours, theirs in pairs:
        if ours.shape != theirs.shape:
            raise ValueError(f"shapes differ: {tuple(ours.shape)} and {tuple(theirs.shape)}")
        ours, theirs = ours.detach(), theirs.detach().to(ours)
        distance = (ours - theirs).abs() / theirs.abs().clamp_min(1)
        largest = max(largest, float(torch.nan_to_num(distance, nan=torch.inf).max()) if distance.numel() else 0.0)
    if largest < 0:
        raise ValueError("nothing to compare")
    return largest


def _chunks(x: Tensor, size: int) -> Iterable[Tensor]:
    for start in range(0, len(x), size):
        yield x[start : start + size]
