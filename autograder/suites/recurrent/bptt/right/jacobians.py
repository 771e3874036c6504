"""Explicit Jacobians of the states, forward in time; a class for the network."""

import numpy as np


class Net:
    def __init__(self, params):
        for name, value in params.items():
            setattr(self, name, np.asarray(value))

    def step(self, x, h):
        return np.tanh(np.concatenate([x, h], axis=1) @ np.concatenate([self.Wx, self.Wh]) + self.bh)


def forward(X, h0, params):
    net = Net(params)
    H = [h0]
    for x in np.swapaxes(X, 0, 1):
        H.append(net.step(x, H[-1]))
    H = np.swapaxes(np.array(H[1:]), 0, 1)
    return np.einsum("nth,hk->ntk", H, net.Wy) + net.by, H


def bptt(X, T, h0, params, window=None, average=False):
    window = X.shape[1] if window is None else window
    if window < 1:
        raise ValueError("a window reaches at least one replica")
    Y, H = forward(X, h0, params)
    steps, h = H.shape[1:]
    slope = 1 - H**2
    dY = 2 * Y - 2 * T
    dH = np.einsum("ntk,hk->nth", dY, params["Wy"])
    dA = np.zeros(H.shape)
    for s in range(steps):
        jacobian = np.broadcast_to(np.eye(h), (len(X), h, h))  # d h_t / d h_s, entry [i, j] = d h_t[j] / d h_s[i]
        for t in range(s, min(s + window, steps)):
            if t > s:
                jacobian = np.einsum("nij,jk,nk->nik", jacobian, params["Wh"], slope[:, t])
            dA[:, s] += np.einsum("nij,nj->ni", jacobian, dH[:, t]) * slope[:, s]
    previous = np.stack([h0, *np.moveaxis(H, 1, 0)[:-1]], axis=1)
    scale = 1 / steps if average else 1
    return {
        "Wx": scale * np.tensordot(X, dA, ((0, 1), (0, 1))),
        "Wh": scale * np.tensordot(previous, dA, ((0, 1), (0, 1))),
        "bh": scale * dA.sum((0, 1)),
        "Wy": scale * np.tensordot(H, dY, ((0, 1), (0, 1))),
        "by": scale * dY.sum((0, 1)),
    }
