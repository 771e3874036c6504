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
