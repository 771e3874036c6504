"""Writes the call that fails as a script of a few lines: exact inputs, the expected value, ready to run and to step through.

Only for the public inputs that a learner sees anyway; a mark's inputs are secret and are never written anywhere.
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from autograder.calls import (
    Failed,
    Handle,
    InfrastructureError,
    Limits,
    Outcome,
    Raised,
    Recipe,
    Returned,
    Runner,
    Submission,
)
from autograder.catalogue import Exercise
from autograder.check import CheckFailed, Student
from autograder.compare import difference
from autograder.desk import Desk
from autograder.errors import KitError
from autograder.grading import PUBLIC, Session, generator
from autograder.learner import write_whole
from autograder.oracle import Answer
from autograder.suite import Test
from autograder.wording import nested, runnable

RECIPES = (
    "",
    "from autograder.calls import Recipe",
    "from autograder.recipes import build_arguments, fill_gradients, read_arguments",
)
LITERAL = 24  # entries of an array that is written as Python; larger ones lie in an .npz beside the script


class NothingFails(KitError):
    """There is no failed call to repeat; the text says why."""

    exit_code = 1


@dataclass(frozen=True)
class Call:
    """One call that a test made of the submission, and what came."""

    function: str
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    outcome: Outcome


@dataclass(frozen=True)
class Failure:
    """The calls that lead to what failed, the failing one last, and what the reference gives for it (None: not known)."""

    test: str
    title: str
    message: str
    detail: str  # where the first difference lies, as the report says it
    calls: tuple[Call, ...]
    expected: Any


@dataclass(frozen=True)
class Script:
    """A script that was written."""

    path: Path
    failure: Failure
    source: Path
    line: int | None  # of the function that is called

    def told(self, root: Path) -> str:
        """Return what to say of it."""
        shown = self.path.relative_to(root) if self.path.is_relative_to(root) else self.path
        place = f"{self.source.relative_to(root)}:{self.line}" if self.line else str(self.source.relative_to(root))
        name = self.path.stem
        text = f"{self.failure.title}: {self.failure.message}\nWritten to {shown}: run it with your Python. "
        return text + runnable(f"`anndl repro {name} --debug` stops at {place}; so does a breakpoint in your editor.")


class Recorder:
    """A runner that keeps every call and what came of it."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self.isolation = runner.isolation
        self.calls: list[Call] = []

    def call(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Outcome:
        """Make a call and keep it."""
        outcome = self._runner.call(function, args, kwargs)
        self.calls.append(Call(function, args, kwargs, outcome))
        return outcome

    def begin(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Callable[[], Outcome]:
        """Make a call at once, so that it is kept in its place."""
        outcome = self.call(function, args, kwargs)
        return lambda: outcome

    def __getattr__(self, name: str) -> Any:
        return getattr(self._runner, name)


def first_failure(desk: Desk, exercise: Exercise) -> Failure:
    """Grade the learner's file test by test until one fails, and return the call that did.

    Raises:
        NothingFails: everything passes, the file cannot be loaded, or nothing is written yet.
        WrongUse: the file cannot be read.
    """
    bench = desk.grader.bench(exercise.name)
    opened: list[Recorder] = []

    def recorded(submission: Submission, limits: Limits) -> Runner:
        opened.append(Recorder(desk.grader.opener(submission, limits)))
        return opened[-1]  # type: ignore[return-value]

    session = Session(bench, bench.submission(desk.source(exercise)), PUBLIC, recorded, desk.grader.limits)
    try:
        for test in bench.suite.tests:
            if opened:
                opened[-1].calls.clear()
            failed = _failed(session, test)
            if failed is None or failed.unfinished:
                continue
            if not opened or not opened[-1].calls:
                raise NothingFails(
                    f"There is no call to repeat: {failed.message}. `anndl grade {exercise.name}` says more."
                )
            return _culprit(session, test, failed, opened[-1].calls)
    finally:
        session.close()
    raise NothingFails(
        f"No call of {exercise.name} fails: what is written is right. `anndl grade {exercise.name}` says more."
    )


def _failed(session: Session, test: Test) -> CheckFailed | None:
    try:
        check = session.check()
        fixtures = {
            "check": check,
            "student": Student(check),
            "rng": generator(PUBLIC, session.bench.exercise.name, test.name),
        }
        test.function(**{name: fixtures[name] for name in test.fixtures})
    except CheckFailed as failed:
        return failed
    return None


def _culprit(session: Session, test: Test, failed: CheckFailed, calls: Sequence[Call]) -> Failure:
    """Choose the last call that differs from the reference's, and what it needs from earlier ones."""
    expected = [_expected(session, call) for call in calls]
    wrong = [number for number, (call, right) in enumerate(zip(calls, expected, strict=True)) if _differs(call, right)]
    last = wrong[-1] if wrong else len(calls) - 1
    needed = {last}
    for number in range(last, -1, -1):
        if number in needed:
            wanted = set(_handles((calls[number].args, calls[number].kwargs)))
            needed |= {n for n in range(number) if wanted & set(_handles(_value(calls[n])))}
    answer = expected[last]
    right = answer.value if answer else None
    detail = failed.detail.difference if failed.detail else ""
    return Failure(
        test.name, test.title, failed.message.rstrip("."), detail, tuple(calls[n] for n in sorted(needed)), right
    )


def _value(call: Call) -> Any:
    return call.outcome.value if isinstance(call.outcome, Returned) else None


def _expected(session: Session, call: Call) -> Answer | None:
    """Return the reference's answer; None where it is not known, as for a call with what only the submission holds."""
    if any(True for _ in _handles((call.args, call.kwargs))):
        return None
    try:
        return session.oracle.reference(call.function, (call.args, call.kwargs))
    except InfrastructureError:
        return None


def _differs(call: Call, right: Answer | None) -> bool:
    """Whether a call gave something else than the reference, which may raise an error as the assignment asks."""
    if isinstance(call.outcome, Raised) and right is not None:
        return right.raised not in (call.outcome.type, *call.outcome.bases)
    if isinstance(call.outcome, Raised | Failed):
        return True
    if right is not None and right.raised:
        return True
    return right is not None and right.value is not None and difference(call.outcome.value, right.value) is not None


def _handles(value: Any) -> Sequence[int]:
    if isinstance(value, Handle):
        return [value.id]
    if isinstance(value, Mapping):
        value = list(value.values())
    return [found for item in value for found in _handles(item)] if isinstance(value, tuple | list) else []


def write_script(desk: Desk, exercise: Exercise) -> Script:
    """Write `.anndl/repro/<name>.py` with the first call that fails, and return where.

    Raises:
        NothingFails: there is no such call.
    """
    failure = first_failure(desk, exercise)
    path = desk.learner.folder / "repro" / f"{exercise.name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    source = desk.file(exercise)
    write_whole(path, script_of(failure, exercise, source, path))
    return Script(path, failure, source, _line_of(failure.calls[-1].function, source))


def _line_of(function: str, source: Path) -> int | None:
    for number, line in enumerate(source.read_text(encoding="utf-8-sig").splitlines(), 1):
        if line.startswith(f"def {function}("):
            return number
    return None


@dataclass
class Writer:
    """Writes values as Python; what is large goes into `arrays`, to be saved beside the script."""

    arrays: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict)
    torch: bool = False
    recipes: bool = False

    def value(self, value: Any, name: str, known: Mapping[int, str]) -> str:
        """Return an expression for a value; `name` is what an array of it is called where it is kept apart."""
        if isinstance(value, Handle):
            return known[value.id]
        if isinstance(value, Recipe):
            self.recipes = True
            return f"Recipe({value.kind!r}, {self.value(dict(value.data), name, known)})"
        if hasattr(value, "array"):
            self.torch = True
            return f"torch.from_numpy({self.value(value.array, name, known)})"
        if isinstance(value, np.ndarray):
            return self._array(value, name)
        if isinstance(value, np.generic):
            return repr(value.item())
        if isinstance(value, Mapping):
            return "{" + ", ".join(f"{k!r}: {self.value(v, f'{name}_{k}', known)}" for k, v in value.items()) + "}"
        if isinstance(value, tuple | list):
            parts = [self.value(item, f"{name}_{number}", known) for number, item in enumerate(value)]
            if isinstance(value, list):
                return f"[{', '.join(parts)}]"
            return f"({', '.join(parts)}{',' * (len(parts) == 1)})"
        return _plain(value)

    def _array(self, array: np.ndarray[Any, Any], name: str) -> str:
        if array.size <= LITERAL and array.size and np.isfinite(array).all():
            return f"np.array({nested(array, repr)}, np.{array.dtype})"
        key, number = name, 1
        while key in self.arrays:
            number += 1
            key = f"{name}_{number}"
        self.arrays[key] = array
        return f"kept[{key!r}]"


def _plain(value: Any) -> str:
    return f"float({str(value)!r})" if isinstance(value, float) and not np.isfinite(value) else repr(value)


def script_of(failure: Failure, exercise: Exercise, source: Path, path: Path) -> str:
    """Return the script's text; what it needs of arrays is saved beside `path`."""
    writer, body = Writer(), list[str]()
    known: dict[int, str] = {}
    for number, call in enumerate(failure.calls, 1):
        result = "result" if number == len(failure.calls) else f"result_{number}"
        args = [writer.value(value, f"{call.function}_{place}", known) for place, value in enumerate(call.args, 1)]
        named = [f"{name}={writer.value(value, name, known)}" for name, value in call.kwargs.items()]
        if _has_recipe(call):
            body.append(f"args, kwargs = build_arguments([{', '.join(args)}], dict({', '.join(named)}))")
            given = "*args, **kwargs"
        else:
            given = ", ".join([*args, *named])
        body.append(f"{result} = call(student[{call.function!r}]{', ' if given else ''}{given})")
        known |= _named_handles(_value(call), result)
    expected = writer.value(failure.expected, "expected", known) if failure.expected is not None else ""
    if writer.arrays:
        np.savez(path.with_suffix(".npz"), **writer.arrays)  # type: ignore[arg-type]
    else:
        path.with_suffix(".npz").unlink(missing_ok=True)
    said = (
        " ".join(f"{failure.title}. {failure.message}. {failure.detail}".split())
        .replace("\\", "\\\\")
        .replace('"', "'")
    )
    afterwards = []
    if _has_recipe(failure.calls[-1]):
        writer.recipes = True
        if any(isinstance(value, Recipe) and value.kind == "leaf" for value in failure.calls[-1].args):
            afterwards.append("fill_gradients(result, args, kwargs)")
        afterwards.append("print('the arguments afterwards', *read_arguments(args, kwargs)[0], sep='\\n')")
    lines = [
        f'"""{exercise.name}: {said.strip()}"""',
        "",
        "import runpy",
        "",
        "import numpy as np",
        *["import torch"] * writer.torch,
        *RECIPES * writer.recipes,
        "",
        f"student = runpy.run_path({str(source)!r})",
        *[f"kept = np.load({str(path.with_suffix('.npz'))!r})"] * bool(writer.arrays),
        "call = globals().get('call', lambda function, *args, **kwargs: function(*args, **kwargs))  # a debugger's, or plain",
        "",
        *body,
        "print('returned', result, sep='\\n')",
        *afterwards,
        *[f"print('expected', {expected}, sep='\\n')"] * bool(expected),
    ]
    return "\n".join(lines) + "\n"


def _has_recipe(call: Call) -> bool:
    return any(isinstance(value, Recipe) for value in (*call.args, *call.kwargs.values()))


def _named_handles(value: Any, name: str) -> dict[int, str]:
    if isinstance(value, Handle):
        return {value.id: name}
    if isinstance(value, tuple | list):
        parts = [_named_handles(item, f"{name}[{number}]") for number, item in enumerate(value)]
        return {key: text for part in parts for key, text in part.items()}
    return {}


def debug(script: Script) -> None:
    """Run a script so that pdb stops at the first line of the learner's function, in the call that fails."""
    import pdb

    made = 0

    def call(function: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal made
        made += 1
        if made < len(script.failure.calls):
            return function(*args, **kwargs)
        return pdb.Pdb(stdin=sys.stdin, stdout=sys.stdout).runcall(function, *args, **kwargs)

    runpy.run_path(str(script.path), init_globals={"call": call})
