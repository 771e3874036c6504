# expect: perceptron-sign-of-zero
import numpy as np


def predict(w, x):
    s = np.sum(w * x)
    return int(np.sign(s))


def hebbian_update(w, x, t, eta):
    y = predict(w, x)
    if y != t:
        w = w + eta * t * x
    return w


def train(w, X, t, eta, max_epochs):
    epochs = 0
    converged = False
    while not converged and epochs < max_epochs:
        converged = True
        for i in range(X.shape[0]):
            if predict(w, X[i]) != t[i]:
                converged = False
                w = hebbian_update(w, X[i], t[i], eta)
        epochs += 1
    return w, epochs, converged
