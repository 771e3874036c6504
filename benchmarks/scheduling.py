"""What a schedule is worth on the day of the exam: `python -m benchmarks.scheduling [--learners 12]`.

Simulated learners practise the course's own deck by several schedules with the same number of answers a day, one minute
each from 18:00, and sit the exam at 9:00. Writes `benchmarks/results/scheduling.md`.

How a simulated learner forgets: by the curve of FSRS, but with parameters of their own that no schedule knows (initial
stabilities and the growth of stability, log-normal around the published ones). A card that was never seen is answered
rightly with a chance of its topic's own (log-odds normal around 40 %), which grows with the share of the topic that is
known; a card that was seen is remembered with its retrievability, else answered like one never seen.
"""

import argparse
import math
import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zlib import crc32

import fsrs

from drills.bank import read_bank
from drills.deck import Deck
from drills.generators import load_generators
from drills.history import Answer
from drills.scheduling import Memory, Settings, plan

EXAM = date(2026, 6, 15)
HOURS = {30: 40, 7: 60, 3: 90, 1: 120}  # days left -> answers a day
TRANSFER = 0.25  # how much of the gap a wholly known topic closes for its unseen cards
NEW_PER_DAY = 20  # of plain FSRS, as flash card programs come
RESULT = Path(__file__).parent / "results" / "scheduling.md"


class Mind:
    """What a learner really remembers; schedules see only the answers."""

    def __init__(self, deck: Deck, seed: int) -> None:
        self.random = random.Random(seed)
        parameters = list(fsrs.Scheduler().parameters)
        pace, growth = self.random.gauss(0, 0.4), self.random.gauss(0, 0.15)
        parameters[:4] = [min(100.0, max(0.001, value * math.exp(pace))) for value in parameters[:4]]
        parameters[8] = min(4.5, max(0.0, parameters[8] * math.exp(growth)))
        self._scheduler = fsrs.Scheduler(parameters=parameters, enable_fuzzing=False)
        self._deck = deck
        self._topics: dict[str, list[str]] = {}
        for card in deck.cards.values():
            self._topics.setdefault(card.topic, []).append(card.id)
        self._untaught = {topic: 1 / (1 + math.exp(0.4 - self.random.gauss(0, 0.8))) for topic in self._topics}
        self.cards: dict[str, fsrs.Card] = {}

    def chance(self, card: str, when: datetime) -> float:
        """How likely the card is answered rightly."""
        topic = self._deck.cards[card].topic
        others = [self._kept(other, when) for other in self._topics[topic] if other != card]
        start = self._untaught[topic]
        start += TRANSFER * (1 - start) * (sum(others) / len(others) if others else 0.0)
        kept = self._kept(card, when)
        return kept + (1 - kept) * start

    def answer(self, card: str, when: datetime) -> bool:
        """Answers a card, and learns from the feedback."""
        right = self.random.random() < self.chance(card, when)
        before = self.cards.get(card) or fsrs.Card(card_id=crc32(card.encode()), due=when)
        rating = fsrs.Rating.Good if right else fsrs.Rating.Again
        self.cards[card], _ = self._scheduler.review_card(before, rating, when)
        return right

    def exam(self) -> float:
        """The expected share of right answers when each topic is asked about once, by any of its cards."""
        when = datetime.combine(EXAM, time(9), UTC)
        return statistics.mean(
            statistics.mean(self.chance(card, when) for card in cards) for cards in self._topics.values()
        )

    def _kept(self, card: str, when: datetime) -> float:
        known = self.cards.get(card)
        return float(self._scheduler.get_card_retrievability(known, when)) if known else 0.0


Choose = Callable[[Deck, Memory, datetime, int], str | None]  # the deck, what was answered, the time, how many answers


def in_order(deck: Deck, memory: Memory, now: datetime, answered: int) -> str:
    """A fixed deck from the first chapter on, then again."""
    return list(deck.cards)[answered % len(deck.cards)]


def shuffled(deck: Deck, memory: Memory, now: datetime, answered: int) -> str:
    """A fixed deck, shuffled once."""
    cards = list(deck.cards)
    random.Random(1).shuffle(cards)
    return cards[answered % len(cards)]


def flash_cards(deck: Deck, memory: Memory, now: datetime, answered: int) -> str | None:
    """Plain FSRS: what is due by its time, then new cards in course order, so many a day; then the day is over."""
    today = sum(new for at, new in memory.days if at.date() == now.date())
    return _due_or_new(deck, memory, now, most=NEW_PER_DAY - today)


def flash_cards_without_limit(deck: Deck, memory: Memory, now: datetime, answered: int) -> str | None:
    """Plain FSRS with as many new cards as there is time for."""
    return _due_or_new(deck, memory, now, most=len(deck.cards))


def _due_or_new(deck: Deck, memory: Memory, now: datetime, most: int) -> str | None:
    due = [(known.card.due, card) for card, known in memory.cards.items() if known.card.due <= now]
    if due:
        return min(due)[1]
    return next((card for card in deck.cards if card not in memory.cards), None) if most > 0 else None


def this_app(deck: Deck, memory: Memory, now: datetime, answered: int) -> str | None:
    """The app's plan with its default settings and the exam's date, going on where the day's plan ends."""
    found = plan(deck, memory, Settings(exam=EXAM), now)
    return found.next or (found.ahead[0] if found.ahead else None)


SCHEDULES: dict[str, Choose] = {
    "fixed deck in course order": in_order,
    "fixed deck, shuffled": shuffled,
    f"plain FSRS, {NEW_PER_DAY} new cards a day": flash_cards,
    "plain FSRS, new cards without limit": flash_cards_without_limit,
    "this app": this_app,
}


@dataclass(frozen=True)
class Outcome:
    """What one learner has reached."""

    answers: int
    topics: int
    cards: int
    right: float


def practise(deck: Deck, choose: Choose, days: int, seed: int) -> Outcome:
    """One learner's way to the exam."""
    mind, answered = Mind(deck, seed), 0
    memory = Memory() if choose is this_app else Memory(scheduler=fsrs.Scheduler(enable_fuzzing=False))
    for left in range(days, 0, -1):
        now = datetime.combine(EXAM - timedelta(days=left), time(18), UTC)
        for _ in range(HOURS[days]):
            card = choose(deck, memory, now, answered)
            if card is None:
                break
            right = mind.answer(card, now)
            topic = deck.cards[card].topic
            memory.learn(Answer(card, topic, now, float(right), 1.0, False, (), "practice", None))
            answered += 1
            now += timedelta(minutes=1)
    return Outcome(answered, len(memory.topics), len(memory.cards), mind.exam())


def table(deck: Deck, learners: int) -> str:
    """The whole table as Markdown."""
    untaught = statistics.mean(Mind(deck, seed).exam() for seed in range(learners))
    lines = [
        "# What a schedule is worth on the day of the exam\n",
        f"`python -m benchmarks.scheduling --learners {learners}`; {len(deck.cards)} cards of "
        f'{len({card.topic for card in deck.cards.values()})} topics. "Right" is the expected share of right answers when '
        "the exam asks about each topic once, mean over the learners, the same ones in each row, with the standard error of "
        f"the difference to this app. Without any practice they expect {100 * untaught:.1f} %. How they forget is described "
        "in the script; it is a simulation, not a measurement of people. Where a fixed deck is ahead, the difference is what "
        "bringing wrong answers back costs here: to a simulated learner a repetition within the hour is worth little.\n",
        "| days | answers a day | schedule | answers | topics met | cards seen | right, % | this app has more, points |",
        "|---:|---:|---|---:|---:|---:|---:|---:|",
    ]
    for days, answers in HOURS.items():
        found = {
            name: [practise(deck, choose, days, seed) for seed in range(learners)] for name, choose in SCHEDULES.items()
        }
        ours = found["this app"]
        for name, outcomes in found.items():
            gains = [100 * (mine.right - one.right) for mine, one in zip(ours, outcomes, strict=True)]
            error = statistics.stdev(gains) / math.sqrt(learners)
            more = "" if outcomes is ours else f"{statistics.mean(gains):+.1f} ± {error:.1f}"
            mean = [
                statistics.mean(values)
                for values in zip(*((o.answers, o.topics, o.cards) for o in outcomes), strict=True)
            ]
            right = 100 * statistics.mean(o.right for o in outcomes)
            lines.append(
                f"| {days} | {answers} | {name} | {mean[0]:.0f} | {mean[1]:.0f} | {mean[2]:.0f} | {right:.1f} | {more} |"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Writes the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=12)
    text = table(Deck(read_bank(), load_generators()), parser.parse_args().learners)
    RESULT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
