# expect: hebbian-error-counted-twice, hebbian-batch-instead-of-online
import numpy as np


def predict(w, x):
    if w.dot(x) > 0:
        return 1
    else:
        return -1


def hebbian_update(w, x, t, eta):
    error = t - predict(w, x)
    return w + eta * error * x


def train(w, X, t, eta, max_epochs):
    for epoch in range(max_epochs):
        y = np.where(X @ w > 0, 1, -1)
        if (y == t).all():
            return w, epoch + 1, True
        w = w + eta * ((t - y)[:, None] * X).sum(axis=0)
    return w, max_epochs, False
