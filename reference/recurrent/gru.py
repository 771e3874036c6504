"""The gated recurrent unit (chapter recurrent, topic lstm).

A simpler gated cell than the LSTM: one state, which is also the memory, and two gates. The update gate z mixes the old
state with a candidate, doing the work of the LSTM's forget and input gates at once (1 - z and z); the reset gate r
decides how much of the old state the candidate sees. Where z is near 0 the state, and the error on its way back,
pass unchanged.

    z_t = sigmoid([h_(t-1), x_t] Wz + bz)          r_t = sigmoid([h_(t-1), x_t] Wr + br)
    g_t = tanh([r_t * h_(t-1), x_t] Wg + bg)       h_t = (1 - z_t) * h_(t-1) + z_t * g_t

Cho et al. 2014 (arXiv:1406.1078) and the course; the paper's z is the share that is kept, as is torch's. torch and
cuDNN moreover multiply r with the product h Wh + b instead of h (see `kernels.gru_formula`), one product per step
instead of two: the two forms agree only where r does not vary over the units or Wh is diagonal.
"""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

Params = Mapping[str, Tensor]
"""Wz, Wr, Wg (h + d, h), the rows of the state first, and bz, br, bg (h,)."""


def gates(
    x: Float[Tensor, "*n d"], h: Float[Tensor, "*n h"], params: Params
) -> tuple[Float[Tensor, "*n h"], Float[Tensor, "*n h"]]:
    """Update gate z and reset gate r."""
    joined = torch.cat([h, x], dim=-1)
    return torch.sigmoid(joined @ params["Wz"] + params["bz"]), torch.sigmoid(joined @ params["Wr"] + params["br"])


def step(x: Float[Tensor, "*n d"], h: Float[Tensor, "*n h"], params: Params) -> Float[Tensor, "*n h"]:
    """The new state."""
    z, r = gates(x, h, params)
    candidate = torch.tanh(torch.cat([r * h, x], dim=-1) @ params["Wg"] + params["bg"])
    return (1 - z) * h + z * candidate


def forward(X: Float[Tensor, "n T d"], h0: Float[Tensor, "n h"], params: Params) -> Float[Tensor, "n T h"]:
    """States after each step; h0 is not part of them."""
    h, H = h0, []
    for x in X.unbind(1):
        h = step(x, h, params)
        H.append(h)
    return torch.stack(H, dim=1) if H else X.new_empty(X.shape[0], 0, h0.shape[-1])


def backward(
    dH: Float[Tensor, "n T h"], X: Float[Tensor, "n T d"], h0: Float[Tensor, "n h"], params: Params
) -> dict[str, Tensor]:
    """Gradients of X, h0 and the six parameters, given dE/dH of what each step's output says, without autograd."""
    h = h0.shape[-1]
    before = torch.cat([h0.unsqueeze(1), forward(X, h0, params)], dim=1)[:, :-1]  # h_(t-1) for every t
    z, r = gates(X, before, params)  # all steps at once: the states are known now
    joined, reset = torch.cat([before, X], dim=-1), torch.cat([r * before, X], dim=-1)
    g = torch.tanh(reset @ params["Wg"] + params["bg"])

    dz, dr, dg = torch.empty_like(z), torch.empty_like(r), torch.empty_like(g)
    dh = torch.zeros_like(h0)
    for t in range(X.shape[1] - 1, -1, -1):
        dh = dh + dH[:, t]
        dg[:, t] = dh * z[:, t] * (1 - g[:, t] ** 2)
        dz[:, t] = dh * (g[:, t] - before[:, t]) * z[:, t] * (1 - z[:, t])
        d_reset = dg[:, t] @ params["Wg"][:h].mT  # of r * h_(t-1)
        dr[:, t] = d_reset * before[:, t] * r[:, t] * (1 - r[:, t])
        dh = dh * (1 - z[:, t]) + d_reset * r[:, t] + dz[:, t] @ params["Wz"][:h].mT + dr[:, t] @ params["Wr"][:h].mT
    grads = {"h0": dh, "X": torch.zeros_like(X)}
    for name, d, seen in (("z", dz, joined), ("r", dr, joined), ("g", dg, reset)):
        grads["X"] += d @ params["W" + name][h:].mT
        grads["W" + name] = torch.einsum("nti,ntj->ij", seen, d)
        grads["b" + name] = d.sum((0, 1))
    return grads
