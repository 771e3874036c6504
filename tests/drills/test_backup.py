"""Backups: back as they were, and a file that somebody made up does no harm to anybody."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drills.backup import MOST_BYTES, MOST_ROWS, backup, restore, write_backup
from drills.exams import Block, Profile, frozen, make_paper, rebuilt
from drills.expressions import evaluate
from drills.history import answers
from drills.items import from_data, to_data
from drills.marking import computed
from drills.preferences import contest, contests, save_setting, settings
from drills.reports import gradings
from drills.scheduling import Settings
from drills.sittings import answer_question, result, sittings, start, submit
from drills.store import Store, StoreError, open_database

NOW = "2026-03-02T10:00:00Z"
ANSWER = {"item": "nuts-1", "topic": "nuts", "answer": "right 1", "points": 1.0, "maximum": 1.0, "blank": False,
          "misconceptions": [], "mode": "practice"}  # fmt: skip
NUMBER = from_data({
    "id": "nuts-count", "type": "numeric", "topic": "nuts", "difficulty": 1, "source": "a textbook", "stem": "How many?",
    "key": {"compute": "convolutional.output_size.output_size(32, 5, stride=2)"}, "unit": "nuts", "because": "Counted.",
    "wrong values": {"math.ceil(27 / 2) + 3": {"because": "You added three."}},
})  # fmt: skip
PROFILE = Profile(title="A mock exam", about="for the tests", minutes=30, blocks=[
    Block(title="Count", types=["numeric"], count=1, right=2),
    Block(title="Choose", types=["single choice"], count=3, right=1, wrong=-0.5)])  # fmt: skip


def none(_):
    raise AssertionError("there is no exam in this file")


@pytest.fixture
def database(tmp_path):
    opened = open_database(f"sqlite:///{tmp_path / 'drills.db'}")
    yield opened
    opened.close()


@pytest.fixture
def store(database):
    return Store(database, "ada")


def file(*rows, **whole):
    events = [{"kind": kind, "at": NOW, "body": body, "key": f"k{n}"} for n, (kind, body) in enumerate(rows)]
    return json.dumps({"anndl_backup": 1, "learner": "x", "made": NOW, "events": events} | whole)


def test_backup_and_restore(database, store, tmp_path):
    for number in range(500):
        store.append("answer", {**ANSWER, "item": f"nuts-{number}", "answer": "$\\alpha$ é"})
    save_setting(store, "exam", "2026-06-01")
    contest(store, "nuts-1", {"2.output": "5"}, "no")
    write_backup(store, tmp_path / "b.json")
    text = (tmp_path / "b.json").read_text(encoding="utf-8")
    assert restore(store, text, none).added == 0, "nothing twice"
    other = Store(database, "ada on the new laptop")
    other.append("answer", {**ANSWER, "item": "own"})
    assert str(restore(other, text, none)) == "502 rows restored."
    assert restore(other, text, none).added == 0
    assert [answer.item for answer in answers(other.events())] == [*(f"nuts-{n}" for n in range(500)), "own"]
    assert settings(other.events()) == settings(store.events())
    assert contests(other.events())[0].answer == {"2.output": "5"}


DEEP = '{"anndl_backup": 1, "learner": "x", "made": "2026-03-02T10:00:00Z", "events": ' + "[" * 100_000
HOSTILE = {
    "nothing": ("", "no JSON"),
    "half": ("{", "no JSON"),
    "a list": ("[]", "not written by"),
    "newer": ('{"anndl_backup": 99}', "Update anndl"),
    "no time": (
        '{"anndl_backup": 1, "learner": "a", "made": "2026-01-01T00:00:00Z", "events": [{"kind": "x"}]}',
        "0 > at",
    ),
    "deep": (DEEP, "no JSON"),
    "long number": ('{"anndl_backup": ' + "9" * 5000 + "}", "no JSON"),
    "no text": (b"\xff\xfe\x00", "no JSON"),
    "too large": (" " * (MOST_BYTES + 1), "larger"),
    "the year 9999": (file(("answer", ANSWER)).replace(NOW, "9999-12-31T23:59:59-14:00"), "between"),
    "before the calendar": (file(("answer", ANSWER)).replace(NOW, "0001-01-01T00:00:00+14:00"), "between"),
    "too many rows": (file(*[("setting", {"name": "zone", "value": None})] * (MOST_ROWS + 1)), "events"),
    "no body": (file(("answer", {})), "item"),
    "another kind": (file(("item void", {"item": "nuts-1", "reason": "mine"})), "no kind of row"),
    "more than all": (file(("answer", {**ANSWER, "points": 2.0})), "more points"),
    "of nothing": (file(("answer", {**ANSWER, "points": 0.0, "maximum": 0.0})), "maximum"),
    "not a number": (file(("answer", {**ANSWER, "points": float("nan")})), "points"),
    "infinite": (file(("answer", {**ANSWER, "maximum": float("inf")})), "maximum"),
    "a picture for an id": (file(("contest", {"item": "![x](http://h/p.png)", "answer": None, "reason": "r"})), "item"),
    "a link for a topic": (file(("answer", {**ANSWER, "topic": "[x](http://h)"})), "topic"),
    "a long answer": (file(("answer", {**ANSWER, "answer": "x" * 20_001})), "answer"),
    "a deep answer": (file(("answer", {**ANSWER, "answer": [[[["x"]]]]})), "answer"),
    "no exam date": (file(("setting", {"name": "exam", "value": "soon"})), "exam"),
    "an exam long ago": (file(("setting", {"name": "exam", "value": "0001-01-01"})), "exam"),
    "a zone on the disk": (file(("setting", {"name": "zone", "value": "../../etc/passwd"})), "time zone"),
    "a cap that is none": (file(("setting", {"name": "daily_cap", "value": -1})), "daily_cap"),
    "a bad report": (file(("report", {"exercise": "x", "state": "passed"})), "misconceptions"),
    "no paper": (file(("exam started", {"exam": "e", "paper": {}})), "paper"),
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_bad_backup_is_refused_as_a_whole_with_a_sentence(store, name):
    text, said = HOSTILE[name]
    with pytest.raises(StoreError, match=said) as error:
        restore(store, text, none)
    assert len(str(error.value)) < 300
    assert store.events() == []


def test_bad_rows_of_old_are_passed_over(database, store):
    """What an earlier version let in stays in the table; no page may break on it."""
    good = {
        "answer": ANSWER,
        "contest": {"item": "nuts-1", "answer": "x", "reason": "no"},
        "report": {"exercise": "fruit", "state": "passed", "misconceptions": []},
        "setting": {"name": "daily_cap", "value": 7},
    }
    for kind, body in good.items():
        for bad in ({}, {"item": 3}, {**body, next(iter(body)): "![x](http://h/p.png)"}):
            store.append(kind, bad)
        store.append(kind, body)
    store.append("setting", {"name": "exam", "value": "9999-12-31"})
    store.append("setting", {"name": "zone", "value": "Mars"})
    for kind in ("exam started", "exam answer", "exam flag", "exam check", "exam submitted"):
        store.append(kind, {})
        store.append(
            kind,
            {
                "exam": "![e](http://h)" if kind == "exam submitted" else "e",
                "number": 10**20,
                "answer": {"x": {"y": 1}},
                "paper": {"questions": 3},
            },
        )
    rows = store.events()
    assert [len(list(found)) for found in (answers(rows), contests(rows), gradings(rows))] == [1, 1, 1]
    assert settings(rows) == Settings(daily_cap=7)
    assert sittings(rows) == {}
    assert len(json.loads(backup(store))["events"]) == 4, "and a backup that can be restored leaves them out"


@pytest.fixture
def counted(deck):
    """The small course with one question whose key the reference computes."""
    from drills.deck import Deck

    deck.bank.items[NUMBER.id] = NUMBER
    return Deck(deck.bank, {})


def sat(store, deck):
    exam = start(store, make_paper(deck, "p", PROFILE, 5))
    answer_question(store, exam, 1, "14")
    submit(store, sittings(store.events())[exam])
    return exam


def test_a_paper_is_kept_with_its_keys_computed(store, counted, monkeypatch):
    exam = sat(store, counted)
    computed.cache_clear()
    monkeypatch.setattr("drills.expressions._function", lambda _: pytest.fail("a row made the server call something"))
    (first, *_) = result(sittings(store.events())[exam]).scored
    assert first.points == 2
    answer_question(store, exam, 1, "17")
    assert first.question.item.key.compute == "14.0"
    assert list(first.question.item.wrong_values) == ["17.0"]


def test_an_exam_comes_back_where_its_paper_is_ours(database, store, counted):
    exam = sat(store, counted)
    other = Store(database, "bob")
    done = restore(other, backup(store), lambda paper: rebuilt(paper, counted, {"p": PROFILE}))
    assert (done.added, done.exams_left_out) == (4, 0)
    assert result(sittings(other.events())[exam]) == result(sittings(store.events())[exam])


@pytest.mark.parametrize("changed", ["stem", "profile", "seed", "points", "minutes", "no profile"])
def test_an_exam_whose_paper_is_not_ours_is_left_out(database, store, counted, changed):
    sat(store, counted)
    text = backup(store)
    profiles = {} if changed == "no profile" else {"p": PROFILE}
    for old, new in {"stem": ("How many?", "How few?"), "profile": ('"profile":"p"', '"profile":"q"'), "seed": ('"seed":5', '"seed":6'),
                     "points": ('"right":2.0', '"right":200.0'), "minutes": ('"minutes":30', '"minutes":9000')}.items():  # fmt: skip
        if old == changed:
            text = json.dumps(json.loads(text), separators=(",", ":"))
            assert new[0] in text
            text = text.replace(*new)
    other = Store(database, "bob")
    done = restore(other, text, lambda paper: rebuilt(paper, counted, profiles))
    assert done.exams_left_out == 1
    assert "1 exam left out" in str(done)
    assert sittings(other.events()) == {}
    assert [answer.item for answer in answers(other.events())] == ["nuts-count"], "what was answered is still known"


BOMBS = [
    "len([0]*300000000)",
    "math.factorial(10**7)",
    "convolutional.output_size.output_size(10**9, 1)",
    "((((9**64)**64)**64)**64)",
]


@pytest.mark.parametrize("bomb", BOMBS)
def test_no_expression_of_an_uploaded_paper_is_computed(database, store, counted, monkeypatch, bomb):
    exam = sat(store, counted)
    whole = json.loads(backup(store))
    for row in whole["events"]:
        if row["kind"] == "exam started":
            row["body"]["paper"]["questions"][0]["data"]["key"] = {"compute": bomb}
            row["body"]["paper"]["questions"][0]["data"]["wrong values"] = {bomb: {"because": "x"}}
    seen = []
    monkeypatch.setattr("drills.marking.evaluate", lambda text: seen.append(text) or evaluate(text))
    other = Store(database, "bob")
    restore(other, json.dumps(whole), lambda paper: rebuilt(paper, counted, {"p": PROFILE}))
    assert result(sittings(other.events(), counted)[exam]).points == 2, "by our key, not by the file's"
    old = next(row for row in whole["events"] if row["kind"] == "exam started")
    before = Store(database, "cleo")  # as an earlier version would have let it in
    before.append("exam started", old["body"])
    assert sittings(before.events(), counted) == {}
    assert bomb not in seen


def test_an_old_paper_with_the_banks_own_expressions_still_counts(store, counted):
    paper = make_paper(counted, "p", PROFILE, 5)
    store.append("exam started", {"exam": "e", "paper": paper.model_dump(mode="json")})
    answer_question(store, "e", 1, "14")
    assert sittings(store.events()) == {}, "without the deck nobody vouches for it"
    assert result(sittings(store.events(), counted)["e"]).points == 2


def test_frozen_papers_of_layer_tables_read_back():
    """Every kind of the course's own bank can be kept and read again."""
    from drills.bank import load_bank
    from drills.deck import Deck
    from drills.exams import load_profiles, trusted
    from drills.generators import load_generators

    root = Path(__file__).parents[2]
    deck = Deck(load_bank(root), load_generators())
    for name, profile in load_profiles(root).items():
        paper = frozen(make_paper(deck, name, profile, 3))
        again = trusted(type(paper).model_validate_json(paper.model_dump_json()), None)
        assert again == paper
        assert rebuilt(again, deck, load_profiles(root)) == paper
        assert all(to_data(from_data(question.data)) == question.data for question in paper.questions)


def test_others_answer_while_a_large_backup_is_restored(database):
    start_time = datetime(2026, 1, 1, tzinfo=UTC)
    events = [{"kind": "answer", "at": (start_time + timedelta(minutes=n)).isoformat(), "body": ANSWER, "key": f"k{n}"}
              for n in range(8000)]  # fmt: skip
    text = json.dumps({"anndl_backup": 1, "learner": "x", "made": NOW, "events": events})
    loading = threading.Thread(target=restore, args=(Store(database, "ada"), text, none))
    bob, between = Store(database, "bob"), 0
    loading.start()
    while loading.is_alive():
        bob.append("answer", ANSWER)
        between += 0 < len(Store(database, "ada").events()) < 8000
        time.sleep(0.01)
    loading.join()
    assert len(Store(database, "ada").events()) == 8000
    assert between >= 3, "bob's answers were committed between the batches"
