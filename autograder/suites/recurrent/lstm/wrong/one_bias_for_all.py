# expect: lstm-one-bias-for-all
"""Copy and paste: every gate adds bf."""

import numpy as np


def gates(x, h, params):
    z = np.concatenate([h, x], axis=1)
    f = 1 / (1 + np.exp(-(z @ params["Wf"] + params["bf"])))
    i = 1 / (1 + np.exp(-(z @ params["Wi"] + params["bf"])))
    g = np.tanh(z @ params["Wg"] + params["bf"])
    o = 1 / (1 + np.exp(-(z @ params["Wo"] + params["bf"])))
    return f, i, g, o


def step(x, h, c, params):
    f, i, g, o = gates(x, h, params)
    c = f * c + i * g
    return o * np.tanh(c), c


def forward(X, h0, c0, params):
    h, c = h0, c0
    H, C = [], []
    for t in range(X.shape[1]):
        h, c = step(X[:, t], h, c, params)
        H.append(h)
        C.append(c)
    return np.stack(H, axis=1), np.stack(C, axis=1)
