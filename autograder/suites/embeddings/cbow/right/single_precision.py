"""float32 tables and np.add.at; contexts as tuples."""

import numpy as np


def windows(tokens, radius):
    if radius < 0:
        raise ValueError("a negative radius")
    return [
        (t, tuple(tokens[max(i - radius, 0) : i]) + tuple(tokens[i + 1 : i + radius + 1])) for i, t in enumerate(tokens)
    ]


def _log_softmax(hidden, U):
    scores = np.asarray(U, np.float32) @ hidden
    scores -= scores.max()
    return scores - np.log(np.exp(scores).sum(dtype=np.float32))


def _hidden(context, C):
    C = np.asarray(C, np.float32)
    return np.mean([C[w] for w in context], axis=0) if len(context) else np.zeros(C.shape[1], np.float32)


def forward(context, C, U):
    return np.exp(_log_softmax(_hidden(context, C), U))


def loss_and_gradients(target, context, C, U):
    hidden = _hidden(context, C)
    logs = _log_softmax(hidden, U)
    error = np.exp(logs)
    error[target] -= 1
    dC = np.zeros(C.shape, np.float32)
    if len(context):
        np.add.at(dC, np.array(context), error @ np.asarray(U, np.float32) / np.float32(len(context)))
    return -logs[target], dC, np.outer(error, hidden)


def train(tokens, C, U, radius, eta, epochs=1):
    C, U = C.astype(np.float32), U.astype(np.float32)
    losses = []
    for _ in range(epochs):
        total = []
        for target, context in windows(tokens, radius):
            loss, dC, dU = loss_and_gradients(target, context, C, U)
            C -= np.float32(eta) * dC
            U -= np.float32(eta) * dU
            total.append(loss)
        losses.append(np.mean(total))
    return C, U, losses
