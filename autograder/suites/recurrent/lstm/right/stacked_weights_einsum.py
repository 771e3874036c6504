"""All four products at once, as libraries do, then split; results in a list instead of a tuple."""

import numpy as np

ORDER = "figo"


def gates(x, h, params):
    W = np.stack([params["W" + name] for name in ORDER])
    b = np.stack([params["b" + name] for name in ORDER])
    a = np.einsum("nk,gkj->gnj", np.hstack((h, x)), W) + b[:, None]
    small = np.exp(-np.abs(a))
    sigmoids = np.where(a >= 0, 1, small) / (1 + small)
    return [sigmoids[0], sigmoids[1], np.tanh(a[2]), sigmoids[3]]


def step(x, h, c, params):
    f, i, g, o = gates(x, h, params)
    c = c.copy()
    c *= f
    c += i * g
    return [np.tanh(c) * o, c]


def forward(X, h0, c0, params):
    pairs = [(h0, c0)]
    for x in np.moveaxis(X, 1, 0):
        pairs.append(step(x, *pairs[-1], params))
    H, C = zip(*pairs[1:], strict=False)
    return np.array(H).swapaxes(0, 1), np.array(C).transpose(1, 0, 2)
