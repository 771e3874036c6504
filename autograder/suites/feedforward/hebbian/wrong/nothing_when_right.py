# expect: none
"""Forgets to return the weights after a right answer."""

import numpy as np


def predict(w, x):
    activation = np.inner(w, x)
    output = -1
    if activation > 0:
        output = 1
    return output


def hebbian_update(w, x, t, eta):
    if predict(w, x) != t:
        return w + eta * t * x


def train(w, X, t, eta, max_epochs):
    epoch = 0
    done = False
    while epoch < max_epochs and not done:
        done = True
        for k in range(len(X)):
            if predict(w, X[k]) != t[k]:
                done = False
                w = hebbian_update(w, X[k], t[k], eta)
        epoch += 1
    return w, epoch, done
