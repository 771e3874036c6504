"""A learner's desk: the grader, the files in `exercises/`, and what is remembered of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder.calls import Limits
from autograder.catalogue import Catalogue, Exercise
from autograder.grading import Grader, Opener, in_process
from autograder.learner import Learner
from autograder.records import Record, Report
from autograder.sync import strip


def sandboxed() -> Opener:
    """Return what opens submissions in a worker process, confined as well as this system allows."""
    from autograder.sandbox.client import Sandbox

    sandbox = Sandbox("best-effort")
    sandbox.start()  # returns at once: the server comes up while the suite is being read
    return sandbox.open


@dataclass
class Desk:
    """What every command for learners works on."""

    root: Path
    in_process: bool = False

    @cached_property
    def grader(self) -> Grader:
        return Grader(self.root, in_process if self.in_process else sandboxed(), Limits())

    @cached_property
    def catalogue(self) -> Catalogue:
        return Catalogue(self.root)

    @cached_property
    def learner(self) -> Learner:
        return Learner(self.root)

    def file(self, exercise: Exercise) -> Path:
        """Return the learner's file."""
        return exercise.stub(self.root)

    def stub(self, exercise: Exercise) -> str:
        """Return the exercise as it was handed out."""
        solution = exercise.solution
        if solution.is_file():
            return strip(solution.read_text(encoding="utf-8"), solution)
        return (self.root / "course" / "stubs" / exercise.chapter / f"{exercise.name}.py").read_text(encoding="utf-8")

    def grade(self, exercise: Exercise) -> Report:
        """Grade the learner's file and remember the report."""
        source, problem = self._read(exercise)
        if source is None:
            report = self._unread(exercise, problem)
        elif source == self.stub(exercise):
            report = self._untouched(exercise)
        else:
            report = self.grader.grade(exercise.name, source)
        self.learner.remember(report)
        return report

    def known(self, exercise: Exercise) -> Report | None:
        """Return the last report if the file has not changed since, without running anything."""
        source, _ = self._read(exercise)
        if source is None:
            return None
        if source == self.stub(exercise):
            return self._untouched(exercise)
        report = self.learner.report(exercise.name)
        if report and report.hashes.get("submission") == hashlib.sha256(source.encode()).hexdigest():
            return report
        return None

    def _read(self, exercise: Exercise) -> tuple[str | None, str]:
        path = self.file(exercise)
        relative = path.relative_to(self.root)
        try:
            return path.read_text(encoding="utf-8"), ""
        except FileNotFoundError:
            return None, f"{relative} is missing; `anndl reset {exercise.name}` brings the stub back"
        except UnicodeDecodeError as error:
            return None, f"{relative} is no UTF-8 text (byte {error.start}); save it as UTF-8"
        except OSError as error:
            return None, f"{relative} cannot be read: {error.strerror}"

    def _blank(self, exercise: Exercise, **fields: Any) -> tuple[Record, ...]:
        tests = self.grader_suite(exercise)
        return tuple(Record(test.name, test.title, test.points, 0.0, "fail", **fields) for test in tests)

    def grader_suite(self, exercise: Exercise) -> tuple[Any, ...]:
        """Return the tests of an exercise."""
        from autograder.suite import load

        return load(exercise.suite).tests

    def _unread(self, exercise: Exercise, problem: str) -> Report:
        records = self._blank(exercise, message=problem)
        return Report(exercise.name, exercise.chapter, records, problem=problem)

    def _untouched(self, exercise: Exercise) -> Report:
        source = self.stub(exercise)
        hashes = {"submission": hashlib.sha256(source.encode()).hexdigest()}
        records = self._blank(exercise, message="not started", unfinished=True)
        return Report(exercise.name, exercise.chapter, records, hashes=hashes)
