"""Attention in float32, with a large negative number in place of minus infinity; returns a list, not a tuple."""

import numpy as np


def softmax(scores, axis=-1):
    e = np.exp(scores - np.amax(scores, axis, keepdims=True))
    return e / np.sum(e, axis, keepdims=True)


def attention_weights(Q, K, mask=None):
    Q, K = Q.astype(np.float32), K.astype(np.float32)
    scores = np.matmul(Q, np.moveaxis(K, -1, -2)) / np.float32(np.sqrt(Q.shape[-1]))
    if mask is not None:
        mask = np.asarray(mask)
        scores = np.where(mask, scores, np.float32(-1e30))
    weights = softmax(scores)
    if mask is not None:
        weights = weights * mask  # rows with nothing allowed: uniform becomes zero
    return weights


def attention(Q, K, V, mask=None):
    weights = attention_weights(Q, K, mask)
    return [weights @ V.astype(np.float32), weights]
