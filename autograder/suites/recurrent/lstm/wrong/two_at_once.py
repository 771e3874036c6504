# expect: lstm-input-before-state, recurrent-starts-from-zero
"""Two mistakes in different functions: [x, h], and a loop that starts from zeros."""

import numpy as np


def gates(x, h, params):
    z = np.column_stack((x, h))
    squash = lambda a: 1 / (1 + np.exp(-a))  # noqa: E731
    return (
        squash(z @ params["Wf"] + params["bf"]),
        squash(z @ params["Wi"] + params["bi"]),
        np.tanh(z @ params["Wg"] + params["bg"]),
        squash(z @ params["Wo"] + params["bo"]),
    )


def step(x, h, c, params):
    f, i, g, o = gates(x, h, params)
    c_new = f * c + i * g
    return o * np.tanh(c_new), c_new


def forward(X, h0, c0, params):
    hidden = len(params["bf"])
    h, c = np.zeros((X.shape[0], hidden)), np.zeros((X.shape[0], hidden))
    H, C = [], []
    for t in range(X.shape[1]):
        h, c = step(X[:, t], h, c, params)
        H.append(h), C.append(c)
    return np.stack(H, axis=1), np.stack(C, axis=1)
