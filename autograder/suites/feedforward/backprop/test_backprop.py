"""Backpropagation. n, d, h and k are different, above 2 (a mean of 2 looks like a half) and none is twice another one.

Otherwise a sum over k would look like half the mean over n. The tanh is not saturated.

The gradients are asked for where the outputs miss their targets by E, whatever the outputs are: so a slip in the output layer of
`forward` is charged there and not once more on the way back. For the same reason most nets on the way back have b1 = 0.
"""

import numpy as np

from autograder import distinct_sizes, points
from autograder.compare import Tolerance

PER_ROW = Tolerance(per="row", floor=1e-6)  # features and gradients of any size


def case(rng, n=None, square=False, shifted=False):
    """X (n, d), errors E (n, k) and parameters; `square`: h = k, `shifted`: b1 is not zero."""
    count, d, h, k = distinct_sizes(rng, 4, low=4, high=7)
    count, k = n or count, h if square else k
    params = {
        "W1": rng.normal(0, 1.2 / np.sqrt(d), (d, h)),
        "b1": rng.uniform(0.2, 0.8, h) * rng.choice([-1, 1], h) if shifted else np.zeros(h),
        "W2": rng.normal(0, 1, (h, k)),
        "b2": rng.uniform(0.5, 1.5, k) * rng.choice([-1, 1], k),
    }
    return rng.normal(0, 1, (count, d)), rng.normal(0, 2, (count, k)), params


def large_case(rng):
    """100,654 weights: no time for a difference quotient per weight."""
    n, d, h, k = 3, 300, 330, 4
    params = {
        "W1": rng.uniform(-0.1, 0.1, (d, h)),
        "b1": rng.uniform(-0.5, 0.5, h),
        "W2": rng.uniform(-1, 1, (h, k)),
        "b2": rng.uniform(-1, 1, k),
    }
    return rng.normal(0, 1, (n, d)), rng.normal(0, 2, (n, k)), params


HAND = (
    np.array([[2.0]]),
    np.array([[1.0]]),
    {"W1": np.array([[np.log(2) / 2]]), "b1": np.zeros(1), "W2": np.array([[5.0]]), "b2": np.ones(1)},
)


def outputs(module, X, params):
    passed = module.forward(X, params)
    return passed[0] if is_pass(passed) else passed


def is_pass(passed):
    """Whether `forward` gave outputs and a cache; without them there is nothing to go back from."""
    return isinstance(passed, tuple | list) and len(passed) == 2


def back(passed, backward, params, E):
    """The gradients where the outputs of a forward pass miss their targets by E."""
    if not is_pass(passed):
        return {"what forward returned": passed}
    Y, cache = passed
    return backward(np.asarray(Y) - E, params, cache)


def gradients(module, X, E, params):
    return back(module.forward(X, params), module.backward, params, E)


def gradients_of_the_output_layer(module, X, E, params):
    grads = back(module.forward(X, params), module.backward, params, E)
    return {name: grads[name] for name in ("W2", "b2")} if "W2" in grads else grads


def gradient_of_the_hidden_bias(module, X, E, params):
    grads = back(module.forward(X, params), module.backward, params, E)
    return grads.get("b1", grads) if isinstance(grads, dict) else grads


def gradients_of_the_first_of_two_passes(module, X, E, params, other):
    passed = module.forward(X, params)
    module.forward(other, params)
    return back(passed, module.backward, params, E)


def gradients_for_two_targets(module, X, E, params, other):
    passed = module.forward(X, params)
    return [back(passed, module.backward, params, errors) for errors in (E, other)]


def many_gradients(module, X, E, params):
    """Sums along both axes of large gradients: they are compared in full, and yet little is kept."""
    grads = back(module.forward(X, params), module.backward, params, E)
    if "W1" not in grads:
        return grads
    sums = {name: np.asarray(grad).sum(axis=0) for name, grad in grads.items()}
    return sums | {"W1 along": np.asarray(grads["W1"]).sum(axis=-1)}


def targets_and_parameters_after_backward(module, X, T, params):
    passed = module.forward(X, params)
    if not is_pass(passed):
        return T, params
    return tuple(module.arguments_after("backward", T, params, passed[1])[:2])


@points(1)
def test_forward_by_hand(check, rng):
    """the output by hand: tanh(log 2) = 0.6, times 5, plus 1"""
    X, _, params = HAND
    check.value(outputs, X, params, expected=[[4.0]])
    X, _, params = case(rng, shifted=True)
    check.against_reference("forward", X[:1], params)


@points(2)
def test_the_outputs(check, rng):
    """forward gives a linear output on top of tanh units, with both biases"""
    X, _, params = case(rng, shifted=True)
    check.against_reference("forward", X, params)
    check.against_reference("forward", 2 * X, params)
    X, _, params = case(rng, square=True, shifted=True)
    check.against_reference("forward", X[:, :1] * np.ones(len(params["b1"])), params | {"W1": params["W2"]})


@points(1)
def test_the_loss_by_hand(check, rng):
    """the loss by hand: errors 1 and -2 give 5"""
    check.value("loss", np.array([[4.0, 1.0]]), np.array([[3.0, 3.0]]), expected=5.0)
    _, E, _ = case(rng)
    check.against_reference("loss", rng.normal(size=E.shape) + E, E)


@points(1)
def test_the_loss_is_a_sum(check, rng):
    """the loss sums over examples and outputs"""
    _, E, _ = case(rng)
    T = rng.normal(size=E.shape)
    check.against_reference("loss", T + E, T)
    check.against_reference("loss", T - 2 * E, T)


@points(1)
def test_the_gradients_by_hand(check):
    """the four gradients of a net with one unit per layer, by hand"""
    expected = {"W1": [[12.8]], "b1": [6.4], "W2": [[1.2]], "b2": [2.0]}
    check.value(gradients, *HAND, expected={name: np.array(value) for name, value in expected.items()})


@points(2)
def test_the_output_layer(check, rng):
    """the gradients of W2 and b2: what came into the layer, times what comes back"""
    check.against_reference(gradients_of_the_output_layer, *case(rng), tolerance=PER_ROW)


@points(2)
def test_the_way_back_through_the_hidden_layer(check, rng):
    """the gradient of b1 has come back through W2 and through the tanh"""
    check.against_reference(gradient_of_the_hidden_bias, *case(rng, square=True), tolerance=PER_ROW)


@points(2)
def test_all_four_gradients(check, rng):
    """all four gradients, also of a net with 100,000 weights"""
    check.against_reference(gradients, *case(rng, shifted=True), tolerance=PER_ROW)
    check.against_reference(many_gradients, *large_case(rng))


@points(1)
def test_a_single_example(check, rng):
    """one example alone, with features of different magnitudes"""
    X, E, params = case(rng, n=1)
    sizes = rng.permutation(10.0 ** np.linspace(-4, 0, X.shape[1]))[:, None]
    X, W1 = X * sizes.T, params["W1"] / sizes
    check.against_reference(gradients, X, E, params | {"W1": W1}, tolerance=PER_ROW)


@points(1)
def test_no_error_no_gradient(check, rng):
    """where the outputs hit the targets, no gradient is left"""
    X, E, params = case(rng)
    check.against_reference(gradients, X, 0 * E, params)


@points(1)
def test_each_cache_belongs_to_its_pass(check, rng):
    """a second forward pass leaves the cache of the first alone"""
    X, E, params = case(rng)
    check.against_reference(gradients_of_the_first_of_two_passes, X, E, params, X[::-1] + 0.5)


@points(1)
def test_backward_leaves_its_cache_alone(check, rng):
    """two backward passes with one cache, each for its own targets"""
    X, E, params = case(rng)
    check.against_reference(gradients_for_two_targets, X, E, params, E[::-1] + 0.5)


@points(1)
def test_arguments_stay_as_they_are(check, rng):
    """the arguments are not modified"""
    X, T, params = case(rng)
    check.unchanged("forward", X, params)
    check.unchanged("loss", T + rng.normal(size=T.shape), T)
    check.value(targets_and_parameters_after_backward, X, T, params, expected=(T, params))
