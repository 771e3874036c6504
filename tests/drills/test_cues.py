"""What gives keys away, what asks the same, what is badly worded: each flaw planted in a bank that is otherwise clean."""

from pathlib import Path

import pytest
import yaml

from drills import cues, likeness, notation, wording
from drills.bank import load_bank, read_bank
from drills.items import SingleChoice, TrueFalse, from_data
from drills.lint import check, lint, lint_instances

ROOT = Path(__file__).parents[2]


def choice(number: int, key: str, *wrong: str) -> SingleChoice:
    whys = {text: {"because": f"That is {text}, which the stem of number {number} rules out."} for text in wrong}
    item = from_data({"id": f"item-{number}", "topic": "x", "type": "single choice", "difficulty": 1, "source": "a textbook",
                      "stem": f"What holds for case {number}?", "key": key, "because": "Since it is defined so.",
                      "distractors": whys})  # fmt: skip
    assert isinstance(item, SingleChoice)
    return item


def statement(number: int, key: bool, *sides: bool) -> TrueFalse:
    reasons = {f"It is so for reason {n} of {number}.": {"argues": side, "because": "That reason has nothing to do with it at all."}
               for n, side in enumerate(sides)}  # fmt: skip
    item = from_data({"id": f"said-{number}", "topic": "x", "type": "true/false", "difficulty": 1, "source": "a textbook",
                      "stem": f"Case {number} holds.", "key": key, "because": "Since it is defined so.",
                      "justification": f"The definition says so of {number}.", "distractors": reasons})  # fmt: skip
    assert isinstance(item, TrueFalse)
    return item


def balanced(count: int = 12) -> list[SingleChoice]:
    """Items whose key has each rank of length equally often and that no strategy solves."""
    tails = ("", " (so)", " (so, so)", " (so, so, so)")
    names = ("amber", "basil", "cedar", "dogwood")
    return [
        choice(n, *(f"{name[:5]} {tails[(n + place) % 4]}" for place, name in enumerate(names))) for n in range(count)
    ]


def test_a_balanced_chapter_gives_nothing_away():
    assert list(cues.in_chapter("one", balanced())) == []
    assert max(cues.guessing_scores(balanced()).values()) == pytest.approx(0.25)
    assert cues.rank_shares(balanced()) == pytest.approx([0.25] * 4)


PLANTED = {
    "the shortest": [choice(n, "yes", "a long one", "another long one", "quite another one") for n in range(12)],
    "the longest": [choice(n, "what holds, at some length", "no", "not", "nothing") for n in range(12)],
    "the second shortest": [choice(n, "five5", "one", "seventeen", "thirteen more") for n in range(12)],
    "the second longest": [choice(n, "thirteen more", "one", "five5", "thirteen and more") for n in range(12)],
    "one without an absolute word": [choice(n, "it grows", "it always grows", "it never grows", "only it grows") for n in range(12)],
    "one with an absolute word": [choice(n, "all of it", "half of it", "some part", "a third") for n in range(12)],
    "the shortest without an absolute word": [
        choice(n, "it shrinks", "it always grows", "no", "it is kept as it was") for n in range(12)],
    "one that hedges": [choice(n, "it usually grows", "it grows fast", "it does shrink", "it is constant") for n in range(12)],
    "one that gives a reason": [choice(n, "it grows, since it must", "it grows", "it shrinks", "it stays") for n in range(12)],
    "one with a number or formula": [choice(n, "12 units", "many units", "few units", "no units") for n in range(12)],
    "the one with most words of the stem": [choice(n, "the case holds", "it fails", "it is open", "it varies") for n in range(12)],
    "the one with most words of the other options": [
        choice(n, "red copper wire", "red copper pipe", "red steel wire", "green copper wire") for n in range(12)],
    "the one with fewest words of the other options": [
        choice(n, "glass", "red copper", "red copper wire", "copper wire") for n in range(12)],
}  # fmt: skip


@pytest.mark.parametrize("strategy", PLANTED)
def test_a_strategy_without_knowledge_is_found(strategy: str):
    found = list(cues.in_chapter("one", PLANTED[strategy]))
    assert any(f"choosing {strategy}" in message for message in found), found


def test_every_rank_of_length_must_occur():
    never_longest = [item for item in balanced(16) if cues.rank_shares([item])[0] == 0]
    assert any("number 1 by length in 0%" in message for message in cues.in_chapter("one", never_longest))


def test_absolute_words_in_distractors_only():
    items = [choice(n, "it may grow", "it always grows", "it never grows", "it grows at times") for n in range(12)]
    assert any("absolute words" in message for message in cues.in_chapter("one", items))


@pytest.mark.parametrize(("values", "found"), [("TTFF", False), ("TFF", False), ("FFFF", True), ("TTTTTF", True)])
def test_the_values_of_statements_are_balanced(values: str, found: bool):
    items = [statement(n, value == "T", True, False) for n, value in enumerate(values)]
    assert any("the same truth value" in message for message in cues.in_chapter("one", items)) is found


@pytest.mark.parametrize(
    ("sides", "rule"),
    [((False, True, True), ""), ((False, False, True), "it must be as many"), ((False, False, False), "as many")],
)
def test_both_sides_of_a_statement_have_justifications(sides, rule):
    found = [message for message in check(statement(1, False, *sides)) if "it must be as many" in message]
    assert bool(found) is bool(rule)


def test_a_justification_says_what_it_argues_for():
    data = statement(1, False, False, True, True).model_dump()
    reason = next(iter(data["distractors"]))
    data["distractors"][reason]["argues"] = None
    assert any("argues: true" in message for message in check(from_data(data)))


def test_justifications_that_give_the_statement_away_are_found():
    def one(number: int) -> TrueFalse:
        item = statement(number, number % 2 == 0, number % 2 == 0, number % 2 == 1, number % 2 == 1)
        return item.model_copy(update={"justification": "So."})

    found = list(cues.in_statements([one(n) for n in range(20)]))
    assert any("the shortest" in message for message in found), found


def test_the_bank_of_this_course_gives_nothing_away():
    bank = load_bank(ROOT)
    for chapter in bank.catalogue.chapters:
        items = [item for item in bank.items.values() if bank.catalogue.topics[item.topic].chapter == chapter]
        choices = [item for item in items if isinstance(item, SingleChoice)]
        assert len(choices) >= cues.ENOUGH_TO_JUDGE, chapter
        assert list(cues.in_chapter(chapter, items)) == []
    statements = [item for item in bank.items.values() if isinstance(item, TrueFalse)]
    assert list(cues.in_statements(statements)) == []
    assert 0.4 <= sum(item.key for item in statements) / len(statements) <= 0.6


ONCE = "A convolutional layer is invariant to translation, that is, shifting the image leaves its output unchanged."
TWICE = "A convolution with stride 1 is invariant to translations of its input: a shifted image gives the same output."


def test_a_question_in_other_words_is_found(course: Path):
    append(course, [said("nuts-8", ONCE), said("nuts-9", TWICE)])
    found = [str(problem) for problem in lint(read_bank(course))]
    assert len(found) == 1
    assert "nuts-9: asks much the same as nuts-8" in found[0]
    (course / "course" / "alike.yaml").write_text(
        "- items: [nuts-8, nuts-9]\n  because: It is a test.\n", encoding="utf-8"
    )
    assert lint(read_bank(course)) == []
    (course / "course" / "alike.yaml").write_text(
        "- items: [nuts-8, gone]\n  because: It is a test.\n", encoding="utf-8"
    )
    assert any("there is no item gone" in str(problem) for problem in lint(read_bank(course)))
    (course / "course" / "alike.yaml").write_text("- items: [nuts-8, nuts-9]\n", encoding="utf-8")
    assert any("alike.yaml:1" in str(problem) and "because" in str(problem) for problem in lint(read_bank(course)))


def said(identifier: str, stem: str) -> dict:
    reasons = {f"Reason {n} of {identifier}.": {"argues": n < 2, "because": f"Number {n} has nothing to do with that at all."}
               for n in range(3)}  # fmt: skip
    return {"id": identifier, "type": "true/false", "difficulty": 1, "source": "a textbook", "stem": stem, "key": identifier[-1] == "8",
            "because": "The output shifts along with the image.",
            "justification": "It shifts along.", "distractors": sided(reasons, identifier[-1] == "8")}  # fmt: skip


def sided(reasons: dict, key: bool) -> dict:
    for place, why in enumerate(reasons.values()):
        why["argues"] = key if place == 0 else not key
    return reasons


def append(course: Path, entries: list[dict]) -> None:
    file = course / "course" / "two" / "nuts" / "items.yaml"
    file.write_text(file.read_text() + yaml.safe_dump(entries, sort_keys=False), encoding="utf-8")


def test_the_pairs_that_once_asked_the_same_would_be_found():
    """Stems of this bank as they stood before; every pair is above one of the thresholds."""
    lstm = ("An LSTM layer reads vectors of 5 numbers and has 7 units. How many parameters does it have?",
            "An LSTM layer reads vectors of 5 numbers and has 7 units. How many parameters does PyTorch count?")  # fmt: skip
    texts = {"a": lstm[0], "b": lstm[1], **{str(n): f"Question {word} about {word}s." for n, word in enumerate(THINGS)}}
    assert [(p.one, p.other) for p in likeness.alike(texts, likeness.SAME_QUESTION)] == [("a", "b")]


THINGS = ["apple", "pear", "plum", "nut", "cherry", "fig", "grape", "lemon", "melon", "peach"]


def test_an_instance_of_a_family_is_found(course: Path):
    stem = ("A multi-layer perceptron has 9 inputs, a hidden layer of 4 units and 3 outputs; neighbouring layers are fully connected. "
            "How many parameters does it have?")  # fmt: skip
    entry = {"id": "nuts-9", "type": "numeric", "difficulty": 1, "source": "a textbook", "stem": stem, "unit": "parameters",
             "key": {"compute": "10 * 4 + 5 * 3"}, "because": "Each unit has its weights and a bias."}  # fmt: skip
    append(course, [entry])
    found = [str(problem) for problem in lint_instances(read_bank(course))]
    assert len(found) == 1
    assert "one instance of the family mlp-parameters" in found[0]
    (course / "course" / "alike.yaml").write_text(
        "- items: [nuts-9, '@mlp-parameters']\n  because: It is a test.\n", encoding="utf-8"
    )
    assert lint_instances(read_bank(course)) == []


def test_no_item_of_this_course_is_an_unargued_instance():
    assert lint_instances(load_bank(ROOT)) == []


@pytest.mark.parametrize(
    "text",
    [
        "How many rows has the output?",
        "How many parameters has CBOW with 4 words?",
        "Which value has the optimal discriminator there?",
        "Which recall@2 has a model that ranks at random?",
        "Which complexity has one example?",
        "Which number of errors does the theorem allow?",
        "every 3-th one",
        "the 11-th one",
        "the $S$-th or $\\frac{n}{2}-th one",
        "The hidden layer is the dear part of the model.",
        "All words are as likely, then.",
    ],
)
def test_translated_english_is_found(text: str):
    assert list(wording.foreign(text))


@pytest.mark.parametrize(
    "text",
    [
        "How many rows does the output have?",
        "Which layer has the most parameters?",
        "A tail is twice as likely as a head.",
        "every third one",
        "Which gate has a bias of its own?",
    ],
)
def test_plain_english_passes(text: str):
    assert list(wording.foreign(text)) == []


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("You left out the weights.", True),
        ("That is VGG's idea.", True),
        ("$\\lfloor 61/2 \\rfloor + 1 = 31$; the window is wider.", False),
        ("You left out the weights, one per input and unit.", False),
    ],
)
def test_an_explanation_says_more_than_a_name(text: str, short: bool):
    assert wording.only_names(text) is short


TABLE = {"\\mu": [{"means": "momentum", "topics": ["x"]}], "K": [{"means": "length of a kernel", "topics": ["y"]}],
         "\\beta_1": [{"means": "a decay", "topics": ["x"]}]}  # fmt: skip


@pytest.mark.parametrize(
    ("stem", "found"),
    [
        ("What is $\\mu$?", []),
        ("What is $\\beta$?", ["$\\beta$ has no meaning"]),
        ("What is $\\beta_1$?", []),
        ("What is $K$?", ["$K$ has no meaning in topic x (length of a kernel in y)"]),
        ("What is $Q$, and what $\\text{K}$?", []),
    ],
)
def test_symbols_mean_what_the_table_says(tmp_path: Path, stem: str, found: list[str]):
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "notation.yaml").write_text(yaml.safe_dump(TABLE), encoding="utf-8")
    item = choice(1, "a", "b", "c", "d").model_copy(update={"stem": stem})
    said = list(notation.unknown(item, notation.load_table(tmp_path)))
    assert len(said) == len(found)
    assert all(start in message for start, message in zip(found, said, strict=True))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"\\mu": [{"means": "momentum", "topics": ["x"]}, {"means": "mean", "topics": ["x"]}]},
            "two meanings in topic x",
        ),
        ({"\\nu": [{"means": "momentum", "topics": ["x"]}]}, "writes 'momentum' as"),
        ({"\\mu": [{"meaning": "momentum", "topics": ["x"]}]}, "unknown field"),
    ],
)
def test_a_table_that_contradicts_itself_is_told(tmp_path: Path, changes: dict, message: str):
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "notation.yaml").write_text(yaml.safe_dump({**TABLE, **changes}), encoding="utf-8")
    with pytest.raises(notation.CourseError, match=message):
        notation.load_table(tmp_path)
