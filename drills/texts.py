"""Texts of items: all of them, their formulas, how long they look and whether two say the same."""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from pydantic import BaseModel

from drills.items import Item

FORMULA = re.compile(r"(?<!\\)\$(.+?)(?<!\\)\$", re.S)
PROSE = {
    "stem",
    "because",
    "key",
    "justification",
    "distractors",
    "mistakes",
    "rubric",
    "criterion",
    "convention",
    "alt",
}
PROSE |= {"wrong_values", "first", "then", "fix", "unit", "figure"}
CODE = {"fix", "code"}


def texts(item: Item) -> Iterator[str]:
    """Every text of an item that is shown as Markdown; no code and no expressions."""
    for name in type(item).model_fields:
        if name in PROSE - CODE:
            yield from _texts(getattr(item, name), keys=name != "wrong_values")


def _texts(value: object, keys: bool = True) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, child in value.items():
            if keys and isinstance(key, str):
                yield key
            yield from _texts(child, keys)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child, keys)
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            if name in PROSE:
                yield from _texts(getattr(value, name), keys)


def formulas(text: str) -> list[str]:
    """The contents of all `$...$`."""
    return [match.group(1) for match in FORMULA.finditer(text)]


def unbalanced(text: str) -> bool:
    """Whether a `$` opens a formula that no other closes."""
    return len(re.findall(r"(?<!\\)\$", text)) % 2 == 1


def looks(text: str) -> int:
    """About how many characters wide the text looks: a LaTeX command counts as one, braces and dollars as none."""
    return len(re.sub(r"[{}$]|\\[,;! ]", "", re.sub(r"\\[A-Za-z]+", "x", text)))


def normal(text: str) -> str:
    """What is left of a text without formatting: equal results mean that two options say the same.

    Numbers are compared as numbers: 1,000 and 1000, 0.50 and 0.5.
    """
    text = re.sub(r"\\(left|right|,|;|!| )", "", text)
    text = re.sub(r"[\s$`*{}]", "", text).lower().rstrip(".")
    return re.sub(r"\d[\d,]*(\.\d+)?", _number, text)


def _number(match: re.Match[str]) -> str:
    try:
        return f"{Decimal(match.group().replace(',', '')).normalize():f}"
    except InvalidOperation:
        return match.group()


_SMALL = """
a about after an and are as at be been but by can do does for from give gives had has have how if in into is it its many more
most much no not of off on one only or out so than that the their them then there these they this those to up was were what
when where which while why will with you your
"""
SMALL = frozenset(_SMALL.split())


def content_words(text: str) -> frozenset[str]:
    """The words that carry the meaning, shortened to their stems; commands and letters of formulas are none."""
    plain = re.sub(r"\\[A-Za-z]+", " ", text.lower())
    return frozenset(stem(word) for word in re.findall(r"[a-z][a-z-]+", plain) if word not in SMALL)


def stem(word: str) -> str:
    """A word without its commonest endings: convolutions and convolution, trained and training are the same."""
    for ending in ("ations", "ation", "ings", "ing", "ions", "ion", "ies", "ed", "es", "ly", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word
