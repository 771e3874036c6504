"""Continuous bag of words. Contexts of several lengths, some with a word twice; vocabulary and vectors differ in size."""

import numpy as np

from autograder import distinct_sizes, points

LOG2, LOG3 = np.log(2), np.log(3)
EXAMPLE = (np.array([[2.0, 0], [0, 4], [5, 5]]), np.array([[LOG3, 0], [0, 0], [0, LOG2]]))


def tables(rng):
    """C and U (V, m) with V of 6 or more; entries large enough for p to be far from equal."""
    V, m = distinct_sizes(rng, 2, low=6, high=9)[0], int(rng.integers(2, 6))
    return rng.normal(0, 1, (V, m)), rng.normal(0, 1, (V, m))


def tables_like(rng, C):
    return rng.normal(0, 1, (2, *C.shape))


def words(rng, C):
    """All word numbers, shuffled."""
    return rng.permutation(len(C)).tolist()


def text(rng, C):
    """A text of word numbers, in which words come back within two positions."""
    a, b, c, d, *rest = words(rng, C)
    return [a, b, a, c, *rest, b, d, d, a, c]


def windows_of_sentences(module, sentences, radius):
    return [module.windows(sentence, radius) for sentence in sentences]


def two_in_a_row(module, context, other, C, U):
    return module.forward(context, C, U), module.forward(other, C, U), module.forward(context, -C, U)


def two_runs_in_a_row(module, tokens, C, U, other_C, other_U):
    return module.train(tokens, C, U, 2, 0.2), module.train(tokens, other_C, other_U, 2, 0.2)


@points(1)
def test_windows_by_hand(check, rng):
    """windows by hand: one token on each side, fewer at the ends"""
    check.value("windows", ["a", "b", "a"], 1, expected=[("a", ["b"]), ("b", ["a", "a"]), ("a", ["b"])])
    expected = [("we", ["like", "cats"]), ("like", ["we", "cats", "too"])]
    expected += [("cats", ["we", "like", "too"]), ("too", ["like", "cats"])]
    check.value("windows", ["we", "like", "cats", "too"], 2, expected=expected)
    drawn = rng.permutation([*"abcdefgh"]).tolist()
    check.against_reference("windows", drawn[:5], 2)
    check.against_reference("windows", drawn, 1)


@points(2)
def test_windows_reach_as_far_as_the_radius(check, rng):
    """the radius is the number of neighbours on each side"""
    tokens = text(rng, np.zeros((9, 1)))
    for radius in (1, 2, 3, 4):
        check.against_reference("windows", tokens, radius)


@points(1)
def test_every_token_is_a_target(check, rng):
    """every token is a target, also one without neighbours"""
    check.value("windows", ["alone"], 2, expected=[("alone", [])])
    check.value("windows", ["two", "words"], 0, expected=[("two", []), ("words", [])])
    check.value("windows", ["two", "words"], 5, expected=[("two", ["words"]), ("words", ["two"])])
    a, b, c, d = rng.permutation(9)[:4].tolist()
    check.value("windows", [a], 3, expected=[(a, [])])
    check.value("windows", [a, b, c], 0, expected=[(a, []), (b, []), (c, [])])
    check.against_reference(windows_of_sentences, [[a, b, c, d], [b], [c, a]], 1)  # of one word, too


@points(1)
def test_forward_by_hand(check, rng):
    """probabilities by hand: 3/8, 1/8 and 4/8"""
    check.value("forward", [0, 1], *EXAMPLE, expected=[3 / 8, 1 / 8, 4 / 8])
    C, U = tables(rng)
    check.against_reference("forward", words(rng, C)[:2], C, U)


@points(2)
def test_probabilities_are_a_softmax_of_the_mean(check, rng):
    """the mean of the context, then U, then a softmax"""
    C, U = tables(rng)
    order = words(rng, C)
    for length in (2, 1, 3, 4):
        check.against_reference("forward", order[:length], C, U)
    check.against_reference(two_in_a_row, order[:2], order[2:4], C, U)


@points(1)
def test_a_repeated_word_counts_twice_in_the_mean(check, rng):
    C, U = tables(rng)
    a, b, c, *_ = words(rng, C)
    check.against_reference("forward", [a, b, a], C, U)
    check.against_reference("forward", [b, c, c, a, c], C, U)


@points(1)
def test_without_a_context_all_words_are_as_likely(check, rng):
    """without a context all words are as likely, and nothing is learnt"""
    C, U = tables(rng)
    check.value("forward", [], C, U, expected=np.full(len(C), 1 / len(C)))
    check.against_reference("loss_and_gradients", int(rng.integers(len(C))), [], C, U)


@points(1)
def test_large_scores_do_not_overflow(check, rng):
    """scores of +-1000 do not overflow, and an impossible target has a finite loss"""
    C, U = tables(rng)
    C = rng.choice([-1, 1], C.shape) * (50 + np.abs(C))
    U = rng.choice([-1, 1], U.shape) * (50 + np.abs(U))
    U[:2] = 50 * np.sign(C[0]), -50 * np.sign(C[0])  # word 0 is certain and word 1 impossible beside word 0
    check.against_reference("forward", [0], C, U)
    check.against_reference("loss_and_gradients", 0, [0], C, U)
    check.against_reference("loss_and_gradients", 1, [0], C, U)
    C, U = tables(rng)  # scores around +-780, close together
    C[:, 0], U[:, 0] = np.resize([10.0, -10.0], len(C)), 78.0
    for word in (0, 1):
        check.against_reference("forward", [word], C, U)
        check.against_reference("loss_and_gradients", word, [word], C, U)


@points(1)
def test_loss_and_gradients_by_hand(check, rng):
    """loss and gradients by hand: log 2, and an error of [3/8, 1/8, -1/2]"""
    share = np.array([3 / 16 * LOG3, -LOG2 / 4])
    dU = np.outer([3 / 8, 1 / 8, -1 / 2], [1, 2])
    check.value("loss_and_gradients", 2, [0, 1], *EXAMPLE, expected=(LOG2, np.array([share, share, [0, 0]]), dU))
    C, U = tables(rng)
    target, *others = words(rng, C)
    check.against_reference("loss_and_gradients", target, others[:2], C, U)


@points(2)
def test_loss_and_gradients(check, rng):
    C, U = tables(rng)
    target, *others = words(rng, C)
    for length in (2, 1, 4):
        check.against_reference("loss_and_gradients", target, others[:length], C, U)
    check.against_reference("loss_and_gradients", target, [others[0], target], C, U)


@points(2)
def test_a_repeated_word_gets_the_gradient_twice(check, rng):
    C, U = tables(rng)
    a, b, c, d, *_ = words(rng, C)
    check.against_reference("loss_and_gradients", d, [a, b, a], C, U)
    check.against_reference("loss_and_gradients", c, [b, c, c, a, c], C, U)


@points(1)
def test_one_pass_over_two_words(check, rng):
    """two words, one pass: two updates, the second from the tables that the first left"""
    C, U = tables(rng)
    check.against_reference("train", words(rng, C)[:2], C, U, 1, 0.3)
    ones, zeros = np.ones((2, 1)), np.zeros((2, 1))
    after = np.array([[1 - 3.6 * LOG3**2], [1]]), np.array([[-0.8 * LOG3], [0.8 * LOG3]])
    check.value("train", [0, 1], ones, zeros, 1, 2 * LOG3, expected=(*after, [np.log(20) / 2]))


@points(2)
def test_training(check, rng):
    """training: every position updates both tables, epoch after epoch"""
    C, U = tables(rng)
    check.against_reference("train", text(rng, C), C, U, 2, 0.2)
    check.against_reference("train", text(rng, C), C, U, radius=3, eta=0.1, epochs=3)
    check.against_reference(two_runs_in_a_row, text(rng, C), C, U, *tables_like(rng, C))


@points(1)
def test_arguments_stay_as_they_are(check, rng):
    """the arguments are not modified"""
    C, U = tables(rng)
    tokens = text(rng, C)
    check.unchanged("windows", tokens, 2)
    check.unchanged("forward", tokens[:3], C, U)
    check.unchanged("loss_and_gradients", 0, tokens[:3], C, U)
    check.unchanged("train", tokens, C, U, 2, 0.2, 2)
