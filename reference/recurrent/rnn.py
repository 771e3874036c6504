"""The recurrent network and its topologies (chapter recurrent, topic rnn).

A recurrent network applies one and the same step again and again, so that it works on sequences of any length; its
state is what it remembers of all inputs so far. What goes in and what is read out is a matter of wiring: a label for a
sequence, a sequence for an image, a tag for every word. Reading out at every step while feeding the output back makes
a generator: with a sampled output the state follows a stochastic system, without feedback a deterministic one.

    h_t = tanh(x_t Wx + h_(t-1) Wh + bh)        y_t = h_t Wy + by

Elman, "Finding structure in time", 1990; Schuster and Paliwal 1997 (bidirectional); Graves 2013 (deep). The grid
versions are in `multidimensional`, nets of nets in `hierarchical`, fast modules in `layers`.
"""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

Params = Mapping[str, Tensor]
"""Wx (d, h), Wh (h, h), bh (h,), Wy (h, k), by (k,); functions that return states need no Wy, by."""


def step(x: Float[Tensor, "*n d"], h: Float[Tensor, "*n h"], params: Params) -> Float[Tensor, "*n h"]:
    """The next state."""
    return torch.tanh(x @ params["Wx"] + h @ params["Wh"] + params["bh"])


def read_out(h: Float[Tensor, "*n h"], params: Params) -> Float[Tensor, "*n k"]:
    """The linear output of a state."""
    return h @ params["Wy"] + params["by"]


def states(X: Float[Tensor, "n T d"], h0: Float[Tensor, "n h"], params: Params) -> Float[Tensor, "n T h"]:
    """The state after each step; h0 is not part of it."""
    h, H = h0, []
    for x in X.unbind(1):
        h = step(x, h, params)
        H.append(h)
    return torch.stack(H, dim=1) if H else X.new_empty(X.shape[0], 0, h0.shape[-1])


def many_to_many(X: Float[Tensor, "n T d"], h0: Float[Tensor, "n h"], params: Params) -> Float[Tensor, "n T k"]:
    """An output at every step: tagging, prediction of the next value."""
    return read_out(states(X, h0, params), params)


def many_to_one(X: Float[Tensor, "n T d"], h0: Float[Tensor, "n h"], params: Params) -> Float[Tensor, "n k"]:
    """An output after the last step: classifying a sequence."""
    return read_out(states(X, h0, params)[:, -1] if X.shape[1] else h0, params)


def one_to_many(
    x: Float[Tensor, "n d"], h0: Float[Tensor, "n h"], params: Params, steps: int
) -> Float[Tensor, "n steps k"]:
    """The input at the first step only, zeros after it; an output at every step."""
    X = torch.cat([x.unsqueeze(1), x.new_zeros(x.shape[0], max(steps - 1, 0), x.shape[1])], dim=1)
    return many_to_many(X[:, :steps], h0, params)


def output_feedback(
    y0: Float[Tensor, "n k"], h0: Float[Tensor, "n h"], params: Params, steps: int
) -> Float[Tensor, "n steps k"]:
    """Every output is the next input, so inputs and outputs are of one size; y0 is the first input."""
    y, h, Y = y0, h0, []
    for _ in range(steps):
        h = step(y, h, params)
        y = read_out(h, params)
        Y.append(y)
    return torch.stack(Y, dim=1) if Y else y0.new_empty(y0.shape[0], 0, y0.shape[1])


def deep(
    X: Float[Tensor, "n T d"], h0: Sequence[Float[Tensor, "n h"]], layers: Sequence[Params]
) -> Float[Tensor, "n T h"]:
    """Layers on top of each other: the states of one are the inputs of the next. States of the top layer."""
    for first, params in zip(h0, layers, strict=True):
        X = states(X, first, params)
    return X


def bidirectional(
    X: Float[Tensor, "n T d"],
    h0: tuple[Float[Tensor, "n h"], Float[Tensor, "n h"]],
    params: tuple[Params, Params],
) -> Float[Tensor, "n T 2*h"]:
    """Position t sees the past in its first half and the future in its second; each direction has its own weights."""
    forward = states(X, h0[0], params[0])
    backward = states(X.flip(1), h0[1], params[1]).flip(1)  # back in the order of the text before they are joined
    return torch.cat([forward, backward], dim=-1)
