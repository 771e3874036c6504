# expect: attention-unscaled
import numpy as np


def softmax(x, axis=-1):
    z = x - x.max(axis=axis, keepdims=True)
    ez = np.exp(z)
    return ez / ez.sum(axis=axis, keepdims=True)


def attention_weights(Q, K, mask=None):
    s = np.einsum("...id,...jd->...ij", Q, K)
    if mask is not None:
        s = np.where(mask, s, -1e30)
    w = softmax(s)
    if mask is not None:
        w = np.where(np.broadcast_to(mask, w.shape).any(-1, keepdims=True), w, 0.0)
    return w


def attention(Q, K, V, mask=None):
    w = attention_weights(Q, K, mask)
    return w @ V, w
