# expect: hebbian-clean-epoch-not-counted
import numpy as np


def predict(w, x):
    return int(np.where(np.sum(w * x) > 0, 1, -1))


def hebbian_update(w, x, t, eta):
    delta = 0
    if predict(w, x) != t:
        delta = eta * t
    return w + delta * x


def train(w, X, t, eta, max_epochs):
    for epoch in range(max_epochs):
        ok = True
        for x, y in zip(X, t):
            new = hebbian_update(w, x, y, eta)
            if not np.array_equal(new, w):
                ok = False
            w = new
        if ok:
            return w, epoch, True
    return w, max_epochs, False
