# expect: lstm-input-gate-is-one-minus-forget
"""Someone who learned the GRU first."""

import numpy as np


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def gates(x, h, params):
    hx = np.hstack([h, x])
    f = sigmoid(hx @ params["Wf"] + params["bf"])
    g = np.tanh(hx @ params["Wg"] + params["bg"])
    o = sigmoid(hx @ params["Wo"] + params["bo"])
    return f, 1 - f, g, o


def step(x, h, c, params):
    f, i, g, o = gates(x, h, params)
    new_c = f * c + i * g
    new_h = o * np.tanh(new_c)
    return new_h, new_c


def forward(X, h0, c0, params):
    n, T, _d = X.shape
    H = np.empty((n, T, h0.shape[1]))
    C = np.empty((n, T, h0.shape[1]))
    h, c = h0, c0
    for t in range(T):
        h, c = step(X[:, t, :], h, c, params)
        H[:, t], C[:, t] = h, c
    return H, C
