"""Splits every weight matrix, so that nothing is concatenated; exponentials in their usual form."""

import numpy as np


def gates(x, h, params):
    units = h.shape[1]

    def argument(name):
        W = params["W" + name]
        return params["b" + name] + h @ W[:units] + x @ W[units:]

    return (
        1 / (1 + np.exp(-argument("f"))),
        1 / (1 + np.exp(-argument("i"))),
        np.tanh(argument("g")),
        1 / (1 + np.exp(-argument("o"))),
    )


def step(x, h, c, params):
    forget, write, candidate, show = gates(x, h, params)
    new = np.multiply(write, candidate) + np.multiply(forget, c)
    return np.multiply(show, np.tanh(new)), new


def forward(X, h0, c0, params):
    n, T, _ = X.shape
    H = np.zeros((n, T, h0.shape[1]))
    C = np.zeros_like(H)
    for t in range(T):
        H[:, t], C[:, t] = step(X[:, t], H[:, t - 1] if t else h0, C[:, t - 1] if t else c0, params)
    return H, C
