"""A queue of errors under way: one pass from the last step to the first, each error with an age; float32."""

import numpy as np


def forward(X, h0, params):
    X, h0 = np.float32(X), np.float32(h0)
    p = {k: np.float32(v) for k, v in params.items()}
    n, steps, _ = X.shape
    H = np.empty((n, steps + 1, h0.shape[1]), np.float32)
    H[:, 0] = h0
    for t in range(steps):
        H[:, t + 1] = np.tanh(H[:, t] @ p["Wh"] + X[:, t] @ p["Wx"] + p["bh"])
    return np.matmul(H[:, 1:], p["Wy"]) + p["by"], H[:, 1:]


def bptt(X, T, h0, params, window=None, average=False):
    if window is not None and not window >= 1:
        raise ValueError(f"window={window}")
    Y, H = forward(X, h0, params)
    X, h0, T = np.float32(X), np.float32(h0), np.float32(T)
    Wy, Wh = np.float32(params["Wy"]), np.float32(params["Wh"])
    g = {k: np.zeros(v.shape, np.float32) for k, v in params.items()}
    steps = X.shape[1]
    limit = window or steps
    under_way = []
    for t in reversed(range(steps)):
        e = 2 * (Y[:, t] - T[:, t])
        g["Wy"] += H[:, t].T @ e
        g["by"] += e.sum(axis=0)
        under_way = [back @ Wh.T for back in under_way] + [e @ Wy.T]
        under_way = under_way[-limit:]
        slope = 1 - H[:, t] * H[:, t]
        under_way = [back * slope for back in under_way]
        total = sum(under_way)
        previous = H[:, t - 1] if t else h0
        g["Wx"] += X[:, t].T @ total
        g["Wh"] += previous.T @ total
        g["bh"] += total.sum(axis=0)
    return {k: v / steps if average else v for k, v in g.items()}
