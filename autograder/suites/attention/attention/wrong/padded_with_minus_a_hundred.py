# expect: attention-forbidden-score-not-low-enough
"""A number that looked low enough."""

import numpy as np


def softmax(scores, axis=-1):
    numerators = np.exp(scores - scores.max(axis, keepdims=True))
    return numerators / numerators.sum(axis, keepdims=True)


def attention_weights(Q, K, mask=None):
    scores = np.einsum("...nd,...md->...nm", Q, K) * Q.shape[-1] ** -0.5
    if mask is None:
        return softmax(scores)
    mask = np.broadcast_to(mask, scores.shape)
    weights = softmax(np.where(mask, scores, -100.0))
    weights[~mask.any(axis=-1)] = 0
    return weights


def attention(Q, K, V, mask=None):
    weights = attention_weights(Q, K, mask)
    return np.einsum("...nm,...mv->...nv", weights, V), weights
