"""Attention with einsum, scaled before the product, and a softmax by way of the logarithm of the sum."""

import numpy as np


def softmax(scores, axis=-1):
    shifted = scores - scores.max(axis=axis, keepdims=True)
    return np.exp(shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True)))


def attention_weights(Q, K, mask=None):
    scores = np.einsum("...nd,...md->...nm", Q * Q.shape[-1] ** -0.5, K)
    if mask is None:
        return softmax(scores)
    shape = np.broadcast_shapes(scores.shape, np.shape(mask))
    scores, mask = np.broadcast_to(scores, shape), np.broadcast_to(mask, shape)
    top = np.max(scores, axis=-1, keepdims=True, where=mask, initial=-1e300)
    exponentials = np.where(mask, np.exp(np.minimum(scores - top, 0)), 0)
    total = exponentials.sum(-1, keepdims=True)
    return np.divide(exponentials, total, out=np.zeros(shape), where=total > 0)


def attention(Q, K, V, mask=None):
    weights = attention_weights(Q, K, mask)
    return np.einsum("...nm,...mv->...nv", weights, V), weights
