"""An attention map on a sentence of a real corpus: each row shows where one word looks."""

import numpy as np
from matplotlib.figure import Figure

from autograder.drawing.corpus import news_vectors
from autograder.drawing.style import compare_maps

SENTENCE = ["the", "first", "day", "of", "the", "test", "match", "in", "the", "new", "year"]


def draw(student, reference) -> Figure:
    """Draw self-attention over the words' vectors, by the learner's code and by the reference, and how they differ.

    Args:
        student, reference: modules with `attention(Q, K, V, mask=None)`.
    """
    vectors = news_vectors(32)
    X = 4 * np.stack([vectors[word] for word in SENTENCE])  # longer vectors, sharper attention: it shows better
    maps = [np.asarray(module.attention(X, X, X)[1]) for module in (student, reference)]
    return compare_maps(
        *maps,
        SENTENCE,
        "Each row shows which words its word looks at; queries and keys are the same vectors here, so like finds like",
    )
