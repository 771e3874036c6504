"""Reading the bank: what is wrong is said with file and line, and never closes the rest."""

import re
from pathlib import Path

import pytest
import yaml

from drills.bank import BankError, load_bank, read_bank
from drills.items import from_data
from drills.lint import check

DOCS = Path(__file__).parents[2] / "docs" / "questions.md"
GOOD = """- id: good
  type: single choice
  difficulty: 1
  source: a textbook
  stem: What is right?
  key: right
  because: It is the right one.
  distractors:
    wrong: {because: You took the wrong one.}
    wronger: {because: You took the one that is more wrong.}
"""


def problems(course: Path, text: str) -> list[str]:
    """What the reader says about a file of its own with this text, without the folder."""
    (course / "course" / "two" / "nuts" / "items.yaml").write_text(text, encoding="utf-8")
    return [str(problem).removeprefix("course/two/nuts/") for problem in read_bank(course).problems]


def test_a_good_course_has_no_problems(course):
    bank = load_bank(course)
    assert len(bank.items) == 21
    assert [len(bank.of_topic(topic)) for topic in ("apples", "pears", "plums", "nuts")] == [6, 5, 4, 6]
    assert bank.places["pears-1"].file.parent.name == "pears"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("difficulty: 1", "difficulty: 4", 3, "difficulty"),
        ("  source: a textbook\n", "", 1, "source: is missing"),
        ("  key: right", "  key: 4", 6, "key: must be text; put 4 in quotation marks"),
        ("  key: right", "  keys: right", 6, "keys: there is no such field"),
        ("single choice", "simple choice", 2, "type is 'simple choice'; it must be one of: single choice"),
        ("wronger: {because: You took the one that is more wrong.}", "wrong: {because: Again.}", 10, "second time"),
        ("    wronger: {because: You", "    wronger: {cause: You", 10, "distractors > wronger > because: is missing"),
        ("took the wrong one.", "took it, misconception: no-such-one", 9, "there is no misconception 'no-such-one'"),
        ("  key: right", "  key: wrong", 1, "the key is also a distractor"),
        ("difficulty: 1", "difficulty: 1\n  topic: apples", 4, "chapter two has no topic 'apples'"),
        ("difficulty: 1", "difficulty: 1\n  figure: {file: no.svg, alt: none}", 4, "there is no file no.svg"),
        ("id: good", "id: Not Good", 1, "id"),
        ("id: good", "id: apples-1", 1, "the id is taken by course/one/apples/items.yaml:14"),
        ("id: good", "id: 'good", 11, "no valid YAML"),
        ("- id: good", "id: good", 2, "no valid YAML"),
    ],
)
def test_errors_name_file_and_line(course, old, new, line, said):
    found = problems(course, GOOD.replace(old, new))
    assert any(text.startswith(f"items.yaml:{line}: ") and said in text for text in found), found


def test_a_file_that_is_no_list(course):
    assert problems(course, "a: 1\n") == [
        "items.yaml:1: a file of the bank is a list of items, each beginning with `- id:`"
    ]
    assert problems(course, "- 7\n") == ["items.yaml:1: an item is a mapping of fields, beginning with `- id:`"]
    assert problems(course, "") == []


def test_one_broken_item_leaves_the_others(course):
    found = problems(course, GOOD + GOOD.replace("id: good", "id: bad").replace("key: right", "key: 4"))
    assert len(found) == 1
    bank = read_bank(course)
    assert "good" in bank.items
    assert "bad" not in bank.items
    with pytest.raises(BankError, match="bad: key"):
        load_bank(course)


def test_a_broken_catalogue_is_told_and_leaves_the_items(course):
    (course / "course" / "one" / "misconceptions.yaml").write_text("apples-are-pears: {", encoding="utf-8")
    bank = read_bank(course)
    assert len(bank.items) == 21
    assert [problem.file for problem in bank.problems] == ["course/one/misconceptions.yaml"]


def documented() -> list[dict]:
    blocks = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S)
    return [entry for block in blocks for entry in yaml.safe_load(block)]


@pytest.mark.parametrize("entry", documented(), ids=lambda entry: entry["id"])
def test_every_example_of_the_guide_is_a_good_item(entry):
    assert list(check(from_data({"topic": "x", **entry}))) == []


def test_the_guide_shows_every_type():
    from drills.items import TYPES

    assert {entry["type"] for entry in documented()} == set(TYPES)


def test_the_bank_of_this_course_can_be_read():
    load_bank()
