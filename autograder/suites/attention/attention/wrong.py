"""The wrong versions of attention: what each misconception writes.

The same belief shows differently in different code: each form that gives other results is stated, under the same id.
"""

import numpy as np

from autograder import edit, misconception

SCORES = "Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])"
MAXIMUM = "np.max(scores, axis=axis, keepdims=True)"
SHIFTED = f"np.exp(scores - {MAXIMUM})"
QUOTIENT = "exponentials / exponentials.sum(axis=axis, keepdims=True)"
EMPTY = "return np.where(allowed, softmax(np.where(allowed, scores, 0.0)), 0.0)"
CONTEXT = "return weights @ V, weights"

wrong = [
    # what the scores are divided by
    edit("attention-unscaled", " / np.sqrt(Q.shape[-1])\n", "\n"),
    edit("attention-scaled-by-d", "/ np.sqrt(Q.shape[-1])\n", "/ Q.shape[-1]\n"),
    edit("attention-multiplied-by-sqrt-d", "/ np.sqrt(Q.shape[-1])\n", "* np.sqrt(Q.shape[-1])\n"),
    edit("attention-scaled-by-the-number-of-keys", "np.sqrt(Q.shape[-1])\n", "np.sqrt(K.shape[-2])\n"),
    edit("attention-scaled-by-the-number-of-keys", "np.sqrt(Q.shape[-1])\n", "np.sqrt(K.shape[0])\n"),
    edit("attention-scaled-by-the-number-of-queries", "np.sqrt(Q.shape[-1])\n", "np.sqrt(Q.shape[-2])\n"),
    edit("attention-scaled-by-the-number-of-queries", "np.sqrt(Q.shape[-1])\n", "np.sqrt(Q.shape[0])\n"),
    edit("attention-axes-counted-from-the-front", "np.sqrt(Q.shape[-1])\n", "np.sqrt(Q.shape[1])\n"),
    edit("attention-axes-counted-from-the-front", "np.swapaxes(K, -1, -2)", "np.swapaxes(K, 0, 1)"),
    edit("attention-axes-counted-from-the-front", "return softmax(scores)\n", "return softmax(scores, axis=1)\n"),
    edit("attention-transposes-the-batch", "np.swapaxes(K, -1, -2)", "K.T"),
    # along which axis
    edit("attention-softmax-over-queries", "return softmax(scores)\n", "return softmax(scores, axis=-2)\n"),
    edit("attention-weights-per-key", SCORES, "K @ np.swapaxes(Q, -1, -2) / np.sqrt(Q.shape[-1])"),
    # the mask
    edit("attention-mask-means-forbidden", "allowed = mask.any", "mask = ~mask\n    allowed = mask.any"),
    edit(
        "attention-empty-row-divides-by-zero", EMPTY, "return np.where(allowed, softmax(scores), 1 / scores.shape[-1])"
    ),
    edit(
        "attention-one-empty-row-overlooked", EMPTY, "return softmax(scores) if mask.any() else np.zeros(scores.shape)"
    ),
    edit(
        "attention-forbidden-score-not-low-enough", "np.where(mask, scores, -np.inf)", "np.where(mask, scores, -100.0)"
    ),
    # the context
    edit("attention-weights-transposed-for-the-context", CONTEXT, "return np.swapaxes(weights, -1, -2) @ V, weights"),
    # softmax
    edit("softmax-without-the-maximum", f"scores - {MAXIMUM}", "scores"),
    edit("softmax-shifted-by-another-number", MAXIMUM, MAXIMUM.replace("max", "min")),
    edit("softmax-shifted-by-another-number", MAXIMUM, MAXIMUM.replace("max", "mean")),
    edit("softmax-over-everything", MAXIMUM, "np.max(scores)"),
    edit("softmax-over-everything", QUOTIENT, "exponentials / exponentials.sum()"),
    edit("softmax-along-the-first-axis", QUOTIENT, QUOTIENT.replace("axis=axis", "axis=0")),
    edit("softmax-keepdims-forgotten", QUOTIENT, QUOTIENT.replace(", keepdims=True", "")),
    edit("softmax-keepdims-forgotten", MAXIMUM, MAXIMUM.replace(", keepdims=True", "")),
    edit("softmax-prefers-small-scores", SHIFTED, "np.exp(np.min(scores, axis=axis, keepdims=True) - scores)"),
    edit("softmax-prefers-small-scores", SHIFTED, f"np.exp({MAXIMUM} - scores)"),
    edit("softmax-returns-logarithms", f"return {QUOTIENT}", f"return np.log({QUOTIENT})"),
    edit(
        "softmax-shifts-one-half-of-the-quotient",
        QUOTIENT,
        "exponentials / np.exp(scores).sum(axis=axis, keepdims=True)",
    ),
    edit(
        "softmax-shifts-one-half-of-the-quotient",
        QUOTIENT,
        "np.exp(scores) / exponentials.sum(axis=axis, keepdims=True)",
    ),
    edit("softmax-not-divided-by-the-sum", QUOTIENT, "exponentials"),
]


@misconception("softmax-over-everything", replaces="softmax")
def softmax_over_all_entries(scores, axis=-1):
    exponentials = np.exp(scores - np.max(scores))
    return exponentials / exponentials.sum()


@misconception("softmax-along-the-first-axis", replaces="softmax")
def softmax_of_columns(scores, axis=-1):
    exponentials = np.exp(scores - np.max(scores, axis=0))
    return exponentials / exponentials.sum(axis=0)


@misconception("softmax-keepdims-forgotten", replaces="softmax")
def softmax_without_keepdims(scores, axis=-1):
    exponentials = np.exp(scores - np.max(scores, axis=axis))
    return exponentials / exponentials.sum(axis=axis)


@misconception("softmax-without-exponential", replaces="softmax")
def shares_of_the_scores(scores, axis=-1):
    return scores / scores.sum(axis=axis, keepdims=True)


@misconception("softmax-without-exponential", replaces="softmax")
def shares_of_the_distances_from_the_least(scores, axis=-1):
    scores = scores - scores.min(axis=axis, keepdims=True)
    return scores / scores.sum(axis=axis, keepdims=True)


@misconception("softmax-returns-logarithms", replaces="softmax")
def log_softmax(scores, axis=-1):
    shifted = scores - np.max(scores, axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


@misconception("attention-softmax-over-queries", replaces="attention_weights")
def over_queries_with_mask(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    return softmax(scores, axis=-2)


@misconception("attention-softmax-over-queries", replaces="attention_weights")
def over_queries_with_mask_and_zeros(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, -1e30)
    weights = softmax(scores, axis=-2)
    return weights if mask is None else np.where(mask, weights, 0.0)


@misconception("attention-axes-counted-from-the-front", replaces="attention_weights")
def axes_of_a_matrix(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[1])
    if mask is None:
        return softmax(scores, axis=1)
    weights = softmax(np.where(mask, scores, -1e30), axis=1)
    return np.where(mask, weights, 0.0)


@misconception("attention-scaled-after-the-softmax", replaces="attention_weights")
def weights_divided(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2)
    if mask is None:
        return softmax(scores) / np.sqrt(Q.shape[-1])
    allowed = np.broadcast_to(mask, scores.shape).any(axis=-1, keepdims=True)
    weights = softmax(np.where(mask & allowed, scores, np.where(allowed, -np.inf, 0.0)))
    return np.where(allowed, weights, 0.0) / np.sqrt(Q.shape[-1])


@misconception("attention-scores-are-cosines", replaces="attention_weights")
def cosines(Q, K, mask=None):
    Q, K = (a / np.linalg.norm(a, axis=-1, keepdims=True) for a in (Q, K))
    scores = Q @ np.swapaxes(K, -1, -2)
    if mask is None:
        return softmax(scores)
    allowed = mask.any(axis=-1, keepdims=True)
    return np.where(allowed, softmax(np.where(mask, scores, np.where(allowed, -np.inf, 0.0))), 0.0)


@misconception("attention-scores-are-cosines", replaces="attention_weights")
def scaled_cosines(Q, K, mask=None):
    Q, K = (a / np.linalg.norm(a, axis=-1, keepdims=True) for a in (Q, K))
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    if mask is None:
        return softmax(scores)
    allowed = mask.any(axis=-1, keepdims=True)
    return np.where(allowed, softmax(np.where(mask, scores, np.where(allowed, -np.inf, 0.0))), 0.0)


@misconception("attention-scores-without-softmax", replaces="attention_weights")
def scores_as_they_are(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    return scores if mask is None else np.where(mask, scores, 0.0)


@misconception("attention-scores-without-softmax", replaces="attention_weights")
def scores_with_minus_infinity(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    return scores if mask is None else np.where(mask, scores, -np.inf)


@misconception("attention-is-a-hard-look-up", replaces="attention_weights")
def all_weight_on_the_best_key(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    best = np.eye(scores.shape[-1])[scores.argmax(axis=-1)]
    return best if mask is None else best * mask


@misconception("attention-is-a-hard-look-up", replaces="attention")
def value_of_the_best_key(Q, K, V, mask=None):
    weights = attention_weights(Q, K, mask)
    best = weights.argmax(axis=-1)[..., None]
    return np.take_along_axis(V, best, axis=-2), weights


@misconception("attention-empty-row-divides-by-zero", replaces="attention_weights")
def nothing_allowed_is_not_treated(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    return softmax(scores if mask is None else np.where(mask, scores, -np.inf))


@misconception("attention-empty-row-divides-by-zero", replaces="attention_weights")
def a_large_number_is_subtracted(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    return softmax(scores if mask is None else scores - 1e9 * ~np.asarray(mask))


@misconception("attention-mask-after-softmax", replaces="attention_weights")
def mask_after_softmax(Q, K, mask=None):
    weights = softmax(Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1]))
    return weights if mask is None else weights * mask


@misconception("attention-mask-after-softmax", replaces="attention")
def mask_on_the_weights_of_the_context(Q, K, V, mask=None):
    weights = attention_weights(Q, K)
    if mask is not None:
        weights = weights * mask
    return weights @ V, weights


@misconception("attention-forbidden-key-in-the-maximum", replaces="attention_weights")
def masked_and_divided_anew(Q, K, mask=None):
    weights = softmax(Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1]))
    if mask is None:
        return weights
    weights = weights * mask
    total = weights.sum(axis=-1, keepdims=True)
    return np.where(total > 0, weights / np.where(total > 0, total, 1), 0.0)


@misconception("attention-forbidden-key-in-the-maximum", replaces="attention_weights")
def masked_and_divided_anew_even_by_zero(Q, K, mask=None):
    weights = softmax(Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1]))
    if mask is None:
        return weights
    weights = weights * mask
    weights = weights / weights.sum(axis=-1, keepdims=True)
    return np.where(np.broadcast_to(mask, weights.shape).any(axis=-1, keepdims=True), weights, 0.0)


@misconception("attention-mask-sets-scores-to-zero", replaces="attention_weights")
def forbidden_scores_are_zero(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    return softmax(scores if mask is None else scores * mask)


@misconception("attention-mask-sets-scores-to-zero", replaces="attention_weights")
def forbidden_scores_are_zero_but_for_empty_rows(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    if mask is None:
        return softmax(scores)
    return np.where(mask.any(axis=-1, keepdims=True), softmax(np.where(mask, scores, 0.0)), 0.0)


@misconception("attention-mask-sets-scores-to-zero", replaces="attention_weights")
def forbidden_scores_are_zero_and_weights_too(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    return softmax(scores) if mask is None else softmax(scores * mask) * mask


@misconception("attention-mask-is-added", replaces="attention_weights")
def ones_and_zeros_added(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    return softmax(scores if mask is None else scores + mask)


@misconception("attention-mask-is-added", replaces="attention_weights")
def ones_and_zeros_added_and_weights_masked(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    return softmax(scores) if mask is None else softmax(scores + mask) * mask


@misconception("attention-zero-times-infinity", replaces="attention_weights")
def product_with_infinity(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    return softmax(scores if mask is None else scores + (1 - np.asarray(mask)) * -np.inf)


@misconception("attention-forbidden-score-not-low-enough", replaces="attention_weights")
def a_low_score_and_weights_masked(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    return softmax(scores) if mask is None else softmax(np.where(mask, scores, -100.0)) * mask


@misconception("attention-only-looks-back", replaces="attention_weights")
def always_causal(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    causal = np.tril(np.ones(scores.shape[-2:], dtype=bool))
    mask = causal if mask is None else causal & mask
    allowed = mask.any(axis=-1, keepdims=True)
    return np.where(allowed, softmax(np.where(mask, scores, np.where(allowed, -np.inf, 0.0))), 0.0)


@misconception("attention-only-looks-back", replaces="attention_weights")
def causal_without_a_mask(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    if mask is None:
        mask = np.tril(np.ones(scores.shape[-2:], dtype=bool))
    allowed = mask.any(axis=-1, keepdims=True)
    return np.where(allowed, softmax(np.where(mask, scores, np.where(allowed, -np.inf, 0.0))), 0.0)


@misconception("attention-only-looks-back", replaces="attention_weights")
def causal_and_masked_by_a_large_number(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, -1e30)
    weights = softmax(np.where(np.tril(np.ones(scores.shape[-2:], dtype=bool)), scores, -1e30))
    return weights if mask is None else weights * mask


@misconception("attention-context-from-the-keys", replaces="attention")
def context_from_keys(Q, K, V, mask=None):
    weights = attention_weights(Q, K, mask)
    return weights @ K, weights


@misconception("attention-context-from-the-scores", replaces="attention")
def scores_mix_the_values(Q, K, V, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    return scores @ V, attention_weights(Q, K, mask)


@misconception("attention-scaled-twice", replaces="attention")
def queries_scaled_before(Q, K, V, mask=None):
    weights = attention_weights(Q / np.sqrt(Q.shape[-1]), K, mask)
    return weights @ V, weights


@misconception("attention-softmax-twice", replaces="attention")
def weights_made_weights_again(Q, K, V, mask=None):
    weights = softmax(attention_weights(Q, K, mask))
    return weights @ V, weights


@misconception("attention-softmax-twice", replaces="attention")
def weights_made_weights_again_for_the_context(Q, K, V, mask=None):
    weights = attention_weights(Q, K, mask)
    return softmax(weights) @ V, weights
