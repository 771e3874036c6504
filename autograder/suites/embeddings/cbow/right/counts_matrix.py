"""The context as a vector of counts, so that all is matrix algebra; training makes new tables."""

import numpy as np


def windows(tokens, radius):
    if radius < 0:
        raise ValueError(radius)
    out = []
    for i, word in enumerate(tokens):
        left = tokens[:i][-radius:] if radius else []
        right = tokens[i + 1 :][:radius]
        out.append((word, list(left) + list(right)))
    return out


def bag(context, V):
    counts = np.bincount(np.asarray(context, dtype=int), minlength=V)
    return counts / max(counts.sum(), 1)


def forward(context, C, U):
    s = U @ (bag(context, len(C)) @ C)
    return np.exp(s - np.logaddexp.reduce(s))


def loss_and_gradients(target, context, C, U):
    shares = bag(context, len(C))
    hidden = C.T @ shares
    s = U @ hidden
    z = np.logaddexp.reduce(s)
    error = np.exp(s - z) - np.eye(len(U))[target]
    return z - s[target], np.einsum("v,w,wm->vm", shares, error, U), error[:, None] * hidden


def train(tokens, C, U, radius, eta, epochs=1):
    losses = np.zeros(epochs)
    for epoch in range(epochs):
        for target, context in windows(tokens, radius):
            loss, dC, dU = loss_and_gradients(target, context, C, U)
            C, U = C - eta * dC, U - eta * dU
            losses[epoch] += loss / len(tokens)
    return C, U, losses
