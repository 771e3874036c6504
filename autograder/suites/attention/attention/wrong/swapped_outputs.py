# expect: attention-attention-swaps-outputs
import numpy as np


def softmax(scores, axis=-1):
    e = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def attention_weights(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(K.shape[-1])
    if mask is None:
        return softmax(scores)
    weights = softmax(np.where(mask, scores, -1e200))
    return weights * np.broadcast_to(mask, scores.shape)


def attention(Q, K, V, mask=None):
    weights = attention_weights(Q, K, mask)
    return weights, weights @ V
