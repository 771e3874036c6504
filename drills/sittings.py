"""Sitting an exam: every answer and flag is a row of the store, so that a reload, a crash or another tab changes nothing.

Answers count until the time is up or the exam is handed in. Written answers are ticked by the learner afterwards,
against the rubric. A question whose item is void counts for nobody: neither its points nor its maximum.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from drills.answers import AnswerError
from drills.deck import Deck
from drills.exams import Paper, Question, frozen, trusted
from drills.history import ANSWER, answer_body
from drills.items import Item, Open, TrueFalse
from drills.kinds import KINDS, Body, CheckBody, ExamAnswerBody, FlagBody, StartBody, read
from drills.marking import Marked, has_form, is_blank, mark
from drills.store import Event, Store

STARTED, ANSWERED, FLAGGED, CHECKED, SUBMITTED, GIVEN_UP = (
    "exam started", "exam answer", "exam flag", "exam check", "exam submitted", "exam given up",
)  # fmt: skip
VOID, VALID = "item void", "item valid"
GRACE = timedelta(seconds=10)  # an answer given in the last second must not be lost on its way


@dataclass
class Sitting:
    """An exam as it stands. `checks` are the ticks that the learner gave written answers afterwards."""

    id: str
    paper: Paper
    started: datetime
    answers: dict[int, Any] = field(default_factory=dict)
    flags: set[int] = field(default_factory=set)
    checks: dict[int, dict[str, Any]] = field(default_factory=dict)
    submitted: datetime | None = None

    @property
    def deadline(self) -> datetime:
        """When the time is up."""
        return self.started + timedelta(minutes=self.paper.minutes)

    def remaining(self, now: datetime) -> timedelta:
        """Time left; a clock that was set back gives no more than the whole."""
        return max(timedelta(), min(self.deadline - now, timedelta(minutes=self.paper.minutes)))

    def over(self, now: datetime) -> bool:
        """Whether no answer counts any more."""
        return self.submitted is not None or now > self.deadline + GRACE

    def answer(self, number: int) -> Any:
        """What was answered to a question, with the learner's ticks."""
        given = self.answers.get(number)
        return {**given, **self.checks[number]} if isinstance(given, dict) and number in self.checks else given


@dataclass(frozen=True)
class Scored:
    """One question's result; `unchecked` written answers wait for the learner's ticks."""

    question: Question
    marked: Marked
    points: float
    void: bool
    unchecked: bool


@dataclass(frozen=True)
class Result:
    """The result of an exam."""

    scored: tuple[Scored, ...]

    @property
    def points(self) -> float:
        """The sum over the questions that are not void, not below zero."""
        return max(0.0, sum(scored.points for scored in self.scored if not scored.void))

    @property
    def maximum(self) -> float:
        """What could be had."""
        return sum(scored.question.scheme.right for scored in self.scored if not scored.void)

    @property
    def unchecked(self) -> int:
        """Written answers that wait for ticks."""
        return sum(scored.unchecked for scored in self.scored)


def start(store: Store, paper: Paper) -> str:
    """Begins an exam, the time running from now; returns its id. The paper is kept with its keys computed."""
    identifier = uuid.uuid4().hex[:12]
    body = {"exam": identifier, "paper": frozen(paper).model_dump(mode="json")}
    store.append(STARTED, body, key=f"{identifier}:start")
    return identifier


def give_up(store: Store, exam: str) -> None:
    """Ends an exam without a result; it is as if it had not been."""
    store.append(GIVEN_UP, {"exam": exam}, key=f"{exam}:given up")


def answer_question(store: Store, exam: str, number: int, answer: Any) -> None:
    """Keeps an answer; a later one replaces it. None takes it back."""
    store.append(ANSWERED, {"exam": exam, "number": number, "answer": answer})


def flag_question(store: Store, exam: str, number: int, flagged: bool) -> None:
    """Marks a question to come back to, or takes the mark away."""
    store.append(FLAGGED, {"exam": exam, "number": number, "flagged": flagged})


def check_question(store: Store, sitting: Sitting, number: int, check: dict[str, Any]) -> None:
    """Keeps the learner's ticks on a written answer: {"ticked": [...]} or {"justified": bool}."""
    store.append(CHECKED, {"exam": sitting.id, "number": number, "check": check})
    question = sitting.paper.questions[number - 1]
    given = sitting.answers.get(number)
    if isinstance(given, dict):
        checked = {**given, **check}
        body = answer_body(question.item, checked, mark(question.item, checked), "exam")
        store.append(ANSWER, body, key=f"{sitting.id}:{number}")


def submit(store: Store, sitting: Sitting) -> None:
    """Hands in the exam; all answers enter the history in the same transaction. Handing in twice is once."""
    now = datetime.now(UTC)
    rows: list[tuple[str, dict[str, Any], str, datetime]] = [
        (SUBMITTED, {"exam": sitting.id}, f"{sitting.id}:submit", now)
    ]
    for question in sitting.paper.questions:
        item, given = question.item, sitting.answers.get(question.number)
        if not self_checked(item) and not is_blank(given):
            body = answer_body(item, given, _marked(item, given), "exam")
            rows.append((ANSWER, body, f"{sitting.id}:{question.number}", now))
    store.extend(rows)


def self_checked(item: Item) -> bool:
    """Whether the learner compares the answer with the solution and ticks what it holds."""
    return isinstance(item, Open) or (isinstance(item, TrueFalse) and not item.distractors)


def sittings(events: Iterable[Event], deck: Deck | None = None) -> dict[str, Sitting]:
    """All exams by id, oldest first, from the sound rows of one learner.

    Args:
        deck: vouches for papers from before keys were kept computed; without it these are left out.
    """
    found: dict[str, Sitting] = {}
    for event in sorted(events, key=lambda row: row.seq):  # as written: the clock may have been changed meanwhile
        if event.kind not in KINDS or not event.kind.startswith("exam "):
            continue
        body = read(event, KINDS[event.kind])
        if isinstance(body, StartBody):
            if (paper := trusted(body.paper, deck)) is not None:
                found[body.exam] = Sitting(body.exam, paper, event.at)
        elif body is not None and (sitting := found.get(body.exam)):  # type: ignore[attr-defined]
            if event.kind == GIVEN_UP:
                del found[sitting.id]
            else:
                _take_in(sitting, event, body)
    return found


def _take_in(sitting: Sitting, event: Event, body: Body) -> None:
    if isinstance(body, CheckBody):
        sitting.checks[body.number] = body.check.model_dump(exclude_none=True)
    elif sitting.submitted or event.at > sitting.deadline + GRACE:
        if event.kind == SUBMITTED and sitting.submitted is None:
            sitting.submitted = sitting.deadline
    elif isinstance(body, ExamAnswerBody):
        if body.number <= len(questions := sitting.paper.questions) and has_form(
            questions[body.number - 1].item, body.answer
        ):
            sitting.answers[body.number] = body.answer
    elif isinstance(body, FlagBody):
        change = sitting.flags.add if body.flagged else sitting.flags.discard
        change(body.number)
    elif event.kind == SUBMITTED:
        sitting.submitted = event.at


def void_item(course: Store, item: str, reason: str) -> None:
    """The instructor takes an item out of every exam, past ones included."""
    course.append(VOID, {"item": item, "reason": reason})


def validate_item(course: Store, item: str) -> None:
    """Takes a voiding back."""
    course.append(VALID, {"item": item})


def voided(events: Iterable[Event]) -> dict[str, str]:
    """The void items and why, from the course's rows."""
    found: dict[str, str] = {}
    for event in events:
        if event.kind == VOID:
            found[event.body["item"]] = event.body["reason"]
        elif event.kind == VALID:
            found.pop(event.body["item"], None)
    return found


def result(sitting: Sitting, void: Iterable[str] = ()) -> Result:
    """The points of an exam under the items that are void now."""
    gone = set(void)
    scored = []
    for question in sitting.paper.questions:
        item, given = question.item, sitting.answer(question.number)
        marked = _marked(item, given)
        waits = self_checked(item) and not marked.blank and question.number not in sitting.checks
        points = 0.0 if waits else question.scheme.score(marked)
        scored.append(Scored(question, marked, points, item.id in gone, waits))
    return Result(tuple(scored))


def _marked(item: Item, given: Any) -> Marked:
    """The mark; what cannot be read was not answered rightly, since nobody can be asked again."""
    try:
        return mark(item, given)
    except AnswerError:
        blank = mark(item, None)
        return Marked(0.0, blank.maximum, blank.parts)
