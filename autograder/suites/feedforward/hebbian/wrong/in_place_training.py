# expect: hebbian-changes-the-callers-weights
import numpy as np


def predict(w, x):
    return 1 if np.inner(w, x) > 0 else -1


def hebbian_update(w, x, t, eta):
    return w + eta * t * x if predict(w, x) != t else w


def train(w, X, t, eta, max_epochs):
    for e in range(max_epochs):
        n_errors = 0
        for n in range(len(t)):
            if predict(w, X[n]) != t[n]:
                w[:] = hebbian_update(w, X[n], t[n], eta)
                n_errors = n_errors + 1
        if n_errors == 0:
            return w, e + 1, True
    return w, max_epochs, False
