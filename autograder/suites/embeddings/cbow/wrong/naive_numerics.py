# expect: cbow-writes-into-its-arguments, softmax-without-the-maximum
"""Right on paper: exponentials as they are written, and -= on the caller's tables."""

import numpy as np


def windows(tokens, radius):
    if radius < 0:
        raise ValueError("radius must be >= 0")
    return [(t, tokens[max(0, i - radius) : i] + tokens[i + 1 : i + 1 + radius]) for i, t in enumerate(tokens)]


def forward(context, C, U):
    h = C[context].mean(axis=0) if context else np.zeros(C.shape[1])
    e = np.exp(U @ h)
    return e / np.sum(e)


def loss_and_gradients(target, context, C, U):
    p = forward(context, C, U)
    h = C[context].mean(axis=0) if context else np.zeros(C.shape[1])
    t = np.zeros(len(p))
    t[target] = 1
    dC = np.zeros_like(C)
    for word in context:
        dC[word] += U.T @ (p - t) / len(context)
    return -np.log(p[target]), dC, np.outer(p - t, h)


def train(tokens, C, U, radius, eta, epochs=1):
    losses = []
    for _ in range(epochs):
        total = 0
        for target, context in windows(tokens, radius):
            loss, dC, dU = loss_and_gradients(target, context, C, U)
            C -= eta * dC
            U -= eta * dU
            total += loss
        losses.append(total / len(tokens))
    return C, U, losses
