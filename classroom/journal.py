"""The journal of a class: every verdict, written down as it falls, never overwritten.

SQLite in WAL mode, so that a killed run loses at most the gradings that were under way, and a reader never waits.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from autograder.records import Report

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE verdict (
    id INTEGER PRIMARY KEY,
    student TEXT NOT NULL,
    exercise TEXT NOT NULL,
    fingerprint TEXT NOT NULL,   -- submission, suite, reference, versions, seed: what the verdict depends on
    report TEXT NOT NULL,        -- the whole report as JSON
    earned REAL NOT NULL,
    points REAL NOT NULL,
    complete INTEGER NOT NULL,   -- 0: a fault of ours, to be graded again
    fell_at TEXT NOT NULL        -- UTC
);
CREATE INDEX verdict_of ON verdict (student, exercise, id);
"""


class JournalError(Exception):
    """The journal cannot be used; the text names the file and says what to do."""


@dataclass(frozen=True)
class Verdict:
    """One line of the journal."""

    student: str
    exercise: str
    fingerprint: str
    report: Report
    fell_at: str


@dataclass(frozen=True)
class Change:
    """A mark that a regrade changed."""

    student: str
    exercise: str
    before: float
    after: float
    points: float
    why: str


class Journal:
    """The verdicts of one class folder."""

    def __init__(self, path: Path) -> None:
        """Open or create the journal.

        Raises:
            JournalError: the file is no journal, is damaged, or was written by a later version.
        """
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        except (sqlite3.Error, OSError) as error:
            raise JournalError(
                f"{path} cannot be used as a journal: {error}. Move it away to begin a new one."
            ) from error
        if version > SCHEMA_VERSION:
            raise JournalError(f"{path} was written by a later version of the kit (schema {version}); update the kit.")
        if version == 0 and tables:
            raise JournalError(f"{path} is a database of something else. Name another file with --journal.")
        if version == 0:
            self._db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version={SCHEMA_VERSION}; COMMIT;")

    def add(self, student: str, exercise: str, fingerprint: str, report: Report) -> None:
        """Write one verdict down; it is on disk when this returns.

        Raises:
            JournalError: the disk is full, say; nothing is half-written.
        """
        row = (
            student,
            exercise,
            fingerprint,
            json.dumps(report.to_dict()),
            report.earned,
            report.points,
            report.complete,
            _now(),
        )
        with self._guard():
            self._db.execute(
                "INSERT INTO verdict (student, exercise, fingerprint, report, earned, points, complete, fell_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )

    def known(self) -> dict[tuple[str, str], tuple[str, bool]]:
        """Return the fingerprint of each latest verdict, and whether it is complete."""
        with self._guard():
            rows = self._db.execute(
                "SELECT student, exercise, fingerprint, complete FROM verdict WHERE id IN "
                "(SELECT max(id) FROM verdict GROUP BY student, exercise)"
            ).fetchall()
        return {(student, exercise): (fingerprint, bool(complete)) for student, exercise, fingerprint, complete in rows}

    def latest(self) -> Iterator[Verdict]:
        """Yield the latest verdict of each student and exercise, one at a time."""
        with self._guard():
            cursor = self._db.execute(
                "SELECT student, exercise, fingerprint, report, fell_at FROM verdict WHERE id IN "
                "(SELECT max(id) FROM verdict GROUP BY student, exercise) ORDER BY student, exercise"
            )
            for student, exercise, fingerprint, report, fell_at in cursor:
                yield Verdict(student, exercise, fingerprint, Report.from_dict(json.loads(report)), fell_at)

    def previous(self, student: str, exercise: str) -> Verdict | None:
        """Return the latest complete verdict."""
        with self._guard():
            row = self._db.execute(
                "SELECT fingerprint, report, fell_at FROM verdict WHERE student=? AND exercise=? AND complete "
                "ORDER BY id DESC LIMIT 1",
                (student, exercise),
            ).fetchone()
        return Verdict(student, exercise, row[0], Report.from_dict(json.loads(row[1])), row[2]) if row else None

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise JournalError(
                f"{self.path}: {error}. Verdicts written so far are safe; run the command again."
            ) from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
