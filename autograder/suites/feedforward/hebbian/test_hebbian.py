"""Hebbian learning. Values lie on a grid, so that w . x is exact, on the line too, in whatever order it is summed.

Answers have two values only, so a mistake shows by chance unless the inputs are chosen for it. The problems to train on are
chosen so that nearly every mistake gives other weights or other epochs, and drawn by turning their features: that changes every
number and no product w . x, so what a mistake does is the same in each draw. No point of theirs lies on the line.
"""

import numpy as np

from autograder import points

OR = np.array([[1.0, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1]]), np.array([-1.0, 1, 1, 1])
AND = OR[0], np.array([-1.0, -1, -1, 1])
AND_EPOCHS = 6  # what the rule needs from zero weights with eta = 0.5

LONG = np.array(
    [
        [1.0, 2, 0, 2, 0],
        [1, 1, 0, -2, -1],
        [1, 1, 1, 2, -2],
        [1, 1, -1, -1, 2],
        [1, 1, 1, 1, 1],
        [1, 1, 0, -1, 2],
        [1, -2, -1, -2, 0],
        [1, -1, 1, -1, -2],
    ]
)
LONG_START, LONG_RIGHT = np.array([1.625, 1.25, -0.75, -1.25, 1]), np.array([-1.0, -2, 3, 1, 0])

SHORT = np.array(
    [[1.0, 1, 0, -1, 0], [1, -2, -2, -1, 2], [1, 1, 2, 0, -2], [1, -1, 1, 0, -1], [1, 2, -2, 0, 1], [1, 2, -1, 1, -2]]
)
SHORT_START, SHORT_RIGHT = np.array([-0.875, 0.5, -1.25, -0.5, 0]), np.array([-1.0, -2, 3, 2, 3])
SHORT_EPOCHS = 4  # with eta = 0.5

XOR = np.array([[1.0, 0, 0, 0, 0], [1, 0, 1, 0, 0], [1, 1, 0, 0, 0], [1, 1, 1, 0, 0]]), np.array([-1.0, 1, 1, -1])
XOR_START = np.array([-0.625, -1, -0.5, 0, 0])  # with eta = 0.5 each pass ends where it began, with errors on the way

ORTHOGONAL = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2


def turned(rng, *arrays):
    """Turn the four features of examples and weights alike, the bias apart; halves, so that sums stay exact."""
    one, other = (np.eye(4)[rng.permutation(4)] * rng.choice([-1, 1], 4) for _ in range(2))
    turn = one @ ORTHOGONAL @ other
    return [np.concatenate([a[..., :1], a[..., 1:] @ turn], axis=-1) for a in arrays]


def problem(rng, start, examples, right):
    """One of the problems, turned: (w, X, t), and weights that answer all of it rightly."""
    w, X, right = turned(rng, start, examples, right)
    return (w, X, np.where(X @ right > 0, 1.0, -1.0)), right


def long_one(rng):
    return problem(rng, LONG_START, LONG, LONG_RIGHT)


def short_one(rng):
    return problem(rng, SHORT_START, SHORT, SHORT_RIGHT)


def grid(rng, *shape):
    """Multiples of 1/4 in -3..3."""
    return rng.integers(-12, 13, shape) / 4


def examples(rng, n, d):
    X = grid(rng, n, d)
    X[:, 0] = 1
    return X


def weights_giving(rng, x, z, side):
    """Weights with w . x = z exactly, and a bias of the given sign that is larger than z.

    With a bias on z's side the answer turns round when the bias is left out, with one against it when it counts twice.
    """
    w = grid(rng, len(x))
    w[0] = side * (abs(z) + rng.integers(1, 9) / 4)
    w[1] += (z - w @ x) / x[1]
    return w


def example(rng, d):
    """One example whose x[1] is a power of two: dividing by it is exact."""
    x = examples(rng, 1, d)[0]
    x[1] = rng.choice([-2, -1, -0.5, 0.5, 1, 2])
    return x


def situations(rng, d, z):
    """Pairs (w, x) with w . x = z, the bias for it and against it."""
    for side in (1, -1):
        x = example(rng, d)
        yield weights_giving(rng, x, z, side), x


def answers(module, calls):
    """Several answers in a row, with other weights for the same example: nothing may be remembered."""
    return [module.predict(*call) for call in calls]


def updates(module, calls):
    return [module.hebbian_update(*call) for call in calls]


def trainings(module, calls):
    return [module.train(*call) for call in calls]


@points(1)
def test_the_side_of_the_line_by_hand(check, rng):
    """the answer is +1 on the positive side of the line, -1 on the other"""
    w = np.array([-3.0, 2, 1])
    check.value("predict", w, np.array([1.0, 1, 2]), expected=1)
    check.value("predict", w, np.array([1.0, 0, 2]), expected=-1)
    check.value("predict", -w, np.array([1.0, 0, 2]), expected=1)
    for z in (1.25, -1.25):
        for w, x in situations(rng, 4, z):
            check.against_reference("predict", w, x)
            check.against_reference(answers, [[w, x], [-w, x], [w, x], [w, -x]])


@points(1)
def test_the_bias_counts_once(check, rng):
    """the bias w[0] shifts the line, once"""
    for sign in (1, -1):
        for w, x in situations(rng, 5, sign * 0.25):
            check.against_reference("predict", w, x)


@points(1)
def test_on_the_line_the_answer_is_minus_one(check, rng):
    """a point on the line, w . x = 0, is answered with -1"""
    check.value("predict", np.zeros(4), example(rng, 4), expected=-1)
    for w, x in situations(rng, 4, 0.0):
        check.value("predict", w, x, expected=-1)


@points(1)
def test_an_error_moves_the_weights_by_hand(check, rng):
    """after an error, eta t x is added to the weights"""
    w, x = np.array([-3.0, 2, 1]), np.array([1.0, 1, 1.5])
    check.value("hebbian_update", -w, x, 1, 0.5, expected=[3.5, -1.5, -0.25])
    check.value("hebbian_update", w, x, -1, 0.5, expected=[-3.5, 1.5, 0.25])
    for t in (1, -1):
        for w, x in situations(rng, 3, -t * 0.5):
            check.against_reference("hebbian_update", w, x, t, 0.25)


@points(1)
def test_a_right_answer_changes_nothing(check, rng):
    """a right answer leaves the weights as they are"""
    for t, distance in ((1, 0.75), (-1, 0.75), (1, 2), (-1, 2)):  # near to the line, and far from it
        for w, x in situations(rng, 5, t * distance):
            check.against_reference("hebbian_update", w, x, t, 0.5)


@points(2)
def test_both_classes_are_corrected(check, rng):
    """an error of either class is corrected, with any learning rate"""
    for t, eta in ((1, 0.25), (-1, 0.25), (1, 1.5), (-1, 1.5)):
        for w, x in situations(rng, 6, -t * 1.75):
            check.against_reference("hebbian_update", w, x, t, eta)
            check.against_reference(updates, [[w, x, t, eta], [-w, x, -t, eta], [w, x, t, 2 * eta]])


@points(1)
def test_a_point_on_the_line_is_an_error_for_one_class(check, rng):
    """on the line the answer is -1: an error for t = +1, right for t = -1"""
    for w, x in situations(rng, 4, 0.0):
        check.against_reference("hebbian_update", w, x, 1, 0.5)
        check.against_reference("hebbian_update", w, x, -1, 0.5)
    check.value("hebbian_update", np.zeros(3), np.array([1.0, 2, 3]), 1, 0.5, expected=[0.5, 1, 1.5])


@points(1)
def test_one_epoch_is_online(check, rng):
    """within an epoch every example meets the weights that the one before it left"""
    case, _ = long_one(rng)
    check.against_reference("train", *case, 0.25, 1)
    check.against_reference("train", *case, 0.25, 3)
    check.value("train", np.zeros(3), *AND, 0.5, 1, expected=(np.array([0.5, 0.5, 0.5]), 1, False))
    check.value("train", np.zeros(3), *AND, 0.5, 2, expected=(np.array([0.0, 1.0, 0.5]), 2, False))


@points(1)
def test_the_clean_epoch_is_counted(check, rng):
    """epochs counts the passes made, the clean one included"""
    check.value("train", np.zeros(3), *OR, 0.5, 10, expected=(np.array([0.0, 0.5, 0.5]), 4, True))
    (_, X, t), right = long_one(rng)
    check.against_reference("train", right, X, t, 0.5, 10)


@points(2)
def test_training_starts_from_the_given_weights(check, rng):
    """training begins with the given weights, and goes on from them epoch by epoch"""
    (w, X, t), _ = long_one(rng)
    check.against_reference("train", w, X, t, 0.25, 25)
    check.against_reference("train", *short_one(rng)[0], 1.5, 25)
    check.against_reference(trainings, [[w, X, t, 0.25, 25], [-w, X, t, 0.25, 25], [w, X, t, 0.25, 2]])


@points(1)
def test_converged_means_a_pass_without_an_error(check, rng):
    """converged is True only after a pass without an error, not when the last error was just repaired"""
    (w, X, t), _ = short_one(rng)
    for start, data, needed in ((np.zeros(3), AND, AND_EPOCHS), (w, (X, t), SHORT_EPOCHS)):
        for max_epochs in (needed - 1, needed, needed + 1):
            check.against_reference("train", start, *data, 0.5, max_epochs)


@points(1)
def test_xor_never_converges(check, rng):
    """on XOR, which no line separates, training gives up after max_epochs"""
    X, t = XOR
    for max_epochs in (12, 3, 1):
        check.against_reference("train", *turned(rng, XOR_START, X), t, 0.5, max_epochs)


@points(1)
def test_a_single_example(check, rng):
    """one example, right or wrong, is enough to train on"""
    for z in (-0.75, 0.0, 0.75):
        for side in (1, -1):
            x = np.array([1.0, 1, -2, 1, 0])
            w, X = turned(rng, weights_giving(rng, x, z, side), x[None])
            check.against_reference("train", w, X, np.array([1.0]), 0.5, 7)


@points(1)
def test_arguments_stay_as_they_are(check, rng):
    """the arguments are not modified"""
    (w, X, t), _ = long_one(rng)
    check.unchanged("predict", w, X[0])
    for side, x in situations(rng, 5, -1.5):
        check.unchanged("hebbian_update", side, x, 1, 0.25)
    check.unchanged("train", w, X, t, 0.25, 4)
