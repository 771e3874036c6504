"""The deck: one card per written item and one per generator, and the items that cards turn into."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from drills.bank import Bank
from drills.generators import Generator
from drills.items import Item, misconceptions

SAMPLES = 5  # items of a family that are looked at to learn which misconceptions it can reveal


@dataclass(frozen=True)
class Card:
    """What the schedule remembers."""

    id: str
    topic: str
    chapter: str
    difficulty: int
    generated: bool


class Deck:
    """All cards in the order of the course: chapter, topic, difficulty."""

    def __init__(self, bank: Bank, generators: dict[str, Generator]) -> None:
        topics = bank.catalogue.topics
        self.bank = bank
        self.generators = {name: family for name, family in generators.items() if family.topic in topics}
        order = {topic: number for number, topic in enumerate(topics)}
        cards = [Card(i.id, i.topic, topics[i.topic].chapter, i.difficulty, False) for i in bank.items.values()]
        cards += [Card(g.id, g.topic, topics[g.topic].chapter, g.difficulty, True) for g in self.generators.values()]
        cards.sort(key=lambda card: (order[card.topic], card.difficulty, card.id))
        self.cards = {card.id: card for card in cards}
        self._reveals = lru_cache(maxsize=None)(self._find_misconceptions)
        self._types: dict[str, str] = {}

    def item(self, identifier: str) -> Item:
        """The item of an id of the bank, or of `family@seed`.

        Raises:
            KeyError: there is none (any more).
        """
        family, generated, seed = identifier.partition("@")
        return self.generators[family](int(seed)) if generated else self.bank.items[identifier]

    def draw(self, card: str, learner: str, times: int) -> Item:
        """The item that shows a card to a learner who has answered it `times` before: a new one for each time."""
        if not self.cards[card].generated:
            return self.bank.items[card]
        start = int.from_bytes(hashlib.sha256(learner.encode()).digest()[:3])
        return self.generators[card](start + times)

    def type_of(self, card: str) -> str:
        """The type of the card's items; a family's items are all of one type."""
        if card not in self._types:
            item = self.generators[card](0) if self.cards[card].generated else self.bank.items[card]
            self._types[card] = item.type
        return self._types[card]

    def reveals(self, card: str) -> frozenset[str]:
        """The misconceptions that an answer to the card can show."""
        return self._reveals(card)

    def _find_misconceptions(self, card: str) -> frozenset[str]:
        if not self.cards[card].generated:
            return frozenset(misconceptions(self.bank.items[card]))
        family = self.generators[card]
        return frozenset().union(*(misconceptions(family(seed)) for seed in range(SAMPLES)))
