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
from drills.expressions import ExpressionError, is_arithmetic
from drills.items import TYPES, Computed, Item, LayerTable, Model, Numeric, Text, Wrong, from_data, to_data
from drills.marking import Marked, computed, written_as_shape
from drills.networks import solution
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

    number: Annotated[int, Field(ge=1, le=1000)]
    block: Annotated[str, Field(max_length=200)]
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

    profile: Annotated[str, Field(max_length=200)]
    title: Annotated[str, Field(max_length=200)]
    minutes: Annotated[int, Field(ge=1, le=10_000)]
    seed: Annotated[int, Field(ge=0, le=10**9)]
    questions: Annotated[list[Question], Field(max_length=1000)]

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


def frozen(paper: Paper) -> Paper:
    """The paper with the value in place of each expression: marking it computes nothing that the paper brings along.

    Values that cannot be computed are left out; `anndl bank lint` says so.

    Raises:
        ExpressionError: the key of a question cannot be computed.
    """
    questions = [question.model_copy(update={"data": to_data(_frozen(question.item))}) for question in paper.questions]
    return paper.model_copy(update={"questions": questions})


def _frozen(item: Item) -> Item:
    if isinstance(item, Numeric):
        key = Computed(compute=repr(computed(item.key.compute)))
        return item.model_copy(update={"key": key, "wrong_values": _computed_keys(item.wrong_values)})
    if isinstance(item, LayerTable):
        values = {cell: _computed_keys(wrong) for cell, wrong in item.wrong_values.items()}
        return item.model_copy(update={"wrong_values": values})
    return item


def _computed_keys(wrong: dict[str, Wrong]) -> dict[str, Wrong]:
    values: dict[str, Wrong] = {}
    for expression, why in wrong.items():
        try:
            value = expression if written_as_shape(expression) else repr(computed(expression))
            values.setdefault(value, why)
        except (ExpressionError, TypeError, ValueError):
            continue
    return values


def rebuilt(paper: Paper, deck: Deck, profiles: dict[str, Profile]) -> Paper | None:
    """Our own paper of the same profile and number, frozen, where it asks the same; else None."""
    profile = profiles.get(paper.profile)
    if profile is None:
        return None
    own = frozen(make_paper(deck, paper.profile, profile, paper.seed))
    return own if same_questions(own, paper) else None


def trusted(paper: Paper, deck: Deck | None) -> Paper | None:
    """The paper of a row, so that marking it computes nothing on the row's word alone; None where that cannot be.

    A frozen paper holds bounded arithmetic only, whoever wrote it. One from before papers were frozen is good where each
    question that needs the reference is still the deck's own.
    """
    questions = []
    for question in paper.questions:
        try:
            safe = all(map(is_arithmetic, _expressions(question.item)))
            if not safe and deck is not None and deck.item(question.item.id) == question.item:
                question = question.model_copy(update={"data": to_data(_frozen(question.item))})
                safe = True
        except (KeyError, ValueError):  # no item (any more), or a layer table that does not fit together
            safe = False
        if not safe:
            return None
        questions.append(question)
    return paper.model_copy(update={"questions": questions})


def _expressions(item: Item) -> list[str]:
    if isinstance(item, Numeric):
        return [item.key.compute, *item.wrong_values]
    if isinstance(item, LayerTable):
        solution(item)
        values = [value for wrong in item.wrong_values.values() for value in wrong]
        return [value for value in values if not written_as_shape(value)]
    return []


def same_questions(one: Paper, other: Paper) -> bool:
    """Whether two papers ask the same in the same way; how a number is computed is not compared, what it is neither."""
    return _asked(one) == _asked(other)


def _asked(paper: Paper) -> dict[str, Any]:
    whole = paper.model_dump(mode="json")
    for question in whole["questions"]:
        question["data"].pop("wrong values", None)
        if question["data"].get("type") == "numeric":
            question["data"].pop("key", None)
    return whole


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
