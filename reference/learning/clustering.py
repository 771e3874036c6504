"""Learning without labels: k-means, the contrast to classification among the paradigms.

Supervised learning is given the answer to every example; unsupervised learning is given none and looks for structure.
k-means alternates between assigning every example to the nearest centre and moving every centre to the mean of its
examples; neither step can raise the sum of squared distances, so it ends, in a minimum that depends on the start.

    E = sum_n min_k ||x_n - c_k||^2        assign: argmin_k        update: c_k = mean of its examples

Source: Lloyd 1982. Course: learning, topic `paradigms`.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from reference.learning.neighbours import distances


def kmeans(
    X: Float[Tensor, "n d"], centres: Float[Tensor, "k d"], max_steps: int = 300
) -> tuple[Float[Tensor, "k d"], Int[Tensor, " n"], list[float]]:
    """Lloyd's algorithm from the given centres until no assignment changes; a centre without examples stays.

    Returns:
        Centres, assignments, and the sum of squared distances after each assignment.
    """
    course: list[float] = []
    assigned = torch.full((len(X),), -1, device=X.device)
    for _ in range(max_steps):
        nearest = distances(X, centres).min(1)
        course.append(float((nearest.values**2).sum()))
        if torch.equal(nearest.indices, assigned):
            break
        assigned = nearest.indices
        members = torch.nn.functional.one_hot(assigned, len(centres)).to(X.dtype)
        sizes = members.sum(0)[:, None]
        centres = torch.where(sizes > 0, members.T @ X / sizes.clamp_min(1), centres)
    return centres, assigned, course


def purity(labels: Int[Tensor, " n"], assigned: Int[Tensor, " n"]) -> float:
    """The share of examples whose label is the most frequent one of their cluster."""
    classes = int(labels.max()) + 1
    table = torch.bincount(assigned * classes + labels, minlength=(int(assigned.max()) + 1) * classes)
    return float(table.reshape(-1, classes).amax(1).sum() / len(labels))
