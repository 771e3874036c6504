"""Grades a class: reads the hand-ins, carries out what is new or has changed, and journals each verdict as it falls."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from autograder.catalogue import Catalogue
from autograder.extract import Ungradable, notebook_source
from autograder.grading import secret_key
from autograder.records import Report
from classroom import pool
from classroom.journal import Change, Journal
from classroom.submissions import hand_ins, students
from classroom.tasks import Setting, Task, carry_out, fingerprint, grader_for, not_run

Falling = Generator[tuple[Task, dict[str, Any] | None], None, None]  # a task and its report, as it falls
Runner = Callable[[Iterable[Task], Setting], Falling]


@dataclass
class Outcome:
    """What a class run did."""

    graded: int = 0
    unchanged: int = 0
    failed: int = 0  # gradings that we could not carry out
    changes: list[Change] = field(default_factory=list)  # since marks were last reported, also by runs that were killed
    kept: list[tuple[str, str]] = field(default_factory=list)  # older marks of students and exercises not in this run
    trouble: set[str] = field(default_factory=set)  # why gradings could not be carried out


def course_key(path: Path) -> bytes:
    """Read the course's secret, or make one that only this user can read.

    Raises:
        ValueError: the file is too short to be a secret, or others can read it.
        OSError: it can be neither read nor written.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ValueError(f"{path} can be read by others on this machine, who could tell the inputs: chmod 600 {path}")
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

    A worker that dies loses nothing: Dask hands its tasks to the others, and the journal has what was done. Workers need
    the kit at the same path; they get each task's own seed, never the course's key.
    """

    def run(tasks: Iterable[Task], setting: Setting) -> Falling:
        from dask.distributed import Client, as_completed

        with (
            Client(address, set_as_default=False) as client,  # type: ignore[no-untyped-call]
            client.as_current(),  # which as_completed asks for
        ):
            by_key = {}
            for task in tasks:
                future = client.submit(carry_out, task, setting, pure=False, retries=2)
                by_key[future] = task
            for future in as_completed(by_key):  # type: ignore[no-untyped-call]
                task = by_key.pop(future)
                yield task, future.result() if future.status == "finished" else None

    return run


def tasks_of(folder: Path, exercises: Sequence[str], key: bytes, attempt: int, catalogue: Catalogue) -> Iterator[Task]:
    """Yield a task for every student and exercise."""
    known = [catalogue.exercises[name] for name in exercises]
    stubs = {e.name: e.stub(catalogue.root).read_text("utf-8") for e in known if e.stub(catalogue.root).is_file()}
    for hand_in in hand_ins(folder, exercises, stubs):
        seed = secret_key(key, hand_in.student, hand_in.exercise, attempt)
        source, problem = hand_in.source, hand_in.problem
        if hand_in.cells is not None:
            try:
                source = notebook_source(hand_in.cells, catalogue.exercises[hand_in.exercise].functions)
            except Ungradable as error:
                problem = str(error)
        yield Task(hand_in.student, hand_in.exercise, source, seed, problem, hand_in.missing)


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
    known = journal.known()
    outcome = Outcome()
    prints: dict[tuple[str, str], str] = {}
    seen: set[tuple[str, str]] = set()

    def due() -> Iterator[Task]:
        for task in tasks_of(folder, exercises, key, attempt, grader.catalogue):
            mark = fingerprint(task, grader)
            seen.add((task.student, task.exercise))
            if not again and known.get((task.student, task.exercise)) == (mark, True):
                outcome.unchanged += 1
                progress(task, False)
                continue
            prints[task.student, task.exercise] = mark
            yield task

    with contextlib.closing(run(due(), setting)) as falling:
        for task, data in falling:
            if data is None:
                data = asdict(not_run(grader, task.exercise, "its process died"))
                data["trouble"] = ["the grading process died twice"]
            report = Report.from_dict(data)
            journal.add(task.student, task.exercise, prints.pop((task.student, task.exercise)), report)
            outcome.graded += 1
            outcome.failed += not report.complete
            outcome.trouble.update(data.get("trouble", ()))
            progress(task, True)
    outcome.kept = sorted(known.keys() - seen)
    outcome.changes = journal.changes()
    return outcome


def number_of_students(folder: Path) -> int:
    """Count the hand-ins."""
    return len(students(folder))
