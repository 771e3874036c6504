"""Backpropagation through time (chapter recurrent, topic bptt).

A recurrent network unrolled over T steps is a feed-forward network whose layers, the replicas, share their weights:
backpropagate through it as usual and add up what every replica says about each weight. Truncation limits how many
replicas the error of one step may reach, which bounds the cost and, with it, the length of what can be learned.
The course divides the sum by the number of replicas, most papers do not: a difference in the step size only.

    h_t = tanh(x_t Wx + h_(t-1) Wh + bh)        y_t = h_t Wy + by        E = sum_t |y_t - target_t|^2
    dE/da_t = (dE/dy_t Wy' + dE/da_(t+1) Wh') * (1 - h_t^2)             with a_t = x_t Wx + h_(t-1) Wh + bh
    dE/dWx = sum_t x_t' dE/da_t,    dE/dWh = sum_t h_(t-1)' dE/da_t,    dE/dbh = sum_t dE/da_t

Werbos, "Backpropagation through time: what it does and how to do it", 1990; Williams and Peng 1990 (truncation).
"""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

Params = Mapping[str, Tensor]
"""Wx (d, h), Wh (h, h), bh (h,), Wy (h, k), by (k,)."""


def forward(
    X: Float[Tensor, "n T d"], h0: Float[Tensor, "n h"], params: Params
) -> tuple[Float[Tensor, "n T k"], Float[Tensor, "n T h"]]:
    """Outputs Y and the states H after each step; h0 itself is not part of H."""
    projected = X @ params["Wx"] + params["bh"]  # every step's input at once: only the state needs the loop
    h, states = h0, []
    for a in projected.unbind(1):
        h = torch.tanh(a + h @ params["Wh"])
        states.append(h)
    H = torch.stack(states, dim=1) if states else X.new_empty(X.shape[0], 0, h0.shape[-1])
    return H @ params["Wy"] + params["by"], H


def loss(Y: Float[Tensor, "n T k"], T: Float[Tensor, "n T k"]) -> Float[Tensor, ""]:
    """Sum of squared errors over examples, steps and outputs: no 1/2, no mean."""
    return ((Y - T) ** 2).sum()


def bptt(
    X: Float[Tensor, "n T d"],
    T: Float[Tensor, "n T k"],
    h0: Float[Tensor, "n h"],
    params: Params,
    window: int | None = None,
    average: bool = False,
) -> dict[str, Tensor]:
    """Gradients of `loss` with respect to the five parameters, without autograd.

    Args:
        X, T: inputs and targets, one sequence per row.
        h0: the state before the first step.
        params: see `Params`.
        window: how many replicas the error of one step reaches: t, t-1, ..., t-window+1. 1 allows no way back in
            time, None allows all of it. The forward pass is never cut.
        average: divide all five gradients by the number of time steps (the course's form) instead of summing.

    Raises:
        ValueError: a window below 1.
    """
    if window is not None and window < 1:
        raise ValueError(f"window counts the replicas that an error reaches, so it is at least 1; got {window}")
    Y, H = forward(X, h0, params)
    steps = X.shape[1]
    dY = 2 * (Y - T)
    local = (dY @ params["Wy"].mT) * (1 - H**2)  # what step t's own error says about a_t
    if window is None or window >= steps:
        dA = _all_the_way(local, H, params["Wh"])
    else:
        dA = _truncated(local, H, params["Wh"], window)

    before = torch.cat([h0.unsqueeze(1), H], dim=1)[:, :steps]  # h_(t-1) for every t
    grads = {
        "Wx": torch.einsum("ntd,nth->dh", X, dA),
        "Wh": torch.einsum("nti,nth->ih", before, dA),
        "bh": dA.sum((0, 1)),
        "Wy": torch.einsum("nth,ntk->hk", H, dY),
        "by": dY.sum((0, 1)),
    }
    return {name: grad / steps for name, grad in grads.items()} if average else grads


def _all_the_way(
    local: Float[Tensor, "n T h"], H: Float[Tensor, "n T h"], Wh: Float[Tensor, "h h"]
) -> Float[Tensor, "n T h"]:
    """dE/da_t with every later error included: one pass from the last step to the first."""
    dA = local.clone()
    for t in range(local.shape[1] - 2, -1, -1):
        dA[:, t] += (dA[:, t + 1] @ Wh.mT) * (1 - H[:, t] ** 2)
    return dA


def _truncated(
    local: Float[Tensor, "n T h"], H: Float[Tensor, "n T h"], Wh: Float[Tensor, "h h"], window: int
) -> Float[Tensor, "n T h"]:
    """dE/da_t with the errors of steps t .. t+window-1 only: one pass per offset, all steps at once."""
    dA, travelling = local.clone(), local
    for offset in range(1, window):
        # travelling[:, s] is the error of step s + offset - 1 at replica s; one more step back, replica 0 falls off
        travelling = (travelling[:, 1:] @ Wh.mT) * (1 - H[:, : travelling.shape[1] - 1] ** 2)
        dA[:, : dA.shape[1] - offset] += travelling
    return dA
