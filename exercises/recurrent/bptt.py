"""Backpropagation through time · 4 of 5 · 60 minutes · after: backprop

A recurrent network, unrolled over its time steps, is a feed-forward network whose layers (the replicas) share their weights. So
backpropagation works as usual, and each weight gets the contributions of all its replicas: their sum, or, as in this course,
their average, which is smaller by the number of steps. Truncation limits how many replicas the error of one step reaches,
which bounds the cost and, with it, how long a dependence can be learned. (Werbos 1990; Williams and Peng 1990)

    h_t = tanh(x_t Wx + h_(t-1) Wh + bh)        y_t = h_t Wy + by        E = sum over steps of |y_t - target_t|^2

In shapes n is the number of examples, s of time steps, d of inputs, u of units and k of outputs. `params` is a dict of arrays:
Wx (d, u), Wh (u, u), bh (u,), Wy (u, k), by (k,). Sequences have the shape (n, s, d): example, step, component.

Run `anndl grade bptt` after each function; they are tested one by one.

You may import NumPy and the harmless part of the standard library (math, itertools, random, ...).
"""

import numpy as np


def forward(X, h0, params):
    """Outputs and states of the network at every step.

    Args:
        X: (n, s, d) array, one sequence of s >= 1 steps per example.
        h0: (n, u) array, the states before the first step.
        params: dict with Wx (d, u), Wh (u, u), bh (u,), Wy (u, k), by (k,).

    Returns:
        (Y, H): the (n, s, k) outputs and the (n, s, u) states after each step; h0 is not among them.

    By hand, one unit, with h0 = [[0]], Wx = [[1]], Wh = [[log(2) / 0.6]], bh = [0], Wy = [[5]], by = [1]: the inputs log(2) and 0
    give the states tanh(log 2) = 0.6 and tanh(0.6 log(2) / 0.6) = 0.6, so the outputs are 4 and 4.

    >>> one = np.ones((1, 1))
    >>> params = {"Wx": one, "Wh": one * np.log(2) / 0.6, "bh": np.zeros(1), "Wy": 5 * one, "by": np.ones(1)}
    >>> forward(np.array([[[np.log(2)], [0.0]]]), np.zeros((1, 1)), params)
    (array([[[4.0], [4.0]]]), array([[[0.6], [0.6]]]))
    """
    raise NotImplementedError("write forward here")


def bptt(X, T, h0, params, window=None, average=False):
    """Gradients of the loss, the sum of squared errors over examples, steps and outputs (no 1/2, no mean).

    Args:
        X: (n, s, d) array of inputs.
        T: (n, s, k) array of targets, one per output (T is not the number of steps, which is s).
        h0: (n, u) array, the states before the first step.
        params: as for `forward`.
        window: how many replicas the error of one step reaches: that of step t reaches the replicas t, t-1, ..., t-window+1.
            window=1 allows no way back in time, None or a window longer than the sequence all of it. The errors of
            all steps count, and the forward pass is never cut.
        average: False sums the contributions of the replicas; True divides all five gradients by
            the number s of time steps, with a window as well.

    Returns:
        dict with Wx, Wh, bh, Wy, by, each of the shape of its parameter. The arguments stay as they are.

    By hand, for the example of `forward` with the targets 4 and 3: only the second step has an error, and its dY is
    2 (4 - 3) = 2. At the second replica dA = 2 * 5 * (1 - 0.36) = 6.4, and that much goes into bh; with window=1 it stays
    at that. The first replica adds 6.4 * log(2) / 0.6 * 0.64 = 4.73, so without a window bh has the gradient 11.13.

    >>> one = np.ones((1, 1))
    >>> params = {"Wx": one, "Wh": one * np.log(2) / 0.6, "bh": np.zeros(1), "Wy": 5 * one, "by": np.ones(1)}
    >>> X, T = np.array([[[np.log(2)], [0.0]]]), np.array([[[4.0], [3.0]]])
    >>> bptt(X, T, np.zeros((1, 1)), params, window=1)["bh"], bptt(X, T, np.zeros((1, 1)), params)["bh"]
    (array([6.4]), array([11.13]))
    """
    raise NotImplementedError("write bptt here")
