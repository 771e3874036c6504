# expect: attention-unscaled, attention-mask-means-forbidden
import numpy as np


def softmax(scores, axis=-1):
    e = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def attention_weights(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2)
    if mask is None:
        return softmax(scores)
    hidden = np.broadcast_to(mask, scores.shape)
    empty = hidden.all(axis=-1, keepdims=True)
    weights = softmax(np.where(hidden & ~empty, -np.inf, scores))
    return np.where(empty, 0.0, weights)


def attention(Q, K, V, mask=None):
    weights = attention_weights(Q, K, mask)
    return weights @ V, weights
