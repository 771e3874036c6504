"""What to practise next: FSRS per card, an exam date, a daily cap, topics mixed.

FSRS estimates how likely each card is remembered now. A card is due when that falls below the desired retention, which
rises as the exam comes near; and each card has a day in the last week before the exam for a last look, so that none is
scheduled beyond it. Times are in UTC; a learner's day begins at midnight of the given zone.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import zip_longest
from zlib import crc32

import fsrs

from drills.deck import Deck
from drills.history import Answer

RETENTION, RETENTION_AT_EXAM = 0.90, 0.97
RISING_DAYS = 14  # before the exam the desired retention rises from one to the other
LAST_LOOKS = 7  # days before the exam over which the last looks are spread
SOON = timedelta(minutes=20)  # a card in its learning steps may come this early rather than end the session
_SCHEDULER = fsrs.Scheduler(desired_retention=RETENTION, enable_fuzzing=False)


@dataclass(frozen=True)
class Settings:
    """What a learner sets. `daily_cap` counts answers, `new_per_day` cards seen for the first time."""

    exam: date | None = None
    daily_cap: int = 40
    new_per_day: int = 15
    zone: tzinfo = UTC


@dataclass(frozen=True)
class Scope:
    """Which cards are wanted; everything when nothing is set. With a scope the schedule's limits do not bind."""

    topics: frozenset[str] = frozenset()
    misconception: str | None = None
    only_mistakes: bool = False

    @property
    def everything(self) -> bool:
        """Whether nothing is set."""
        return not (self.topics or self.misconception or self.only_mistakes)


@dataclass
class Remembered:
    """What is known about one card."""

    card: fsrs.Card
    last: datetime
    times: int = 0
    wrong: int = 0
    last_right: bool = True
    shown: set[str] = field(default_factory=set)  # misconceptions that answers to it have shown


class Memory:
    """All cards a learner has answered, kept up to date answer by answer."""

    def __init__(self, answers: Iterable[Answer] = ()) -> None:
        self.cards: dict[str, Remembered] = {}
        self.days: list[tuple[datetime, bool]] = []  # when each practice answer fell, and whether the card was new
        self.topics: dict[str, datetime] = {}  # when each topic was last answered
        for answer in answers:
            self.learn(answer)

    def learn(self, answer: Answer) -> None:
        """Takes in one answer. Blanks in exams say nothing about memory; in practice they mean "I do not know"."""
        if answer.blank and answer.mode == "exam":
            return
        known = self.cards.get(answer.card)
        if answer.mode == "practice":
            self.days.append((answer.at, known is None))
        if known is None:
            blank = fsrs.Card(card_id=crc32(answer.card.encode()), due=answer.at)
            known = self.cards[answer.card] = Remembered(blank, answer.at)
        when = max(answer.at, known.last)  # a clock that was set back makes no negative intervals
        known.card, _ = _SCHEDULER.review_card(known.card, rating(answer), when)
        self.topics[answer.topic] = when
        known.times += 1
        known.wrong += not answer.right
        known.last, known.last_right = when, answer.right
        known.shown |= set(answer.misconceptions)

    def retention(self, card: str, when: datetime) -> float:
        """How likely the card is remembered at a time, 0 to 1; 0 for a card never seen."""
        known = self.cards.get(card)
        return float(_SCHEDULER.get_card_retrievability(known.card, max(when, known.last))) if known else 0.0


@dataclass(frozen=True)
class Plan:
    """What to practise: `queue` in order; `ahead` are cards not due yet, weakest first, for who wants to go on."""

    queue: list[str]
    ahead: list[str]
    due: int
    new: int
    done_today: int

    @property
    def next(self) -> str | None:
        """The card to show now."""
        return self.queue[0] if self.queue else None


def rating(answer: Answer) -> fsrs.Rating:
    """All right: good; at least half: hard; less: again."""
    if answer.right:
        return fsrs.Rating.Good
    return fsrs.Rating.Hard if answer.fraction >= 0.5 else fsrs.Rating.Again


def desired_retention(settings: Settings, now: datetime) -> float:
    """The retention to keep up: constant until two weeks before the exam, then rising to the day."""
    left = days_left(settings, now)
    if left is None or left > RISING_DAYS or left < 0:
        return RETENTION
    return RETENTION_AT_EXAM - (RETENTION_AT_EXAM - RETENTION) * left / RISING_DAYS


def days_left(settings: Settings, now: datetime) -> int | None:
    """Whole days to the exam: 0 on the day itself, negative afterwards."""
    return (settings.exam - now.astimezone(settings.zone).date()).days if settings.exam else None


def is_due(known: Remembered, settings: Settings, now: datetime) -> bool:
    """Whether a card should be seen now: its learning step is over, it fades, or its last look has come."""
    if known.card.state != fsrs.State.Review:
        return bool(known.card.due <= now)
    if float(_SCHEDULER.get_card_retrievability(known.card, max(now, known.last))) < desired_retention(settings, now):
        return True
    look = last_look(known.card.card_id, settings)
    return look is not None and known.last < look <= now and now < midnight(settings, settings.exam, 1)


def last_look(card_id: int, settings: Settings) -> datetime | None:
    """When a card is seen once more before the exam: spread by its id over the days before."""
    return midnight(settings, settings.exam, -1 - card_id % LAST_LOOKS) if settings.exam else None


def midnight(settings: Settings, day: date | None, shift: int = 0) -> datetime:
    """The beginning of a day of the learner's, in UTC."""
    if day is None:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.combine(day + timedelta(days=shift), time(), settings.zone).astimezone(UTC)


def plan(deck: Deck, memory: Memory, settings: Settings, now: datetime, scope: Scope | None = None) -> Plan:
    """What to practise now.

    Without a scope: due cards, then new ones, within the daily cap, topics taking turns. With one: all its cards, due
    and weak ones first; practising ahead does no harm, since FSRS counts an early repetition for little.
    """
    scope = scope or Scope()
    cards = [card for card in deck.cards if _wanted(card, deck, memory, scope)]
    seen = [card for card in cards if card in memory.cards]
    due = [card for card in seen if is_due(memory.cards[card], settings, now)]
    waiting = [card for card in seen if memory.cards[card].card.state != fsrs.State.Review and card not in set(due)]
    due.sort(key=lambda card: (memory.cards[card].card.state == fsrs.State.Review, memory.retention(card, now)))
    ahead = sorted(set(seen) - set(due), key=lambda card: (memory.retention(card, now), card))
    new = [card for card in cards if card not in memory.cards]
    done, begun = _today(memory, settings, now)

    if not scope.everything:
        rest = [] if scope.only_mistakes else new
        return Plan(_mixed(deck, memory, due) + _mixed(deck, memory, rest) + ahead, ahead, len(due), len(rest), done)
    room = max(0, settings.daily_cap - done)
    fresh = _mixed(deck, memory, new)[: max(0, settings.new_per_day - begun)]
    queue = (_mixed(deck, memory, due) + fresh)[:room]
    if not queue and room:
        queue = [card for card in waiting if memory.cards[card].card.due <= now + SOON]
    return Plan(queue, ahead, len(due), len(fresh), done)


def _wanted(card: str, deck: Deck, memory: Memory, scope: Scope) -> bool:
    known = memory.cards.get(card)
    if scope.topics and deck.cards[card].topic not in scope.topics:
        return False
    if scope.only_mistakes and (known is None or known.last_right):
        return False
    if scope.misconception is None:
        return True
    return scope.misconception in deck.reveals(card) or (known is not None and scope.misconception in known.shown)


def _mixed(deck: Deck, memory: Memory, cards: list[str]) -> list[str]:
    """The topics take turns, beginning with the one not answered for longest; within a topic the order stays."""
    topics: dict[str, list[str]] = defaultdict(list)
    for card in cards:
        topics[deck.cards[card].topic].append(card)
    never = datetime.min.replace(tzinfo=UTC)
    turns = sorted(topics, key=lambda topic: memory.topics.get(topic, never))
    return [card for turn in zip_longest(*(topics[topic] for topic in turns)) for card in turn if card is not None]


def _today(memory: Memory, settings: Settings, now: datetime) -> tuple[int, int]:
    """Practice answers given and cards begun since the learner's midnight."""
    start = midnight(settings, now.astimezone(settings.zone).date())
    today = [new for at, new in memory.days if at >= start]
    return len(today), sum(today)
