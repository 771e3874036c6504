"""The answers of a learner, as rows of the store and as what is derived from them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drills.items import Item
from drills.kinds import AnswerBody, valid
from drills.marking import Marked
from drills.store import Event, Store

ANSWER = "answer"


@dataclass(frozen=True)
class Answer:
    """One answered item. `mode` is "practice" or "exam"; `points` of `maximum` before any exam's marking scheme."""

    item: str
    topic: str
    at: datetime
    points: float
    maximum: float
    blank: bool
    misconceptions: tuple[str, ...]
    mode: str
    answer: Any
    learner: str = ""

    @property
    def card(self) -> str:
        """What the schedule remembers: the item, or for a generated one its family."""
        return card_of(self.item)

    @property
    def fraction(self) -> float:
        """Points as a share of the maximum."""
        return self.points / self.maximum

    @property
    def right(self) -> bool:
        """Whether everything was right."""
        return self.points == self.maximum


def card_of(item: str) -> str:
    """The card of an item id: `conv-output-size@17` belongs to `conv-output-size`."""
    return item.partition("@")[0]


def record_answer(store: Store, item: Item, answer: Any, marked: Marked, key: str) -> Event:
    """Writes an answer given in practice and returns when it is committed; the same key twice is one answer."""
    return store.append(ANSWER, answer_body(item, answer, marked, "practice"), key=key)


def answer_body(item: Item, answer: Any, marked: Marked, mode: str) -> dict[str, Any]:
    """What the row of an answer holds."""
    return {
        "item": item.id,
        "topic": item.topic,
        "answer": answer,
        "points": marked.points,
        "maximum": marked.maximum,
        "blank": marked.blank,
        "misconceptions": list(marked.misconceptions),
        "mode": mode,
    }


def answers(events: Iterable[Event]) -> list[Answer]:
    """The sound answers among the events, in their order."""
    return [
        Answer(
            item=body.item,
            topic=body.topic,
            at=event.at,
            points=body.points,
            maximum=body.maximum,
            blank=body.blank,
            misconceptions=tuple(body.misconceptions),
            mode=body.mode,
            answer=body.answer,
            learner=event.learner,
        )
        for event, body in valid(events, ANSWER, AnswerBody)
    ]
