"""A copy of the weights, then in place; training stands on its own and folds the class into the examples."""

import numpy as np


def predict(w, x):
    return int(np.where(x.dot(w) > 0, 1, -1))


def hebbian_update(w, x, t, eta):
    w = w.copy()
    if predict(w, x) != t:
        w += t * (x * eta)
    return w


def train(w, X, t, eta, max_epochs):
    w = np.array(w)
    steps = X * t[:, None]
    for epoch in range(1, max_epochs + 1):
        errors = 0
        for example, step, target in zip(X, steps, t):
            positive = (example * w).sum() > 0
            if positive != (target > 0):
                w += eta * step
                errors += 1
        converged = errors == 0
        if converged:
            break
    return w, epoch, converged
