"""Backpropagation. n, d, h and k are different and above 2 (a mean of 2 looks like a half); the tanh is not saturated."""

import numpy as np

from autograder import distinct_sizes, points


def case(rng, n=None):
    sizes = distinct_sizes(rng, 4, low=3, high=8)
    count, d, h, k = sizes if n is None else (n, *sizes[1:])
    params = {
        "W1": rng.normal(0, 1 / np.sqrt(d), (d, h)),
        "b1": rng.uniform(0.2, 0.8, h) * rng.choice([-1, 1], h),
        "W2": rng.normal(0, 1, (h, k)),
        "b2": rng.uniform(0.5, 1.5, k) * rng.choice([-1, 1], k),
    }
    return rng.normal(0, 1, (count, d)), rng.normal(0, 2, (count, k)), params


HAND = (
    np.array([[2.0]]),
    np.array([[3.0]]),
    {"W1": np.array([[np.log(2) / 2]]), "b1": np.zeros(1), "W2": np.array([[5.0]]), "b2": np.ones(1)},
)


def outputs(module, X, params):
    Y, _ = module.forward(X, params)
    return Y


def gradients(module, X, T, params):
    _, cache = module.forward(X, params)
    return module.backward(T, params, cache)


def gradients_of_the_output_layer(module, X, T, params):
    grads = gradients(module, X, T, params)
    return {"W2": grads["W2"], "b2": grads["b2"]}


def gradient_of_the_hidden_bias(module, X, T, params):
    return gradients(module, X, T, params)["b1"]


def gradients_of_the_first_of_two_passes(module, X, T, params, other):
    _, cache = module.forward(X, params)
    module.forward(other, params)
    return module.backward(T, params, cache)


def gradients_twice(module, X, T, params):
    _, cache = module.forward(X, params)
    return [module.backward(T, params, cache), module.backward(T, params, cache)]


def targets_and_parameters_after_backward(module, X, T, params):
    _, cache = module.forward(X, params)
    return tuple(module.arguments_after("backward", T, params, cache)[:2])


@points(1)
def test_forward_by_hand(check):
    """the output by hand: tanh(log 2) = 0.6, times 5, plus 1"""
    X, _, params = HAND
    check.value(outputs, X, params, expected=[[4.0]])


@points(2)
def test_the_outputs(check, rng):
    """forward gives a linear output on top of tanh units, with both biases"""
    X, _, params = case(rng)
    check.against_reference(outputs, X, params)
    check.against_reference(outputs, 3 * X, params)


@points(1)
def test_the_loss_by_hand(check):
    """the loss by hand: errors 1 and -2 give 5"""
    check.value("loss", np.array([[4.0, 1.0]]), np.array([[3.0, 3.0]]), expected=5.0)


@points(1)
def test_the_loss_is_a_sum(check, rng):
    """the loss sums over examples and outputs"""
    _, T, _ = case(rng)
    check.against_reference("loss", T + rng.normal(size=T.shape), T)


@points(1)
def test_the_gradients_by_hand(check):
    """the four gradients of a net with one unit per layer, by hand"""
    expected = {"W1": [[12.8]], "b1": [6.4], "W2": [[1.2]], "b2": [2.0]}
    check.value(gradients, *HAND, expected={name: np.array(value) for name, value in expected.items()})


@points(2)
def test_the_output_layer(check, rng):
    """the gradients of W2 and b2: what came into the layer, times what comes back"""
    check.against_reference(gradients_of_the_output_layer, *case(rng))
    check.against_reference(gradients_of_the_output_layer, *case(rng, n=1))


@points(2)
def test_the_way_back_through_the_hidden_layer(check, rng):
    """the gradient of b1 has come back through W2 and through the tanh"""
    check.against_reference(gradient_of_the_hidden_bias, *case(rng))


@points(2)
def test_all_four_gradients(check, rng):
    """all four gradients, for several sizes"""
    for _ in range(3):
        check.against_reference(gradients, *case(rng))


@points(1)
def test_a_single_example(check, rng):
    """one example alone"""
    check.against_reference(gradients, *case(rng, n=1))


@points(1)
def test_no_error_no_gradient(check, rng):
    """where the outputs hit the targets, no gradient is left"""
    X, _, params = case(rng)
    Y = np.asarray(np.tanh(X @ params["W1"] + params["b1"]) @ params["W2"] + params["b2"])
    check.against_reference(gradients, X, Y, params)


@points(1)
def test_each_cache_belongs_to_its_pass(check, rng):
    """a second forward pass leaves the cache of the first alone"""
    X, T, params = case(rng)
    check.against_reference(gradients_of_the_first_of_two_passes, X, T, params, X[::-1] + 0.5)


@points(1)
def test_backward_leaves_its_cache_alone(check, rng):
    """two backward passes with one cache give the same"""
    check.against_reference(gradients_twice, *case(rng))


@points(1)
def test_arguments_stay_as_they_are(check, rng):
    """the arguments are not modified"""
    X, T, params = case(rng)
    check.unchanged("forward", X, params)
    check.unchanged("loss", T + 1.0, T)
    check.value(targets_and_parameters_after_backward, X, T, params, expected=(T, params))
