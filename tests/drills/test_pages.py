"""Every page draws, and an answer is in the database before the next screen."""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from drills.exams import frozen
from drills.history import answers
from drills.pages import instructor, practice
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
def test_every_type_is_asked_and_answered(kind, monkeypatch):
    card = items_by_type().get(kind)
    assert card, f"the bank has no item of type {kind}"
    monkeypatch.setattr(practice, "_next_card", lambda scope: card)
    app = page("practice").run()
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


def course_with(tmp_path, monkeypatch):
    """A copy of the course that a test may change, and where the app looks for it."""
    root = tmp_path / "kit"
    shutil.copytree(ROOT / "course", root / "course")
    for folder in ("exercises", "solutions", "autograder"):
        (root / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(root)
    monkeypatch.setenv("ANNDL_ROOT", str(root))
    return root


def text_of(app) -> str:
    kinds = (app.title, app.markdown, app.caption, app.text, app.warning, app.error, app.info, app.success, app.button)
    return "\n".join(str(getattr(one, "value", "") or "") + getattr(one, "label", "") for kind in kinds for one in kind)


def add(kind, body, learner="me", **more):
    Store(open_database(), learner).append(kind, body, **more)


ANSWER = {"item": "x", "topic": "x", "answer": "1", "points": 1.0, "maximum": 1.0, "blank": False, "misconceptions": [],
          "mode": "practice"}  # fmt: skip


def test_not_knowing_forty_times_is_no_loop():
    app = page("practice").run()
    for _ in range(25):
        button(app, "I do not know").click().run()
        button(app, "Next").click().run()
    asked = [answer.card for answer in kept()]
    assert all(one != other for one, other in pairwise(asked))
    assert len(set(asked)) >= 8


@pytest.mark.parametrize("days", [0, 1])
def test_the_night_before_nobody_is_sent_to_bed(days):
    today = datetime.now(UTC)
    add("setting", {"name": "exam", "value": (today + timedelta(days=days)).date().isoformat()})
    add("setting", {"name": "daily_cap", "value": 2})
    for number in range(5):
        add("answer", ANSWER | {"item": f"q-{number}"}, at=today - timedelta(minutes=5))
    app = page("practice").run()
    assert any(one.label == "I do not know" for one in app.button)
    assert "tomorrow" not in text_of(app)


def test_going_on_after_the_days_end_shows_what_was_never_seen():
    add("setting", {"name": "daily_cap", "value": 1})
    add("answer", ANSWER)
    app = page("practice").run()
    assert "That is all for today" in text_of(app)
    button(app, "Go on").click().run()
    assert any(one.label == "I do not know" for one in app.button)


def test_a_mistake_in_code_is_in_the_book_before_the_first_answer(tmp_path, monkeypatch):
    root = course_with(tmp_path, monkeypatch)
    reports = root / ".anndl" / "reports"
    reports.mkdir(parents=True)
    report = {"exercise": "attention", "state": "in progress", "records": [], "misconceptions": ["attention-unscaled"]}
    (reports / "attention.json").write_text(json.dumps(report), encoding="utf-8")
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT).run()
    assert not app.exception
    progress = page("progress").run()
    assert not progress.exception
    assert any("1x in code" in one.label for one in progress.expander)
    assert any("attention unscaled" in str(one.options) for one in page("practice").run().selectbox)


def test_the_time_being_over_is_said_and_leads_to_the_review():
    from drills.exams import load_profiles, make_paper
    from drills.pages.session import deck

    profiles = load_profiles(ROOT)
    name = next(iter(profiles))
    paper = frozen(make_paper(deck(), name, profiles[name], 1)).model_copy(update={"minutes": 1})
    add(
        "exam started",
        {"exam": "e", "paper": paper.model_dump(mode="json")},
        at=datetime.now(UTC) - timedelta(minutes=2),
    )
    app = page("exam").run()
    assert not app.exception
    assert "points" in app.title[0].value
    assert any("Time is up" in one.value for one in app.warning)


def test_an_exam_that_is_given_up_leaves_nothing():
    app = page("exam").run()
    button(app, "Start").click().run()
    app.checkbox(key="done").check().run()
    next(one for one in app.button if one.label.startswith("Give up")).click().run()
    assert "Mock exam" in app.title[0].value
    assert not any(one.label == "Hand in" for one in app.button)
    assert kept() == []


@pytest.mark.parametrize("slip", ["type: single chioce", "- [this is no YAML"])
def test_a_slip_in_the_bank_is_told(tmp_path, monkeypatch, slip, caplog):
    root = course_with(tmp_path, monkeypatch)
    file = next(
        file for file in sorted(root.glob("course/*/*/items.yaml")) if "type: single choice" in file.read_text()
    )
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("type: single choice", slip, 1) if ":" in slip else slip, encoding="utf-8")
    where = f"{file.relative_to(root)}:"
    practice, settings = page("practice").run(), page("settings").run()
    assert "left out" in text_of(practice)
    assert where in text_of(settings)
    assert where in caplog.text
    monkeypatch.setattr(instructor, "is_instructor", lambda: True)
    assert where in text_of(page("instructor").run())


def asked_again(card: str, answer: str):
    """The screen after an answer to one question."""
    script = f"""
import streamlit as st
from drills.marking import mark
from drills.pages import feedback
from drills.pages.session import deck
item = deck().bank.items[{card!r}]
given = eval({answer!r})
feedback.show(item, mark(item, given), seed=0)
"""
    app = AppTest.from_string(script, default_timeout=WAIT).run()
    assert not app.exception, app.exception
    return app


def test_what_was_asked_about_stays_in_sight():
    from drills.bank import read_bank
    from drills.presentation import shown_options

    items = read_bank().items.values()
    bug = next(item for item in items if item.type == "spot the bug")
    assert any(bug.code.strip() in one.value for one in asked_again(bug.id, "2").code)
    table = next(item for item in items if item.type == "layer table")
    assert "Layer 1 (" in text_of(asked_again(table.id, "{'1.output': '3 x 3 x 3', '1.parameters': '7'}"))
    choice = next(item for item in items if item.type == "single choice")
    text = text_of(asked_again(choice.id, "item.key"))
    places = [text.index(f"{number} · {option}") for number, option in enumerate(shown_options(choice, 0), 1)]
    assert places == sorted(places)
    number = next(item for item in items if item.type == "numeric")
    assert "You: 1,5, read as 1.5" in text_of(asked_again(number.id, "'1,5'"))


def test_points_are_written_with_few_digits_and_beliefs_without_their_ids():
    from drills.bank import read_bank

    item = next(item for item in read_bank().items.values() if item.type == "matching" and len(item.key) in (3, 6))
    swapped = dict(zip(item.key, [*item.key.values()][:-2] + [*item.key.values()][-2:][::-1], strict=True))
    text = text_of(asked_again(item.id, repr(swapped)))
    assert "Partly right: 0.333 of 1" in text or "Partly right: 0.667 of 1" in text


def test_an_objection_of_one_alone_can_be_sent():
    app = page("practice").run()
    button(app, "I do not know").click().run()
    assert "instructor reads" not in "".join(one.label for one in app.text_area)
    app.text_area(key="objection").input("the key is wrong")
    button(app, "Send").click().run()
    assert not app.exception
    assert app.get("download_button")


HARM = [("answer", {}), ("answer", ANSWER | {"points": "many"}), ("contest", {}), ("report", {}), ("setting", {}),
        ("setting", {"name": "exam", "value": "0001-01-01"}), ("setting", {"name": "zone", "value": "../../etc/passwd"}),
        ("exam started", {"exam": "e", "paper": {}}), ("exam answer", {"number": 1})]  # fmt: skip


@pytest.mark.parametrize("name", ["practice", "exam", "progress", "settings", "instructor"])
def test_no_page_breaks_on_bad_rows(name, monkeypatch):
    for kind, body in HARM:
        add(kind, body)
        add(kind, body, learner="mallory")
    monkeypatch.setattr(instructor, "is_instructor", lambda: True)
    app = page(name).run()
    assert not app.exception, app.exception
    assert not app.error


def test_what_a_learner_writes_is_no_markdown_on_the_instructors_page(monkeypatch):
    picture = "![x](https://example.org/p.png)"
    add("contest", {"item": "nuts", "answer": picture, "reason": picture}, learner=picture)
    monkeypatch.setattr(instructor, "is_instructor", lambda: True)
    app = page("instructor").run()
    assert not app.exception
    assert picture in text_of(app)
    assert all(picture not in one.value for one in [*app.markdown, *app.caption, *app.warning])


def test_a_database_that_is_gone_is_told_and_the_answer_stays(data):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT).run()
    for file in data.glob("drills.db*"):
        file.unlink()
    button(app, "I do not know").click().run()
    assert "Not saved" in text_of(app)
    assert "safe" not in text_of(app)
    assert not any(one.label == "Next" for one in app.button)


def test_the_first_progress_page_imports_no_drawing_library(data):
    add("answer", ANSWER)
    code = ("import sys; from streamlit.testing.v1 import AppTest\n"
            "app = AppTest.from_string('from drills.pages import progress; progress.page()', default_timeout=60).run()\n"
            "assert not app.exception and len(app.get('vega_lite_chart')) == 2, app\n"
            "print('altair' in sys.modules)")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def a_statement():
    from drills.bank import read_bank

    return next(item for item in read_bank().items.values() if item.type == "true/false" and item.distractors)


def test_a_statement_is_answered_in_two_steps(monkeypatch):
    item = a_statement()
    monkeypatch.setattr(practice, "_next_card", lambda scope: item.id)
    app = page("practice").run()
    reasons = {item.justification, *item.distractors}
    assert not reasons & {b.label for b in app.button}, "no justification before the value is given"
    button(app, "True").click().run()
    assert reasons & {b.label for b in app.button} == set(item.side(True)), "those for True, and no other"
    assert button(app, "False").disabled, "the value is final, or the justifications would help to choose it"
    button(app, item.side(True)[-1]).click().run()
    button(app, "Check").click().run()
    assert not app.exception
    (given,) = kept()
    assert given.answer == {"value": True, "justification": item.side(True)[-1]}
    shown = " ".join(m.value for m in app.markdown)
    assert all(text in shown for text in reasons), "afterwards both sides are explained"


def test_a_void_question_is_told_and_not_asked(monkeypatch):
    item = a_statement().id
    Store.of_course(open_database()).append("item void", {"item": item, "reason": "two options were right"})
    asked = page("practice")
    asked.query_params["topic"] = a_statement().topic
    asked.run()
    assert not asked.exception
    assert any("1 question is void" in c.value for c in asked.sidebar.caption)
