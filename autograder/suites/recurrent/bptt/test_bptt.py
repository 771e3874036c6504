"""Backpropagation through time. The five sizes are all different and above 2; h0 and biases are not zero, no tanh saturates."""

import numpy as np

from autograder import distinct_sizes, points


def case(rng, steps=None):
    """Examples, steps, inputs, units and outputs, no two of a size (a given number of steps is 1 or 9, as nothing else is)."""
    n, s, d, h, k = distinct_sizes(rng, 5, low=3, high=8)
    s = steps or s
    params = {
        "Wx": rng.normal(0, 0.6 / np.sqrt(d), (d, h)),
        "Wh": rng.normal(0, 1 / np.sqrt(h), (h, h)),
        "bh": rng.uniform(0.1, 0.4, h) * rng.choice([-1, 1], h),
        "Wy": rng.normal(0, 1, (h, k)),
        "by": rng.uniform(0.5, 1.5, k) * rng.choice([-1, 1], k),
    }
    return rng.normal(0, 1, (n, s, d)), rng.normal(0, 2, (n, s, k)), rng.uniform(-0.8, 0.8, (n, h)), params


def with_errors_at(steps, X, T, h0, params):
    """The case with targets that the outputs hit, except at the given steps."""
    h, hit = h0, np.array(T)
    for t, x in enumerate(np.moveaxis(X, 1, 0)):
        h = np.tanh(x @ params["Wx"] + h @ params["Wh"] + params["bh"])
        hit[:, t] = h @ params["Wy"] + params["by"] + (T[:, t] if t in steps else 0)
    return X, hit, h0, params


LOG2 = np.log(2)
HAND = {"Wx": [[1.0]], "Wh": [[LOG2 / 0.6]], "bh": [0.0], "Wy": [[5.0]], "by": [1.0]}
HAND = {name: np.array(value) for name, value in HAND.items()}
HAND_X, HAND_H0 = np.array([[[LOG2], [0.0]]]), np.zeros((1, 1))


def output_layer(module, X, T, h0, params):
    grads = module.bptt(X, T, h0, params)
    return {"Wy": grads["Wy"], "by": grads["by"]}


def recurrent_weights(module, X, T, h0, params):
    return module.bptt(X, T, h0, params)["Wh"]


def inputs_and_bias(module, X, T, h0, params):
    grads = module.bptt(X, T, h0, params)
    return {"Wx": grads["Wx"], "bh": grads["bh"]}


def states(module, X, h0, params):
    return module.forward(X, h0, params)[1]


def outputs(module, X, h0, params):
    return module.forward(X, h0, params)[0]


def states_of_two_passes(module, X, h0, params, other_X, other_h0):
    return module.forward(X, h0, params)[1], module.forward(other_X, other_h0, params)[1]


def cut_and_then_whole(module, X, T, h0, params):
    return module.bptt(X, T, h0, params, window=2, average=True), module.bptt(X, T, h0, params)


def many_weights(module, X, T, h0, params):
    """Sums along both axes of large gradients: they are compared in full, and yet little is kept."""
    grads = {name: np.asarray(grad) for name, grad in module.bptt(X, T, h0, params).items()}
    return {name: grads[name].sum(axis=0) for name in params} | {"Wh along": grads["Wh"].sum(axis=1)}


@points(1)
def test_forward_by_hand(check, rng):
    """two steps of one unit, by hand: states 0.6 and 0.6, outputs 4 and 4"""
    states = np.array([[[0.6], [0.6]]])
    check.value("forward", HAND_X, HAND_H0, HAND, expected=(5 * states + 1, states))
    X, _, h0, params = case(rng)
    check.against_reference("forward", X[:1, :2], h0[:1], params)


@points(1)
def test_the_state_is_carried_along(check, rng):
    """each state is computed from the input and the state before it, the first from h0"""
    X, _, h0, params = case(rng)
    check.against_reference(states, X, h0, params)
    check.against_reference(states, rng.normal(size=(len(X), *X.shape[::2])), h0, params)  # as many steps as examples
    check.against_reference(states_of_two_passes, X, h0, params, rng.normal(size=X.shape), -h0)


@points(1)
def test_the_outputs_read_the_states(check, rng):
    """each output is computed from the state after its step"""
    X, _, h0, params = case(rng)
    check.against_reference(outputs, X, h0, params)
    check.against_reference(outputs, -X, h0, params)


@points(1)
def test_forward_of_a_single_step(check, rng):
    """a sequence of one step"""
    X, _, h0, params = case(rng, steps=1)
    check.against_reference("forward", X, h0, params)


@points(1)
def test_the_gradients_by_hand(check, rng):
    """the gradients of two steps of one unit, by hand"""
    targets = np.array([[[4.0], [3.0]]])
    back = 6.4 * LOG2 / 0.6 * 0.64
    expected = {"Wx": [[back * LOG2]], "Wh": [[3.84]], "bh": [6.4 + back], "Wy": [[1.2]], "by": [2.0]}
    expected = {name: np.array(value) for name, value in expected.items()}
    check.value("bptt", HAND_X, targets, HAND_H0, HAND, expected=expected)
    X, T, h0, params = case(rng)
    check.against_reference("bptt", X[:1, :2], T[:1, :2], h0[:1], params)


@points(1)
def test_the_output_layer(check, rng):
    """the gradients of Wy and by add what the errors of all steps say"""
    check.against_reference(output_layer, *case(rng))


@points(1)
def test_one_step_is_plain_backpropagation(check, rng):
    """one step: plain backpropagation, and Wh was multiplied with h0"""
    check.against_reference("bptt", *case(rng, steps=1))


@points(1)
def test_window_one_allows_no_way_back(check, rng):
    """window=1: every error stays at its own step"""
    check.against_reference("bptt", *case(rng), window=1)


@points(2)
def test_the_error_of_the_last_step_reaches_the_first(check, rng):
    """an error at the last step goes all the way back"""
    X, T, h0, params = case(rng, steps=9)
    check.against_reference("bptt", *with_errors_at((8,), X, T, h0, params))


@points(2)
def test_the_replicas_are_added(check, rng):
    """without a window every error reaches all replicas before it, and the replicas are added"""
    arguments = case(rng)
    check.against_reference(inputs_and_bias, *arguments)
    check.against_reference(recurrent_weights, *arguments)
    check.against_reference("bptt", *case(rng))
    units, d, k = 320, 5, 4  # 100,000 weights: no time for a difference quotient per weight
    params = {"Wx": rng.normal(size=(d, units)), "Wh": rng.normal(0, units**-0.5, (units, units))}
    params |= {"bh": rng.normal(0, 0.3, units), "Wy": rng.normal(0, units**-0.5, (units, k)), "by": rng.normal(size=k)}
    shapes = ((2, 3, d), (2, 3, k), (2, units))
    check.against_reference(many_weights, *(rng.uniform(-0.8, 0.8, shape) for shape in shapes), params)


@points(2)
def test_windows_in_between(check, rng):
    """window = 2, 3: the error of step t reaches t, t-1, ..., t-window+1, and the errors of all steps count"""
    for window in (2, 3):
        X, T, h0, params = case(rng, steps=9)
        check.against_reference("bptt", X, T, h0, params, window=window)
    check.against_reference("bptt", *with_errors_at((2, 4), *case(rng, steps=9)), window=2)
    check.against_reference(cut_and_then_whole, *case(rng, steps=9))


@points(1)
def test_windows_as_long_as_the_sequence(check, rng):
    """a window as long as the sequence, or longer, cuts nothing; one step shorter cuts one thing"""
    arguments = case(rng)
    steps = arguments[0].shape[1]
    for window in (steps - 1, steps, steps + 3):
        check.against_reference("bptt", *arguments, window=window)


@points(1)
def test_average_divides_by_the_number_of_steps(check, rng):
    """average=True divides all five gradients by the number of time steps, with a window too"""
    check.against_reference("bptt", *case(rng), average=True)
    check.against_reference("bptt", *case(rng, steps=9), window=2, average=True)


@points(1)
def test_arguments_stay_as_they_are(check, rng):
    """the arguments are not modified"""
    X, T, h0, params = case(rng)
    check.unchanged("forward", X, h0, params)
    check.unchanged("bptt", X, T, h0, params)
    check.unchanged("bptt", X, T, h0, params, window=2, average=True)
