"""Long short-term memory (chapter recurrent, topic lstm).

The cell state runs through time on a self-connection of weight one, the constant error carousel, so that an error
flows back along it undamped; gates decide what is written to it, kept in it and shown of it. With the forget gate
(Gers, Schmidhuber, Cummins 2000) the weight of the self-connection is f_t: one while the gate is open, and learned.
The weights still follow their gradients: what is constant is the way back through the cell, not the step.

    z_t = [h_(t-1), x_t]
    f_t = sigmoid(z_t Wf + bf)    i_t = sigmoid(z_t Wi + bi)    g_t = tanh(z_t Wg + bg)    o_t = sigmoid(z_t Wo + bo)
    c_t = f_t * c_(t-1) + i_t * g_t                             h_t = o_t * tanh(c_t)

Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 1997.
"""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

Params = Mapping[str, Tensor]
"""Wf, Wi, Wg, Wo (h + d, h), the rows of the state first, and bf, bi, bg, bo (h,)."""


def gates(
    x: Float[Tensor, "*n d"], h: Float[Tensor, "*n h"], params: Params
) -> tuple[Float[Tensor, "*n h"], Float[Tensor, "*n h"], Float[Tensor, "*n h"], Float[Tensor, "*n h"]]:
    """Forget gate f, input gate i, candidate g and output gate o; only the candidate is a tanh."""
    z = torch.cat([h, x], dim=-1)
    return (
        torch.sigmoid(z @ params["Wf"] + params["bf"]),
        torch.sigmoid(z @ params["Wi"] + params["bi"]),
        torch.tanh(z @ params["Wg"] + params["bg"]),
        torch.sigmoid(z @ params["Wo"] + params["bo"]),
    )


def step(
    x: Float[Tensor, "*n d"], h: Float[Tensor, "*n h"], c: Float[Tensor, "*n h"], params: Params
) -> tuple[Float[Tensor, "*n h"], Float[Tensor, "*n h"]]:
    """One time step: the new state h and the new cell c."""
    f, i, g, o = gates(x, h, params)
    c = f * c + i * g
    return o * torch.tanh(c), c


def forward(
    X: Float[Tensor, "n T d"], h0: Float[Tensor, "n h"], c0: Float[Tensor, "n h"], params: Params
) -> tuple[Float[Tensor, "n T h"], Float[Tensor, "n T h"]]:
    """States H and cells C after each step; h0 and c0 are not part of them."""
    h, c = h0, c0
    H, C = [], []
    for x in X.unbind(1):
        h, c = step(x, h, c, params)
        H.append(h)
        C.append(c)
    if not H:
        return X.new_empty(X.shape[0], 0, h0.shape[-1]), X.new_empty(X.shape[0], 0, h0.shape[-1])
    return torch.stack(H, dim=1), torch.stack(C, dim=1)


def backward(
    dH: Float[Tensor, "n T h"],
    X: Float[Tensor, "n T d"],
    h0: Float[Tensor, "n h"],
    c0: Float[Tensor, "n h"],
    params: Params,
) -> dict[str, Tensor]:
    """Gradients of X, h0, c0 and the eight parameters, given what each step's output says (dE/dH), without autograd.

    The error in the cell, dc, is the carousel: going back one step it is multiplied with f, and with nothing else.
    """
    h = h0.shape[-1]
    H, C = forward(X, h0, c0, params)
    state = torch.cat([h0.unsqueeze(1), H], dim=1)[:, :-1]  # h_(t-1) and c_(t-1) for every t
    cell = torch.cat([c0.unsqueeze(1), C], dim=1)[:, :-1]
    f, i, g, o = gates(X, state, params)  # all steps at once: the states are known now
    squashed = torch.tanh(C)

    errors = {name: torch.empty_like(f) for name in "figo"}  # at the gates' pre-activations
    dh, dc = torch.zeros_like(h0), torch.zeros_like(c0)
    for t in range(X.shape[1] - 1, -1, -1):
        dh = dh + dH[:, t]
        dc = dc + dh * o[:, t] * (1 - squashed[:, t] ** 2)
        errors["o"][:, t] = dh * squashed[:, t] * o[:, t] * (1 - o[:, t])
        errors["f"][:, t] = dc * cell[:, t] * f[:, t] * (1 - f[:, t])
        errors["i"][:, t] = dc * g[:, t] * i[:, t] * (1 - i[:, t])
        errors["g"][:, t] = dc * i[:, t] * (1 - g[:, t] ** 2)
        dc = dc * f[:, t]
        dh = torch.stack([errors[name][:, t] @ params["W" + name][:h].mT for name in "figo"]).sum(0)

    z = torch.cat([state, X], dim=-1)
    grads = {"h0": dh, "c0": dc}
    grads["X"] = torch.stack([errors[name] @ params["W" + name][h:].mT for name in "figo"]).sum(0)
    for name in "figo":
        grads["W" + name] = torch.einsum("nti,ntj->ij", z, errors[name])
        grads["b" + name] = errors[name].sum((0, 1))
    return grads
