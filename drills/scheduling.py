"""What to practise next: FSRS per card, an exam date, a daily cap, topics mixed.

FSRS estimates how likely each card is remembered now. A card is due when that falls below the desired retention, which
rises as the exam comes near; and each card has a day in the last week before the exam for a last look, so that none is
scheduled beyond it. With an exam date as many new cards come each day as are needed to see all in time; in the last days
every topic comes once, then always the weakest. Times are in UTC; a learner's day begins at midnight of the given zone.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import zip_longest
from math import ceil
from zlib import crc32

import fsrs

from drills.deck import Deck
from drills.history import Answer

RETENTION, RETENTION_AT_EXAM = 0.90, 0.97
RISING_DAYS = 14  # before the exam the desired retention rises from one to the other
LAST_LOOKS = 7  # days before the exam over which the last looks are spread
GUESS = 0.4  # the share of first answers that are right where nothing is known of the learner
CRAM_DAYS = 3  # from so many days before the exam on every topic is met first
NEW_SHARE = 90  # percent of the answers that go to new cards while the exam is near and some are left
EARLY = 1.5  # new cards come so much faster than would do, so that time is left to see them again
SOON = timedelta(minutes=20)  # a card in its learning steps may come this early rather than end the session
AGAIN = (timedelta(minutes=10),)  # a wrong card comes back once in the session; a right one rests for days at once
_SCHEDULER = fsrs.Scheduler(
    desired_retention=RETENTION, learning_steps=AGAIN, relearning_steps=AGAIN, enable_fuzzing=False
)


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

    def __init__(self, answers: Iterable[Answer] = (), scheduler: fsrs.Scheduler = _SCHEDULER) -> None:
        self._scheduler = scheduler
        self.cards: dict[str, Remembered] = {}
        self.days: list[tuple[datetime, bool]] = []  # when each practice answer fell, and whether the card was new
        self.topics: dict[str, datetime] = {}  # when each topic was last answered
        self.first: dict[str, list[bool]] = defaultdict(
            list
        )  # by topic: whether the first answer to each card was right
        self.last: str | None = None  # the card answered last
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
            self.first[answer.topic].append(answer.right)
        when = max(answer.at, known.last)  # a clock that was set back makes no negative intervals
        known.card, _ = self._scheduler.review_card(known.card, rating(answer), when)
        self.topics[answer.topic] = when
        self.last = answer.card
        known.times += 1
        known.wrong += not answer.right
        known.last, known.last_right = when, answer.right
        known.shown |= set(answer.misconceptions)

    def retention(self, card: str, when: datetime) -> float:
        """How likely the card is remembered at a time, 0 to 1; 0 for a card never seen."""
        known = self.cards.get(card)
        return float(self._scheduler.get_card_retrievability(known.card, max(when, known.last))) if known else 0.0


@dataclass(frozen=True)
class Plan:
    """What to practise: `queue` in order; `ahead` is for who wants to go on: new cards, then what is known, weakest first.

    The card answered last stands first in neither, unless there is no other.
    """

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


def plan(
    deck: Deck,
    memory: Memory,
    settings: Settings,
    now: datetime,
    scope: Scope | None = None,
    void: Collection[str] = (),
) -> Plan:
    """What to practise now.

    Without a scope: what is due, new cards coming between, within the daily cap, topics taking turns; from three days
    before the exam without a cap, by what each topic still needs. With a scope: all its cards, due and weak ones first;
    practising ahead does no harm, since FSRS counts an early repetition for little. Void cards are never asked.
    """
    scope = scope or Scope()
    cards = [card for card in deck.cards if card not in void and _wanted(card, deck, memory, scope)]
    seen = [card for card in cards if card in memory.cards]
    new = [card for card in cards if card not in memory.cards]
    due = [card for card in seen if is_due(memory.cards[card], settings, now)]
    ahead = sorted(set(seen) - set(due), key=lambda card: (memory.retention(card, now), card))
    done, begun = _today(memory, settings, now)
    if not scope.everything:
        rest = [] if scope.only_mistakes else new
        queue = (
            _steps(memory, due) + _mixed(deck, memory, _faded(memory, due, now)) + _mixed(deck, memory, rest) + ahead
        )
        return Plan(_another(queue, memory), _another(ahead, memory), len(due), len(rest), done)
    left = days_left(settings, now)
    hurries = left is not None and left >= 0
    fresh = _by_need(deck, memory, new, now) if crams(settings, now) else _mixed(deck, memory, new)
    quota, cap = _quota(settings, len(new), begun, now)
    today = fresh if crams(settings, now) else fresh[: max(0, quota - begun)]
    steps, faded = _steps(memory, due), _faded(memory, due, now)
    faded = faded if crams(settings, now) else _mixed(deck, memory, faded)
    if hurries:  # what went right is remembered for longer than the exam is away: it can wait
        faded += [card for card in steps if memory.cards[card].last_right]
        steps = [card for card in steps if not memory.cards[card].last_right]
    if begun < done * quota / cap or not done:  # new ones keep their share of the day, however much is due
        queue = today[:1] + steps + faded + today[1:]
    else:
        queue = steps + faded + today
    queue = queue[: max(0, cap - done)] if not crams(settings, now) else queue
    if done < cap and not set(queue) - {memory.last}:  # rather than end the session
        rest = _steps(memory, [card for card in seen if card not in due])
        queue += [card for card in rest if memory.cards[card].card.due <= now + SOON]
    queue = _another(queue, memory, alone=False)
    taken = set(queue)
    beyond = [card for card in fresh + due + ahead if card not in taken]
    return Plan(queue, _another(beyond, memory), len(due), len(today), done)


def _by_need(deck: Deck, memory: Memory, new: list[str], now: datetime) -> list[str]:
    """New cards of topics that were never met, then of the topic in which least is expected; topics take turns."""
    hopes = expectations(deck, memory, now)
    just = deck.cards[memory.last].topic if memory.last in deck.cards else None
    cards: dict[str, list[str]] = defaultdict(list)
    for card in new:
        cards[deck.cards[card].topic].append(card)
    order = sorted(cards, key=lambda topic: (topic in memory.topics, topic == just, hopes[topic]))
    return [card for turn in zip_longest(*(cards[topic] for topic in order)) for card in turn if card is not None]


def expectations(deck: Deck, memory: Memory, when: datetime) -> dict[str, float]:
    """Topic -> the share of its cards expected to be answered rightly at a time, 0 to 1.

    A card never seen counts as the share of the topic's first answers that were right, drawn to `GUESS` while they are
    few; a card wrong the last time counts as not known.
    """
    shares: dict[str, list[float]] = defaultdict(list)
    for card in deck.cards.values():
        known = memory.cards.get(card.id)
        first = memory.first.get(card.topic, [])
        unseen = (sum(first) + 2 * GUESS) / (len(first) + 2)
        shares[card.topic].append(memory.retention(card.id, when) * known.last_right if known else unseen)
    return {topic: sum(share) / len(share) for topic, share in shares.items()}


def crams(settings: Settings, now: datetime) -> bool:
    """Whether the exam is so near that every topic must be met now."""
    left = days_left(settings, now)
    return left is not None and 0 <= left <= CRAM_DAYS


def _quota(settings: Settings, new: int, begun: int, now: datetime) -> tuple[int, int]:
    """New cards and answers of today: what the learner has set, or as many as are needed to see all before the exam."""
    left = days_left(settings, now)
    if left is None or left < 0:
        return settings.new_per_day, settings.daily_cap
    if crams(settings, now):
        return NEW_SHARE, 100  # of what is done, however much that is
    needed = max(settings.new_per_day, ceil(EARLY * (new + begun) / left))
    return needed, max(settings.daily_cap, ceil(100 * needed / NEW_SHARE))


def _steps(memory: Memory, due: list[str]) -> list[str]:
    """The cards in their learning steps, those that have waited longest first."""
    steps = [card for card in due if memory.cards[card].card.state != fsrs.State.Review]
    return sorted(steps, key=lambda card: memory.cards[card].card.due)


def _faded(memory: Memory, due: list[str], now: datetime) -> list[str]:
    """Cards once known that fade, the weakest first."""
    known = [card for card in due if memory.cards[card].card.state == fsrs.State.Review]
    return sorted(known, key=lambda card: memory.retention(card, now))


def _another(cards: list[str], memory: Memory, alone: bool = True) -> list[str]:
    """Never the same card twice in a row: the one answered last changes places with the next, or goes if not `alone`."""
    if not cards or cards[0] != memory.last:
        return cards
    if len(cards) == 1:
        return cards if alone else []
    return [cards[1], cards[0], *cards[2:]]


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
