"""One grading as a task: plain data that any process, on any machine, can carry out."""

from __future__ import annotations

import hashlib
import platform
import threading
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from autograder.calls import Isolation, Limits
from autograder.grading import Grader
from autograder.records import Record, Report

Mode = Literal["strict", "best-effort", "none"]
DEFAULT_LIMITS = Limits()
_one_at_a_time = threading.Lock()  # a grader is not made for threads; a cluster's worker may have several


@dataclass(frozen=True)
class Setting:
    """What all tasks of a class share."""

    root: str
    mode: Mode = "strict"
    limits: Limits = DEFAULT_LIMITS


@dataclass(frozen=True)
class Task:
    """A student's module and the seed of its inputs.

    `problem` stands in for a module that could not be had, `missing` where nothing was handed in.
    """

    student: str
    exercise: str
    source: str | None
    key: bytes
    problem: str = ""
    missing: bool = False


@lru_cache(maxsize=2)
def grader_for(setting: Setting) -> Grader:
    """Return this process's warm grader."""
    from autograder.sandbox.client import Sandbox

    return Grader(Path(setting.root), Sandbox(setting.mode).open, setting.limits)


@lru_cache(maxsize=1)
def _versions() -> tuple[str, ...]:
    return (platform.python_version(), *(version(name) for name in ("anndl", "numpy", "torch")))


def fingerprint(task: Task, grader: Grader) -> str:
    """Hash everything that a verdict depends on: what was handed in, suite, reference, versions, seed."""
    parts = (
        f"source: {task.source}" if task.source is not None else f"problem: {task.problem}",
        grader.bench(task.exercise).digest,
        *_versions(),
        hashlib.sha256(task.key).hexdigest(),
    )
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def carry_out(task: Task, setting: Setting) -> dict[str, Any]:
    """Grade one task and return the report as plain data. Whatever goes wrong on our side becomes `not-run` records.

    The report is the full one, for the instructor's eyes: `Report.hidden` is what a student may see of it. Why something has
    no mark stands beside it, under "trouble".
    """
    with _one_at_a_time:
        grader = grader_for(setting)
        if task.source is None:
            if task.missing:
                return asdict(without_source(grader, task.exercise, task.problem))
            trouble = [f"{task.student}, {task.exercise}: {task.problem}"]
            return {**asdict(ungradable(grader, task.exercise, task.problem)), "trouble": trouble}
        try:
            report = grader.grade(task.exercise, task.source, key=task.key, filename=f"{task.exercise}.py")
        except Exception as error:
            report = not_run(grader, task.exercise, f"{type(error).__name__}: {error}")
        trouble = sorted({record.message for record in report.records if record.status == "not-run"})
        return {**asdict(report), "trouble": trouble}


def without_source(grader: Grader, exercise: str, problem: str) -> Report:
    """Return the report of a module that was not handed in."""
    tests = grader.bench(exercise).suite.tests
    records = tuple(Record(t.name, t.title, t.points, 0.0, "fail", problem, problem) for t in tests)
    return _report(grader, exercise, records)


def ungradable(grader: Grader, exercise: str, problem: str) -> Report:
    """Return the report of a hand-in that has no mark: which file counts is not known, or it cannot be read."""
    tests = grader.bench(exercise).suite.tests
    said = f"no mark yet: {problem}"
    return _report(
        grader, exercise, tuple(Record(t.name, t.title, t.points, None, "not-run", said, said) for t in tests)
    )


def _report(grader: Grader, exercise: str, records: tuple[Record, ...]) -> Report:
    closed = Isolation(files_closed=True)  # nothing ran
    return Report(exercise, grader.bench(exercise).exercise.chapter, records, problem=records[0].told, isolation=closed)


def not_run(grader: Grader, exercise: str, why: str) -> Report:
    """Return a report that says that we failed: no point lost, to be graded again."""
    tests = grader.bench(exercise).suite.tests
    records = tuple(Record(t.name, t.title, t.points, None, "not-run", f"The grader failed: {why}") for t in tests)
    return Report(exercise, grader.bench(exercise).exercise.chapter, records)
