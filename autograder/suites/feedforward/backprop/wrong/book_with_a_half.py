# expect: squared-error-with-a-half
import numpy as np


def forward(X, params):
    Z1 = np.dot(X, params["W1"]) + params["b1"]
    A1 = np.tanh(Z1)
    Z2 = np.dot(A1, params["W2"]) + params["b2"]
    cache = {"Z1": Z1, "A1": A1, "A2": Z2, "X": X}
    return Z2, cache


def loss(Y, T):
    return np.sum(np.square(T - Y)) / 2


def backward(T, params, cache):
    dZ2 = cache["A2"] - T
    dW2 = np.dot(cache["A1"].T, dZ2)
    db2 = np.sum(dZ2, axis=0)
    dZ1 = np.dot(dZ2, params["W2"].T) * (1 - np.power(cache["A1"], 2))
    dW1 = np.dot(cache["X"].T, dZ1)
    db1 = np.sum(dZ1, axis=0)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
