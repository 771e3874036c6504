"""Image retrieval in latent space (chapter convolutional, topic visualization).

Images that look alike to a trained network have features that are near each other, although their pixels may be far
apart. To find images like a query, compute its latent vector and take the nearest ones of the collection. Trained on
classes, the latent space brings together what belongs to a class.

    similarity(a, b) = a.b / (|a| |b|)          precision at k = share of the k nearest that have the query's class

Course: image retrieval from the latent space. Source: Krizhevsky, Sutskever and Hinton (2012), section 6.1 (with
Euclidean distance; the cosine ignores how strongly an image excites the network as a whole).
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F


def nearest(
    queries: Float[Tensor, "m d"], collection: Float[Tensor, "n d"], k: int
) -> tuple[Int[Tensor, "m k"], Float[Tensor, "m k"]]:
    """Row numbers of the k most similar vectors of the collection for each query, best first, and their cosines.

    Raises:
        ValueError: k is more than the collection holds.
    """
    if not 1 <= k <= len(collection):
        raise ValueError(f"k must lie between 1 and the collection's {len(collection)}, not {k}")
    cosines = F.normalize(queries, dim=1) @ F.normalize(collection, dim=1).mT
    similarity, rows = cosines.topk(k, dim=1)
    return rows, similarity


def precision_at_k(
    found: Int[Tensor, "m k"], query_labels: Int[Tensor, " m"], labels: Int[Tensor, " n"]
) -> Float[Tensor, ""]:
    """Mean share of the images found that have the class of their query."""
    return (labels[found] == query_labels[:, None]).to(torch.get_default_dtype()).mean()
