# expect: none
import numpy as np


def predict(w, x):
    return 1 if np.inner(w, x) > 0 else -1


def hebbian_update(w, x, t, eta):
    return w + eta * t * x if predict(w, x) != t else w


def train(w, X, t, eta, max_epochs):
    """The rate is halved after every epoch, as one would for gradient descent on a noisy loss."""
    for e in range(max_epochs):
        n_errors = 0
        for n in range(len(t)):
            if predict(w, X[n]) != t[n]:
                w = hebbian_update(w, X[n], t[n], eta)
                n_errors = n_errors + 1
        if n_errors == 0:
            return w, e + 1, True
        eta = eta / 2
    return w, max_epochs, False
