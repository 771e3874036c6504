"""The queue: FSRS, exam date, caps, mixed topics, scopes. Every time is given, so nothing depends on the clock."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drills.history import Answer
from drills.scheduling import Memory, Scope, Settings, desired_retention, expectations, last_look, plan

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
FREE = Settings(daily_cap=1000, new_per_day=1000)


def answer(
    card: str, at: datetime, fraction: float = 1.0, shown: tuple[str, ...] = (), mode: str = "practice"
) -> Answer:
    return Answer(card, card.rpartition("-")[0], at, fraction, 1.0, False, shown, mode, None)


def study(deck, settings: Settings, days: int, start: datetime = START) -> tuple[Memory, list[list[str]]]:
    """Right answers to the whole queue of each day; returns the memory and what was asked on each day."""
    memory, asked = Memory(), []
    for day in range(days):
        now, today = start + timedelta(days=day), []
        while (card := plan(deck, memory, settings, now).next) is not None:
            memory.learn(answer(card, now))
            today.append(card)
            now += timedelta(minutes=1)
        asked.append(today)
    return memory, asked


def test_new_cards_take_turns_over_the_topics(deck):
    queue = plan(deck, Memory(), FREE, START).queue
    assert len(queue) == 21
    assert [card.rpartition("-")[0] for card in queue[:8]] == ["apples", "pears", "plums", "nuts"] * 2


def test_two_cards_in_a_row_are_of_different_topics(deck):
    _, asked = study(deck, FREE, 1)
    topics = [card.rpartition("-")[0] for card in asked[0]]
    mixed = topics[:16]  # afterwards only two topics have cards left
    assert all(one != other for one, other in pairwise(mixed))
    assert len(set(mixed[:4])) == 4, mixed


def test_a_wrong_card_comes_back_in_the_same_session_and_a_right_one_later(deck):
    memory = Memory()
    memory.learn(answer("nuts-0", START, 0.0))
    memory.learn(answer("nuts-1", START, 1.0))
    soon = plan(deck, memory, FREE, START + timedelta(minutes=11))
    assert "nuts-0" in soon.queue
    assert "nuts-1" not in soon.queue
    assert soon.due == 1


def test_intervals_grow(deck):
    _, asked = study(deck, FREE, 60)
    days = [day for day, cards in enumerate(asked) if "apples-0" in cards]
    gaps = [later - earlier for earlier, later in pairwise(days)]
    assert gaps[0] >= 1
    assert gaps == sorted(gaps)
    assert gaps[-1] > 10


def test_the_daily_cap_counts_answers_and_new_cards(deck):
    settings = Settings(daily_cap=8, new_per_day=5)
    _, asked = study(deck, settings, 4)
    seen: set[str] = set()
    for today in asked:
        assert len(today) <= 8
        assert len(set(today) - seen) <= 5
        seen |= set(today)
    assert len(seen) > 12, "on the next day there is room again"


def test_the_learners_day_begins_at_their_midnight(deck):
    settings = Settings(daily_cap=1, new_per_day=1, zone=ZoneInfo("Asia/Tokyo"))
    memory = Memory([answer("nuts-0", datetime(2026, 3, 2, 14, 59, tzinfo=UTC))])  # 23:59 in Tokyo
    assert plan(deck, memory, settings, datetime(2026, 3, 2, 14, 59, 30, tzinfo=UTC)).queue == []
    assert plan(deck, memory, settings, datetime(2026, 3, 2, 15, 1, tzinfo=UTC)).next is not None


def test_retention_rises_towards_the_exam():
    settings = Settings(exam=date(2026, 3, 31))
    wanted = [desired_retention(settings, datetime(2026, 3, day, 12, tzinfo=UTC)) for day in (2, 17, 24, 31)]
    assert wanted[0] == wanted[1] == 0.9
    assert wanted[1] < wanted[2] < wanted[3] == pytest.approx(0.97)
    assert desired_retention(settings, datetime(2026, 4, 2, tzinfo=UTC)) == 0.9
    assert desired_retention(Settings(), START) == 0.9


def test_every_card_is_seen_in_the_week_before_the_exam_and_none_only_after_it(deck):
    exam = date(2026, 4, 20)
    _, asked = study(deck, replace(FREE, exam=exam), (exam - START.date()).days)
    last_week = {card for today in asked[-8:] for card in today}
    assert last_week == set(deck.cards)
    _, relaxed = study(deck, FREE, len(asked))
    assert {card for today in relaxed[-8:] for card in today} < set(deck.cards), "without an exam some are not due"


def test_last_looks_are_spread_over_several_days():
    settings = Settings(exam=date(2026, 4, 20))
    days = {last_look(number, settings).date() for number in range(50)}
    assert len(days) == 7
    assert max(days) == date(2026, 4, 19)
    assert last_look(3, Settings()) is None


@given(st.lists(st.integers(0, 40), min_size=1, max_size=6))
def test_reviewing_ahead_with_a_right_answer_never_brings_a_card_nearer(days):
    """The due date after an early right answer is not before the one that would have held without it."""
    memory = Memory([answer("nuts-0", START), answer("nuts-0", START + timedelta(minutes=11))])
    now = START + timedelta(days=1)
    for gap in days:
        before = memory.cards["nuts-0"].card.due
        now += timedelta(days=gap)
        memory.learn(answer("nuts-0", now))
        assert memory.cards["nuts-0"].card.due >= before


def test_the_same_answers_give_the_same_plan(deck):
    answers = [
        answer("nuts-0", START, 0.0),
        answer("apples-1", START + timedelta(days=1)),
        answer("nuts-0", START, 0.5),
    ]
    now = START + timedelta(days=9)
    assert plan(deck, Memory(answers), FREE, now) == plan(deck, Memory(answers), FREE, now)


def test_a_clock_set_back_or_ahead_does_no_lasting_harm(deck):
    memory = Memory()
    memory.learn(answer("nuts-0", START + timedelta(days=10)))
    memory.learn(answer("nuts-0", START))
    memory.learn(answer("nuts-0", START + timedelta(days=30)))
    assert memory.cards["nuts-0"].times == 3
    assert 0 < memory.retention("nuts-0", START) <= 1
    assert memory.retention("nuts-0", START + timedelta(days=400)) < 0.9


def test_scopes(deck):
    memory = Memory([answer("pears-0", START, 0.0, ("pears-are-blue",)), answer("pears-1", START),
                     answer("apples-2", START, 0.5)])  # fmt: skip
    now = START + timedelta(seconds=5)
    mistakes = plan(deck, memory, FREE, now, Scope(only_mistakes=True))
    assert set(mistakes.queue) == {"pears-0", "apples-2"}
    memory.learn(answer("pears-0", now))
    assert set(plan(deck, memory, FREE, now, Scope(only_mistakes=True)).queue) == {"apples-2"}
    topic = plan(deck, memory, Settings(daily_cap=0), now, Scope(topics=frozenset({"pears"})))
    assert set(topic.queue) == {f"pears-{number}" for number in range(5)}
    about = plan(deck, memory, FREE, now, Scope(misconception="apples-are-pears"))
    assert set(about.queue) == {f"apples-{number}" for number in range(6)}


def test_ahead_lists_what_is_not_due_weakest_first(deck):
    memory, _ = study(deck, FREE, 3)
    memory.learn(answer("nuts-0", START + timedelta(days=3), 0.0))
    ahead = plan(deck, memory, FREE, START + timedelta(days=3, seconds=1)).ahead
    assert "nuts-0" in ahead, "it comes again in ten minutes"
    retention = [memory.retention(card, START + timedelta(days=3)) for card in ahead if card != memory.last]
    assert ahead[0] != memory.last
    assert retention == sorted(retention)


def test_blanks_of_an_exam_say_nothing_but_its_answers_count():
    memory = Memory()
    memory.learn(replace(answer("nuts-0", START, 0.0, mode="exam"), blank=True))
    assert memory.cards == {}
    memory.learn(answer("nuts-0", START, 0.0, mode="exam"))
    assert memory.cards["nuts-0"].wrong == 1
    assert memory.days == [], "the daily cap is for practice"


def test_an_item_that_left_the_bank_is_no_trouble(deck):
    memory = Memory([answer("gone-0", START, 0.0)])
    assert "gone-0" not in plan(deck, memory, FREE, START + timedelta(days=1)).queue


def test_a_generated_card_shows_a_new_item_each_time(bank):
    from drills.deck import Deck
    from drills.generators import load_generators

    bank.catalogue.__dict__["topics"] = {**bank.catalogue.topics, "output-size": bank.catalogue.topics["nuts"]}
    families = {"conv-output-size": load_generators()["conv-output-size"]}
    deck = Deck(bank, families)
    items = [deck.draw("conv-output-size", "ada", times) for times in range(6)]
    assert len({item.id for item in items}) == 6
    assert len({item.stem for item in items}) > 4
    assert [deck.item(item.id) for item in items] == items
    assert deck.draw("conv-output-size", "bob", 0).id != items[0].id


def session(deck, settings: Settings, answers: int, right, start: datetime = START, memory: Memory | None = None):
    """The cards asked in one sitting, half a minute each, going on where the day's plan ends; `right(card)` says how."""
    memory, asked, now = memory or Memory(), [], start
    for _ in range(answers):
        found = plan(deck, memory, settings, now)
        card = found.next or (found.ahead[0] if found.ahead else None)
        assert card is not None, f"nothing left after {len(asked)} answers"
        memory.learn(answer(card, now, float(right(card))))
        asked.append(card)
        now += timedelta(seconds=30)
    return memory, asked


@pytest.mark.parametrize("exam", [None, 0, 1, 3, 7, 30])
@pytest.mark.parametrize("right", [lambda _: False, lambda _: True, lambda card: card.endswith(("1", "3"))])
def test_going_on_always_has_something_and_never_the_same_card_twice_in_a_row(deck, exam, right):
    settings = Settings(daily_cap=10, new_per_day=4, exam=None if exam is None else START.date() + timedelta(days=exam))
    _, asked = session(deck, settings, 80, right)
    assert all(one != other for one, other in pairwise(asked))
    assert set(asked) == set(deck.cards)


def test_a_learner_who_knows_nothing_sees_many_cards_before_one_again_and_again(deck):
    _, asked = session(deck, Settings(daily_cap=40, new_per_day=15), 40, lambda _: False)
    counts = Counter(asked)
    assert len(counts) == 15
    assert max(counts.values()) <= 8, "those that wait longest come first"


def test_new_cards_keep_coming_however_much_is_due(deck):
    settings = Settings(daily_cap=12, new_per_day=6)
    memory = Memory([answer(f"nuts-{n}", START, 1.0) for n in range(6)] + [answer(f"nuts-{n}", START + timedelta(minutes=11))
                    for n in range(6)] + [answer(f"apples-{n}", START + timedelta(minutes=20)) for n in range(6)])  # fmt: skip
    known = set(memory.cards)
    _, asked = session(deck, settings, 6, lambda _: True, START + timedelta(days=90), memory)
    assert 2 <= len(set(asked) - known) <= 4


def test_new_cards_by_days_left(deck):
    calm = Settings(daily_cap=6, new_per_day=2, exam=START.date() + timedelta(days=21))
    assert plan(deck, Memory(), calm, START).new == 2
    near = replace(calm, exam=START.date() + timedelta(days=5))
    assert plan(deck, Memory(), near, START).new == 7, "21 cards in five days, half as fast again"
    _, asked = study(deck, near, 4)
    assert {card for day in asked for card in day} >= set(list(deck.cards)[:1])
    assert len({card for day in asked for card in day}) >= 17
    gone = replace(calm, exam=START.date() - timedelta(days=1))
    assert plan(deck, Memory(), gone, START).new == 2


@pytest.mark.parametrize("days", [0, 1, 2, 3])
def test_before_the_exam_every_topic_comes_first(deck, days):
    settings = Settings(daily_cap=2, new_per_day=1, exam=START.date() + timedelta(days=days))
    _, asked = session(deck, settings, 4, lambda _: True)
    assert len({card.rpartition("-")[0] for card in asked}) == 4, "whatever the caps say"
    _, asked = session(deck, settings, 8, lambda _: False)
    assert len({card.rpartition("-")[0] for card in asked}) == 4, "also where all goes wrong"


def test_before_the_exam_the_weakest_topic_comes_next(deck):
    settings = Settings(exam=START.date() + timedelta(days=1))
    weak = "plums"
    memory, _ = session(deck, settings, 4, lambda card: not card.startswith(weak))
    _, asked = session(deck, settings, 5, lambda card: not card.startswith(weak), START + timedelta(minutes=2), memory)
    assert sum(card.startswith(weak) for card in asked) >= 2
    hopes = expectations(deck, memory, START + timedelta(minutes=5))
    assert min(hopes, key=hopes.get) == weak
    assert all(0 <= hope <= 1 for hope in hopes.values())


def test_void_cards_are_never_asked(deck):
    every = set(deck.cards)
    gone = {"apples-1", "nuts-0"}
    found = plan(
        deck,
        Memory(),
        Settings(),
        datetime(2026, 3, 1, 12, tzinfo=UTC),
        Scope(topics=frozenset(("apples", "nuts"))),
        gone,
    )
    assert gone <= every
    assert not gone & {*found.queue, *found.ahead}
    assert "apples-2" in found.queue
