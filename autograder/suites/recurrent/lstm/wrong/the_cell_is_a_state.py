# expect: lstm-cell-is-squashed
"""Squashes the cell once and for all, since h needs its tanh anyway."""

import numpy as np


def gates(x, h, params):
    z = np.concatenate([h, x], 1)
    s = {}
    for k in "figo":
        a = z.dot(params["W" + k]) + params["b" + k]
        s[k] = np.tanh(a) if k == "g" else 1.0 / (1.0 + np.exp(-a))
    return s["f"], s["i"], s["g"], s["o"]


def step(x, h, c, params):
    f, i, g, o = gates(x, h, params)
    c = np.tanh(f * c + i * g)
    h = o * c
    return h, c


def forward(X, h0, c0, params):
    h, c = h0, c0
    H, C = [], []
    for t in range(X.shape[1]):
        h, c = step(X[:, t], h, c, params)
        H.append(h)
        C.append(c)
    return np.stack(H, 1), np.stack(C, 1)
