"""Mock exams: profiles from course/exams.yaml, and the paper that a profile, a seed and the deck give.

A blueprint gives each question its topic, from the profile and the deck alone; the seed only chooses among the topic's
items. So two papers of one profile ask about the same topics with different items.
"""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from autograder.yamlfile import read
from drills.deck import Deck
from drills.items import TYPES, Item, Model, Text, from_data, to_data
from drills.marking import Marked
from drills.randomness import Source


class Scheme(Model):
    """What an answer is worth; a blank is worth nothing."""

    right: Annotated[float, Field(gt=0)]
    wrong: Annotated[float, Field(le=0)] = 0.0
    partial: bool = False

    def score(self, marked: Marked) -> float:
        """The points for an answer."""
        if marked.blank:
            return 0.0
        if self.partial and marked.fraction > 0:
            return self.right * marked.fraction
        return self.right if marked.right else self.wrong

    @property
    def words(self) -> str:
        """As printed on the paper: "+2 right, -0.5 wrong, 0 blank"."""
        partly = ", part of the points for part of the answer" if self.partial else ""
        return f"+{self.right:g} right, {self.wrong:g} wrong, 0 blank{partly}"


class Block(Scheme):
    """Some questions of the same kinds, marked by the same scheme."""

    title: Text
    types: Annotated[list[Text], Field(min_length=1)]
    count: Annotated[int, Field(gt=0)]


class Profile(Model):
    """How an exam is made."""

    title: Text
    about: Text
    minutes: Annotated[int, Field(gt=0)]
    blocks: Annotated[list[Block], Field(min_length=1)]


class Question(Model):
    """One question of a paper. The item is kept whole, so that an exam stays what it was when the bank changes."""

    number: int
    block: str
    scheme: Scheme
    data: dict[str, Any]

    @property
    def item(self) -> Item:
        """The item."""
        return _item(TypeAdapter(dict[str, Any]).dump_json(self.data))


@lru_cache(maxsize=512)
def _item(data: bytes) -> Item:
    return from_data(TypeAdapter(dict[str, Any]).validate_json(data))


class Paper(Model):
    """The questions of one exam."""

    profile: str
    title: str
    minutes: int
    seed: int
    questions: list[Question]

    @property
    def maximum(self) -> float:
        """All points."""
        return sum(question.scheme.right for question in self.questions)


def load_profiles(root: Path) -> dict[str, Profile]:
    """The profiles of a course by id.

    Raises:
        CourseError: with file and line.
    """
    document = read(root / "course" / "exams.yaml")
    if not isinstance(document.data, dict):
        raise document.error("this file maps each profile's id to its title, about, minutes and blocks")
    profiles = {name: document.validate(Profile, name) for name in document.data}
    for name, profile in profiles.items():
        for number, block in enumerate(profile.blocks):
            if unknown := set(block.types) - set(TYPES):
                message = f"there is no type {sorted(unknown)}; known are {', '.join(TYPES)}"
                raise document.error(message, name, "blocks", number, "types")
            if twice := set(block.types) & {kind for other in profile.blocks[:number] for kind in other.types}:
                message = f"{sorted(twice)} stand in two blocks, which might draw the same item twice"
                raise document.error(message, name, "blocks", number, "types")
    return profiles


@dataclass(frozen=True)
class Slot:
    """One question to be filled: the cards that may fill it, and that it is the place-th of `places` of its topic."""

    block: Block
    topic: str
    cards: tuple[str, ...]
    place: int
    places: int


def blueprint(deck: Deck, name: str, profile: Profile, chapters: frozenset[str] = frozenset()) -> list[Slot]:
    """The topics of a profile's questions. Chapters take turns, then topics; those with many items go first.

    Where the deck has too few items of a block's types, the block is shorter.
    """
    slots: list[Slot] = []
    by_chapter: Counter[str] = Counter()
    by_topic: Counter[str] = Counter()
    for number, block in enumerate(profile.blocks):
        pool = _pool(deck, block, chapters)
        here: Counter[str] = Counter()
        for _ in range(block.count):
            free = [topic for topic, cards in pool.items() if here[topic] < len(cards)]
            if not free:
                break
            topic = min(free, key=lambda t: (2 * (here[t] + 1) > _choice(deck, pool[t]), by_chapter[_chapter(deck, t)],
                                             by_topic[t], -_choice(deck, pool[t])))  # fmt: skip
            here[topic] += 1
            by_topic[topic] += 1
            by_chapter[_chapter(deck, topic)] += 1
        for topic, count in here.items():
            cards = tuple(Source(f"{name}:{number}:{topic}").shuffled(pool[topic]))
            slots += [Slot(block, topic, cards, place, count) for place in range(count)]
    return slots


def make_paper(deck: Deck, name: str, profile: Profile, seed: int, chapters: frozenset[str] = frozenset()) -> Paper:
    """The paper of a profile and a seed; the same for the same deck."""
    questions: list[Question] = []
    for number, slot in enumerate(blueprint(deck, name, profile, chapters), start=1):
        card = slot.cards[(seed * slot.places + slot.place) % len(slot.cards)]
        item = deck.generators[card](1000 * seed + number) if deck.cards[card].generated else deck.bank.items[card]
        scheme = Scheme(right=slot.block.right, wrong=slot.block.wrong, partial=slot.block.partial)
        questions.append(Question(number=number, block=slot.block.title, scheme=scheme, data=to_data(item)))
    return Paper(profile=name, title=profile.title, minutes=profile.minutes, seed=seed, questions=questions)


def _pool(deck: Deck, block: Block, chapters: frozenset[str]) -> dict[str, list[str]]:
    """Topic -> the cards of the block's types."""
    pool: dict[str, list[str]] = {}
    for card in deck.cards.values():
        if (not chapters or card.chapter in chapters) and deck.type_of(card.id) in block.types:
            pool.setdefault(card.topic, []).append(card.id)
    return pool


def _choice(deck: Deck, cards: list[str]) -> int:
    """How much another seed can choose from: a family never runs out, so it counts as two items."""
    return sum(2 if deck.cards[card].generated else 1 for card in cards)


def _chapter(deck: Deck, topic: str) -> str:
    return deck.bank.catalogue.topics[topic].chapter
