"""Every page draws, and an answer is in the database before the next screen."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from drills.history import answers
from drills.store import Store
from drills.store.database import open_database

ROOT = Path(__file__).resolve().parents[2]
WAIT = 60


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("ANNDL_DATA", str(tmp_path))
    monkeypatch.delenv("ANNDL_DATABASE_URL", raising=False)
    monkeypatch.delenv("ANNDL_LOGIN", raising=False)
    import streamlit as st

    st.cache_resource.clear()
    yield tmp_path
    st.cache_resource.clear()


def page(name: str) -> AppTest:
    return AppTest.from_string(f"from drills.pages import {name}\n{name}.page()\n", default_timeout=WAIT)


def kept():
    return answers(Store(open_database(), "me").events())


def button(app, label):
    return next(b for b in app.button if b.label == label)


def test_the_app_starts_with_a_question():
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT).run()
    assert not app.exception
    assert {"Check", "I do not know"} <= {b.label for b in app.button}


def test_an_answer_is_kept_before_the_screen_changes():
    app = page("practice").run()
    assert not app.exception
    button(app, "I do not know").click().run()
    assert not app.exception
    assert len(kept()) == 1
    assert kept()[0].blank
    assert any(b.label == "Next" for b in app.button)
    button(app, "Next").click().run()
    assert not app.exception
    again = page("practice").run()  # a new session, as after a reload
    assert not again.exception
    assert len(kept()) == 1


def test_check_without_an_answer_asks_for_one():
    app = page("practice").run()
    button(app, "Check").click().run()
    assert "first" in app.warning[0].value
    assert kept() == []


def items_by_type():
    from drills.bank import read_bank
    from drills.deck import Deck
    from drills.generators import load_generators

    deck = Deck(read_bank(), load_generators())
    found = {}
    for card in deck.cards:
        found.setdefault(deck.type_of(card), card)
    return found


@pytest.mark.parametrize(
    "kind",
    [
        "single choice",
        "multiple choice",
        "true/false",
        "numeric",
        "layer table",
        "ordering",
        "matching",
        "spot the bug",
        "open",
    ],
)
def test_every_type_is_asked_and_answered(kind):
    card = items_by_type().get(kind)
    assert card, f"the bank has no item of type {kind}"
    script = f"""
import streamlit as st
from drills.pages import practice
from drills.pages.session import deck
practice._next_card = lambda scope: {card!r}
practice.page()
"""
    app = AppTest.from_string(script, default_timeout=WAIT).run()
    assert not app.exception
    answer(app, kind)
    button(app, "Check").click().run()
    assert not app.exception, app.exception
    if kind == "open":
        next(b for b in app.button if b.label != "That is what it holds").click().run()
        button(app, "That is what it holds").click().run()
    elif not kept():  # true/false without reasons to choose from
        button(app, "My reason says the same").click().run()
    assert not app.exception
    assert len(kept()) == 1
    assert not kept()[0].blank


def answer(app, kind):
    if kind in ("single choice", "multiple choice"):
        app.button[0].click().run()
    elif kind == "true/false":
        button(app, "True").click().run()
        if app.text_area:
            app.text_area[0].input("because")  # in a form: sent with the next button
        else:
            next(b for b in app.button if b.label not in ("True", "False", "Check", "I do not know")).click().run()
    elif kind == "numeric":
        app.text_input[0].input("3/4")
    elif kind == "layer table":
        next(t for t in app.text_input if not t.disabled).input("1")
    elif kind == "ordering":
        while steps := [b for b in app.button if b.label not in ("Check", "I do not know", "Take the last one back")]:
            steps[0].click().run()
    elif kind == "matching":
        group = app.get("button_group")[0]
        group.set_value(group.options[0]).run()
    elif kind == "spot the bug":
        next(b for b in app.button if b.label.startswith("line ")).click().run()
    else:
        app.text_area[0].input("In my own words.")


def test_an_exam_from_start_to_review():
    app = page("exam").run()
    assert not app.exception
    button(app, "Start").click().run()
    assert not app.exception
    assert any("left]" in m.value for m in app.markdown)
    button(app, "Flag").click().run()
    button(app, "Next").click().run()
    assert not app.exception
    again = page("exam").run()  # a reload in the middle
    assert not again.exception
    assert any("left]" in m.value for m in again.markdown)
    again.checkbox(key="done").check().run()
    button(again, "Hand in").click().run()
    assert not again.exception
    assert "points" in again.title[0].value


@pytest.mark.parametrize("name", ["progress", "settings", "exercises"])
def test_the_other_pages_draw(name):
    first = page("practice").run()
    button(first, "I do not know").click().run()
    app = page(name).run()
    assert not app.exception, app.exception


def test_the_class_is_for_instructors_only():
    app = page("instructor").run()
    assert "instructors" in app.error[0].value
