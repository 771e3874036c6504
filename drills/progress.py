"""How a learner stands: mastery per topic, a forecast to the exam, the book of misconceptions, days of practice."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo

from drills.deck import Deck
from drills.history import Answer
from drills.reports import Grading
from drills.scheduling import Memory, Settings, midnight


@dataclass(frozen=True)
class TopicMastery:
    """A topic's cards: how many, how many seen, and the share expected to be answered rightly now, 0 to 1."""

    topic: str
    title: str
    chapter: str
    cards: int
    seen: int
    mastery: float


@dataclass
class Entry:
    """One misconception of the book. `open` until what showed it has since been answered or graded without it."""

    misconception: str
    last: datetime
    in_answers: int = 0
    in_code: int = 0
    cards: set[str] = field(default_factory=set)
    exercises: set[str] = field(default_factory=set)
    open: bool = True


@dataclass(frozen=True)
class Days:
    """Days of practice: in a row up to today or yesterday, and in the last seven."""

    in_a_row: int
    of_seven: int


def known(memory: Memory, card: str, when: datetime) -> float:
    """How likely the card is answered rightly at a time; 0 when never seen or wrong the last time."""
    remembered = memory.cards.get(card)
    return memory.retention(card, when) if remembered and remembered.last_right else 0.0


def mastery(deck: Deck, memory: Memory, now: datetime) -> list[TopicMastery]:
    """Every topic of the syllabus that has cards, in the order of the course."""
    cards: dict[str, list[str]] = {}
    for card in deck.cards.values():
        cards.setdefault(card.topic, []).append(card.id)
    return [
        TopicMastery(
            topic=topic.id,
            title=topic.title,
            chapter=topic.chapter,
            cards=len(cards[topic.id]),
            seen=sum(card in memory.cards for card in cards[topic.id]),
            mastery=sum(known(memory, card, now) for card in cards[topic.id]) / len(cards[topic.id]),
        )
        for topic in deck.bank.catalogue.topics.values()
        if topic.id in cards
    ]


def forecast(deck: Deck, memory: Memory, settings: Settings, now: datetime, days: int = 30) -> list[tuple[date, float]]:
    """The share of all seen cards remembered on each day to the exam (or for `days` days) without any more practice."""
    seen = [card for card in deck.cards if card in memory.cards]
    today = now.astimezone(settings.zone).date()
    last = settings.exam if settings.exam and settings.exam > today else today + timedelta(days=days)
    line = []
    for ahead in range((last - today).days + 1):
        when = now if ahead == 0 else midnight(settings, today, ahead) + timedelta(hours=9)  # when exams begin
        share = sum(known(memory, card, when) for card in seen) / len(seen) if seen else 0.0
        line.append((today + timedelta(days=ahead), share))
    return line


def misconception_book(answers: Iterable[Answer], gradings: Iterable[Grading]) -> list[Entry]:
    """All misconceptions that answers and graded exercises have shown; open ones first, then the most frequent.

    A card that showed one settles it by a later right answer, an exercise by a later grading that does not show it; an
    entry is open while anything that showed it is unsettled.
    """
    book: dict[str, Entry] = {}
    unsettled: dict[str, set[str]] = {}
    moments: list[tuple[datetime, str, tuple[str, ...], bool, Answer | Grading]] = [
        *((a.at, a.card, a.misconceptions, a.right, a) for a in answers),
        *((g.at, g.exercise, g.misconceptions, True, g) for g in gradings),
    ]
    for at, where, shown, settles, moment in sorted(moments, key=lambda m: m[0]):
        for name in shown:
            entry = book.setdefault(name, Entry(name, at))
            entry.last = at
            if isinstance(moment, Answer):
                entry.in_answers += 1
                entry.cards.add(where)
            else:
                entry.in_code += 1
                entry.exercises.add(where)
            unsettled.setdefault(name, set()).add(where)
        if settles:
            for name, places in unsettled.items():
                if name not in shown:
                    places.discard(where)
    for name, entry in book.items():
        entry.open = bool(unsettled[name])
    return sorted(
        book.values(), key=lambda entry: (not entry.open, -entry.in_answers - entry.in_code, entry.misconception)
    )


def days_of_practice(answers: Iterable[Answer], now: datetime, zone: tzinfo = UTC) -> Days:
    """A day counts with its first answer, "I do not know" included; today's absence does not end the row yet."""
    given = (answer for answer in answers if answer.mode == "practice" or not answer.blank)
    days = {answer.at.astimezone(zone).date() for answer in given}
    today = now.astimezone(zone).date()
    day = today if today in days else today - timedelta(days=1)
    row = 0
    while day in days:
        row += 1
        day -= timedelta(days=1)
    return Days(row, sum(today - timedelta(days=back) in days for back in range(7)))
