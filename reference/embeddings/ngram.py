"""n-gram language models (chapter embeddings, topic n-grams).

The probability of a word given all words before it cannot be estimated: almost every long history is new. An n-gram
model looks at the last n - 1 words only and counts. What was never seen gets probability 0, and with it every text
that contains it; adding a count to every possible continuation takes some probability from what was seen and spreads
it over the rest.

    p(w | history) = (count(history w) + add) / (count(history *) + add V)        V: words of the vocabulary

count(history *) counts the history where a word follows it, so that the probabilities sum to one; with add = 0 a history
that was never seen has none. Laplace: add = 1. Course: local representations. Source: Jurafsky and Martin, Speech and
language processing (3rd edition), chapter 3; Chen and Goodman 1999 for the comparison of smoothing methods.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

Token = Hashable


def ngrams(tokens: Sequence[Token], n: int) -> list[tuple[Token, ...]]:
    """All runs of n neighbouring tokens, in text order; none when the text is shorter.

    Raises:
        ValueError: n below 1.
    """
    if n < 1:
        raise ValueError(f"an n-gram has at least one token, not {n}")
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


def counts(tokens: Sequence[Token], n: int) -> Counter[tuple[Token, ...]]:
    """How often each n-gram occurs."""
    return Counter(ngrams(tokens, n))


@dataclass(frozen=True)
class Table:
    """What a text says about n-grams, counted once for any number of questions; `Table.of` counts.

    Attributes:
        n: the length of the n-grams.
        grams: how often each n-gram occurs.
        followed: how often each history of n - 1 tokens is followed by any token.
        vocabulary: how many different tokens the text has.
    """

    n: int
    grams: Mapping[tuple[Token, ...], int]
    followed: Mapping[tuple[Token, ...], int]
    vocabulary: int

    @classmethod
    def of(cls, tokens: Sequence[Token], n: int) -> Table:
        """Count a text.

        Raises:
            ValueError: n below 1.
        """
        grams = counts(tokens, n)
        followed: Counter[tuple[Token, ...]] = Counter()
        for gram, number in grams.items():
            followed[gram[:-1]] += number
        return cls(n, grams, followed, len(set(tokens)))

    def probability(self, history: Sequence[Token], word: Token, add: float = 0) -> float:
        """p(word | history), the history being the n - 1 words before.

        Raises:
            ValueError: the history has another length, or never precedes a word and nothing is added.
        """
        history = tuple(history)
        if len(history) != self.n - 1:
            raise ValueError(f"a history of {self.n - 1} words is needed, not {len(history)}: {history!r}")
        total = self.followed.get(history, 0) + add * self.vocabulary
        if total == 0:
            raise ValueError(f"the history {history!r} was never seen; smooth, or back off to a shorter one")
        return (self.grams.get((*history, word), 0) + add) / total

    def perplexity(self, text: Sequence[Token], add: float = 0) -> float:
        """exp of the mean of -log p over the words of `text` that have n - 1 words before them.

        Infinite when one of them has probability 0.

        Raises:
            ValueError: a history was never seen and nothing is added, or `text` has fewer than n words.
        """
        runs = ngrams(text, self.n)
        if not runs:
            raise ValueError(f"a text of {len(text)} words contains no {self.n}-gram")
        found = [self.probability(run[:-1], run[-1], add) for run in runs]
        if min(found) == 0:
            return math.inf
        return math.exp(-sum(map(math.log, found)) / len(found))


def probability(tokens: Sequence[Token], history: Sequence[Token], word: Token, add: float = 0) -> float:
    """p(word | history) estimated from a text; the vocabulary is the set of its tokens. Counts the text: see `Table`.

    Args:
        tokens: the training text.
        history: the n - 1 words before; empty for a unigram.
        add: pseudo-count of every possible continuation; 0 is maximum likelihood, 1 Laplace smoothing.

    Raises:
        ValueError: the history never precedes a word and nothing is added, so there is nothing to estimate from.
    """
    return Table.of(tokens, len(history) + 1).probability(history, word, add)


def perplexity(tokens: Sequence[Token], text: Sequence[Token], n: int, add: float = 0) -> float:
    """The perplexity of `text` under the n-grams of `tokens`; see `Table.perplexity`."""
    return Table.of(tokens, n).perplexity(text, add)
