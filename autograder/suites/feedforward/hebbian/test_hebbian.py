"""Hebbian learning. Values lie on a grid, so that w . x is exact, on the line too, in whatever order it is summed.

Answers have two values only, so a mistake shows by chance unless the inputs are drawn for it: the bias decides the side, and
training meets no point on the line but in the tests that are about it.
"""

from operator import mul

import numpy as np

from autograder import points

OR = np.array([[1.0, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1]]), np.array([-1.0, 1, 1, 1])
AND = OR[0], np.array([-1.0, -1, -1, 1])
XOR = OR[0], np.array([-1.0, 1, 1, -1])
AND_EPOCHS = 6  # what the rule needs from zero weights with eta = 0.5
OFF_THE_LINE = 1 / 256  # added to a bias on the grid: no sum is 0, before or after any step of training


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


def errors_by_pass(w, X, t, eta, passes, bias=1):
    """Which examples are errors in which pass, and the weights at the end, of a unit that counts its bias `bias` times."""
    w, examples, targets, seen = w.tolist(), X.tolist(), t.tolist(), []  # plain numbers: ten times faster at this size
    for _ in range(passes):
        seen.append([])
        for x, target in zip(examples, targets, strict=True):
            z = sum(map(mul, w, x)) + (bias - 1) * w[0]
            seen[-1].append((z > 0) != (target > 0))
            if seen[-1][-1]:
                w = [weight + eta * target * value for weight, value in zip(w, x, strict=True)]
    return seen, w


def separable(rng, eta, n=9, d=4):
    """Examples that training from `w` needs 5 to 24 passes for, and how many: (w, X, t), passes.

    There are errors of both classes in the first pass, none at its end; leaving out the bias shows, and so does doubling it.
    """
    while True:
        X, u, w = examples(rng, n, d), grid(rng, d), grid(rng, d)
        w[0] += OFF_THE_LINE
        side = X @ u
        t = np.where(side > 0, 1.0, -1.0)
        wrong = (X @ w) * side < 0  # of the beginning weights
        if np.abs(side).min() < 0.25 or w[0] * u[0] >= 0 or wrong[-1] or len({*t[wrong]}) < 2:
            continue
        seen, end = errors_by_pass(w, X, t, eta, 4)
        if seen[0][-1] or all(seen[0]) or not all(map(any, seen)):
            continue
        if end in (errors_by_pass(w, X, t, eta, 4, bias)[1] for bias in (0, 2)):
            continue
        clean = [not any(errors) for errors in errors_by_pass(w, X, t, eta, 24)[0]]
        if clean[-1]:
            return (w, X, t), clean.index(True) + 1


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
    for t in (1, -1):
        for w, x in situations(rng, 5, t * 0.75):
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
    case, _ = separable(rng, 0.25)
    check.against_reference("train", *case, 0.25, 1)
    check.against_reference("train", *case, 0.25, 3)
    check.value("train", np.zeros(3), *AND, 0.5, 1, expected=(np.array([0.5, 0.5, 0.5]), 1, False))
    check.value("train", np.zeros(3), *AND, 0.5, 2, expected=(np.array([0.0, 1.0, 0.5]), 2, False))


@points(1)
def test_the_clean_epoch_is_counted(check, rng):
    """epochs counts the passes made, the clean one included"""
    check.value("train", np.zeros(3), *OR, 0.5, 10, expected=(np.array([0.0, 0.5, 0.5]), 4, True))
    w, X = grid(rng, 4), examples(rng, 6, 4)
    w[:2] = [*rng.choice([-1, 1], 2) * [1.5 + OFF_THE_LINE, 2]]
    for n, part in enumerate((0.5, 1.5)):  # two rows where the bias decides: left out or doubled it would tell
        X[n, 1:] = [-np.sign(w[0] * w[1]) * part * 0.75, 0, 0]
    check.against_reference("train", w, X, np.where(X @ w > 0, 1.0, -1.0), 0.5, 10)


@points(2)
def test_training_starts_from_the_given_weights(check, rng):
    """training begins with the given weights, and goes on from them epoch by epoch"""
    first, _ = separable(rng, 0.25)
    check.against_reference("train", *first, 0.25, 25)
    other, _ = separable(rng, 1.5, n=14, d=3)
    check.against_reference("train", *other, 1.5, 25)
    w, X, t = first
    check.against_reference(trainings, [[w, X, t, 0.25, 25], [-w, X, t, 0.25, 25], [w, X, t, 0.25, 2]])


@points(1)
def test_converged_means_a_pass_without_an_error(check, rng):
    """converged is True only after a pass without an error, not when the last error was just repaired"""
    case, passes = separable(rng, 0.5)
    for start, data, needed in ((np.zeros(3), AND, AND_EPOCHS), (case[0], case[1:], passes)):
        for max_epochs in (needed - 1, needed, needed + 1):
            check.against_reference("train", start, *data, 0.5, max_epochs)


@points(1)
def test_xor_never_converges(check, rng):
    """on XOR, which no line separates, training gives up after max_epochs"""
    X, t = XOR
    for max_epochs in (12, 3, 1):
        stretched = X * np.append(1, rng.permutation([0.5, 0.75, 1.25, 1.5, 1.75])[:2])
        w = grid(rng, 3)
        w[0] += OFF_THE_LINE
        check.against_reference("train", w, stretched, t, 0.5, max_epochs)


@points(1)
def test_a_single_example(check, rng):
    """one example, right or wrong, is enough to train on"""
    for z in (-0.75, 0.0, 0.75):
        for w, x in situations(rng, 5, z):
            check.against_reference("train", w, x[None], np.array([1.0]), 0.5, 7)


@points(1)
def test_arguments_stay_as_they_are(check, rng):
    """the arguments are not modified"""
    (w, X, t), _ = separable(rng, 0.25)
    check.unchanged("predict", w, X[0])
    for side, x in situations(rng, 5, -1.5):
        check.unchanged("hebbian_update", side, x, 1, 0.25)
    check.unchanged("train", w, X, t, 0.25, 4)
