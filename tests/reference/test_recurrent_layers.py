"""RNN, LSTM and GRU, cells and layers: against torch.nn and autograd in float64, on random shapes."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reference.recurrent import gru, layers, lstm, rnn

sizes = st.integers(1, 5)
few = settings(max_examples=20, deadline=None)
KINDS = ("RNN", "LSTM", "GRU")


def draw(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def close(got, wanted):
    torch.testing.assert_close(got, wanted, rtol=1e-10, atol=1e-10)


def both(kind, inputs, hidden, depth, bidirectional, device="cpu"):
    torch.manual_seed(1)
    theirs = getattr(torch.nn, kind)(
        inputs, hidden, depth, batch_first=True, bidirectional=bidirectional, dtype=torch.float64, device=device
    )
    mine = getattr(layers, kind)(inputs, hidden, depth, bidirectional=bidirectional).to(device, torch.float64)
    mine.load_torch(theirs)
    return mine, theirs


@pytest.mark.parametrize("kind", KINDS)
@few
@given(sizes, sizes, sizes, sizes, st.integers(1, 3), st.booleans())
def test_layers_equal_torch_forward_and_backward(device, kind, n, steps, d, h, depth, bidirectional):
    mine, theirs = both(kind, d, h, depth, bidirectional, device)
    X = draw(n, steps, d, seed=2).to(device).requires_grad_()
    parts = [draw(depth * (1 + bidirectional), n, h, seed=s).to(device).requires_grad_() for s in range(mine.states)]
    outputs, last = mine(X, tuple(parts))
    wanted, their_last = theirs(X, tuple(parts) if len(parts) == 2 else parts[0])
    their_last = their_last if isinstance(their_last, tuple) else (their_last,)
    close(outputs, wanted)
    close(last, their_last)

    weights = torch.linspace(-1, 2, outputs.numel(), dtype=torch.float64, device=device).view_as(outputs)

    def error(Y, state):
        return (Y * weights).sum() + sum((part**2).sum() for part in state)

    leaves = [X, *parts]
    got = torch.autograd.grad(error(outputs, last), [*leaves, *mine.parameters()])
    want = torch.autograd.grad(error(wanted, their_last), [*leaves, *theirs.parameters()])
    close(got[: len(leaves)], want[: len(leaves)])
    gradient_norm = sum(g.abs().sum() for g in got[len(leaves) :])
    # torch has two biases where the RNN and the LSTM need one, whose gradients are the same
    bias_twice = [
        g
        for g, (name, _) in zip(want[len(leaves) :], theirs.named_parameters(), strict=True)
        if kind == "GRU" or not name.startswith("bias_hh")
    ]
    close(gradient_norm, sum(g.abs().sum() for g in bias_twice))


@pytest.mark.parametrize("kind", KINDS)
def test_two_halves_of_a_sequence_are_the_whole(kind):
    mine, _ = both(kind, 3, 4, 2, False)
    X = draw(2, 7, 3, seed=3)
    whole, end = mine(X)
    first, state = mine(X[:, :3])
    second, other_end = mine(X[:, 3:], state)
    close(torch.cat([first, second], dim=1), whole)
    close(other_end, end)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_autocast_and_other_precisions(device, kind, dtype):
    mine = getattr(layers, kind)(3, 4).to(device)
    X = torch.randn(2, 5, 3, device=device)
    with torch.autocast(torch.device(device).type, torch.bfloat16):
        outputs, _ = mine(torch.nn.Linear(3, 3, device=device)(X))  # a bfloat16 input
    assert outputs.dtype == torch.float32
    outputs.sum().backward()
    low, _ = mine.to(dtype)(X.to(dtype))
    assert low.dtype == dtype
    assert torch.isfinite(low).all()


def test_dropout_works_between_layers_only_and_while_training():
    torch.manual_seed(0)
    one, two = layers.LSTM(3, 4, 1, dropout=0.5), layers.LSTM(3, 4, 2, dropout=0.5)
    X = torch.randn(2, 5, 3)
    assert torch.equal(one(X)[0], one(X)[0])
    assert not torch.equal(two(X)[0], two(X)[0])
    two.eval()
    assert torch.equal(two(X)[0], two(X)[0])


def test_the_forget_bias_reaches_the_forget_gate_alone():
    torch.manual_seed(0)
    plain = layers.LSTM(3, 4)
    torch.manual_seed(0)
    biased = layers.LSTM(3, 4, forget_bias=2.0)
    difference = biased.cells[0].b - plain.cells[0].b
    assert difference.tolist() == pytest.approx([2.0] * 4 + [0.0] * 12, abs=1e-6)


def test_an_empty_sequence_is_refused():
    with pytest.raises(ValueError, match="at least one time step"):
        layers.GRU(3, 4)(torch.zeros(2, 0, 3))


def cell_params(names, h, d):
    params = {f"W{name}": draw(h + d, h, seed=i).requires_grad_() for i, name in enumerate(names)}
    return params | {f"b{name}": draw(h, seed=20 + i).requires_grad_() for i, name in enumerate(names)}


@few
@given(sizes, sizes, sizes, sizes)
def test_lstm_backward_by_hand_equals_autograd(n, steps, d, h):
    params = cell_params("figo", h, d)
    X, h0, c0 = (draw(*shape, seed=9).requires_grad_() for shape in ((n, steps, d), (n, h), (n, h)))
    dH = draw(n, steps, h, seed=10)
    H, _ = lstm.forward(X, h0, c0, params)
    leaves = {"X": X, "h0": h0, "c0": c0} | params
    wanted = dict(zip(leaves, torch.autograd.grad(H, list(leaves.values()), dH), strict=True))
    with torch.no_grad():
        close(lstm.backward(dH, X, h0, c0, params), wanted)


@few
@given(sizes, sizes, sizes, sizes)
def test_gru_backward_by_hand_equals_autograd(n, steps, d, h):
    params = cell_params("zrg", h, d)
    X, h0, dH = (
        draw(n, steps, d, seed=9).requires_grad_(),
        draw(n, h, seed=8).requires_grad_(),
        draw(n, steps, h, seed=10),
    )
    leaves = {"X": X, "h0": h0} | params
    wanted = dict(zip(leaves, torch.autograd.grad(gru.forward(X, h0, params), list(leaves.values()), dH), strict=True))
    with torch.no_grad():
        close(gru.backward(dH, X, h0, params), wanted)


def as_torch_gru(params, h, d):
    """torch.nn.GRU with the same matrices; its z is the share that is kept, 1 - z here, hence the signs."""
    theirs = torch.nn.GRU(d, h, batch_first=True, dtype=torch.float64)
    signs = {"r": 1, "z": -1, "g": 1}
    with torch.no_grad():
        theirs.weight_hh_l0.copy_(torch.cat([sign * params[f"W{name}"][:h].T for name, sign in signs.items()]))
        theirs.weight_ih_l0.copy_(torch.cat([sign * params[f"W{name}"][h:].T for name, sign in signs.items()]))
        theirs.bias_ih_l0.copy_(torch.cat([sign * params[f"b{name}"] for name, sign in signs.items()]))
        theirs.bias_hh_l0.zero_()
    return theirs


def test_the_papers_gru_equals_torchs_where_the_recurrent_matrix_of_the_candidate_is_diagonal():
    """Then r * (h W) = (r * h) W; with a full matrix the two forms differ."""
    h, d = 4, 3
    params = {name: value.detach() for name, value in cell_params("zrg", h, d).items()}
    X, h0 = draw(2, 5, d, seed=7), draw(2, h, seed=8)
    full = as_torch_gru(params, h, d)(X, h0.unsqueeze(0))[0]
    assert not torch.allclose(gru.forward(X, h0, params), full, atol=1e-3)
    params["Wg"][:h] = torch.diag(torch.diag(params["Wg"][:h]))
    close(gru.forward(X, h0, params), as_torch_gru(params, h, d)(X, h0.unsqueeze(0))[0])


def rnn_params(d, h, k, seed):
    shapes = {"Wx": (d, h), "Wh": (h, h), "bh": (h,), "Wy": (h, k), "by": (k,)}
    return {name: draw(*shape, seed=seed + i) for i, (name, shape) in enumerate(shapes.items())}


def torch_rnn(layers_params, bidirectional=False):
    first = layers_params[0]["Wx"]
    depth = len(layers_params) // (2 if bidirectional else 1)
    theirs = torch.nn.RNN(*first.shape, depth, batch_first=True, bidirectional=bidirectional, dtype=torch.float64)
    with torch.no_grad():
        for index, params in enumerate(layers_params):
            suffix = ("_l0_reverse" if index else "_l0") if bidirectional else f"_l{index}"
            getattr(theirs, "weight_ih" + suffix).copy_(params["Wx"].T)
            getattr(theirs, "weight_hh" + suffix).copy_(params["Wh"].T)
            getattr(theirs, "bias_ih" + suffix).copy_(params["bh"])
            getattr(theirs, "bias_hh" + suffix).zero_()
    return theirs


def test_deep_and_bidirectional_wiring_equal_torch():
    X = draw(2, 6, 3, seed=1)
    stack = [rnn_params(3, 4, 2, 10), rnn_params(4, 4, 2, 20), rnn_params(4, 4, 2, 30)]
    h0 = draw(3, 2, 4, seed=2)
    close(rnn.deep(X, list(h0), stack), torch_rnn(stack)(X, h0)[0])
    pair = (rnn_params(3, 4, 2, 10), rnn_params(3, 4, 2, 20))
    close(rnn.bidirectional(X, (h0[0], h0[1]), pair), torch_rnn(pair, bidirectional=True)(X, h0[:2])[0])


def test_one_step_and_one_example_at_a_time_is_the_same():
    X, h0, params = draw(3, 5, 2, seed=1), draw(3, 4, seed=2), rnn_params(2, 4, 2, 10)
    Y = rnn.many_to_many(X, h0, params)
    for example in range(3):
        h = h0[example]
        for t in range(5):
            h = rnn.step(X[example, t], h, params)
            close(Y[example, t], rnn.read_out(h, params))
    close(rnn.many_to_one(X, h0, params), Y[:, -1])


def test_one_to_many_reads_its_input_once():
    x, h0, params = draw(3, 2, seed=1), draw(3, 4, seed=2), rnn_params(2, 4, 2, 10)
    Y = rnn.one_to_many(x, h0, params, 4)
    h = rnn.step(x, h0, params)
    for t in range(4):
        close(Y[:, t], rnn.read_out(h, params))
        h = rnn.step(torch.zeros_like(x), h, params)
    assert rnn.one_to_many(x, h0, params, 0).shape == (3, 0, 2)


def test_output_feedback_is_a_network_that_reads_its_own_outputs():
    y0, h0, params = draw(3, 2, seed=1), draw(3, 4, seed=2), rnn_params(2, 4, 2, 10)
    Y = rnn.output_feedback(y0, h0, params, 5)
    fed = torch.cat([y0.unsqueeze(1), Y[:, :-1]], dim=1)
    close(rnn.many_to_many(fed, h0, params), Y)
