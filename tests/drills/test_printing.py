"""The printed exam, read back with a PDF reader of its own."""

import re
from pathlib import Path

import pypdfium2
import pytest

from drills.bank import load_bank
from drills.deck import Deck
from drills.exams import Paper, Question, Scheme, load_profiles, make_paper
from drills.generators import load_generators
from drills.items import to_data
from drills.printing import print_paper

ROOT = Path(__file__).parents[2]


def pages(data: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(data)
    texts = [page.get_textpage().get_text_bounded() for page in document]
    document.close()
    return [" ".join(text.split()) for text in texts]


def paper_of(items: list, **scheme: float) -> Paper:
    questions = [
        Question(number=number, block="Block", scheme=Scheme(right=2, **scheme), data=to_data(item))
        for number, item in enumerate(items, start=1)
    ]
    return Paper(profile="p", title="A test of printing", minutes=30, seed=4, questions=questions)


def test_head_numbers_points_and_feet(deck):
    found = pages(print_paper(paper_of(list(deck.bank.items.values()), wrong=-0.5)))
    assert "A test of printing" in found[0]
    assert "30 minutes · 21 questions · 42 points" in found[0]
    assert all(word in found[0] for word in ("Name", "Signature", "Student number"))
    assert "+2 right, -0.5 wrong, 0 blank" in found[0]
    assert len(found) >= 3
    for number, text in enumerate(found, start=1):
        assert f"page {number} of {len(found)}" in text
    whole = " ".join(found)
    for number in range(1, 22):
        assert f"{number}. What is number" in whole
    assert whole.count("[2]") == 21


def test_only_the_solutions_explain(deck):
    items = list(deck.bank.items.values())[:3]
    paper, solutions = (" ".join(pages(print_paper(paper_of(items), solutions=flag))) for flag in (False, True))
    for item in items:
        assert item.because not in paper
        assert item.because in solutions
        assert next(iter(item.distractors.values())).because in solutions
        assert item.source in solutions
        assert item.source not in paper
    assert "Name" not in solutions


def test_formulas_are_pictures_on_the_line(deck):
    item = deck.bank.items["apples-1"].model_copy(update={"stem": r"Is $\frac{a}{b_1}$ or $\undrawable{x}$ or \$5 it?"})
    data = print_paper(paper_of([item]))
    text = " ".join(pages(data))
    assert r"\undrawable{x}" in text, "what cannot be drawn is printed as it was written"
    assert "$5 it?" in text
    assert r"\frac" not in text
    assert data.count(b"/Subtype /Image") == 1


def test_the_same_paper_is_the_same_file(deck):
    paper = make_paper(deck, "p", next(iter(load_profiles(ROOT).values())), 1)
    assert re.sub(rb"/ID\s*\[.*?\]", b"", print_paper(paper), flags=re.S) == re.sub(
        rb"/ID\s*\[.*?\]", b"", print_paper(paper), flags=re.S
    )


@pytest.mark.parametrize("solutions", [False, True])
def test_every_item_of_this_course_can_be_printed(solutions):
    deck = Deck(load_bank(ROOT), load_generators())
    items = [*deck.bank.items.values(), *(family(1) for family in deck.generators.values())]
    text = " ".join(pages(print_paper(paper_of(items), solutions, deck.bank.figure)))
    for number in range(1, len(items) + 1):
        assert f"{number}. " in text
