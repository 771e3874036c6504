"""Long short-term memory · 3 of 5 · 40 minutes · after: bptt

A plain recurrent network squashes its whole memory at every step, and the error on its way back with it. The LSTM keeps a
second memory, the cell c, which passes from step to step by a product with the forget gate and a sum, and by nothing else.
Three gates between 0 and 1 decide what is kept in the cell (f), written to it (i) and shown of it (o). You write the gates, one
step, and the walk along a sequence. (Hochreiter and Schmidhuber 1997; forget gate: Gers, Schmidhuber and Cummins 2000)

`params` is a dict with the weights Wf, Wi, Wg, Wo, each (u + d, u), and the biases bf, bi, bg, bo, each (u,), where u
is the number of units and d that of inputs. The first u rows of every weight matrix belong to the state, the last d rows to the
input.

Run `anndl grade lstm` after each function; they are tested one by one.

You may import NumPy and the harmless part of the standard library (math, itertools, random, ...).
"""

import numpy as np


def gates(x, h, params):
    """The three gates and the candidate, from the input and the previous state.

    f = sigmoid([h, x] Wf + bf)    i = sigmoid([h, x] Wi + bi)    g = tanh([h, x] Wg + bg)    o = sigmoid([h, x] Wo + bo)

    with sigmoid(a) = 1 / (1 + exp(-a)), which must be right for a = +-1e3 too.

    Args:
        x: (n, d) array, the input of this step, one example per row.
        h: (n, u) array, the state after the step before.
        params: dict of the eight arrays described above.

    Returns:
        (f, i, g, o): forget gate, input gate, candidate, output gate, each (n, u).

    By hand, with one unit and one input: x = [[1]], h = [[2]], and
    Wf = [[0], [log 6]], Wi = [[log 4], [0]], Wg = [[0], [log 6]], Wo = [[0], [0]],
    bf = [-log 2], bi = [-log 4], bg = [-log 3], bo = [-log 3]
    give the arguments log 3, log 4, log 2, -log 3, so f = [[3/4]], i = [[4/5]], g = [[3/5]], o = [[1/4]].

    >>> log = np.log
    >>> params = {"Wf": np.array([[0], [log(6)]]), "Wi": np.array([[log(4)], [0]]), "Wg": np.array([[0], [log(6)]])}
    >>> params |= {"Wo": np.zeros((2, 1)), "bf": np.array([-log(2)]), "bi": np.array([-log(4)])}
    >>> params |= {"bg": np.array([-log(3)]), "bo": np.array([-log(3)])}
    >>> gates(np.array([[1.0]]), np.array([[2.0]]), params)
    (array([[0.75]]), array([[0.8]]), array([[0.6]]), array([[0.25]]))
    """
    raise NotImplementedError("write gates here")


def step(x, h, c, params):
    """One time step.

    c_new = f * c + i * g        h_new = o * tanh(c_new)        products entry by entry

    Args:
        x: (n, d) array, the input of this step.
        h, c: (n, u) arrays, state and cell after the step before.
        params: as in `gates`.

    Returns:
        (h_new, c_new): (n, u) arrays; the arguments stay as they are.

    By hand, with the gates of the example above and c = [[1]]: c_new = 3/4 * 1 + 4/5 * 3/5 = 1.23 and
    h_new = tanh(1.23) / 4 = 0.2106.

    >>> log = np.log
    >>> params = {"Wf": np.array([[0], [log(6)]]), "Wi": np.array([[log(4)], [0]]), "Wg": np.array([[0], [log(6)]])}
    >>> params |= {"Wo": np.zeros((2, 1)), "bf": np.array([-log(2)]), "bi": np.array([-log(4)])}
    >>> params |= {"bg": np.array([-log(3)]), "bo": np.array([-log(3)])}
    >>> step(np.array([[1.0]]), np.array([[2.0]]), np.array([[1.0]]), params)
    (array([[0.2106]]), array([[1.23]]))
    """
    raise NotImplementedError("write step here")


def forward(X, h0, c0, params):
    """Read whole sequences; every sequence of the batch starts from its own h0 and c0.

    Args:
        X: (n, T, d) array, n sequences of T inputs, T at least 1.
        h0, c0: (n, u) arrays, state and cell before the first step.
        params: as in `gates`.

    Returns:
        (H, C): (n, T, u) arrays, states and cells after each of the T steps; h0 and c0 are not among them.

    By hand, with all weights 0, bf = bg = [log 3], bi = [0], bo = [-log 3], one sequence of three inputs and h0 = c0 = [[0]]:
    every f is 3/4, i is 1/2, g is 4/5 and o is 1/4, so C = [[[0.4], [0.7], [0.925]]] and H = tanh(C) / 4.

    >>> zero = np.zeros((2, 1))
    >>> params = {"Wf": zero, "Wi": zero, "Wg": zero, "Wo": zero, "bf": np.log([3.0]), "bg": np.log([3.0])}
    >>> params |= {"bi": np.zeros(1), "bo": -np.log([3.0])}
    >>> H, C = forward(np.zeros((1, 3, 1)), np.zeros((1, 1)), np.zeros((1, 1)), params)
    >>> C
    array([[[0.4], [0.7], [0.925]]])
    """
    raise NotImplementedError("write forward here")
