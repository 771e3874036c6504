"""Whole sequences at speed: forward and backward passes of the recurrent layers, by hand (topics rnn, lstm).

The input's share of every step is one matrix product over all steps, so that the loop over time holds only what needs
the previous state: one product with Wh and a few in-place operations. The backward pass does the same the other way
round: every factor that does not depend on the error is computed for all steps at once, the loop carries the error
back, and the gradients of the weights are single products over all steps. `layers.py` makes modules of these.

Gates share one matrix, in the order named in each function; time runs along the FIRST axis in here, so that each step
is contiguous. cuDNN and oneDNN do the same and fuse the element-wise operations too (Appleyard et al. 2016). That is
what one formulation for all devices cannot reach: each step starts five to eight small operations, whose start-up
costs more than their work where batch and state are small (benchmarks/reference.md).

What to read are the three formulas at the top. The passes by hand below them compute the same numbers for training;
`ByHand` says when which of the two runs.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from reference.by_hand import ByHand

Gradients = Sequence[Tensor]
Passed = tuple[tuple[Tensor, ...], tuple[Tensor, ...]]
"""The outputs, and what the backward pass wants to see again."""


def rnn_formula(X: Tensor, h0: Tensor, Wx: Tensor, Wh: Tensor, b: Tensor) -> tuple[Tensor]:
    """h_t = tanh(x_t Wx + b + h_(t-1) Wh): X (T, n, d), h0 (n, h) -> the states (T, n, h)."""
    h, H = h0, []
    for a in (X @ Wx + b).unbind(0):
        h = torch.tanh(a + h @ Wh)
        H.append(h)
    return (torch.stack(H),)


def lstm_formula(X: Tensor, h0: Tensor, c0: Tensor, Wx: Tensor, Wh: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """The cell of `lstm.step`, gates side by side in the order f, i, o, g.

    X (T, n, d), h0, c0 (n, h), Wx (d, 4h), Wh (h, 4h), b (4h,) -> states and cells (T, n, h).
    """
    h, c, H, C = h0, c0, [], []
    for a in (X @ Wx + b).unbind(0):
        f, i, o, g = (a + h @ Wh).chunk(4, -1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        H.append(h)
        C.append(c)
    return torch.stack(H), torch.stack(C)


def gru_formula(X: Tensor, h0: Tensor, Wx: Tensor, Wh: Tensor, bx: Tensor, bh: Tensor) -> tuple[Tensor]:
    """The GRU as cuDNN and torch compute it: the reset gate multiplies h_(t-1) Wh, not h_(t-1).

    r, z = sigmoid(x Wx + bx + h Wh + bh)    g = tanh(x Wx + bx + r (h Wh + bh))    h' = (1 - z) g + z h
    Gates side by side in the order r, z, g; there z is the share that is KEPT, in `gru.step` the share that is new.
    X (T, n, d), h0 (n, h), Wx (d, 3h), Wh (h, 3h), bx, bh (3h,) -> the states (T, n, h).
    """
    h, H = h0, []
    for a in (X @ Wx + bx).unbind(0):
        (r, z, g), (from_r, from_z, from_g) = a.chunk(3, -1), (h @ Wh + bh).chunk(3, -1)
        r, z = torch.sigmoid(r + from_r), torch.sigmoid(z + from_z)
        h = (1 - z) * torch.tanh(g + r * from_g) + z * h
        H.append(h)
    return (torch.stack(H),)


def _project(X: Float[Tensor, "T n d"], Wx: Float[Tensor, "d g"], b: Float[Tensor, " g"]) -> Float[Tensor, "T n g"]:
    """x_t Wx + b of every step, in one product."""
    steps, n, d = X.shape
    return torch.addmm(b, X.reshape(steps * n, d), Wx).view(steps, n, len(b))


def _with_first(first: Tensor, steps: int) -> Tensor:
    """Room for the initial state and the states after each step."""
    states = first.new_empty(steps + 1, *first.shape)
    states[0] = first
    return states


def _product(A: Tensor, B: Tensor) -> Tensor:
    """sum over steps and batch of a' b."""
    return A.flatten(0, 1).mT @ B.flatten(0, 1)


def _rnn_forward(X: Tensor, h0: Tensor, Wx: Tensor, Wh: Tensor, b: Tensor) -> Passed:
    A = _project(X, Wx, b)
    H = _with_first(h0, len(A))
    states = H.unbind(0)  # views of every step, made once: indexing in the loop costs more
    for t, a in enumerate(A.unbind(0)):
        torch.tanh(a.addmm_(states[t], Wh), out=states[t + 1])
    return (H[1:],), (H,)


def _rnn_backward(grads: Gradients, inputs: Gradients, remembered: Gradients) -> Gradients:
    """Gradients of X, h0, Wx, Wh, b."""
    (dH,), (X, _, Wx, Wh, _), (H,) = grads, inputs, remembered
    dA = 1 - H[1:] ** 2
    back = Wh.mT.contiguous()
    dh = dH[-1]
    for t in range(len(dA) - 1, -1, -1):
        da = dA[t].mul_(dh)
        dh = torch.addmm(dH[t - 1], da, back) if t else da @ back
    return dA @ Wx.mT, dh, _product(X, dA), _product(H[:-1], dA), dA.sum((0, 1))


def _doubled(h0: Tensor) -> Tensor:
    """1 for the columns of f, i, o and 2 for those of g.

    tanh(a) = 2 sigmoid(2a) - 1: with the columns of g doubled, all four gates are one sigmoid, which costs a sixth of
    a tanh on a CPU, and share one derivative. Below, s is that sigmoid: g = 2 s - 1.
    """
    h = h0.shape[-1]
    return torch.cat([h0.new_ones(3 * h), h0.new_full((h,), 2.0)])


def _lstm_forward(X: Tensor, h0: Tensor, c0: Tensor, Wx: Tensor, Wh: Tensor, b: Tensor) -> Passed:
    doubled = _doubled(h0)
    Wh = Wh * doubled
    G = _project(X, Wx * doubled, b * doubled)
    H, C = _with_first(h0, len(G)), _with_first(c0, len(G))
    squashed = torch.empty_like(C[1:])
    states, cells = H.unbind(0), C.unbind(0)
    steps = zip(G.unbind(0), *(gate.unbind(0) for gate in G.chunk(4, 2)), squashed.unbind(0), strict=True)
    for t, (gates, f, i, o, s, squash) in enumerate(steps):
        gates.addmm_(states[t], Wh).sigmoid_()
        torch.mul(f, cells[t], out=cells[t + 1]).addcmul_(i, s, value=2).sub_(i)
        torch.mul(o, torch.tanh(cells[t + 1], out=squash), out=states[t + 1])
    return (H[1:], C[1:]), (G, H, C, squashed)


def _lstm_backward(grads: Gradients, inputs: Gradients, remembered: Gradients) -> Gradients:
    """Gradients of X, h0, c0, Wx, Wh, b; dc_t = (from step t + 1) f_(t+1) dc_(t+1) + dh_t o (1 - tanh(c_t)^2)."""
    (dH, dC), (X, h0, _, Wx, Wh, _), (G, H, C, squashed) = grads, inputs, remembered
    doubled = _doubled(h0)
    steps, n, h = squashed.shape
    f, i, o, s = G.chunk(4, 2)
    dA = G * (1 - G)  # first what the error is multiplied with at each gate, then the product
    for gate, factor in zip(dA.chunk(4, 2), (C[:-1], 2 * s - 1, squashed, 2 * i), strict=True):
        gate.mul_(factor)
    into_cell = o * (1 - squashed * squashed)
    back = (Wh * doubled).mT.contiguous()
    dh, dc = dH[-1], dC[-1].clone()
    by_gate = dA.view(steps, n, 4, h)
    views = (dA, by_gate[:, :, :2], by_gate[:, :, 2], by_gate[:, :, 3], into_cell, f)
    at_step = list(zip(*(view.unbind(0) for view in views), strict=True))
    from_h, from_c = dH.unbind(0), dC.unbind(0)
    for t in range(steps - 1, -1, -1):
        da, da_fi, da_o, da_s, through, forget = at_step[t]
        dc.addcmul_(dh, through)
        da_fi.mul_(dc.unsqueeze(1))
        da_o.mul_(dh)
        da_s.mul_(dc)
        dc.mul_(forget)
        if t:
            dc.add_(from_c[t - 1])
            dh = torch.addmm(from_h[t - 1], da, back)
        else:
            dh = da @ back
    dA.mul_(doubled)  # from the doubled columns to the weights themselves
    return dA @ Wx.mT, dh, dc, _product(X, dA), _product(H[:-1], dA), dA.sum((0, 1))


def _gru_forward(X: Tensor, h0: Tensor, Wx: Tensor, Wh: Tensor, bx: Tensor, bh: Tensor) -> Passed:
    h = h0.shape[-1]
    G = _project(X, Wx, bx)
    H = _with_first(h0, len(G))
    recurrent = torch.empty_like(G)
    r, z, g = G.chunk(3, 2)
    parts = (recurrent, recurrent[..., : 2 * h], recurrent[..., 2 * h :], G[..., : 2 * h], r, z, g)
    states = H.unbind(0)
    for t, views in enumerate(zip(*(part.unbind(0) for part in parts), strict=True)):
        product, for_rz, for_g, rz, reset, keep, candidate = views
        torch.addmm(bh, states[t], Wh, out=product)
        rz.add_(for_rz).sigmoid_()
        candidate.addcmul_(reset, for_g).tanh_()
        torch.lerp(candidate, states[t], keep, out=states[t + 1])
    return (H[1:],), (G, H, recurrent)


def _gru_backward(grads: Gradients, inputs: Gradients, remembered: Gradients) -> Gradients:
    """Gradients of X, h0, Wx, Wh, bx, bh."""
    (dH,), (X, _, Wx, Wh, _, _), (G, H, recurrent) = grads, inputs, remembered
    steps, n, h = H.shape[0] - 1, H.shape[1], H.shape[2]
    r, z, g = G.chunk(3, 2)
    at_g = (1 - z) * (1 - g * g)
    dA = torch.empty_like(G)  # of what the state contributes; the input's share differs in g only
    torch.mul(at_g * recurrent[..., 2 * h :], r * (1 - r), out=dA[..., :h])
    torch.mul(H[:-1] - g, z * (1 - z), out=dA[..., h : 2 * h])
    torch.mul(at_g, r, out=dA[..., 2 * h :])
    back = Wh.mT.contiguous()
    errors = dH.clone()  # at the states: from the output, and in the loop from the next step
    at_state, at_gates, kept = errors.unbind(0), dA.unbind(0), z.unbind(0)
    for t in range(steps - 1, -1, -1):
        at_gates[t].view(n, 3, h).mul_(at_state[t].unsqueeze(1))
        dh = torch.addmm(at_state[t] * kept[t], at_gates[t], back)
        if t:
            at_state[t - 1].add_(dh)
    dX = torch.cat([dA[..., : 2 * h], at_g.mul_(errors)], dim=-1)
    return dX @ Wx.mT, dh, _product(X, dX), _product(H[:-1], dA), dX.sum((0, 1)), dA.sum((0, 1))


_RNN = ByHand(rnn_formula, _rnn_forward, _rnn_backward)
_LSTM = ByHand(lstm_formula, _lstm_forward, _lstm_backward, outputs=2, differentiable=2)
_GRU = ByHand(gru_formula, _gru_forward, _gru_backward)


def rnn(
    X: Float[Tensor, "n T d"],
    h0: Float[Tensor, "n h"],
    Wx: Float[Tensor, "d h"],
    Wh: Float[Tensor, "h h"],
    b: Float[Tensor, " h"],
) -> Float[Tensor, "n T h"]:
    """States of a tanh network after each step, batch first."""
    (H,) = _apply(_RNN, X, h0, Wx, Wh, b)
    return H


def lstm(
    X: Float[Tensor, "n T d"],
    h0: Float[Tensor, "n h"],
    c0: Float[Tensor, "n h"],
    Wx: Float[Tensor, "d 4*h"],
    Wh: Float[Tensor, "h 4*h"],
    b: Float[Tensor, " 4*h"],
) -> tuple[Float[Tensor, "n T h"], Float[Tensor, "n T h"]]:
    """States and cells after each step, batch first; gates f, i, o, g."""
    H, C = _apply(_LSTM, X, h0, c0, Wx, Wh, b)
    return H, C


def gru(
    X: Float[Tensor, "n T d"],
    h0: Float[Tensor, "n h"],
    Wx: Float[Tensor, "d 3*h"],
    Wh: Float[Tensor, "h 3*h"],
    bx: Float[Tensor, " 3*h"],
    bh: Float[Tensor, " 3*h"],
) -> Float[Tensor, "n T h"]:
    """States after each step, batch first; gates r, z, g."""
    (H,) = _apply(_GRU, X, h0, Wx, Wh, bx, bh)
    return H


def _apply(sequence: ByHand, X: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
    """Run with time first and return with batch first, in the weights' precision also under autocast."""
    if X.shape[1] == 0:
        raise ValueError("a sequence needs at least one time step")
    first, *rest = (tensor.to(others[-1].dtype) for tensor in (X, *others))
    return tuple(output.transpose(0, 1) for output in sequence(first.transpose(0, 1).contiguous(), *rest))
