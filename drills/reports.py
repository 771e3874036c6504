"""Graded exercises as rows of the store: what the grader wrote to `.anndl/reports/` is taken in once per grading."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from drills.kinds import ReportBody, valid
from drills.store import Event, Store

REPORT = "report"


class Record(BaseModel):
    """What one test said, as far as it matters here."""

    model_config = ConfigDict(extra="ignore")

    test: str
    status: str
    misconceptions: tuple[str, ...] = ()


class Report(BaseModel):
    """A report of the grader, as far as it matters here."""

    model_config = ConfigDict(extra="ignore")

    exercise: str
    chapter: str = ""
    state: str = ""
    records: tuple[Record, ...]
    misconceptions: tuple[str, ...] = ()

    @property
    def shown(self) -> list[str]:
        """The misconceptions that the submission shows, each once."""
        found = [*self.misconceptions, *(name for record in self.records for name in record.misconceptions)]
        return list(dict.fromkeys(found))


@dataclass(frozen=True)
class Grading:
    """One grading of an exercise."""

    exercise: str
    state: str
    at: datetime
    misconceptions: tuple[str, ...]
    learner: str = ""


def take_in_reports(store: Store, folder: Path) -> int:
    """Writes a row for each report that is new since the last time; returns how many. Unreadable files are left."""
    rows = []
    for file in sorted(folder.glob("*.json")):
        try:
            data = file.read_bytes()
            report = Report.model_validate(json.loads(data))
        except (OSError, ValueError, ValidationError):  # being written just now, or of another kind
            continue
        body = {"exercise": report.exercise, "state": report.state, "misconceptions": report.shown}
        at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        rows.append((REPORT, body, f"report:{sha256(data).hexdigest()[:40]}", at))
    return store.extend(rows)


def gradings(events: Iterable[Event]) -> list[Grading]:
    """The sound gradings among the events, in their order."""
    return [
        Grading(body.exercise, body.state, event.at, tuple(body.misconceptions), event.learner)
        for event, body in valid(events, REPORT, ReportBody)
    ]
