"""What a row of each kind holds: one model per kind, for writing, for reading and for judging a backup that is restored.

Rows are never changed, so a bad one stays; whoever reads rows reads them by `valid` and sees only those that are sound.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from drills.exams import Paper
from drills.store import Event

ItemId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*(@\d{1,12})?$", max_length=200)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([-_/][a-z0-9]+)*$", max_length=200)]
ExamId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$", max_length=40)]
Said = Annotated[str, StringConstraints(max_length=20_000)]
Number = Annotated[int, Field(ge=1, le=1000)]
Points = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]
Ticked = Annotated[list[Annotated[int, Field(ge=0, le=1000)]], Field(max_length=100)]
Given = (  # the forms of an answer, see drills/marking.py
    None
    | Annotated[int, Field(ge=0, le=100_000)]
    | Said
    | Annotated[list[Said], Field(max_length=100)]
    | Annotated[dict[Said, bool | Said | Ticked | None], Field(max_length=200)]
)
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2200, 1, 1)


class Body(BaseModel):
    """Common to all: what is not known is left out, numbers are numbers and texts are texts."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class AnswerBody(Body):
    """One marked answer."""

    item: ItemId
    topic: Name
    answer: Given
    points: Points
    maximum: Annotated[Points, Field(gt=0)]
    blank: bool
    misconceptions: Annotated[list[Name], Field(max_length=100)]
    mode: Literal["practice", "exam"]

    @model_validator(mode="after")
    def _no_more_than_all(self) -> "AnswerBody":
        if self.points > self.maximum:
            raise ValueError("more points than there are")
        return self


class DraftBody(Body):
    """A written answer before its ticks."""

    item: ItemId
    answer: Given


class SettingBody(Body):
    """One setting; None takes it back."""

    name: Literal["exam", "daily_cap", "new_per_day", "zone"]
    value: int | str | None

    @model_validator(mode="after")
    def _is_one(self) -> "SettingBody":
        setting(self.name, self.value)
        return self


class ContestBody(Body):
    """An objection to an item."""

    item: ItemId
    answer: Given
    reason: Annotated[str, StringConstraints(min_length=1, max_length=5000)]


class ReportBody(Body):
    """One grading of an exercise."""

    exercise: Name
    state: Annotated[str, StringConstraints(max_length=40)]
    misconceptions: Annotated[list[Name], Field(max_length=100)]


class StartBody(Body):
    """An exam's beginning. That the paper is sound says nothing of where its questions come from."""

    exam: ExamId
    paper: Paper


class ExamAnswerBody(Body):
    """An answer in an exam."""

    exam: ExamId
    number: Number
    answer: Given


class FlagBody(Body):
    """A question to come back to."""

    exam: ExamId
    number: Number
    flagged: bool


class Check(Body):
    """The learner's ticks on a written answer, of the one form or the other."""

    ticked: Ticked | None = None
    justified: bool | None = None


class CheckBody(Body):
    """The ticks on an answer in an exam."""

    exam: ExamId
    number: Number
    check: Check


class ExamBody(Body):
    """An exam that is handed in or given up."""

    exam: ExamId


KINDS: dict[str, type[Body]] = {
    "answer": AnswerBody,
    "draft": DraftBody,
    "setting": SettingBody,
    "contest": ContestBody,
    "report": ReportBody,
    "exam started": StartBody,
    "exam answer": ExamAnswerBody,
    "exam flag": FlagBody,
    "exam check": CheckBody,
    "exam submitted": ExamBody,
    "exam given up": ExamBody,
}
Some = TypeVar("Some", bound=Body)


def valid(events: Iterable[Event], kind: str, model: type[Some]) -> Iterator[tuple[Event, Some]]:
    """The sound rows of a kind with what they hold, in their order."""
    for event in events:
        if event.kind == kind and (body := read(event, model)) is not None:
            yield event, body


def read(event: Event, model: type[Some]) -> Some | None:
    """What a row holds, or None where it is not sound."""
    try:
        return model.model_validate(event.body)
    except ValidationError:
        return None


def setting(name: str, value: Any) -> Any:
    """A setting's value as it is used: a date, a time zone, a whole number.

    Raises:
        ValueError: it is none.
    """
    if value is None:
        return None
    if name == "exam":
        try:
            day = date.fromisoformat(str(value))
        except ValueError:
            day = date.min
        if not FIRST_DAY <= day < LAST_DAY:
            raise ValueError("the exam's date is a day such as 2026-06-30")
        return day
    if name == "zone":
        try:
            return UTC if value == "UTC" else ZoneInfo(str(value))
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"no time zone '{str(value)[:40]}'; write for example Europe/Rome") from error
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1000:
        raise ValueError(f"{name} is a whole number from 0 to 1000")
    return value
