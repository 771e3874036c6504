# expect: hebbian-converged-before-the-clean-epoch
"""Trains a pass, then looks whether all answers are right."""

import numpy as np


def predict(w, x):
    z = 0
    for i in range(len(w)):
        z += w[i] * x[i]
    if z > 0:
        return 1
    else:
        return -1


def hebbian_update(w, x, t, eta):
    y = predict(w, x)
    if y == t:
        return w.copy()
    new = np.zeros_like(w)
    for i in range(w.shape[0]):
        new[i] = w[i] + eta * t * x[i]
    return new


def train(w, X, t, eta, max_epochs):
    epoch = 0
    while epoch < max_epochs:
        for x, y in zip(X, t):
            w = hebbian_update(w, x, y, eta)
        epoch += 1
        right = sum(predict(w, x) == y for x, y in zip(X, t))
        if right == len(t):
            return w, epoch, True
    return w, epoch, False
