"""The checklist of `anndl author check`: small functions, each of which says in one sentence per slip what is wrong.

    @item("the files are all there")
    def complete(context: Context) -> Iterator[Problem]: ...

A check that breaks down is itself a plain line, and never ends the list. What needs another check first is left out where that
one found something, so that one slip is told once.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import yaml

from autograder.catalogue import Catalogue, Exercise
from autograder.errors import KitError
from autograder.grading import Bench, Grader
from autograder.yamlfile import CourseError

State = Literal["holds", "fails", "left out"]


@dataclass(frozen=True)
class Problem:
    """One slip: what it is and what to do, and where it stands."""

    message: str
    path: Path | None = None
    line: int | None = None

    def text(self, root: Path) -> str:
        """Return `file:line: what is wrong`, the file as it is found from the course's folder."""
        if self.path is None:
            return self.message
        shown = self.path.relative_to(root) if self.path.is_relative_to(root) else self.path
        return f"{shown}{f':{self.line}' if self.line else ''}: {self.message}"


class Context:
    """One exercise and what the checks need of it, each part read when it is first asked for."""

    def __init__(self, grader: Grader, exercise: Exercise) -> None:
        self.grader, self.exercise, self.root = grader, exercise, exercise.root

    @property
    def catalogue(self) -> Catalogue:
        return self.grader.catalogue

    @property
    def bench(self) -> Bench:
        return self.grader.bench(self.exercise.name)

    @cached_property
    def minima(self) -> dict[str, Any]:
        return minima()

    def samples(self, kind: Literal["right", "wrong"]) -> list[Path]:
        """Return the right or the wrong submissions."""
        return sorted((self.exercise.folder / kind).glob("*.py"))


@cache
def minima() -> dict[str, Any]:
    """Return the numbers that an exercise must reach."""
    data: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("minima.yaml").read_text(encoding="utf-8"))
    return data


Check = Callable[[Context], Iterator[Problem]]


@dataclass(frozen=True)
class Item:
    """One line of the checklist."""

    title: str
    check: Check
    needs: tuple[str, ...]  # names of check functions


@dataclass(frozen=True)
class Result:
    """What came of one line."""

    title: str
    state: State
    problems: Sequence[Problem] = ()


@dataclass
class Checklist:
    """Checks in the order in which they are told."""

    items: list[Item] = field(default_factory=list)

    def item(self, title: str, needs: Sequence[str] = ()) -> Callable[[Check], Check]:
        """Add a check; `needs` names those without which it cannot say anything."""

        def add(check: Check) -> Check:
            self.items.append(Item(title, check, tuple(needs)))
            return check

        return add

    def run(self, context: Context, failed: Collection[str] = ()) -> Iterator[Result]:
        """Run all checks; a slip that several of them meet is told by the first.

        Args:
            context: the exercise.
            failed: names of checks of an earlier list that did not hold.
        """
        failed = set(failed)
        told: set[str] = set()
        for item in self.items:
            name = item.check.__name__
            if failed & set(item.needs):
                failed.add(name)
                yield Result(item.title, "left out")
                continue
            problems = [p for p in found_by(item.check, context) if p.text(context.root) not in told]
            told |= {problem.text(context.root) for problem in problems}
            if problems:
                failed.add(name)
            yield Result(item.title, "fails" if problems else "holds", problems)


def found_by(check: Check, context: Context) -> list[Problem]:
    """Run one check; what it raises becomes its last problem."""
    found: list[Problem] = []
    try:
        for problem in check(context):
            found.append(problem)
    except CourseError as error:
        found.append(Problem(error.message, error.path, error.line))
    except KitError as error:
        found.append(_placed(str(error), context))
    except Exception as error:
        found.append(_broken(error, context))
    return found


def _placed(message: str, context: Context) -> Problem:
    """Take the file out of a message that begins with it."""
    head, _, rest = message.partition(": ")
    return Problem(rest, Path(head)) if rest and Path(head).is_absolute() else Problem(message, context.exercise.suite)


def _broken(error: Exception, context: Context) -> Problem:
    """Say where in the exercise's own files something broke down, or that a check did."""
    text = f"{type(error).__name__}: {error}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename)
        if file.is_relative_to(context.root) and context.exercise.name in (file.parent.name, file.stem):
            return Problem(f"this line breaks down: {text}", file, frame.lineno)
    if isinstance(error, SyntaxError) and error.filename:
        return Problem(f"no valid Python: {error.msg}", Path(error.filename), error.lineno)
    return Problem(f"this could not be checked: {text}", context.exercise.folder)


def line_of(path: Path, text: str) -> int | None:
    """Return the first line of a file that holds a text."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    return next((number for number, line in enumerate(lines, 1) if text in line), None)
