"""Biases as weights of a constant input, einsum, and a class for what a pass leaves behind."""

import numpy as np


class Pass:
    def __init__(self, X, pre, Y):
        self.X, self.pre, self.Y = X, pre, Y


def ones(A):
    return np.hstack([A, np.ones((len(A), 1))])


def forward(X, params):
    first = np.vstack([params["W1"], params["b1"]])
    second = np.vstack([params["W2"], params["b2"]])
    pre = ones(X) @ first
    Y = ones(np.tanh(pre)) @ second
    return Y, Pass(X, pre, Y)


def loss(Y, T):
    E = (Y - T).ravel()
    return E @ E


def backward(T, params, cache):
    G = 2.0 * cache.Y - 2.0 * T
    second = np.einsum("nj,nk->jk", ones(np.tanh(cache.pre)), G)
    slope = 1.0 / np.cosh(cache.pre) ** 2
    A = np.einsum("nk,hk,nh->nh", G, params["W2"], slope)
    first = np.einsum("ni,nh->ih", ones(cache.X), A)
    return {"b2": second[-1], "W2": second[:-1], "b1": first[-1], "W1": first[:-1]}
