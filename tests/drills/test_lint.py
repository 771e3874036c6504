"""The linter: each rule on an item that breaks it and on one that does not; and on the bank of this course."""

import re

import pytest
from typer.testing import CliRunner

from drills.bank import load_bank, read_bank
from drills.cli import bank as bank_commands
from drills.items import from_data
from drills.lint import check, lint, lint_generators

SINGLE = {
    "id": "one", "type": "single choice", "topic": "x", "difficulty": 1, "source": "a textbook", "stem": "What is $x$?",
    "key": "a number", "because": "Since it is defined so.",
    "distractors": {"a function": {"because": "It has no argument on which it could depend."},
                    "a matrix of any size": {"because": "It has no rows, let alone columns of any size."}},
}  # fmt: skip
NUMERIC = {
    "id": "two", "type": "numeric", "topic": "x", "difficulty": 1, "source": "a textbook", "stem": "How many?",
    "unit": "apples", "key": {"compute": "3 * 4"}, "because": "Three times four of them.",
    "wrong values": {"3 + 4": {"because": "You added the two numbers instead of multiplying them."}},
}  # fmt: skip
TABLE = {
    "id": "three", "type": "layer table", "topic": "x", "difficulty": 1, "source": "a textbook", "stem": "Complete the table.",
    "because": "By the usual formulas.", "input shape": [3, 8, 8], "layers": [{"layer": "conv", "filters": 2, "kernel": 3}],
}  # fmt: skip


def said(base: dict, **changes) -> list[str]:
    return list(check(from_data({**base, **changes})))


@pytest.mark.parametrize("base", [SINGLE, NUMERIC, TABLE], ids=lambda base: base["type"])
def test_good_items_pass(base):
    assert said(base) == []


def options(*texts: str) -> dict:
    return {text: {"because": f"That is {text}, explained at length."} for text in texts}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"distractors": options("b")}, "2 options"),
        ({"distractors": options("b", "c", "d", "e")}, "5 options"),
        ({"distractors": options("b", "A Number.")}, "say the same"),
        ({"key": "1000", "distractors": options("1,000", "7")}, "say the same"),
        ({"key": "0.50", "distractors": options("$0.5$", "7")}, "say the same"),
        ({"distractors": options("b", "none of the above")}, "refers to the others"),
        ({"distractors": options("b", "All of these options")}, "refers to the others"),
        ({"stem": "Which of these is NOT a number?"}, "negative"),
        ({"stem": "Which statement is false?"}, "negative"),
        ({"stem": "Which gate does not exist?"}, "negative"),
        ({"stem": "What is $x$? And what is $y$?"}, "more than one question"),
        ({"because": "Yes."}, "too short"),
        ({"because": "Correct! It is defined so."}, "instead of judging"),
        ({"because": "It has no argument on which it could depend."}, "of its own"),
        ({"stem": "What costs $5?"}, "without its partner"),
        ({"stem": "What is $\tanh$?"}, "control character"),
        ({"stem": "What is $a \neq b$?"}, "line break in a formula"),
        ({"stem": r"What is $\begin{matrix}1\end{matrix}$?"}, "cannot be printed"),
    ],
)
def test_rules_of_choices_and_texts(changes, rule):
    assert any(rule in message for message in said(SINGLE, **changes)), said(SINGLE, **changes)


@pytest.mark.parametrize(
    "stem",
    [
        "Which gate decides what is not forgotten?",
        "What is not known of $x$, if anything?",
        "Which of $f$ and $g$ is right?",
    ],
)
def test_harmless_stems(stem):
    assert not [message for message in said(SINGLE, stem=stem) if "question" in message]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"key": {"compute": "12"}}, "typed"),
        ({"key": {"compute": "1 / 3"}}, "state a tolerance"),
        ({"key": {"compute": "nothing.at.all(3)"}}, "cannot be computed"),
        ({"wrong values": {"2 * 6": {"because": "You took another way."}}}, "equals the key"),
        (
            {"wrong values": {"7": {"because": "You took one way."}, "3 + 4": {"because": "You took another."}}},
            "equals '7'",
        ),
        ({"wrong values": {"1 / 0": {"because": "You took another way."}}}, "wrong value cannot be computed"),
        ({"tolerance": {"absolute": 6}}, "equals the key"),
    ],
)
def test_rules_of_numbers(changes, rule):
    assert any(rule in message for message in said(NUMERIC, **changes)), said(NUMERIC, **changes)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"layers": [{"layer": "conv", "filters": 2, "kernel": 9}]}, r"layer 1 \(conv\).*fit"),
        ({"layers": [{"layer": "conv", "kernel": 3}]}, "needs 'filters'"),
        ({"layers": [{"layer": "lstm", "units": 3}]}, "time"),
        ({"blanks": ["2.output"]}, "neither a column"),
        ({"wrong values": {"1.parameters": {"2*(3*3*3+1)": {"because": "You took another way."}}}}, "is right"),
        ({"wrong values": {"1.output": {"2 x 6 x 6": {"because": "You took another way."}}}}, "is right"),
        ({"wrong values": {"1.output": {"2 by 6": {"because": "You took another way."}}}}, "cannot be read"),
        ({"blanks": ["output"], "wrong values": {"1.parameters": {"3": {"because": "You took a way."}}}}, "no blank"),
    ],
)
def test_rules_of_layer_tables(changes, rule):
    assert any(re.search(rule, message) for message in said(TABLE, **changes)), said(TABLE, **changes)


def test_a_generated_number_may_be_typed():
    item = from_data({**NUMERIC, "key": {"compute": "12"}})
    assert list(check(item, generated=True)) == []


def messages(root) -> list[str]:
    return [str(problem) for problem in lint(read_bank(root))]


def test_a_good_course_passes(course):
    assert messages(course) == []


def test_topics_need_two_items_and_items_differ(course):
    file = course / "course" / "two" / "nuts" / "items.yaml"
    first = file.read_text(encoding="utf-8").split("\n- id: nuts-1")[0]
    file.write_text(first, encoding="utf-8")
    assert messages(course) == ["course/syllabus.yaml:0: topic nuts has 1 of at least 2 items"]
    file.write_text(first + first.replace("nuts-0", "nuts-9"), encoding="utf-8")
    assert messages(course) == ["course/two/nuts/items.yaml:14: nuts-9: asks the same as nuts-0"]


def test_links_lead_to_exercises(course):
    file = course / "course" / "two" / "nuts" / "items.yaml"
    file.write_text(
        file.read_text().replace("difficulty: 1", "difficulty: 1\n  exercise: one/none", 1), encoding="utf-8"
    )
    assert len(messages(course)) == 1
    assert "there is no exercise one/none" in messages(course)[0]


def test_the_command_says_file_and_line_and_fails(course, monkeypatch):
    monkeypatch.setenv("ANNDL_ROOT", str(course))
    file = course / "course" / "two" / "nuts" / "items.yaml"
    file.write_text(file.read_text().replace("right 3 (so, so, so)", "4.0"), encoding="utf-8")
    result = CliRunner().invoke(bank_commands, ["lint", "two"])
    assert result.exit_code == 1
    assert re.search(
        r"course/two/nuts/items\.yaml:\d+: nuts-3: key: must be text; put 4\.0 in quotation marks", result.output
    )
    assert CliRunner().invoke(bank_commands, ["lint", "one"]).exit_code == 0
    assert "There is no chapter" in CliRunner().invoke(bank_commands, ["lint", "three"]).output


def test_the_items_of_this_course_are_clean():
    """Every rule but the number of items per topic and the links, which grow with the content."""
    found = [str(problem) for problem in lint(load_bank())]
    growing = re.compile(r"of at least 2 items$|there is no exercise ")
    assert [message for message in found if not growing.search(message)] == []


def test_the_generators_are_clean():
    assert lint_generators(3) == []
