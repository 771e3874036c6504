# expect: bptt-pairs-the-error-with-the-new-state, bptt-averages-over-the-examples
import numpy as np


def forward(X, h0, params):
    n, steps, d = X.shape
    H = np.zeros((n, steps, len(params["bh"])))
    previous = h0
    for t in range(steps):
        H[:, t] = np.tanh(np.dot(X[:, t], params["Wx"]) + np.dot(previous, params["Wh"]) + params["bh"])
        previous = H[:, t]
    Y = np.dot(H, params["Wy"]) + params["by"]
    return Y, H


def bptt(X, T, h0, params, window=None, average=False):
    if window is not None and window < 1:
        raise ValueError("window must be at least 1")
    Y, H = forward(X, h0, params)
    n, steps, _ = X.shape
    grads = {name: np.zeros_like(value) for name, value in params.items()}
    window = steps if window is None else window
    for t in reversed(range(steps)):
        dy = 2 * (Y[:, t] - T[:, t])
        grads["Wy"] += np.dot(H[:, t].T, dy)
        grads["by"] += dy.sum(axis=0)
        delta = np.dot(dy, params["Wy"].T) * (1 - H[:, t] ** 2)
        for s in reversed(range(max(0, t - window + 1), t + 1)):
            h_prev = H[:, s - 1] if s > 0 else h0
            grads["Wx"] += np.dot(X[:, s].T, delta)
            grads["Wh"] += np.dot(H[:, s].T, delta)
            grads["bh"] += delta.sum(axis=0)
            delta = np.dot(delta, params["Wh"].T) * (1 - h_prev**2)
    if average:
        for name in grads:
            grads[name] /= n
    return grads
