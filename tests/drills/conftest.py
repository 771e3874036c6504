"""A small course of its own, so that these tests do not change with the content of the bank."""

from pathlib import Path

import pytest

from drills.bank import Bank, read_bank
from drills.deck import Deck

SYLLABUS = """
one:
  title: One
  topics: {apples: Apples, pears: Pears, plums: Plums}
two:
  title: Two
  topics: {nuts: Nuts}
"""
MISCONCEPTIONS = """
apples-are-pears: {believes: b, why it fails: w, holds: h, ask yourself: a, topic: apples}
pears-are-blue: {believes: b, why it fails: w, holds: h, ask yourself: a, topic: pears}
"""


THINGS = ("amber", "basil", "cedar", "dahlia", "elder", "fennel", "ginger")  # so that no two items are alike
TAILS = ("", " (so)", " (so, so)", " (so, so, so)")  # the key has each rank of length as often


def questions(topic: str, count: int, misconception: str = "") -> str:
    """YAML of `count` single choice items of a topic; their first distractor shows the misconception."""
    shows = f", misconception: {misconception}" if misconception else ""
    return "".join(
        f"""
- id: {topic}-{number}
  type: single choice
  difficulty: {number % 3 + 1}
  source: a textbook, chapter {number}
  stem: What is number {number} of the {THINGS[number]}-{topic} and {topic}-{THINGS[number]}, given $x_{number}$?
  key: right {number}{TAILS[(number + len(topic)) % 4]}
  because: Since it is number {number} of them.
  distractors:
    wrong {number}{TAILS[(number + len(topic) + 1) % 4]}: {{because: You took the wrong one instead of the right one{shows}}}
    false {number}{TAILS[(number + len(topic) + 2) % 4]}: {{because: You took the false one instead of the right one}}
    other {number}{TAILS[(number + len(topic) + 3) % 4]}: {{because: You took the other one instead of the right one}}
"""
        for number in range(count)
    )


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course folder with three topics of six, five and four items, and one of six in another chapter."""
    root = tmp_path / "root"
    (root / "course" / "one").mkdir(parents=True)
    (root / "course" / "syllabus.yaml").write_text(SYLLABUS, encoding="utf-8")
    (root / "course" / "one" / "misconceptions.yaml").write_text(MISCONCEPTIONS, encoding="utf-8")
    for topic, count, misconception in (
        ("apples", 6, "apples-are-pears"),
        ("pears", 5, "pears-are-blue"),
        ("plums", 4, ""),
    ):
        file = root / "course" / "one" / topic / "items.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(questions(topic, count, misconception), encoding="utf-8")
    nuts = root / "course" / "two" / "nuts" / "items.yaml"
    nuts.parent.mkdir(parents=True)
    nuts.write_text(questions("nuts", 6), encoding="utf-8")
    return root


@pytest.fixture
def bank(course: Path) -> Bank:
    """The bank of that course."""
    return read_bank(course)


@pytest.fixture
def deck(bank: Bank) -> Deck:
    """Its deck, without generators."""
    return Deck(bank, {})
