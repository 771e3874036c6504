"""Hebbian learning. Values lie on a grid of quarters, so that w . x is exact, on the line too, in whatever order it is summed."""

import numpy as np

from autograder import points

OR = np.array([[1.0, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1]]), np.array([-1.0, 1, 1, 1])
AND = OR[0], np.array([-1.0, -1, -1, 1])
XOR = OR[0], np.array([-1.0, 1, 1, -1])
AND_EPOCHS = 6  # what the rule needs from zero weights with eta = 0.5


def grid(rng, *shape):
    """Multiples of 1/4 in -3..3."""
    return rng.integers(-12, 13, shape) / 4


def examples(rng, n, d):
    X = grid(rng, n, d)
    X[:, 0] = 1
    return X


def weights_giving(rng, x, z):
    """Weights with w . x = z exactly; z is a multiple of 1/16."""
    w = grid(rng, len(x))
    w[0] += z - w @ x
    return w


def separable(rng, n=9, d=4):
    """Examples of both classes, and beginning weights that are wrong about some of each and right about others."""
    while True:
        X, u, w = examples(rng, 16 * n, d), grid(rng, d), grid(rng, d)
        side = X @ u
        clear, wrong = np.abs(side) >= 1, side * (X @ w) < 0
        kinds = clear & wrong & (side > 0), clear & wrong & (side < 0), clear & ~wrong
        if min(kind.sum() for kind in kinds) >= n:
            rows = rng.permutation(np.concatenate([np.flatnonzero(kind)[: n // 3] for kind in kinds]))
            return w, X[rows], np.sign(side[rows])


@points(1)
def test_the_side_of_the_line_by_hand(check):
    """the answer is +1 on the positive side of the line, -1 on the other"""
    w = np.array([-3.0, 2, 1])
    check.value("predict", w, np.array([1.0, 1, 2]), expected=1)
    check.value("predict", w, np.array([1.0, 0, 2]), expected=-1)
    check.value("predict", -w, np.array([1.0, 0, 2]), expected=1)


@points(1)
def test_the_bias_counts_once(check, rng):
    """the bias w[0] shifts the line, once"""
    for sign in (1, -1):
        x = examples(rng, 1, 5)[0]
        w = weights_giving(rng, x, sign * 0.25)
        check.against_reference("predict", w, x)
        w[0] = sign * 2.0
        w[1] = -sign * 3.0
        w[2:] = 0  # the bias leaves the side at -sign, twice the bias would not
        check.against_reference("predict", w, np.array([1.0, 1, 0.25, -0.5, 2]))
        w[1] = -sign * 1.0  # without the bias the answer would be the other one
        check.against_reference("predict", w, np.array([1.0, 1, 0.25, -0.5, 2]))


@points(1)
def test_on_the_line_the_answer_is_minus_one(check, rng):
    """a point on the line, w . x = 0, is answered with -1"""
    x = examples(rng, 1, 4)[0]
    check.value("predict", np.zeros(4), x, expected=-1)
    check.value("predict", weights_giving(rng, x, 0.0), x, expected=-1)


@points(1)
def test_an_error_moves_the_weights_by_hand(check):
    """after an error, eta t x is added to the weights"""
    w, x = np.array([-3.0, 2, 1]), np.array([1.0, 1, 1.5])
    check.value("hebbian_update", -w, x, 1, 0.5, expected=[3.5, -1.5, -0.25])
    check.value("hebbian_update", w, x, -1, 0.5, expected=[-3.5, 1.5, 0.25])


@points(1)
def test_a_right_answer_changes_nothing(check, rng):
    """a right answer leaves the weights as they are"""
    for t in (1, -1):
        x = examples(rng, 1, 5)[0]
        check.against_reference("hebbian_update", weights_giving(rng, x, t * 0.75), x, t, 0.5)


@points(2)
def test_both_classes_are_corrected(check, rng):
    """an error of either class is corrected, with any learning rate"""
    for t, eta in ((1, 0.25), (-1, 0.25), (1, 1.5), (-1, 1.5)):
        x = examples(rng, 1, 6)[0]
        check.against_reference("hebbian_update", weights_giving(rng, x, -t * 1.75), x, t, eta)


@points(1)
def test_a_point_on_the_line_is_an_error_for_one_class(check, rng):
    """on the line the answer is -1: an error for t = +1, right for t = -1"""
    x = examples(rng, 1, 4)[0]
    w = weights_giving(rng, x, 0.0)
    check.against_reference("hebbian_update", w, x, 1, 0.5)
    check.against_reference("hebbian_update", w, x, -1, 0.5)
    check.value("hebbian_update", np.zeros(3), np.array([1.0, 2, 3]), 1, 0.5, expected=[0.5, 1, 1.5])


@points(1)
def test_one_epoch_is_online(check, rng):
    """within an epoch every example meets the weights that the one before it left"""
    check.against_reference("train", *separable(rng), 0.25, 3)
    check.value("train", np.zeros(3), *AND, 0.5, 1, expected=(np.array([0.5, 0.5, 0.5]), 1, False))
    check.value("train", np.zeros(3), *AND, 0.5, 2, expected=(np.array([0.0, 1.0, 0.5]), 2, False))


@points(1)
def test_the_clean_epoch_is_counted(check, rng):
    """epochs counts the passes made, the clean one included"""
    check.value("train", np.zeros(3), *OR, 0.5, 10, expected=(np.array([0.0, 0.5, 0.5]), 4, True))
    X = examples(rng, 5, 4)
    w = weights_giving(rng, X[0], 0.75)
    check.against_reference("train", w, X, np.where(X @ w > 0, 1.0, -1.0), 0.5, 10)


@points(2)
def test_training_starts_from_the_given_weights(check, rng):
    """training begins with the given weights, and goes on from them epoch by epoch"""
    w, X, t = separable(rng)
    check.against_reference("train", w, X, t, 0.25, 25)
    w, X, t = separable(rng, n=14, d=3)
    check.against_reference("train", w, X, t, 1.5, 25)


@points(1)
def test_converged_means_a_pass_without_an_error(check):
    """converged is True only after a pass without an error, not when the last error was just repaired"""
    w = np.zeros(3)
    check.against_reference("train", w, *AND, 0.5, AND_EPOCHS - 1)
    check.against_reference("train", w, *AND, 0.5, AND_EPOCHS)
    check.against_reference("train", w, *AND, 0.5, AND_EPOCHS + 1)


@points(1)
def test_xor_never_converges(check, rng):
    """on XOR, which no line separates, training gives up after max_epochs"""
    X, t = XOR
    for max_epochs in (12, 3, 1):
        stretched = X * np.append(1, rng.permutation([0.5, 0.75, 1.25, 1.5, 1.75])[:2])
        check.against_reference("train", grid(rng, 3), stretched, t, 0.5, max_epochs)


@points(1)
def test_a_single_example(check, rng):
    """one example, right or wrong, is enough to train on"""
    X = examples(rng, 1, 5)
    for z in (-0.75, 0.0, 0.75):
        check.against_reference("train", weights_giving(rng, X[0], z), X, np.array([1.0]), 0.5, 7)


@points(1)
def test_arguments_stay_as_they_are(check, rng):
    """the arguments are not modified"""
    w, X, t = separable(rng)
    wrong = int(np.argmax((X @ w) * t < 0))
    check.unchanged("predict", w, X[0])
    check.unchanged("hebbian_update", w, X[wrong], int(t[wrong]), 0.25)
    check.unchanged("train", w, X, t, 0.25, 4)
