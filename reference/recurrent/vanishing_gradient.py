"""Why gradients vanish or explode (chapter recurrent, topic vanishing-gradient).

The error of step t reaches step s through t - s Jacobians, one per step in between, so its size is that of their
product. With sigma the largest singular value of Wh and gamma the steepest slope of the activation (1 for tanh, 1/4
for the sigmoid), the product's norm is at most (gamma sigma)^(t-s): below 1 it MUST vanish; above 1 it may explode,
and clipping bounds the step. It is not the slope alone that decides, as the notes say, but slope times weight.

    d h_t / d h_(t-1) = Wh diag(1 - h_t^2)  (row vectors)        |d h_t / d h_s| <= (gamma sigma)^(t-s)
    LSTM:  d c_t / d c_(t-1) = diag(f_t) + the ways through h_(t-1): with open forget gates near the identity
    one unit:  d h_t / d h_s = prod_(u=s+1..t) w f'(a_u)          clip:  g <- g min(1, max_norm / |g|)

Hochreiter 1991; Bengio, Simard and Frasconi 1994; Pascanu, Mikolov and Bengio 2013 (arXiv:1211.5063).
"""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from reference.recurrent import lstm


def scalar_factors(w: float, a: Float[Tensor, " T"], activation: str = "tanh") -> Float[Tensor, " T"]:
    """w f'(a_u) of a network with one unit and pre-activations a: the factors whose product is the gradient."""
    slopes: Tensor
    if activation == "tanh":
        slopes = 1 - torch.tanh(a).square()
    elif activation == "sigmoid":
        slopes = torch.sigmoid(a) * (1 - torch.sigmoid(a))
    else:
        raise ValueError(f"activation is 'tanh' or 'sigmoid', not {activation!r}")
    return slopes * w


def jacobian(h: Float[Tensor, "*n h"], Wh: Float[Tensor, "h h"]) -> Float[Tensor, "*n h h"]:
    """d h_t / d h_(t-1) of a tanh network with state h = h_t: entry [i, j] is d h_t[j] / d h_(t-1)[i]."""
    slopes: Tensor = 1 - h.square()
    return Wh * slopes.unsqueeze(-2)


def product_norms(H: Float[Tensor, "n T h"], Wh: Float[Tensor, "h h"]) -> Float[Tensor, "n T"]:
    """Spectral norm of d h_T / d h_t for t = 1 .. T: how far back the last step's error can be felt; 1 for t = T."""
    n, steps, h = H.shape
    product = torch.eye(h, dtype=H.dtype, device=H.device).expand(n, h, h)
    norms = [torch.linalg.matrix_norm(product, ord=2)]
    for t in range(steps - 1, 0, -1):
        product = jacobian(H[:, t], Wh) @ product
        norms.append(torch.linalg.matrix_norm(product, ord=2))
    return torch.stack(norms[::-1], dim=1)


def bound(Wh: Float[Tensor, "h h"], steps: int, slope: float = 1.0) -> Float[Tensor, " steps"]:
    """(slope sigma)^(T - t) for t = 1 .. T, above which `product_norms` cannot be."""
    exponents = torch.arange(steps - 1, -1, -1, dtype=Wh.dtype, device=Wh.device)
    return torch.pow(slope * torch.linalg.matrix_norm(Wh, ord=2), exponents)


def cell_norms(
    X: Float[Tensor, "n T d"], h0: Float[Tensor, "n h"], c0: Float[Tensor, "n h"], params: lstm.Params
) -> Float[Tensor, "n T"]:
    """Spectral norm of d c_T / d c_t of an LSTM for t = 1 .. T, all ways back counted: the cell's and those through h."""
    h = h0.shape[-1]
    H, C = lstm.forward(X, h0, c0, params)
    before, c, X = H[:, :-1], C[:, :-1], X[:, 1:]  # the steps from t = 1 on, all at once
    f, i, g, o = (gate.unsqueeze(-1) for gate in lstm.gates(X, before, params))
    Wf, Wi, Wg, Wo = (params[f"W{gate}"][:h].mT for gate in "figo")  # entry [k, j]: of unit k with respect to h_j
    squashed = torch.tanh(C[:, 1:]).unsqueeze(-1)
    cell_by_cell = torch.diag_embed(f.squeeze(-1))
    cell_by_state = c.unsqueeze(-1) * f * (1 - f) * Wf + g * i * (1 - i) * Wi + i * (1 - g.square()) * Wg
    shown = o * (1 - squashed.square())  # d h / d c within a step
    state_by_cell = shown * cell_by_cell
    state_by_state = squashed * o * (1 - o) * Wo + shown * cell_by_state
    by_step = torch.cat(
        [torch.cat([state_by_state, state_by_cell], dim=-1), torch.cat([cell_by_state, cell_by_cell], dim=-1)], dim=-2
    )
    product = torch.eye(2 * h, dtype=X.dtype, device=X.device).expand(len(X), 2 * h, 2 * h)
    norms = [torch.linalg.matrix_norm(product[:, h:, h:], ord=2)]
    for t in range(by_step.shape[1] - 1, -1, -1):
        product = product @ by_step[:, t]
        norms.append(torch.linalg.matrix_norm(product[:, h:, h:], ord=2))
    return torch.stack(norms[::-1], dim=1)


def clip(grads: Mapping[str, Tensor], max_norm: float) -> dict[str, Tensor]:
    """All gradients scaled by one factor, so that their common norm is at most `max_norm`; the direction stays.

    Raises:
        ValueError: max_norm is not positive.
    """
    if max_norm <= 0:
        raise ValueError(f"max_norm is a positive number; got {max_norm}")
    norm = torch.stack([grad.norm() for grad in grads.values()]).norm()
    scale = torch.where(norm > max_norm, max_norm / norm, torch.ones_like(norm))
    return {name: grad * scale for name, grad in grads.items()}
