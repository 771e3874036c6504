"""The cache is X itself: the backward pass goes forward once more, and multiplies matrices for the sums over the examples."""

import numpy as np


def hidden_and_output(X, params):
    H = np.tanh(np.dot(X, params["W1"]) + params["b1"])
    return H, np.dot(H, params["W2"]) + params["b2"]


def forward(X, params):
    return hidden_and_output(X, params)[1], X


def loss(Y, T):
    return float(np.square(np.subtract(Y, T)).sum(axis=0).sum())


def backward(T, params, cache):
    H, Y = hidden_and_output(cache, params)
    ones = np.ones(len(T))
    through_outputs = 2.0 * (Y - T)
    through_tanh = np.matmul(through_outputs, params["W2"].transpose())
    through_tanh *= (1.0 - H) * (1.0 + H)
    return dict(
        W2=np.matmul(H.transpose(), through_outputs),
        b2=np.matmul(ones, through_outputs),
        W1=np.matmul(cache.transpose(), through_tanh),
        b1=np.matmul(ones, through_tanh),
    )
