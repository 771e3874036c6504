# expect: none
"""The learning rate of the original program, which falls along the text: not what was asked for."""

import numpy as np


def windows(tokens, radius):
    if radius < 0:
        raise ValueError("radius must be >= 0")
    return [(t, tokens[max(0, i - radius) : i] + tokens[i + 1 : i + 1 + radius]) for i, t in enumerate(tokens)]


def forward(context, C, U):
    h = C[context].mean(axis=0) if context else np.zeros(C.shape[1])
    s = U @ h
    e = np.exp(s - s.max())
    return e / np.sum(e)


def loss_and_gradients(target, context, C, U):
    h = C[context].mean(axis=0) if context else np.zeros(C.shape[1])
    s = U @ h
    s = s - s.max()
    log_p = s - np.log(np.exp(s).sum())
    error = np.exp(log_p)
    error[target] -= 1
    dC = np.zeros_like(C)
    for word in context:
        dC[word] += U.T @ error / len(context)
    return -log_p[target], dC, np.outer(error, h)


def train(tokens, C, U, radius, eta, epochs=1):
    C, U, losses, seen = C.copy(), U.copy(), [], 0
    for _ in range(epochs):
        total = 0
        for target, context in windows(tokens, radius):
            rate = eta * (1 - seen / (epochs * len(tokens)))
            loss, dC, dU = loss_and_gradients(target, context, C, U)
            C -= rate * dC
            U -= rate * dU
            total, seen = total + loss, seen + 1
        losses.append(total / len(tokens))
    return C, U, losses
