"""Overlap of boxes and non-maximum suppression (chapter vision, topic boxes).

A detector fires several times on one object. How well two boxes agree is measured by the area they share over the area
they cover together: 1 for equal boxes, 0 for disjoint ones, whatever their size. Non-maximum suppression keeps the
best box, drops all others that overlap it too much, and goes on with the best of the rest: a box that was dropped
suppresses nobody.

    IoU(a, b) = |a n b| / |a u b|        |a u b| = |a| + |b| - |a n b|
    keep b  <=>  IoU(b, k) <= threshold for every kept k with a higher score

Boxes are (left, top, right, bottom) in continuous coordinates, so that width = right - left, without the + 1 of
PASCAL VOC's pixel counting. Course: object detection. Source: Everingham et al., "The PASCAL visual object classes
challenge", 2010, section 4.2; Felzenszwalb et al. 2010 for the suppression.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

Boxes = Float[Tensor, "*batch n 4"]


def area(boxes: Boxes) -> Float[Tensor, "*batch n"]:
    """Width times height; 0 where right < left or bottom < top."""
    sides = (boxes[..., 2:] - boxes[..., :2]).clamp_min(0)
    return sides.prod(dim=-1)


def intersection(a: Float[Tensor, "*batch n 4"], b: Float[Tensor, "*batch m 4"]) -> Float[Tensor, "*batch n m"]:
    """Area that each box of `a` shares with each box of `b`."""
    left_top = torch.maximum(a[..., :, None, :2], b[..., None, :, :2])
    right_bottom = torch.minimum(a[..., :, None, 2:], b[..., None, :, 2:])
    return (right_bottom - left_top).clamp_min(0).prod(dim=-1)


def iou(a: Float[Tensor, "*batch n 4"], b: Float[Tensor, "*batch m 4"]) -> Float[Tensor, "*batch n m"]:
    """Intersection over union of each box of `a` with each box of `b`; 0 where both are empty."""
    shared = intersection(a, b)
    union = area(a)[..., :, None] + area(b)[..., None, :] - shared
    return shared / torch.where(union > 0, union, torch.ones_like(union))


def nms(boxes: Float[Tensor, "n 4"], scores: Float[Tensor, " n"], threshold: float) -> Int[Tensor, " kept"]:
    """Indices of the boxes that are kept, by falling score; of equal scores the earlier box comes first.

    Args:
        threshold: the largest overlap with a better box that is still allowed; overlap above it is suppressed.

    The loop over boxes is part of the method: whether a box suppresses depends on whether it was kept itself.
    """
    order = torch.argsort(scores, descending=True, stable=True)
    overlaps = iou(boxes[order], boxes[order]) > threshold
    alive = torch.ones(len(order), dtype=torch.bool, device=boxes.device)
    for rank in range(len(order)):
        worse = overlaps[rank].clone()
        worse[: rank + 1] = False
        alive &= ~(worse & alive[rank])
    return order[alive]
