"""One sequence, one step, one error at a time, with vectors; results are lists."""

import numpy as np


def run(x, h, p):
    states = [h]
    for step in x:
        states.append(np.tanh(p["Wx"].T @ step + p["Wh"].T @ states[-1] + p["bh"]))
    return states


def forward(X, h0, params):
    Y, H = [], []
    for x, h in zip(X, h0):
        states = run(x, h, params)[1:]
        H.append([list(s) for s in states])
        Y.append([list(params["Wy"].T @ s + params["by"]) for s in states])
    return Y, H


def bptt(X, T, h0, params, window=None, average=False):
    if window is not None and window <= 0:
        raise ValueError("window")
    grads = {name: np.zeros(value.shape) for name, value in params.items()}
    steps = len(X[0])
    for x, targets, h in zip(X, T, h0):
        states = run(x, h, params)
        for t in range(steps):
            error = 2 * (params["Wy"].T @ states[t + 1] + params["by"] - targets[t])
            grads["Wy"] += np.outer(states[t + 1], error)
            grads["by"] += error
            back, s, reached = params["Wy"] @ error, t, 0
            while s >= 0 and (window is None or reached < window):
                a = back * (1 - states[s + 1] ** 2)
                grads["Wx"] += np.outer(x[s], a)
                grads["Wh"] += np.outer(states[s], a)
                grads["bh"] += a
                back = params["Wh"] @ a
                s, reached = s - 1, reached + 1
    if average:
        for name in grads:
            grads[name] = grads[name] / steps
    return {name: value.tolist() for name, value in grads.items()}
