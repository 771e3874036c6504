"""Words of a real corpus: 300 news texts (the Lee background corpus, which installs with gensim)."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import numpy as np


@cache
def news_tokens() -> list[str]:
    """Return the corpus as lower-case words in text order, about 57,000."""
    text = (files("gensim") / "test" / "test_data" / "lee_background.cor").read_text(encoding="utf-8")
    return re.findall(r"[a-z]+", text.lower())


@cache
def news_vectors(size: int, words: int = 2000, radius: int = 4) -> dict[str, np.ndarray]:
    """Return unit vectors of the most frequent words: the truncated SVD of positive pointwise mutual information.

    Args:
        size: length of each vector.
        words: how many words are kept.
        radius: how far apart two words count as neighbours.
    """
    tokens = news_tokens()
    counts: dict[str, int] = {}
    for token in tokens:
        counts[token] = counts.get(token, 0) + 1
    vocabulary = sorted(counts, key=lambda w: (-counts[w], w))[:words]
    index = {word: i for i, word in enumerate(vocabulary)}
    ids = np.array([index.get(token, -1) for token in tokens])
    together = np.zeros((words, words))
    for offset in range(1, radius + 1):
        left, right = ids[:-offset], ids[offset:]
        known = (left >= 0) & (right >= 0)
        np.add.at(together, (left[known], right[known]), 1.0)
    together += together.T
    total, marginal = together.sum(), together.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        information = np.log(together * total / np.outer(marginal, marginal))
    information[~np.isfinite(information) | (information < 0)] = 0.0
    values, basis = np.linalg.eigh(information)
    top = np.argsort(-np.abs(values))[:size]
    vectors = basis[:, top] * np.sqrt(np.abs(values[top]))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-12
    return {word: vectors[i] for word, i in index.items()}
