r"""One symbol, one meaning within a topic: the symbols of formulas against the table in course/notation.yaml.

The table lists each symbol with its meanings and the topics that use it so. Greek letters must stand in it; of the Latin
ones those that do are checked. `\beta_1` is another symbol than `\beta` where the table has it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter

from autograder.yamlfile import CourseError, read
from drills.items import Item, Kebab, Model, Text
from drills.texts import formulas, texts

FILE = "notation.yaml"
GREEK = r"alpha|beta|gamma|delta|epsilon|eta|theta|lambda|mu|nu|rho|sigma|tau|phi|psi|omega"
SYMBOL = re.compile(rf"\\({GREEK})(?![A-Za-z])(_\{{?\d\}}?)?|(?<![A-Za-z\\_])[A-Za-z](?![A-Za-z])")
WORDS = re.compile(r"\\(?:text|mathrm|operatorname)\{[^}]*\}|_\{[A-Za-z]{2,}\}|_[A-Za-z]")


class Meaning(Model):
    """What a symbol stands for, and where."""

    means: Text
    topics: Annotated[list[Kebab], Field(min_length=1)]


Table = dict[str, list[Meaning]]


def load_table(root: Path) -> Table:
    """The table of a course; empty where it has none.

    Raises:
        CourseError: with file and line: a symbol has two meanings in a topic, or a meaning two symbols.
    """
    file = root / "course" / FILE
    if not file.is_file():
        return {}
    document = read(file)
    if not isinstance(document.data, dict):
        raise CourseError(file, 1, "this file maps each symbol to its meanings, each with `means` and `topics`")
    table = {symbol: document.validate(TypeAdapter(list[Meaning]), symbol) for symbol in document.data}
    said: dict[tuple[str, str], str] = {}
    for symbol, meanings in table.items():
        uses = Counter(topic for meaning in meanings for topic in meaning.topics)
        for topic in (topic for topic, count in uses.items() if count > 1):
            raise document.error(f"{symbol} has two meanings in topic {topic}", symbol)
        for meaning in meanings:
            for topic in meaning.topics:
                other = said.setdefault((meaning.means, topic), symbol)
                if other != symbol:
                    raise document.error(f"topic {topic} writes '{meaning.means}' as {other} and as {symbol}", symbol)
    return table


def symbols(text: str) -> Iterator[str]:
    """The symbols of a text's formulas; indices and words in formulas are none."""
    for formula in formulas(text):
        for found in SYMBOL.finditer(WORDS.sub(" ", formula)):
            yield re.sub(r"[{}]", "", found.group())


def used(item: Item) -> set[str]:
    """All symbols of an item."""
    return {symbol for text in texts(item) for symbol in symbols(text)}


def unknown(item: Item, table: Table) -> Iterator[str]:
    """What the table does not know of the symbols of an item."""
    if not table:
        return
    allowed: dict[str, set[str]] = defaultdict(set)
    for symbol, meanings in table.items():
        allowed[symbol] |= {topic for meaning in meanings for topic in meaning.topics}
    for symbol in sorted(used(item)):
        name = symbol if symbol in table else symbol.partition("_")[0]
        if name not in table and not name.startswith("\\"):
            continue
        if item.topic not in allowed[name]:
            known = "; ".join(f"{m.means} in {', '.join(m.topics)}" for m in table.get(name, []))
            yield f"${name}$ has no meaning in topic {item.topic} ({known or 'it is not in course/notation.yaml'})"
