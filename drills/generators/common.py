"""What the families share: fixed-digit numbers, choice items with distinct options, the fields that the registry sets."""

from collections.abc import Iterable, Sequence
from typing import Any

from drills.items import SingleChoice, Wrong
from drills.texts import normal

SET_BY_REGISTRY: dict[str, Any] = {"id": "generated", "topic": "generated", "difficulty": 1}
"""Placeholders: the decorator of a family knows its id, topic and difficulty."""

MOST_DISTRACTORS = 3


def fixed(value: float, digits: int = 4) -> str:
    """A number with a fixed count of digits: the same text wherever the last bits of a float differ; no negative zero."""
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if not text.strip("-0.") else text


def tenths(count: int) -> str:
    """So many tenths, as text that is exact in a stem and in an expression: 3 -> 0.3, -20 -> -2.0."""
    return f"{'-' if count < 0 else ''}{abs(count) // 10}.{abs(count) % 10}"


def grouped(number: str | int) -> str:
    """In parentheses when negative, so that it may follow an operator."""
    return f"({number})" if str(number).startswith("-") else str(number)


def vector(numbers: Sequence[str | int]) -> str:
    """(1, -2, 0.5)."""
    return f"({', '.join(map(str, numbers))})"


def by(*sides: int) -> str:
    """16 x 28 x 28."""
    return " x ".join(map(str, sides))


def padded(padding: int) -> str:
    """The padding in words."""
    return f"zero padding of {padding} on each side" if padding else "no padding"


def times(*factors: int | str) -> str:
    r"""Factors with a multiplication dot between them, for a formula: 3 \cdot 5."""
    return r" \cdot ".join(map(str, factors))


def single_choice(key: str, candidates: Iterable[tuple[str, Wrong]], **fields: Any) -> SingleChoice:
    """A choice item with the first three candidates that differ from the key and from each other.

    Raises:
        ValueError: fewer than two candidates are left; the family must offer more.
    """
    taken = {normal(key)}
    kept: dict[str, Wrong] = {}
    for text, wrong in candidates:
        if normal(text) not in taken and len(kept) < MOST_DISTRACTORS:
            taken.add(normal(text))
            kept[text] = wrong
    if len(kept) < 2:
        raise ValueError(f"only {len(kept)} distractors differ from the key {key}")
    return SingleChoice(**SET_BY_REGISTRY, key=key, distractors=kept, **fields)
