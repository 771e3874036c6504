"""Scaled dot-product attention. Scores stay moderate, so that no softmax saturates; n, m, d and v are all different."""

import numpy as np

from autograder import distinct_sizes, points


def case(rng, batch=(), scale=1.0):
    n, m, d, v = distinct_sizes(rng, 4, low=3, high=8)
    Q, K, V = (rng.normal(0, scale, (*batch, *shape)) for shape in ((n, d), (m, d), (m, v)))
    return Q, K, V


def some_mask(rng, rows, columns):
    """At least one key allowed and one forbidden in every row."""
    mask = rng.random((rows, columns)) < 0.5
    allowed, forbidden = np.array([rng.permutation(columns)[:2] for _ in range(rows)]).T
    mask[np.arange(rows), allowed], mask[np.arange(rows), forbidden] = True, False
    return mask


def far_from_zero(rng):
    """Queries and keys whose scores lie around +780 for some queries and around -780 for the others, close together in a row."""
    Q, K, _ = case(rng)
    Q[:, 0] = rng.permuted(np.resize([1.0, -1.0], len(Q)))
    K[:, 0] = 780 * np.sqrt(K.shape[1])
    return Q, K


def masked_then_free(module, Q, K, V, mask):
    return module.attention(Q, K, V, mask), module.attention(Q, K, V)


def one_mask_then_another(module, Q, K, mask, other):
    return module.attention_weights(Q, K, mask), module.attention_weights(Q, K, other)


def two_in_a_row(module, scores, others):
    return module.softmax(scores), module.softmax(others, axis=0), module.softmax(others)


@points(1)
def test_softmax_by_hand(check, rng):
    """softmax by hand: [0, log 3] gives [1/4, 3/4]"""
    check.value("softmax", np.log(np.array([1.0, 3.0])), expected=[0.25, 0.75])
    check.value("softmax", np.log(np.array([[1.0, 3.0], [4.0, 1.0]])), expected=[[0.25, 0.75], [0.8, 0.2]])
    parts = rng.permutation(np.arange(1.0, 10))[:4]
    check.value("softmax", np.log(parts), expected=parts / parts.sum())


@points(1)
def test_softmax_runs_along_the_given_axis(check, rng):
    scores = rng.normal(size=(3, 5, 4))
    for axis in (0, 1, 2, -1, -2):
        check.against_reference("softmax", scores, axis=axis)
    check.against_reference("softmax", scores)
    check.against_reference("softmax", rng.normal(size=(4, 4)))  # square: no shape gives a forgotten axis away
    check.against_reference(two_in_a_row, *rng.normal(size=(2, 3, 3)))


@points(1)
def test_softmax_survives_large_scores(check, rng):
    """softmax survives scores of +-1000"""
    scores = np.array([[1000.0, 999, -1000, -1000, -1000], [-1000.0, -1000.5, -1002, -1001, -1000]])
    scores = rng.permuted(scores, axis=1) + rng.uniform(-1, 1, (2, 5))
    check.against_reference("softmax", scores)


@points(1)
def test_one_weight_per_query_and_key(check, rng):
    """there is one weight for each query and key"""
    Q, K, _ = case(rng)
    weights = check.call("attention_weights", Q, K)
    check.equal(
        np.shape(weights), (len(Q), len(K)), f"{len(Q)} queries and {len(K)} keys must give {len(Q)} x {len(K)} weights"
    )
    check.equal(np.sum(weights, axis=-1), np.ones(len(Q)), "the weights of one query must sum to one")
    check.that(np.ptp(weights) > 1e-4, "every key gets the same weight, whatever the query asks for")


@points(2)
def test_scores_are_scaled_by_sqrt_d(check, rng):
    """scores are divided by sqrt(d)"""
    log3 = np.log(3)
    check.value(
        "attention_weights",
        np.array([[2.0, 0, 0, 0]]),
        np.array([[log3, 0, 0, 0], [0, 0, 0, 0]]),
        expected=[[0.75, 0.25]],
    )
    Q, K, _ = case(rng)
    check.against_reference("attention_weights", Q, K)


@points(1)
def test_large_scores_do_not_overflow(check, rng):
    """large scores do not overflow, masked or not"""
    Q, K = far_from_zero(rng)
    check.against_reference("attention_weights", Q, K)
    check.against_reference("attention_weights", Q, K, some_mask(rng, len(Q), len(K)))
    K[0, 0] *= 3  # a key whose score is far above or far below the others, and which is forbidden
    mask = some_mask(rng, len(Q), len(K))
    mask[:, 0], mask[:, 1] = False, True
    check.against_reference("attention_weights", Q, K, mask)


@points(2)
def test_batch_axes_stay_apart(check, rng):
    """leading batch axes stay apart"""
    for batch in ((2,), (3, 2)):
        Q, K, V = case(rng, batch)
        check.against_reference("attention_weights", Q, K)
        check.against_reference("attention", Q, K, V)


@points(2)
def test_a_mask_takes_keys_out(check, rng):
    """forbidden keys get no weight, and the allowed ones still sum to one"""
    Q, K, V = case(rng)
    check.against_reference("attention_weights", Q, K, some_mask(rng, len(Q), len(K)))
    check.against_reference("attention_weights", Q, -np.abs(K) * np.sign(Q[:1]), some_mask(rng, len(Q), len(K)))
    masks = some_mask(rng, len(Q), len(K)), some_mask(rng, len(Q), len(K))
    check.against_reference(one_mask_then_another, Q, K, *masks)  # a mask counts for its own call only
    check.against_reference(masked_then_free, Q, K, V, masks[0])


@points(1)
def test_the_mask_broadcasts(check, rng):
    """a mask need only broadcast to the scores"""
    Q, K, V = case(rng, (2,))
    n, m = Q.shape[-2], K.shape[-2]
    for mask in (
        some_mask(rng, 1, m),
        some_mask(rng, n, m),
        np.stack([some_mask(rng, n, m) for _ in range(2)]),
        some_mask(rng, 1, m)[0],
    ):
        check.against_reference("attention", Q, K, V, mask)


@points(1)
def test_a_row_that_may_attend_nowhere_is_zero(check, rng):
    """a query that may attend nowhere gets zero weights"""
    Q, K, _ = case(rng)
    mask = some_mask(rng, len(Q), len(K))
    mask[0], mask[1] = np.arange(len(K)) > 0, False
    check.against_reference("attention_weights", Q, K, mask)
    check.against_reference("attention_weights", Q, K, np.zeros((len(Q), len(K)), dtype=bool))


@points(2)
def test_the_context_mixes_the_values(check, rng):
    """the context is the weighted mean of the values"""
    log3 = np.log(3)
    Q, K = np.array([[2.0, 0, 0, 0]]), np.array([[log3, 0, 0, 0], [0, 0, 0, 0]])
    check.value(
        "attention", Q, K, np.array([[4.0, 0], [0, 8]]), expected=(np.array([[3.0, 2.0]]), np.array([[0.75, 0.25]]))
    )
    Q, K, V = case(rng)
    check.against_reference("attention", Q, K, V)
    check.against_reference("attention", Q, K, V, some_mask(rng, len(Q), len(K)))
    check.against_reference(
        "attention", K, rng.normal(size=K.shape), V
    )  # n = m: no shape gives a transposed matrix away


@points(1)
def test_arguments_stay_as_they_are(check, rng):
    """the arguments are not modified"""
    Q, K, V = case(rng)
    check.unchanged("softmax", Q)
    check.unchanged("attention_weights", Q, K, some_mask(rng, len(Q), len(K)))
    check.unchanged("attention", Q, K, V, some_mask(rng, len(Q), len(K)))
