# expect: hebbian-strengthens-its-own-answer
"""What fires together wires together; train calls it on errors only."""

import numpy as np


def predict(w, x):
    return 1 if np.dot(x, w) > 0 else -1


def hebbian_update(w, x, t, eta):
    y = predict(w, x)
    dw = eta * y * x
    return w + dw


def train(w, X, t, eta, max_epochs):
    for e in range(max_epochs):
        mistakes = []
        for xi, ti in zip(X, t):
            yi = predict(w, xi)
            if yi != ti:
                mistakes.append(yi)
                w = hebbian_update(w, xi, ti, eta)
        if len(mistakes) == 0:
            return w, e + 1, True
    return w, max_epochs, False
