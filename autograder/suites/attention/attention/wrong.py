"""The wrong versions of attention: what each misconception writes."""

import numpy as np

from autograder import edit, misconception

wrong = [
    edit("attention-unscaled", " / np.sqrt(Q.shape[-1])\n", "\n"),
    edit("attention-scaled-by-d", "/ np.sqrt(Q.shape[-1])\n", "/ Q.shape[-1]\n"),
    edit("attention-scaled-by-the-number-of-keys", "np.sqrt(Q.shape[-1])\n", "np.sqrt(K.shape[-2])\n"),
    edit("attention-softmax-over-queries", "return softmax(scores)\n", "return softmax(scores, axis=-2)\n"),
    edit("attention-mask-means-forbidden", "allowed = mask.any", "mask = ~mask\n    allowed = mask.any"),
    edit("softmax-without-the-maximum", "scores - np.max(scores, axis=axis, keepdims=True)", "scores"),
    edit("softmax-over-everything", "np.max(scores, axis=axis, keepdims=True)", "np.max(scores)"),
    edit(
        "attention-empty-row-divides-by-zero",
        ", softmax(np.where(allowed, scores, 0.0)), 0.0)",
        ", softmax(scores), 1 / scores.shape[-1])",
    ),
    edit("attention-transposes-the-batch", "np.swapaxes(K, -1, -2)", "K.T"),
]


@misconception("softmax-over-everything", replaces="softmax")
def softmax_over_all_entries(scores, axis=-1):
    exponentials = np.exp(scores - np.max(scores))
    return exponentials / exponentials.sum()


@misconception("attention-softmax-over-queries", replaces="attention_weights")
def over_queries_with_mask(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    return softmax(scores, axis=-2)


@misconception("attention-empty-row-divides-by-zero", replaces="attention_weights")
def nothing_allowed_is_not_treated(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    return softmax(scores if mask is None else np.where(mask, scores, -np.inf))


@misconception("attention-mask-after-softmax", replaces="attention_weights")
def mask_after_softmax(Q, K, mask=None):
    weights = softmax(Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1]))
    return weights if mask is None else weights * mask


@misconception("attention-mask-sets-scores-to-zero", replaces="attention_weights")
def forbidden_scores_are_zero(Q, K, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    return softmax(scores if mask is None else scores * mask)


@misconception("attention-context-from-the-keys", replaces="attention")
def context_from_keys(Q, K, V, mask=None):
    weights = attention_weights(Q, K, mask)
    return weights @ K, weights
