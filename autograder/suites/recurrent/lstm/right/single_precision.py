"""Works in float32 throughout."""

import numpy as np


def gates(x, h, params):
    z = np.concatenate((h, x), axis=-1).astype(np.float32)
    p = {name: value.astype(np.float32) for name, value in params.items()}
    f, i, o = (np.float32(0.5) + np.tanh((z @ p["W" + k] + p["b" + k]) / 2) / 2 for k in "fio")
    return f, i, np.tanh(z @ p["Wg"] + p["bg"]), o


def step(x, h, c, params):
    f, i, g, o = gates(x, h, params)
    c = f * np.asarray(c, np.float32) + i * g
    return o * np.tanh(c), c


def forward(X, h0, c0, params):
    H, C, h, c = [], [], np.float32(h0), np.float32(c0)
    for t in range(X.shape[1]):
        h, c = step(X[:, t, :], h, c, params)
        H, C = [*H, h], [*C, c]
    return np.stack(H, 1), np.stack(C, 1)
