# expect: backprop-forward-one-output-missing
import numpy as np


def forward(X, params):
    return np.tanh(X @ params["W1"] + params["b1"]) @ params["W2"] + params["b2"]


def loss(Y, T):
    return np.sum((Y - T) ** 2)


def backward(T, params, cache):
    raise NotImplementedError
