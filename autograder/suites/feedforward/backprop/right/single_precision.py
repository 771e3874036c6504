"""float32, and the cache is the parameters and inputs only: the backward pass computes the rest again."""

import numpy as np


def hidden(X, params):
    z = np.exp(2 * (X @ params["W1"] + params["b1"]))
    return (z - 1) / (z + 1)


def forward(X, params):
    small = {name: value.astype(np.float32) for name, value in params.items()}
    X = X.astype(np.float32)
    return hidden(X, small) @ small["W2"] + small["b2"], [X, small]


def loss(Y, T):
    return np.linalg.norm(Y.astype(np.float32) - T.astype(np.float32)) ** 2


def backward(T, params, cache):
    X, small = cache
    H = hidden(X, small)
    error = H @ small["W2"] + small["b2"] - T.astype(np.float32)
    grads = {}
    grads["W2"] = 2 * (error.T @ H).T
    grads["b2"] = 2 * np.ones(len(X), np.float32) @ error
    back = 2 * (small["W2"] @ error.T) * (1 - H.T**2)
    grads["W1"] = (back @ X).T
    grads["b1"] = back.sum(1)
    return grads
