"""Scaled dot-product attention · 2 of 5 · 30 minutes

A soft look-up: every query is compared with all keys, and gets back the mean of the values, weighted by how well query and
key agree. It is the heart of the Transformer, and all of it is three lines of matrix algebra. You write those lines, and the
softmax with the two traps that make real code fail: large scores, and a mask that leaves a row with nothing to look at.
(Vaswani et al. 2017, eq. 1)

Run `anndl grade attention` after each function; they are tested one by one.

You may import NumPy and the harmless part of the standard library (math, itertools, random, ...).
"""

import numpy as np


def softmax(scores, axis=-1):
    """Turn scores into weights that are positive and sum to one along `axis`.

    weight_i = exp(s_i) / sum_j exp(s_j)

    Scores of +-1e3 must work: exp(1e3) overflows, but adding a constant to all scores does not change the weights.

    Args:
        scores: array of any shape.
        axis: the axis along which the weights sum to one.

    Returns:
        Array of the same shape; `scores` stays as it is.

    By hand: softmax([0, log 3]) = [1/4, 3/4].

    >>> softmax(np.log([1.0, 3.0]))
    array([0.25, 0.75])
    """
    ### BEGIN SOLUTION
    exponentials = np.exp(scores - np.max(scores, axis=axis, keepdims=True))  # the largest exponent is 0: no overflow
    return exponentials / exponentials.sum(axis=axis, keepdims=True)
    ### END SOLUTION


def attention_weights(Q, K, mask=None):
    """How much each query attends to each key.

    weights = softmax(Q K^T / sqrt(d))    row by row

    Args:
        Q: (..., n, d) array, one query per row; leading axes are batch axes.
        K: (..., m, d) array, one key per row.
        mask: None, or an array of booleans that broadcasts to (..., n, m); True means "this query may attend to this key".

    Returns:
        (..., n, m) array. Each row sums to one; a row that may attend nowhere is all zeros.

    By hand, with d = 4: Q = [[2, 0, 0, 0]] and K = [[log 3, 0, 0, 0], [0, 0, 0, 0]] have the scores [[log 3, 0]], so the weights
    are [[3/4, 1/4]]; with mask [[False, True]] they are [[0, 1]].

    >>> Q, K = np.array([[2.0, 0, 0, 0]]), np.log([[3.0, 1, 1, 1], [1, 1, 1, 1]])
    >>> attention_weights(Q, K)
    array([[0.75, 0.25]])
    >>> attention_weights(Q, K, np.array([[False, True]]))
    array([[0.0, 1.0]])
    """
    ### BEGIN SOLUTION
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])  # not .T: that would reverse the batch axes as well
    if mask is None:
        return softmax(scores)
    allowed = mask.any(axis=-1, keepdims=True)
    scores = np.where(mask, scores, -np.inf)  # before the softmax, so that the others still sum to one
    return np.where(allowed, softmax(np.where(allowed, scores, 0.0)), 0.0)  # all -inf would give 0/0
    ### END SOLUTION


def attention(Q, K, V, mask=None):
    """Mix the values with the attention weights.

    Args:
        Q: (..., n, d), K: (..., m, d), V: (..., m, v) arrays; V's rows belong to K's rows.
        mask: as in `attention_weights`.

    Returns:
        (context, weights): (..., n, v) and (..., n, m) arrays.

    By hand: the weights [[3/4, 1/4]] and V = [[4, 0], [0, 8]] give the context [[3, 2]].

    >>> Q, K = np.array([[2.0, 0, 0, 0]]), np.log([[3.0, 1, 1, 1], [1, 1, 1, 1]])
    >>> attention(Q, K, np.array([[4.0, 0], [0, 8]]))
    (array([[3.0, 2.0]]), array([[0.75, 0.25]]))
    """
    ### BEGIN SOLUTION
    weights = attention_weights(Q, K, mask)
    return weights @ V, weights
    ### END SOLUTION
