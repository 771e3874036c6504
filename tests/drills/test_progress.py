"""Progress of a learner and statistics of a class."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from drills.history import Answer
from drills.progress import days_of_practice, forecast, mastery, misconception_book
from drills.reports import Grading, gradings, take_in_reports
from drills.scheduling import Memory, Settings
from drills.statistics import frequent_misconceptions, item_statistics, suspicious_keys, topic_statistics
from drills.store import Store, open_database

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def answer(
    card: str, at: datetime = START, fraction: float = 1.0, shown: tuple[str, ...] = (), learner: str = "a", given=None
):
    return Answer(card, card.rpartition("-")[0], at, fraction, 1.0, False, shown, "practice", given, learner)


def test_mastery_rises_with_right_answers_and_fades(deck):
    def of(memory: Memory, when: datetime) -> dict[str, float]:
        return {topic.topic: topic.mastery for topic in mastery(deck, memory, when)}

    assert of(Memory(), START) == {"apples": 0, "pears": 0, "plums": 0, "nuts": 0}
    memory = Memory([answer(f"nuts-{number}") for number in range(3)] + [answer("pears-0", fraction=0)])
    now = of(memory, START)
    assert now["nuts"] == pytest.approx(0.5)
    assert now["pears"] == 0, "seen just now, but wrongly"
    assert of(memory, START + timedelta(days=30))["nuts"] < 0.49
    row = next(topic for topic in mastery(deck, memory, START) if topic.topic == "nuts")
    assert (row.cards, row.seen, row.chapter, row.title) == (6, 3, "two", "Nuts")


def test_forecast_falls_to_the_day_of_the_exam(deck):
    memory = Memory([answer(f"nuts-{number}") for number in range(3)])
    line = forecast(deck, memory, Settings(exam=date(2026, 3, 12)), START)
    assert [day for day, _ in line] == [date(2026, 3, 2) + timedelta(days=ahead) for ahead in range(11)]
    shares = [share for _, share in line]
    assert shares[0] == pytest.approx(1)
    assert shares == sorted(shares, reverse=True)
    assert len(forecast(deck, Memory(), Settings(), START)) == 31


def test_the_book_joins_answers_and_code_and_closes_what_is_overcome():
    hours = [START + timedelta(hours=number) for number in range(6)]
    answers = [
        answer("pears-0", hours[0], 0, ("pears-are-blue",)),
        answer("pears-1", hours[1], 0, ("pears-are-blue",)),
        answer("apples-0", hours[1], 0, ("apples-are-pears",)),
        answer("pears-0", hours[2], 1),
        answer("apples-0", hours[3], 1),
    ]
    graded = [Grading("fruit", "in progress", hours[0], ("pears-are-blue",)), Grading("fruit", "passed", hours[4], ())]
    blue, apples = misconception_book(answers, graded)
    assert (blue.misconception, blue.in_answers, blue.in_code, blue.open) == ("pears-are-blue", 2, 1, True)
    assert (blue.cards, blue.exercises, blue.last) == ({"pears-0", "pears-1"}, {"fruit"}, hours[1])
    assert (apples.misconception, apples.open) == ("apples-are-pears", False)
    later = [*answers, answer("pears-1", hours[5], 1)]
    assert not any(entry.open for entry in misconception_book(later, graded))
    assert misconception_book(later, graded[:1])[0].open, "the code still shows it"


def test_days_of_practice():
    now = START + timedelta(days=10)
    answers = [answer("nuts-0", now - timedelta(days=back)) for back in (1, 2, 3, 5)]
    assert (days_of_practice(answers, now).in_a_row, days_of_practice(answers, now).of_seven) == (3, 4)
    assert days_of_practice([*answers, answer("nuts-0", now)], now).in_a_row == 4
    assert days_of_practice([], now).in_a_row == 0
    late = [answer("nuts-0", datetime(2026, 3, 2, 23, 30, tzinfo=UTC))]  # already the third in Rome
    assert days_of_practice(late, datetime(2026, 3, 4, 12, tzinfo=UTC), ZoneInfo("Europe/Rome")).in_a_row == 1
    assert days_of_practice(late, datetime(2026, 3, 4, 12, tzinfo=UTC)).in_a_row == 0


def test_reports_are_taken_in_once_per_grading(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'drills.db'}")
    store, folder = Store(database, "ada"), tmp_path / "reports"
    folder.mkdir()
    report = {"exercise": "fruit", "chapter": "one", "state": "in progress", "misconceptions": ["pears-are-blue"], "seconds": 1.0,
              "records": [{"test": "t", "status": "fail", "misconceptions": ["apples-are-pears"], "points": 1}]}  # fmt: skip
    file = folder / "fruit.json"
    file.write_text(json.dumps(report), encoding="utf-8")
    (folder / "half.json").write_text('{"exercise": ', encoding="utf-8")
    assert take_in_reports(store, folder) == 1
    assert take_in_reports(store, folder) == 0
    file.write_text(json.dumps({**report, "misconceptions": [], "records": [], "state": "passed"}), encoding="utf-8")
    assert take_in_reports(store, folder) == 1
    first, second = gradings(store.events())
    assert set(first.misconceptions) == {"pears-are-blue", "apples-are-pears"}
    assert (second.state, second.misconceptions, second.exercise) == ("passed", (), "fruit")
    assert take_in_reports(store, tmp_path / "none") == 0


def class_of(learners: int, items: int = 12, bad: str = "nuts-3") -> list[Answer]:
    """Learners of growing ability; the better answer `bad` with one wrong option, whose key is therefore suspicious."""
    rng = random.Random(3)
    answers = []
    for learner in range(learners):
        ability = (learner + 0.5) / learners
        for item in range(items):
            card = f"nuts-{item}"
            right = rng.random() < 0.15 + 0.7 * ability
            if card == bad:
                right = rng.random() > ability
            answers.append(
                answer(card, START, float(right), () if right else ("nut",), f"l{learner}", "key" if right else "B")
            )
            answers.append(answer(card, START + timedelta(days=1), 1.0, (), f"l{learner}", "key"))
    return answers


def test_statistics_are_hidden_below_thirty_learners():
    assert all(
        item.p is None and item.discrimination is None and not item.remarks for item in item_statistics(class_of(29))
    )
    assert suspicious_keys(class_of(29)) == []


def test_statistics_of_a_class():
    answers = class_of(60)
    found = {item.card: item for item in item_statistics(answers)}
    assert all(item.learners == 60 for item in found.values())
    first = [a for a in answers if a.at == START]
    for card in ("nuts-0", "nuts-5"):
        right = np.array([a.right for a in first if a.item == card], float)
        rest = np.array(
            [np.mean([b.right for b in first if b.learner == f"l{n}" and b.item != card]) for n in range(60)]
        )
        assert found[card].p == pytest.approx(right.mean())
        assert found[card].discrimination == pytest.approx(np.corrcoef(right, rest)[0, 1])
        assert found[card].discrimination > 0.1
    (bad,) = suspicious_keys(answers)
    assert bad.card == "nuts-3"
    assert bad.discrimination < 0
    assert any('"B"' in remark for remark in bad.remarks)


def test_topics_and_misconceptions_of_a_class():
    answers = [*class_of(10), answer("pears-0", START, 0.0, ("pears-are-blue",), "l1")]
    weakest = topic_statistics(answers)[0]
    assert (weakest.topic, weakest.learners, weakest.mean) == ("pears", 1, 0.0)
    counted = dict(frequent_misconceptions(answers, [Grading("fruit", "", START, ("pears-are-blue",), "l2")]))
    assert counted["pears-are-blue"] == 2
    assert counted["nut"] <= 10


def test_an_item_that_all_answer_rightly_has_no_discrimination():
    answers = [answer(f"nuts-{item}", START, 1.0, (), f"l{learner}") for learner in range(40) for item in range(3)]
    assert all(item.p == 1 and item.discrimination is None for item in item_statistics(answers))
    assert all("nearly everybody is right" in item.remarks for item in item_statistics(answers))
