"""Which items ask the same in other words: by the words that they share, the rare ones counting more.

What is alike on purpose stands in course/alike.yaml with an argument, so that every other pair is a finding.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated

from pydantic import Field

from autograder.yamlfile import CourseError, read
from drills.items import Item, LayerTable, Model, Open, Text
from drills.texts import content_words

# cosines of the weighted words from which on two items are said to ask the same
SAME_QUESTION, SAME_LESSON = 0.65, 0.42  # by stem and key; together with the explanation of the key
FILE = "alike.yaml"


class Argued(Model):
    """Items (or generators) that may be alike, and why."""

    items: Annotated[list[Text], Field(min_length=2)]
    because: Text


@dataclass(frozen=True)
class Pair:
    """Two items, by id, and how alike they are, 0 to 1."""

    one: str
    other: str
    likeness: float


def asked(item: Item) -> str:
    """What an item asks: its stem, its code, and its key where that is words. A layer table asks by its layers."""
    if isinstance(item, LayerTable):
        return ""
    key = "" if isinstance(item, Open) else getattr(item, "key", "")
    words = key if isinstance(key, str) else " ".join(key) if isinstance(key, dict | list) else ""
    return f"{item.stem} {getattr(item, 'code', '')} {words} {getattr(item, 'justification', '')}"


def twins(items: Iterable[Item]) -> list[Pair]:
    """The pairs of items that ask the same, by what they ask or by that together with what they teach."""
    compared = [item for item in items if asked(item)]
    found = alike({item.id: asked(item) for item in compared}, SAME_QUESTION)
    found += alike({item.id: f"{asked(item)} {item.because}" for item in compared}, SAME_LESSON)
    best = {frozenset((pair.one, pair.other)): pair for pair in sorted(found, key=lambda pair: pair.likeness)}
    return sorted(best.values(), key=lambda pair: (-pair.likeness, pair.one))


def alike(texts: Mapping[str, str], least: float) -> list[Pair]:
    """The pairs of texts whose likeness reaches `least`, the most alike first."""
    words = {name: content_words(re.sub(r"[\d_]+", " ", text)) for name, text in texts.items()}
    known = Counter(word for own in words.values() for word in own)
    weight = {word: math.log(len(words) / count) for word, count in known.items()}
    length = {name: math.sqrt(sum(weight[word] ** 2 for word in own)) for name, own in words.items()}
    found = []
    for one, other in combinations(words, 2):
        shared = sum(weight[word] ** 2 for word in words[one] & words[other])
        if shared and (likeness := shared / (length[one] * length[other])) >= least:
            found.append(Pair(one, other, likeness))
    return sorted(found, key=lambda pair: -pair.likeness)


def exceptions(root: Path) -> list[Argued]:
    """What may be alike in a course, from its course/alike.yaml; nothing where it has none.

    Raises:
        CourseError: with file and line.
    """
    file = root / "course" / FILE
    if not file.is_file():
        return []
    document = read(file)
    if not isinstance(document.data, list):
        raise CourseError(file, 1, "this file is a list of `- items: [...]` with `because: ...`")
    return [document.validate(Argued, number) for number in range(len(document.data))]
