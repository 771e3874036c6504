"""Scaled dot-product attention (chapter attention, topic transformer).

Every query looks at all keys at once, and what it gets back is the mean of the values, weighted by how well query and
key agree: a look-up that is soft, so that it can be learned by gradient descent. The scores are divided by sqrt(d_k)
because the dot product of two vectors of unit-variance components has variance d_k, and a softmax of large scores
saturates and passes no gradient. A mask forbids positions (padding, the future) by taking them out of the softmax.

    weights = softmax(Q K' / sqrt(d_k))        context = weights V

Vaswani et al., "Attention is all you need", 2017, eq. 1.
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def softmax(scores: Float[Tensor, "..."], axis: int = -1) -> Float[Tensor, "..."]:
    """exp(s) / sum exp(s) along `axis`; the maximum is subtracted first, so that no exponential overflows."""
    exponentials = torch.exp(scores - scores.amax(dim=axis, keepdim=True))
    return exponentials / exponentials.sum(dim=axis, keepdim=True)


def attention_weights(
    Q: Float[Tensor, "*batch n d"], K: Float[Tensor, "*batch m d"], mask: Bool[Tensor, "..."] | None = None
) -> Float[Tensor, "*batch n m"]:
    """How much each of the n queries attends to each of the m keys.

    Args:
        Q, K: queries and keys, with any leading batch axes that broadcast.
        mask: True where a query may attend to a key; anything that broadcasts to the scores.

    Returns:
        Rows that sum to one, except that a row which may attend nowhere is all zeros.
    """
    scores = Q @ K.mT / math.sqrt(Q.shape[-1])
    if mask is None:
        return softmax(scores)
    scores = scores.masked_fill(~mask, -math.inf)  # before the maximum: a forbidden score must not shift the others
    largest = scores.amax(dim=-1, keepdim=True)
    exponentials = torch.exp(scores - largest.masked_fill(largest == -math.inf, 0))
    total = exponentials.sum(dim=-1, keepdim=True)
    return exponentials / total.masked_fill(total == 0, 1)


def attention(
    Q: Float[Tensor, "*batch n d"],
    K: Float[Tensor, "*batch m d"],
    V: Float[Tensor, "*batch m v"],
    mask: Bool[Tensor, "..."] | None = None,
) -> tuple[Float[Tensor, "*batch n v"], Float[Tensor, "*batch n m"]]:
    """Context vectors, one per query, and the weights they were mixed with."""
    weights = attention_weights(Q, K, mask)
    return weights @ V, weights
