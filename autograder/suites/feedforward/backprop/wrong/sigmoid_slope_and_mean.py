# expect: backprop-sigmoid-derivative, squared-error-averaged
import numpy as np


def forward(X, params):
    hidden = np.tanh(X.dot(params["W1"]) + params["b1"])
    out = hidden.dot(params["W2"]) + params["b2"]
    return out, (X, hidden, out)


def loss(Y, T):
    return ((Y - T) ** 2).mean()


def backward(T, params, cache):
    X, hidden, out = cache
    m = X.shape[0]
    delta2 = 2 * (out - T) / m
    delta1 = delta2.dot(params["W2"].T) * hidden * (1 - hidden)
    return {
        "W2": hidden.T.dot(delta2),
        "b2": delta2.sum(axis=0),
        "W1": X.T.dot(delta1),
        "b1": delta1.sum(axis=0),
    }
