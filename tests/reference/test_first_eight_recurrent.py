"""bptt and lstm, the fixed signatures: against torch.nn and autograd in float64, on random shapes."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reference.recurrent import bptt, lstm

sizes = st.integers(1, 5)
few = settings(max_examples=25, deadline=None)


def draw(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def rnn_case(n, steps, d, h, k):
    shapes = {"Wx": (d, h), "Wh": (h, h), "bh": (h,), "Wy": (h, k), "by": (k,)}
    params = {name: draw(*shape, seed=i).requires_grad_() for i, (name, shape) in enumerate(shapes.items())}
    return draw(n, steps, d, seed=10), draw(n, steps, k, seed=11), draw(n, h, seed=12), params


def close(got, wanted):
    torch.testing.assert_close(got, wanted, rtol=1e-10, atol=1e-10)


@few
@given(sizes, sizes, sizes, sizes, sizes)
def test_bptt_equals_autograd(n, steps, d, h, k):
    X, T, h0, params = rnn_case(n, steps, d, h, k)
    Y, H = bptt.forward(X, h0, params)
    assert Y.shape == (n, steps, k)
    assert H.shape == (n, steps, h)
    wanted = dict(zip(params, torch.autograd.grad(bptt.loss(Y, T), list(params.values())), strict=True))
    with torch.no_grad():
        close(bptt.bptt(X, T, h0, params), wanted)
        close(bptt.bptt(X, T, h0, params, average=True), {name: grad / steps for name, grad in wanted.items()})


@few
@given(sizes, sizes, sizes, sizes, sizes, st.integers(1, 6))
def test_truncated_bptt_equals_autograd_through_a_cut_graph(n, steps, d, h, k, window):
    """For the error of step t, detach the state that enters replica t - window + 1 and differentiate the rest."""
    X, T, h0, params = rnn_case(n, steps, d, h, k)
    _, H = bptt.forward(X, h0, params)
    states = torch.cat([h0.unsqueeze(1), H.detach()], dim=1)
    wanted = {name: torch.zeros_like(p) for name, p in params.items()}
    for t in range(steps):
        first = max(0, t - window + 1)
        Y, _ = bptt.forward(X[:, first : t + 1], states[:, first], params)
        error = bptt.loss(Y[:, -1:], T[:, t : t + 1])
        for name, grad in zip(
            params, torch.autograd.grad(error, list(params.values()), allow_unused=True), strict=True
        ):
            wanted[name] += grad
    with torch.no_grad():
        close(bptt.bptt(X, T, h0, params, window=window), wanted)


def test_windows_that_reach_beyond_the_start_change_nothing():
    X, T, h0, params = rnn_case(2, 4, 3, 5, 2)
    with torch.no_grad():
        close(bptt.bptt(X, T, h0, params, window=4), bptt.bptt(X, T, h0, params))
        close(bptt.bptt(X, T, h0, params, window=9), bptt.bptt(X, T, h0, params))
        assert not torch.allclose(bptt.bptt(X, T, h0, params, window=3)["Wh"], bptt.bptt(X, T, h0, params)["Wh"])


@pytest.mark.parametrize("window", [0, -1])
def test_a_window_without_a_replica_is_refused(window):
    X, T, h0, params = rnn_case(2, 4, 3, 5, 2)
    with pytest.raises(ValueError, match="at least 1"):
        bptt.bptt(X, T, h0, params, window=window)


def test_arguments_stay_as_they_are():
    X, T, h0, params = rnn_case(2, 4, 3, 5, 2)
    before = [a.detach().clone() for a in (X, T, h0, *params.values())]
    with torch.no_grad():
        bptt.bptt(X, T, h0, params, window=2, average=True)
    close([a.detach() for a in (X, T, h0, *params.values())], before)


def lstm_case(n, steps, d, h):
    params = {f"W{gate}": draw(h + d, h, seed=i) for i, gate in enumerate("figo")}
    params |= {f"b{gate}": draw(h, seed=20 + i) for i, gate in enumerate("figo")}
    return draw(n, steps, d, seed=10), draw(n, h, seed=11), draw(n, h, seed=12), params


@few
@given(sizes, sizes, sizes, sizes)
def test_lstm_equals_torch(n, steps, d, h):
    X, h0, c0, params = lstm_case(n, steps, d, h)
    theirs = torch.nn.LSTM(d, h, batch_first=True, dtype=torch.float64)
    with torch.no_grad():  # torch stacks its gates in the order i, f, g, o
        theirs.weight_hh_l0.copy_(torch.cat([params[f"W{gate}"][:h].T for gate in "ifgo"]))
        theirs.weight_ih_l0.copy_(torch.cat([params[f"W{gate}"][h:].T for gate in "ifgo"]))
        theirs.bias_hh_l0.copy_(torch.cat([params[f"b{gate}"] for gate in "ifgo"]))
        theirs.bias_ih_l0.zero_()
        wanted, (_, last_cell) = theirs(X, (h0.unsqueeze(0), c0.unsqueeze(0)))
    H, C = lstm.forward(X, h0, c0, params)
    close(H, wanted)
    close(C[:, -1], last_cell[0])


def test_a_step_uses_the_gates():
    X, h, c, params = lstm_case(3, 1, 2, 4)
    f, i, g, o = lstm.gates(X[:, 0], h, params)
    new_h, new_c = lstm.step(X[:, 0], h, c, params)
    close(new_c, f * c + i * g)
    close(new_h, o * torch.tanh(new_c))
    assert g.min() < 0 < f.min()  # the candidate is a tanh, the gates are sigmoids
