"""What an author writes: tests with points, and the wrong versions of the solution that stand beside them.

A suite `suites/<chapter>/<exercise>/test_<exercise>.py` is an ordinary pytest file. The misconceptions are in `wrong.py` beside
it, each as an edit of the solution (in the list `wrong`) or as a whole function that replaces one of it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import numpy as np

from autograder.errors import KitError

Function = TypeVar("Function", bound=Callable[..., Any])


def points(number: float) -> Callable[[Function], Function]:
    """Say what a test is worth."""

    def mark(test: Function) -> Function:
        test.points = number  # type: ignore[attr-defined]
        return test

    return mark


@dataclass(frozen=True)
class Edit:
    """A misconception as a small change of the solution's text: `right` occurs there exactly once (in `function`)."""

    misconception: str
    right: str
    wrong: str
    function: str | None = None


@dataclass(frozen=True)
class Replacement:
    """A misconception as whole functions that take the place of the solution's functions of the same names."""

    misconception: str
    function: str
    source: str


def edit(misconception: str, right: str, wrong: str, function: str | None = None) -> Edit:
    """State a misconception as an edit of the solution: whoever holds it writes `wrong` where `right` belongs.

    Args:
        misconception: its id. The same id may be stated several times, once for each way in which the belief shows in code.
        right: code that occurs exactly once in the solution without its comments (or, with `function`, in that function).
        wrong: what stands there instead.
    """
    return Edit(misconception, right, wrong, function)


def misconception(id: str, replaces: str) -> Callable[[Function], Function]:
    """State a misconception as a whole function that replaces the solution's function `replaces`."""

    def mark(function: Function) -> Function:
        lines = inspect.getsource(function).splitlines()
        start = next(number for number, line in enumerate(lines) if line.startswith("def "))
        name = function.__name__
        source = "\n".join(lines[start:]).replace(f"def {name}(", f"def {replaces}(", 1)
        function.replacement = Replacement(id, replaces, source + "\n")  # type: ignore[attr-defined]
        return function

    return mark


def stated(module: ModuleType) -> tuple[Edit | Replacement, ...]:
    """Return the wrong versions that a `wrong.py` states: its list `wrong`, then its marked functions in their order."""
    marked = [value.replacement for value in vars(module).values() if hasattr(value, "replacement")]
    return (*getattr(module, "wrong", ()), *marked)


def distinct_sizes(rng: np.random.Generator, number: int, low: int = 2, high: int = 9) -> list[int]:
    """Draw `number` sizes from low..high, no two alike, so that a swapped or transposed axis cannot go unnoticed."""
    return [int(size) for size in rng.permutation(np.arange(low, high + 1))[:number]]


@dataclass(frozen=True)
class Test:
    """One test of a suite."""

    name: str
    title: str
    points: float
    function: Callable[..., None]
    fixtures: tuple[str, ...]


@dataclass(frozen=True)
class Suite:
    """A loaded suite with its wrong versions and the hash of both files."""

    tests: tuple[Test, ...]
    wrong: tuple[Edit | Replacement, ...]
    digest: str
    module: ModuleType = field(repr=False)

    @property
    def points(self) -> float:
        """The most that a submission can earn."""
        return sum(test.points for test in self.tests)


class SuiteError(KitError):
    """A suite is not as it must be; the text names file and test."""


def load(path: Path) -> Suite:
    """Load a suite without pytest, so that a grading costs milliseconds.

    Raises:
        SuiteError: the file is missing, a test has no points, or asks for an unknown fixture.
    """
    if not path.is_file():
        raise SuiteError(f"{path}: this suite is missing")
    module = _execute(path)
    tests = []
    for name, function in vars(module).items():
        if not name.startswith("test_") or not inspect.isfunction(function):
            continue
        worth = getattr(function, "points", None)
        if worth is None:
            raise SuiteError(f"{path}: {name} has no @points(...)")
        fixtures = tuple(inspect.signature(function).parameters)
        if unknown := set(fixtures) - {"check", "rng", "student"}:
            raise SuiteError(f"{path}: {name} asks for {', '.join(sorted(unknown))}; there are check, rng and student")
        title = inspect.getdoc(function) or name.removeprefix("test_").replace("_", " ")
        tests.append(Test(name, title.splitlines()[0].rstrip("."), worth, function, fixtures))
    if not tests:
        raise SuiteError(f"{path}: no function here is called test_...")
    digest = hashlib.sha256(path.read_bytes())
    wrong_path = path.with_name("wrong.py")
    wrong: tuple[Edit | Replacement, ...] = ()
    if wrong_path.is_file():
        digest.update(wrong_path.read_bytes())
        wrong = stated(_execute(wrong_path))
    return Suite(tuple(tests), wrong, digest.hexdigest(), module)


def _execute(path: Path) -> ModuleType:
    name = f"anndl_suites.{hashlib.sha256(str(path).encode()).hexdigest()[:12]}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise SuiteError(f"{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # inspect.getsource and dataclasses look it up
    spec.loader.exec_module(module)
    return module
