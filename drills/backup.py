"""A learner's rows as one JSON text, and back: into an empty database or one that already holds some of them.

A file that is uploaded is nobody's word: every row must be sound by the model of its kind, and an exam comes back only
where its profile and number give the same paper here; the paper that is kept is then our own, not the file's.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, ValidationError

from drills.exams import Paper
from drills.kinds import FIRST_DAY, KINDS, LAST_DAY, read
from drills.sittings import STARTED
from drills.store import Store, StoreError
from drills.store.events import LONGEST_KEY

FORMAT = 1
MOST_BYTES, MOST_ROWS, MOST_EXAMS = 16_000_000, 50_000, 500
BATCH, PAUSE = 200, 0.005  # rows per transaction, and seconds between two, in which others write

Rebuild = Callable[[Paper], Paper | None]
Values = tuple[str, dict[str, Any], str, datetime]


def _believable(at: datetime) -> datetime:
    if not FIRST_DAY <= at.date() < LAST_DAY:
        raise ValueError(f"the time is not between {FIRST_DAY} and {LAST_DAY}")
    return at.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_believable)]


class Row(BaseModel):
    """One event of a backup."""

    kind: Annotated[str, Field(max_length=40)]
    at: Moment
    body: dict[str, Any]
    key: Annotated[str, Field(min_length=1, max_length=LONGEST_KEY)]


class Backup(BaseModel):
    """The whole file. `learner` is for the reader; a restore goes to the store it is given."""

    anndl_backup: int
    learner: Annotated[str, Field(max_length=200)]
    made: Moment
    events: Annotated[list[Row], Field(max_length=MOST_ROWS)]


@dataclass(frozen=True)
class Restored:
    """What a restore did: rows added, and exams left out since their papers cannot be made from these questions."""

    added: int
    exams_left_out: int

    def __str__(self) -> str:
        left = self.exams_left_out
        exams = (
            f"; {left} exam{'s' * (left > 1)} left out: these questions no longer give the same paper" if left else ""
        )
        return f"{self.added} row{'s' * (self.added != 1)} restored{exams}."


def backup(store: Store) -> str:
    """All sound rows of the learner as JSON."""
    rows = [
        Row(kind=event.kind, at=event.at, body=event.body, key=event.key)
        for event in store.events()
        if event.kind in KINDS and read(event, KINDS[event.kind]) is not None
    ]
    whole = Backup(anndl_backup=FORMAT, learner=store.learner, made=datetime.now(UTC), events=rows)
    return whole.model_dump_json(indent=1)


def restore(store: Store, text: str | bytes, rebuild: Rebuild) -> Restored:
    """Adds the rows of a backup that the store does not have yet.

    The whole file is judged before the first row is written. Rows are written some hundred at a time, so that others'
    answers get in between; a restore that was interrupted is completed by doing it again.

    Args:
        rebuild: our own paper for one of the file, or None where there is none; see `drills.exams.rebuilt`.

    Raises:
        StoreError: the text is no backup, is damaged or too large, or comes from a newer version.
    """
    found = _parsed(text)
    for number, row in enumerate(found.events):
        _judge(number, row)
    rows, left_out = _with_own_papers(found.events, rebuild)
    added = 0
    for start in range(0, len(rows), BATCH):
        if start:
            time.sleep(PAUSE)
        added += store.extend(rows[start : start + BATCH])
    return Restored(added, left_out)


def write_backup(store: Store, file: Path) -> None:
    """Writes the backup beside its place first, so that a full disk never leaves half a file under the name."""
    new = file.with_name(file.name + ".new")
    new.write_text(backup(store), encoding="utf-8")
    new.replace(file)


def _parsed(text: str | bytes) -> Backup:
    if len(text) > MOST_BYTES:
        raise StoreError(f"This file is larger than a backup may be ({MOST_BYTES // 10**6} MB).")
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise StoreError(f"This is no backup: line {error.lineno} is no JSON ({error.msg}).") from error
    except (RecursionError, ValueError) as error:  # brackets without end, a number without end, no text at all
        raise StoreError("This is no backup: it is no JSON that can be read.") from error
    version = found.get("anndl_backup") if isinstance(found, dict) else None
    if not isinstance(version, int):
        raise StoreError("This is no backup: it was not written by `anndl drills backup`.")
    if version > FORMAT:
        raise StoreError(f"This backup is of version {version}; this anndl reads {FORMAT}. Update anndl.")
    try:
        return Backup.model_validate(found)
    except ValidationError as error:
        raise _damaged(error) from error


def _judge(number: int, row: Row) -> None:
    model = KINDS.get(row.kind)
    if model is None:
        raise StoreError(f"This backup is damaged at events > {number}: there is no kind of row '{row.kind}'.")
    try:
        model.model_validate(row.body)
    except ValidationError as error:
        raise _damaged(error, "events", number, "body") from error


def _damaged(error: ValidationError, *before: str | int) -> StoreError:
    first = error.errors(include_url=False, include_input=False)[0]
    where = " > ".join(str(step)[:40] for step in (*before, *first["loc"]))
    return StoreError(f"This backup is damaged at {where}: {first['msg']}.")


def _with_own_papers(events: list[Row], rebuild: Rebuild) -> tuple[list[Values], int]:
    """The rows to write: each exam with our own paper, none of an exam whose paper we cannot make."""
    papers: dict[str, dict[str, Any] | None] = {}
    started = [row for row in events if row.kind == STARTED]
    if len(started) > MOST_EXAMS:
        raise StoreError(f"This backup holds more than {MOST_EXAMS} exams.")
    for row in started:
        own = rebuild(Paper.model_validate(row.body["paper"]))
        papers[row.body["exam"]] = own.model_dump(mode="json") if own else None
    rows: list[Values] = []
    for row in events:
        body = {name: value for name, value in row.body.items() if name in KINDS[row.kind].model_fields}
        if "exam" in body and papers.get(body["exam"]) is None:
            continue
        if row.kind == STARTED:
            body["paper"] = papers[body["exam"]]
        rows.append((row.kind, body, row.key, row.at))
    return rows, sum(paper is None for paper in papers.values())
