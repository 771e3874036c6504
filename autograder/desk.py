"""A learner's desk: the grader, the files in `exercises/`, and what is remembered of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder.calls import HOME, Limits, Runner, Submission
from autograder.catalogue import Catalogue, Exercise
from autograder.errors import WrongUse
from autograder.grading import Grader, Opener
from autograder.inprocess import InProcess
from autograder.learner import Learner
from autograder.records import Record, Report
from autograder.sync import strip

LARGEST = 1_000_000  # bytes of a file that is graded; a module that somebody wrote has a few thousand


def sandboxed() -> Opener:
    """Return what opens submissions in a worker process, confined as well as this system allows."""
    from autograder.sandbox.client import Sandbox

    sandbox = Sandbox("best-effort")
    sandbox.start()  # returns at once: the server comes up while the suite is being read
    return sandbox.open


def debugged(submission: Submission, limits: Limits) -> Runner:
    """Open a submission in this process, where print and `breakpoint()` reach the terminal."""
    return InProcess(submission, debug=True)


def read_source(path: Path, shown: str, remedy: str = "") -> tuple[str | None, str]:
    """Return a file's text and "", or None and one sentence that says why it cannot be graded."""
    try:
        size = path.stat().st_size
        if size > LARGEST:
            return None, f"your file {shown} has {size / 1e6:.1f} MB; at most {LARGEST / 1e6:.0f} MB is graded"
        return path.read_text(encoding="utf-8-sig"), ""
    except FileNotFoundError:
        return None, f"{shown} is missing{remedy}"
    except UnicodeDecodeError as error:
        return None, f"{shown} is no UTF-8 text (byte {error.start}); save it as UTF-8"
    except OSError as error:
        return None, f"{shown} cannot be read: {error.strerror}"


@dataclass
class Desk:
    """What every command for learners works on."""

    root: Path
    in_process: bool = False

    @cached_property
    def grader(self) -> Grader:
        return Grader(self.root, debugged if self.in_process else sandboxed(), HOME)

    @cached_property
    def catalogue(self) -> Catalogue:
        return Catalogue(self.root)

    @cached_property
    def learner(self) -> Learner:
        return Learner(self.root)

    def file(self, exercise: Exercise) -> Path:
        """Return the learner's file."""
        return exercise.stub(self.root)

    def figure(self, exercise: Exercise) -> Path:
        """Return where the learner's figure is drawn."""
        return self.learner.folder / "figures" / f"{exercise.name}.png"

    def stub(self, exercise: Exercise) -> str:
        """Return the exercise as it was handed out."""
        solution = exercise.solution
        if solution.is_file():
            return strip(solution.read_text(encoding="utf-8"), solution)
        return (self.root / "course" / "stubs" / exercise.chapter / f"{exercise.name}.py").read_text(encoding="utf-8")

    def source(self, exercise: Exercise) -> str:
        """Return the text of the learner's file.

        Raises:
            WrongUse: it cannot be read.
        """
        source, problem = self._read(exercise)
        if source is None:
            raise WrongUse(problem)
        return source

    def grade(self, exercise: Exercise) -> Report:
        """Grade the learner's file and remember the report."""
        report = self.judge(exercise)
        self.learner.remember(report)
        return report

    def judge(self, exercise: Exercise) -> Report:
        """Grade the learner's file; nothing is remembered."""
        source, problem = self._read(exercise)
        if source is None:
            return self._unread(exercise, problem)
        if source == self.stub(exercise):
            return self._untouched(exercise)
        return self.grader.grade(exercise.name, source)

    def judge_file(self, exercise: Exercise, path: Path) -> Report:
        """Grade another file as if it were the learner's; nothing is remembered."""
        source, problem = read_source(path, str(path))
        if source is None:
            return self._unread(exercise, problem)
        return self.grader.grade(exercise.name, source, filename=str(path))

    def untouched(self, exercise: Exercise) -> bool:
        """Whether the learner's file is still the stub, or not there."""
        source, _ = self._read(exercise)
        return source is None or source == self.stub(exercise)

    def known(self, exercise: Exercise) -> Report | None:
        """Return the last report if the file has not changed since, without running or reading any test."""
        report = self.learner.report(exercise.name)
        if report is None:
            return None
        source, _ = self._read(exercise)
        if source is None or report.hashes.get("submission") != hashlib.sha256(source.encode()).hexdigest():
            return None
        return report

    def standing(self, exercise: Exercise) -> Report | None:
        """Return the last report of a file that is no longer the stub, without running or reading any test."""
        report = self.learner.report(exercise.name)
        return None if report is None or self.untouched(exercise) else report

    def _read(self, exercise: Exercise) -> tuple[str | None, str]:
        path = self.file(exercise)
        return read_source(
            path, str(path.relative_to(self.root)), f"; `anndl reset {exercise.name}` brings the stub back"
        )

    def _blank(self, exercise: Exercise, **fields: Any) -> tuple[Record, ...]:
        from autograder.suite import load

        tests = load(exercise.suite).tests
        return tuple(Record(test.name, test.title, test.points, 0.0, "fail", **fields) for test in tests)

    def _unread(self, exercise: Exercise, problem: str) -> Report:
        records = self._blank(exercise, message=problem)
        return Report(exercise.name, exercise.chapter, records, problem=problem)

    def _untouched(self, exercise: Exercise) -> Report:
        source = self.stub(exercise)
        hashes = {"submission": hashlib.sha256(source.encode()).hexdigest()}
        records = self._blank(exercise, message="not started", unfinished=True)
        return Report(exercise.name, exercise.chapter, records, hashes=hashes)
