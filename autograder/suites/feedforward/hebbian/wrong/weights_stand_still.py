# expect: hebbian-standing-still-is-convergence, perceptron-line-is-positive
import numpy as np


def predict(w, x):
    if np.dot(x, w) < 0:
        return -1
    return 1


def hebbian_update(w, x, t, eta):
    return w + eta * t * x if predict(w, x) != t else w


def train(w, X, t, eta, max_epochs):
    for epoch in range(1, max_epochs + 1):
        old = w.copy()
        for x, y in zip(X, t):
            w = hebbian_update(w, x, y, eta)
        if np.array_equal(old, w):
            return w, epoch, True
    return w, max_epochs, False
