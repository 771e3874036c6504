"""Grades a class: reads the hand-ins, carries out what is new or has changed, and journals each verdict as it falls."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.grading import secret_key
from autograder.records import Report
from classroom import pool
from classroom.journal import Change, Journal
from classroom.submissions import hand_ins, students
from classroom.tasks import Setting, Task, asdict_report, fingerprint, grader_for, not_run

Runner = Callable[[Iterable[Task], Setting], Iterator[tuple[Task, dict[str, Any] | None]]]


@dataclass
class Outcome:
    """What a class run did."""

    graded: int = 0
    unchanged: int = 0
    failed: int = 0  # gradings that we could not carry out
    changes: list[Change] = field(default_factory=list)


def course_key(path: Path) -> bytes:
    """Read the course's secret, or make one that only this user can read.

    Raises:
        ValueError: the file is too short to be a secret.
        OSError: it can be neither read nor written.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
    key = path.read_bytes().strip()
    if len(key) < 32:
        raise ValueError(
            f"{path} holds fewer than 32 characters; a course key is a long random text. Remove it to get a new one."
        )
    return key


def local(processes: int) -> Runner:
    """Return a runner that uses processes of this machine."""
    return lambda tasks, setting: pool.run(tasks, setting, processes)


def on_cluster(address: str) -> Runner:
    """Return a runner that hands the same tasks to a Dask scheduler at `address`.

    A worker that dies loses nothing: Dask hands its tasks to the others, and the journal has what was done.
    """

    def run(tasks: Iterable[Task], setting: Setting) -> Iterator[tuple[Task, dict[str, Any] | None]]:
        from dask.distributed import Client, as_completed

        from classroom.tasks import carry_out

        with Client(address, set_as_default=False) as client:  # type: ignore[no-untyped-call]
            by_key = {}
            for task in tasks:
                future = client.submit(carry_out, task, setting, pure=False, retries=2)
                by_key[future] = task
            for future in as_completed(by_key):  # type: ignore[no-untyped-call]
                task = by_key.pop(future)
                yield task, future.result() if future.status == "finished" else None

    return run


def tasks_of(folder: Path, exercises: Sequence[str], key: bytes, attempt: int) -> Iterator[Task]:
    """Yield a task for every student and exercise."""
    for hand_in in hand_ins(folder, exercises):
        seed = secret_key(key, hand_in.student, hand_in.exercise, attempt)
        yield Task(hand_in.student, hand_in.exercise, hand_in.source, seed, hand_in.problem)


def grade_class(
    folder: Path,
    exercises: Sequence[str],
    key: bytes,
    setting: Setting,
    journal: Journal,
    run: Runner,
    attempt: int = 1,
    again: bool = False,
    progress: Callable[[Task, bool], None] = lambda task, graded: None,
) -> Outcome:
    """Grade what is new or has changed.

    Args:
        folder: a folder or a zip per student.
        key: the course's secret, from which every seed follows.
        again: grade everything, also what has not changed.
        progress: called after each task; `graded` is False where the old verdict still stands.

    Raises:
        NotADirectoryError: there is no such folder.
        JournalError: a verdict cannot be written down.
    """
    grader = grader_for(setting)
    known = {} if again else journal.known()
    outcome = Outcome()
    prints: dict[tuple[str, str], str] = {}

    def due() -> Iterator[Task]:
        for task in tasks_of(folder, exercises, key, attempt):
            mark = fingerprint(task, grader)
            if known.get((task.student, task.exercise)) == (mark, True):
                outcome.unchanged += 1
                progress(task, False)
                continue
            prints[task.student, task.exercise] = mark
            yield task

    for task, data in run(due(), setting):
        if data is None:
            data = asdict_report(not_run(grader, task.exercise, "the grading process died twice"))
        report = Report.from_dict(data)
        before = journal.previous(task.student, task.exercise)
        mark = prints.pop((task.student, task.exercise))
        journal.add(task.student, task.exercise, mark, report)
        outcome.graded += 1
        outcome.failed += not report.complete
        if before is not None and report.complete and abs(before.report.earned - report.earned) > 1e-9:
            why = (
                "another submission"
                if _submission(before.report) != _submission(report)
                else "the suite, a version or the seed changed"
            )
            outcome.changes.append(
                Change(task.student, task.exercise, before.report.earned, report.earned, report.points, why)
            )
        progress(task, True)
    return outcome


def number_of_students(folder: Path) -> int:
    """Count the hand-ins."""
    return len(students(folder))


def _submission(report: Report) -> str | None:
    return report.hashes.get("submission")
