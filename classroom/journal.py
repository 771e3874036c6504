"""The journal of a class: every verdict, written down as it falls, never overwritten.

SQLite in WAL mode, so that a killed run loses at most the gradings that were under way, and a reader never waits. What was
reported is written down, too: a mark that changed is shown as changed, also if the run that changed it was killed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from autograder.errors import KitError
from autograder.records import Report

SCHEMA_VERSION = 2
VERDICTS = """
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
REPORTED = """
CREATE TABLE reported (
    verdict INTEGER NOT NULL,    -- all verdicts up to this id were in the reports
    at TEXT NOT NULL             -- UTC
);
"""
STEPS = (VERDICTS, REPORTED)  # step n leads from schema n to n + 1
LATEST = "SELECT max(id) FROM verdict GROUP BY student, exercise"


class JournalError(KitError):
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
            self._prepare()
        except (sqlite3.Error, OSError) as error:
            raise JournalError(
                f"{path} cannot be used as a journal: {error}. Move it away to begin a new one."
            ) from error

    def _prepare(self) -> None:
        """Bring the file to this version's schema, in one transaction."""
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == SCHEMA_VERSION:
            return
        self._db.execute("BEGIN IMMEDIATE")  # of two runs that begin at once, the second finds the first one's work
        try:
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if version > SCHEMA_VERSION:
                raise JournalError(
                    f"{self.path} was written by a later version of the kit (schema {version}); update the kit."
                )
            if version == 0 and tables:
                raise JournalError(f"{self.path} is a database of something else. Name another folder with --out.")
            for step in STEPS[version:]:
                for statement in step.split(";\n"):
                    self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def add(self, student: str, exercise: str, fingerprint: str, report: Report) -> None:
        """Write one verdict down. Whatever ends this process, it is kept; a power cut may cost the last ones.

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
                f"SELECT student, exercise, fingerprint, complete FROM verdict WHERE id IN ({LATEST})"
            ).fetchall()
        return {(student, exercise): (fingerprint, bool(complete)) for student, exercise, fingerprint, complete in rows}

    def latest(self) -> Iterator[Verdict]:
        """Yield the latest verdict of each student and exercise, one at a time."""
        with self._guard():
            cursor = self._db.execute(
                f"SELECT student, exercise, fingerprint, report, fell_at FROM verdict WHERE id IN ({LATEST}) "
                "ORDER BY student, exercise"
            )
            for student, exercise, fingerprint, report, fell_at in cursor:
                yield Verdict(student, exercise, fingerprint, Report.from_dict(json.loads(report)), fell_at)

    def changes(self) -> list[Change]:
        """Return the marks that differ from those that were last reported."""
        last = "SELECT max(id) FROM verdict WHERE complete AND student=now.student AND exercise=now.exercise"
        with self._guard():
            reported = self._db.execute("SELECT coalesce(max(verdict), 0) FROM reported").fetchone()[0]
            rows = self._db.execute(
                "SELECT now.student, now.exercise, before.report, now.report FROM verdict now, verdict before "
                f"WHERE now.id > ? AND now.id = ({last}) AND before.id = ({last} AND id <= ?) "
                "AND abs(now.earned - before.earned) > 1e-9 ORDER BY now.student, now.exercise",
                (reported, reported),
            ).fetchall()
            return [_change(*row) for row in rows]

    def set_reported(self) -> None:
        """Note that all verdicts so far are in the reports."""
        with self._guard():
            self._db.execute("INSERT INTO reported SELECT coalesce(max(id), 0), ? FROM verdict", (_now(),))

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            advice = "Verdicts written so far are safe; mend that and run the command again."
            if "malformed" in str(error) or "not a database" in str(error):
                advice = "Move the file away; a new run grades everything again."
            raise JournalError(f"{self.path}: {error}. {advice}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise JournalError(
                f"{self.path} holds a verdict that cannot be read ({type(error).__name__}). "
                "Move the file away; a new run grades everything again."
            ) from error


def _change(student: str, exercise: str, before: str, now: str) -> Change:
    old, new = Report.from_dict(json.loads(before)), Report.from_dict(json.loads(now))
    same = old.hashes.get("submission") == new.hashes.get("submission")
    why = "the suite, a version or the seed changed" if same else "another submission"
    return Change(student, exercise, old.earned, new.earned, new.points, why)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
