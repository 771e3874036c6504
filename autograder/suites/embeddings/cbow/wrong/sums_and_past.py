# expect: cbow-context-is-the-past, cbow-context-summed
"""A language model's habits: only what came before, and vectors added up."""

import numpy as np


def windows(tokens, radius):
    if radius < 0:
        raise ValueError("radius must be >= 0")
    return [(tokens[i], tokens[max(0, i - radius) : i]) for i in range(len(tokens))]


def forward(context, C, U):
    h = np.zeros(C.shape[1])
    for word in context:
        h = h + C[word]
    s = U @ h
    e = np.exp(s - s.max())
    return e / e.sum()


def loss_and_gradients(target, context, C, U):
    h = np.zeros(C.shape[1])
    for word in context:
        h = h + C[word]
    s = U @ h - np.max(U @ h)
    log_p = s - np.log(np.exp(s).sum())
    d = np.exp(log_p) - np.eye(len(U))[target]
    dC = np.zeros(C.shape)
    for word in context:
        dC[word] += d @ U
    return -log_p[target], dC, np.outer(d, h)


def train(tokens, C, U, radius, eta, epochs=1):
    losses = []
    for _ in range(epochs):
        total = 0
        for target, context in windows(tokens, radius):
            loss, dC, dU = loss_and_gradients(target, context, C, U)
            C, U, total = C - eta * dC, U - eta * dU, total + loss
        losses.append(total / len(tokens))
    return C, U, losses
