# expect: cbow-repeated-word-counts-once
"""`+=` with a list of rows, as one would write it first."""

import numpy as np


def windows(tokens, radius):
    if radius < 0:
        raise ValueError("radius")
    return [(w, tokens[max(0, k - radius) : k] + tokens[k + 1 : k + radius + 1]) for k, w in enumerate(tokens)]


def hidden_of(context, C):
    return C[context].mean(0) if context else np.zeros(C.shape[1])


def forward(context, C, U):
    e = np.exp(U @ hidden_of(context, C) - np.max(U @ hidden_of(context, C)))
    return e / e.sum()


def loss_and_gradients(target, context, C, U):
    h = hidden_of(context, C)
    s = U @ h
    s = s - s.max()
    logp = s - np.log(np.sum(np.exp(s)))
    delta = np.exp(logp)
    delta[target] -= 1.0
    dC = np.zeros(C.shape)
    if context:
        dC[context] += U.T @ delta / len(context)
    return -logp[target], dC, np.outer(delta, h)


def train(tokens, C, U, radius, eta, epochs=1):
    C, U = C + 0, U + 0
    losses = []
    for _ in range(epochs):
        epoch = []
        for target, context in windows(tokens, radius):
            loss, dC, dU = loss_and_gradients(target, context, C, U)
            C, U = C - eta * dC, U - eta * dU
            epoch.append(loss)
        losses.append(sum(epoch) / len(epoch))
    return C, U, losses
