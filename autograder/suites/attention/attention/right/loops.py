"""Attention with explicit loops over queries and keys, after flattening the batch axes."""

import math

import numpy as np


def softmax(scores, axis=-1):
    rows = np.moveaxis(np.asarray(scores, dtype=float), axis, -1)
    out = np.empty(rows.shape)
    for index in np.ndindex(rows.shape[:-1]):
        top = max(rows[index])
        numerators = [math.exp(s - top) for s in rows[index]]
        total = sum(numerators)
        out[index] = [e / total for e in numerators]
    return np.moveaxis(out, -1, axis)


def attention_weights(Q, K, mask=None):
    batch = np.broadcast_shapes(Q.shape[:-2], K.shape[:-2])
    n, m, d = Q.shape[-2], K.shape[-2], Q.shape[-1]
    Q, K = np.broadcast_to(Q, (*batch, n, d)), np.broadcast_to(K, (*batch, m, d))
    allowed = np.ones((*batch, n, m), bool) if mask is None else np.broadcast_to(mask, (*batch, n, m))
    weights = np.zeros((*batch, n, m))
    for index in np.ndindex(*batch, n):
        where, i = index[:-1], index[-1]
        keys = [j for j in range(m) if allowed[(*where, i, j)]]
        if not keys:
            continue
        scores = [sum(a * b for a, b in zip(Q[(*where, i)], K[(*where, j)])) / math.sqrt(d) for j in keys]
        for j, weight in zip(keys, softmax(scores)):
            weights[(*where, i, j)] = weight
    return weights


def attention(Q, K, V, mask=None):
    weights = attention_weights(Q, K, mask)
    return np.matmul(weights, V), weights
