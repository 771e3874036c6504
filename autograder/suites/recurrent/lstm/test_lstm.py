"""Long short-term memory. The four gates have different weights and no bias is zero; n, T, d and h are all different."""

import numpy as np

from autograder import distinct_sizes, points

GATES = "figo"


def parameters(rng, h, d, scale=0.7):
    params = {f"W{gate}": rng.normal(0, scale, (h + d, h)) for gate in GATES}
    return params | {
        f"b{gate}": rng.normal(0, scale, h) + shift for gate, shift in zip(GATES, (1, -1, 0.5, -0.5), strict=True)
    }


def only_biases(h, d, **biases):
    """All weights zero, so that each gate is what its bias says, whatever is read."""
    params = {f"W{gate}": np.zeros((h + d, h)) for gate in GATES}
    return params | {f"b{gate}": np.zeros(h) + biases.get(gate, 0.0) for gate in GATES}


def case(rng, steps=None):
    """X (n, T, d) or x (n, d), a state, a cell that is larger than 1 here and there, and parameters."""
    n, h, d, T = distinct_sizes(rng, 4, low=2, high=7)
    T = T if steps is None else steps
    X, h0 = rng.normal(size=(n, T, d)), rng.uniform(-0.9, 0.9, (n, h))
    c0 = rng.uniform(0.5, 2, (n, h)) * rng.permuted(np.resize([1, -1], (n, h)))
    return X, h0, c0, parameters(rng, h, d)


def example():
    log2, log3, log4, log6 = np.log([2, 3, 4, 6])
    weights = {"Wf": [[0], [log6]], "Wi": [[log4], [0]], "Wg": [[0], [log6]], "Wo": [[0], [0]]}
    biases = {"bf": [-log2], "bi": [-log4], "bg": [-log3], "bo": [-log3]}
    params = {name: np.array(value, dtype=float) for name, value in (weights | biases).items()}
    return np.array([[1.0]]), np.array([[2.0]]), params


def two_steps_in_a_row(module, x, h, c, params, other):
    return module.step(x, h, c, params), module.step(x, h, other, params)


def two_sequences_in_a_row(module, X, h0, c0, params, other):
    return module.forward(X, h0, c0, params), module.forward(other, -h0, -c0, params)


@points(1)
def test_gates_by_hand(check, rng):
    """the gates by hand: 3/4, 4/5, 3/5 and 1/4"""
    x, h, params = example()
    check.value("gates", x, h, params, expected=tuple(np.array([[value]]) for value in (0.75, 0.8, 0.6, 0.25)))
    check.against_reference("gates", rng.normal(size=(2, 1)), rng.normal(size=(2, 1)), parameters(rng, 1, 1))


@points(1)
def test_biases_count(check, rng):
    """with all weights zero each gate shows its own bias"""
    n, h, d = distinct_sizes(rng, 3)
    biases = [rng.permutation(np.linspace(-2, 2, h)) + shift for shift in (0.1, 0.3, 0.5, 0.7)]  # no two gates alike
    params = only_biases(h, d) | {f"b{gate}": bias for gate, bias in zip(GATES, biases, strict=True)}
    check.against_reference("gates", rng.normal(size=(n, d)), rng.uniform(-1, 1, (n, h)), params)


@points(2)
def test_the_state_comes_before_the_input(check, rng):
    """the first rows of the weights belong to the state, the others to the input"""
    X, h, _, params = case(rng)
    x, rows = X[:, 0], h.shape[1]
    check.against_reference("gates", x, h, params)
    check.against_reference("gates", 0 * x, h, params)
    check.against_reference("gates", x, 0 * h, params)
    square = rng.normal(size=(len(x), rows))  # as many inputs as units: no shape gives a wrong order away
    check.against_reference("gates", square, h, parameters(rng, rows, rows))


@points(1)
def test_each_gate_has_its_own_weights(check, rng):
    """each of the four has its own weights"""
    X, h, _, params = case(rng)
    for name in GATES:
        blank = only_biases(h.shape[1], X.shape[2])
        check.against_reference("gates", X[:, 0], h, blank | {f"W{name}": params[f"W{name}"]})


@points(1)
def test_large_arguments_saturate(check, rng):
    """sigmoids of +-1000 are 1 and 0"""
    n, h, d = distinct_sizes(rng, 3, low=3)
    patterns = ([1, -1, 1], [1, 1, -1], [1, -1, -1], [-1, 1, 1])  # no two gates are open for the same units
    signs = 1000.0 * np.array([np.resize(pattern, h) for pattern in patterns])[:, rng.permutation(h)]
    params = parameters(rng, h, d) | {f"b{gate}": sign for gate, sign in zip(GATES, signs, strict=True)}
    check.against_reference("gates", rng.normal(size=(n, d)), rng.uniform(-1, 1, (n, h)), params)


@points(1)
def test_step_by_hand(check, rng):
    """one step by hand: the cell becomes 1.23"""
    x, h, params = example()
    check.value("step", x, h, np.array([[1.0]]), params, expected=(np.array([[np.tanh(1.23) / 4]]), np.array([[1.23]])))
    state, cell = rng.uniform(-0.9, 0.9, (2, 1)), rng.uniform(0.5, 2, (2, 1)) * np.array([[1], [-1]])
    check.against_reference("step", rng.normal(size=(2, 1)), state, cell, parameters(rng, 1, 1))


@points(2)
def test_the_forget_gate_keeps_the_old_cell(check, rng):
    """what the forget gate keeps of the old cell"""
    X, h, c, _ = case(rng)
    for f in (1000.0, -1000.0, 1.5, -0.5):  # keep all, keep nothing, and between; the input gate is shut
        params = only_biases(h.shape[1], X.shape[2], f=f, i=-1000.0, g=0.8, o=0.3)
        check.against_reference("step", X[:, 0], h, c, params)


@points(1)
def test_the_input_gate_writes_the_candidate(check, rng):
    """what the input gate writes of the candidate"""
    X, h, c, _ = case(rng)
    for i, g in ((0.4, -1.2), (-0.9, 0.7)):  # into an empty cell
        params = only_biases(h.shape[1], X.shape[2], f=1.3, i=i, g=g, o=-0.7)
        check.against_reference("step", X[:, 0], h, 0 * c, params)


@points(2)
def test_one_step(check, rng):
    """one step: new state and new cell"""
    X, h, c, params = case(rng)
    check.against_reference("step", X[:, 0], h, c, params)
    check.against_reference("step", X[:1, 0], h[:1], c[:1], params)
    check.against_reference(two_steps_in_a_row, X[:, 0], h, c, params, -c)


@points(1)
def test_forward_by_hand(check, rng):
    """three steps by hand: the cell goes 0.4, 0.7, 0.925"""
    params = only_biases(1, 2, f=np.log(3), g=np.log(3), o=-np.log(3))
    C = np.array([[[0.4], [0.7], [0.925]]])
    X = np.ones((1, 3, 2))
    check.value("forward", X, np.zeros((1, 1)), np.zeros((1, 1)), params, expected=(np.tanh(C) / 4, C))
    X, h0, c0, params = case(rng, steps=3)
    check.against_reference("forward", X, h0, c0, params)


@points(1)
def test_one_time_step_starts_from_the_given_state(check, rng):
    """a sequence of one step starts from h0 and c0"""
    X, h0, c0, params = case(rng, steps=1)
    check.against_reference("forward", X, h0, c0, params)


@points(2)
def test_state_and_cell_are_carried_along(check, rng):
    """state and cell are carried from step to step"""
    X, h0, c0, params = case(rng)
    check.against_reference("forward", X, h0, c0, params)
    check.against_reference("forward", X[:1], h0[:1], c0[:1], params)
    n = len(X)
    check.against_reference("forward", rng.normal(size=(n, n, X.shape[2])), h0, c0, params)  # n = T: axes of one size
    check.against_reference(two_sequences_in_a_row, X, h0, c0, params, rng.normal(size=X.shape))


@points(1)
def test_an_open_forget_gate_keeps_the_cell(check, rng):
    """30 steps leave a cell as it is whose forget gate is open and whose input gate is shut"""
    X, h0, c0, _ = case(rng, steps=30)
    h, d = h0.shape[1], X.shape[2]
    some_open = rng.permuted(np.resize([1000.0, -1000.0], h))
    params = parameters(rng, h, d) | {"bf": some_open, "bi": np.full(h, -1000.0)}
    check.against_reference("forward", X, h0, c0, params)


@points(1)
def test_arguments_stay_as_they_are(check, rng):
    """the arguments are not modified"""
    X, h0, c0, params = case(rng)
    check.unchanged("gates", X[:, 0], h0, params)
    check.unchanged("step", X[:, 0], h0, c0, params)
    check.unchanged("forward", X, h0, c0, params)
