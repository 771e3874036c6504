"""float32 throughout, the answer by arithmetic on the comparison, results as arrays."""

import numpy as np


def predict(w, x):
    return 2 * np.asarray(np.einsum("i,i", w, x) > 0).astype(int) - 1


def hebbian_update(w, x, t, eta):
    w, x = w.astype(np.float32), x.astype(np.float32)
    return w + (eta / 2) * (t - predict(w, x)) * x


def train(w, X, t, eta, max_epochs):
    w = w.astype(np.float32)
    X = X.astype(np.float32)
    for epoch in range(max_epochs):
        start = w.copy()
        mistakes = np.zeros(len(X), dtype=bool)
        for n in range(len(X)):
            mistakes[n] = predict(w, X[n]) != t[n]
            w = hebbian_update(w, X[n], t[n], eta)
        if not mistakes.any():
            return start, np.int64(epoch + 1), np.bool_(True)
    return w, max_epochs, np.bool_(False)
