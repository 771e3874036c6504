# expect: mlp-sigmoid-instead-of-tanh, backprop-sigmoid-derivative
import numpy as np

def forward(X, params):
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    z1 = np.dot(X, W1) + b1
    a1 = 1 / (1 + np.exp(-z1))
    z2 = np.dot(a1, W2) + b2
    return z2, {"X": X, "z1": z1, "a1": a1, "z2": z2}

def loss(Y, T):
    diff = Y - T
    return (diff * diff).sum()

def backward(T, params, cache):
    m = T.shape[0]
    dz2 = 2 * (cache['z2'] - T)
    da1 = dz2.dot(params['W2'].T)
    dz1 = da1 * cache['a1'] * (1 - cache['a1'])
    g = {}
    g["W2"] = cache['a1'].T.dot(dz2)
    g["b2"] = dz2.sum(0)
    g["W1"] = cache['X'].T.dot(dz1)
    g["b1"] = dz1.sum(0)
    return g
