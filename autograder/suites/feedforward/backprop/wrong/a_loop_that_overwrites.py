# expect: backprop-last-example-only
import numpy as np

def forward(X, params):
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    z1 = np.dot(X, W1) + b1
    a1 = np.tanh(z1)
    z2 = np.dot(a1, W2) + b2
    return z2, {"X": X, "z1": z1, "a1": a1, "z2": z2}

def loss(Y, T):
    diff = Y - T
    return (diff * diff).sum()

def backward(T, params, cache):
    for n in range(len(T)):
        dz2 = 2 * (cache["z2"][n] - T[n])
        dz1 = params["W2"] @ dz2 * (1 - cache["a1"][n] ** 2)
        g = {"W1": np.outer(cache["X"][n], dz1), "b1": dz1, "W2": np.outer(cache["a1"][n], dz2), "b2": dz2}
    return g
