"""Answers of the reference and of the wrong versions, each computed once and then remembered.

What is remembered is keyed by the content of everything that it depends on, so that a regrade of a NumPy exercise needs no
torch, and a student's bundle can carry the answers without the reference.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from autograder import wire
from autograder.calls import Failed, InfrastructureError, Limits, Outcome, Raised, Returned, Runner, Submission
from autograder.catalogue import Exercise
from autograder.inprocess import InProcess
from autograder.reference import Reference
from autograder.trace import Arguments, Target, name_of
from autograder.variants import Variant

LIMITS = Limits()


class Stopped(Exception):
    """A call inside a scenario did not return: `outcome` says why."""

    def __init__(self, function: str, outcome: Raised | Failed) -> None:
        super().__init__(f"{function}: {outcome}")
        self.function, self.outcome = function, outcome


class Module:
    """What a scenario is handed: a module whose functions run wherever the runner runs them."""

    def __init__(self, call: Callable[[str, Sequence[Any], Mapping[str, Any]], Outcome]) -> None:
        self._call = call

    def __getattr__(self, function: str) -> Callable[..., Any]:
        return lambda *args, **kwargs: self._returned(function, args, kwargs).value

    def arguments_after(self, function: str, *args: Any, **kwargs: Any) -> list[Any]:
        """Call a function and return its positional arguments as they are afterwards."""
        return list(self._returned(function, args, kwargs).arguments[0])

    def _returned(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Returned:
        outcome = self._call(function, args, kwargs)
        if not isinstance(outcome, Returned):
            raise Stopped(function, outcome)
        return outcome


@dataclass(frozen=True)
class Answer:
    """What an implementation made of one call or scenario: a value, or the name of the exception it raised."""

    value: Any = None
    after: Any = None  # the positional arguments after the call, where the target is a single function
    raised: str | None = None
    function: str = ""  # of the module, in which it was raised
    message: str = ""


def evaluate(
    target: Target, call: Callable[[str, Sequence[Any], Mapping[str, Any]], Outcome], arguments: Arguments
) -> Outcome:
    """Run one function or scenario and return its outcome; exceptions of the submission become outcomes."""
    args, kwargs = arguments
    if isinstance(target, str):
        return call(target, args, kwargs)
    try:
        return Returned(target(Module(call), *args, **kwargs), ([], {}))
    except Stopped as stopped:
        return stopped.outcome
    except (TypeError, ValueError, LookupError, AttributeError) as error:  # a scenario takes results apart: (Y, cache)
        reason = f"{type(error).__name__}: {error}"
        return Failed(
            "not-data", f"what your functions return has not the form that the assignment asks for ({reason})"
        )


def answer_of(outcome: Outcome) -> Answer:
    """Reduce an outcome to what can be compared and kept."""
    if isinstance(outcome, Returned):
        return Answer(outcome.value, list(outcome.arguments[0]))
    if isinstance(outcome, Raised):
        return Answer(raised=outcome.type, function=outcome.function, message=outcome.message[:500])
    return Answer(raised=outcome.kind, message=outcome.message[:500])


class Oracle:
    """The answers for one exercise.

    Args:
        exercise: whose reference is asked.
        wrong: builds the wrong versions: those of one misconception and those of two.
        digest: hash of all that the answers depend on; names the file they are kept in.
        folder: where answers to the public seed are kept; None keeps nothing on disk.
        recorded_only: never import the reference (a student's bundle).
        runners: opened implementations, shared between the oracles of an exercise.
    """

    def __init__(
        self,
        exercise: Exercise,
        wrong: Callable[[], tuple[Sequence[Variant], Sequence[Variant]]],
        digest: str,
        folder: Path | None,
        recorded_only: bool = False,
        runners: dict[str, Runner] | None = None,
    ) -> None:
        self.exercise, self._wrong = exercise, wrong
        self._path = folder / f"{exercise.name}-{digest[:16]}.answers" if folder else None
        self._recorded_only = recorded_only
        self._answers: dict[str, Any] = {}  # what is kept on disk: each answer encoded by itself
        self._decoded: dict[str, Answer] = {}
        self._new = 0
        self._bytes = 0  # that the answers computed here take
        self._recording = False
        self._digested: tuple[Arguments | None, str] = (None, "")
        self._runners = {} if runners is None else runners
        if self._path and self._path.is_file():
            try:
                self._answers = wire.decode(self._path.read_bytes(), LIMITS)
            except wire.WireError:
                self._answers = {}  # half a file from a full disk: compute again

    @cached_property
    def _variants(self) -> tuple[Sequence[Variant], Sequence[Variant]]:
        return self._wrong()

    @property
    def singles(self) -> Sequence[Variant]:
        """The wrong versions that one misconception gives."""
        return self._variants[0]

    @property
    def pairs(self) -> Sequence[Variant]:
        """The wrong versions that two misconceptions give together."""
        return self._variants[1]

    def reference(self, target: Target, arguments: Arguments) -> Answer:
        """Return the right answer.

        Raises:
            InfrastructureError: the reference is needed and cannot be had, or it failed.
        """
        answer = self._ask("reference", target, arguments, self._right, False)
        if answer is None:
            raise InfrastructureError(f"no answer is recorded for {name_of(target)}")
        return answer

    def _right(self) -> Runner:
        """Open the reference; where a private exercise has none, the solution, whose values its suite checks by hand."""
        exercise = self.exercise
        if exercise.reference.is_file() or not exercise.solution.is_file():
            return Reference(exercise.reference, exercise.opaque)
        source, functions = exercise.solution.read_text(encoding="utf-8"), exercise.functions
        return InProcess(Submission(source, exercise.solution.name, functions, exercise.framework, exercise.opaque))

    def reach(self, variant: Variant, target: Target) -> str:
        """Name the code of a wrong version that a target runs: versions that share it share their answers."""
        if callable(target):
            return variant.key
        entry = f"reach/{variant.key}/{target}"
        if variant.source and entry not in self._answers:
            self._answers[entry] = variant.reach(target)
        return str(self._answers.get(entry, variant.key))

    def variant(self, variant: Variant, target: Target, arguments: Arguments, after: bool = False) -> Answer | None:
        """Return a wrong version's answer (with `after`, what it made of its arguments); None where it is not recorded."""

        def open_variant() -> Runner:
            return InProcess(
                Submission(
                    variant.source,
                    f"<{variant.key}>",
                    self.exercise.functions,
                    self.exercise.framework,
                    self.exercise.opaque,
                )
            )

        try:
            return self._ask(self.reach(variant, target), target, arguments, open_variant, after)
        except wire.WireError:
            return None  # arguments that the submission itself returned, beyond what can be kept

    def helper(self, right: Callable[..., Outcome] | None) -> Callable[..., Outcome]:
        """Return what answers a submission's calls of a function that was replaced: `right`, or what it answered once.

        Args:
            right: calls the right version; None where there is none (a student's bundle).
        """

        def answer(function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Outcome:
            if right is not None and not self._recording:
                return right(function, args, kwargs)
            key = f"helper/{function}/{digest_of((args, kwargs))}"
            if right is not None and isinstance(outcome := right(function, args, kwargs), Returned):
                self._keep(key, [outcome.value, *outcome.arguments])
                return outcome
            if key not in self._answers:
                return Failed("not-data", f"no answer of {function} to these arguments is recorded")
            value, positional, named = wire.decode(self._answers[key].tobytes(), LIMITS)
            return Returned(value, (positional, named))

        return answer

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Also keep what right versions answer, and write to disk once, at the end."""
        self._recording = True
        try:
            yield
        finally:
            self._recording = False
        self.save()

    def profile(self, variant: Variant, compute: Callable[[], frozenset[str]]) -> frozenset[str] | None:
        """Return the tests that a wrong version fails, remembered like the answers; None where it is not recorded."""
        entry = f"profile/{variant.key}"
        if entry not in self._answers:
            if self._recorded_only:
                return None
            self._answers[entry] = sorted(compute())
            self._new += 1
        return frozenset(self._answers[entry])

    def save(self) -> None:
        """Write new answers to disk, whole or not at all; a folder that cannot be written to is no reason to fail."""
        if not self._path or not self._new or self._recording:
            return
        try:
            packed = wire.encode(self._answers, LIMITS)
        except wire.WireError:
            return  # more than one file may hold: they are computed again next time
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._path.parent, delete=False) as file:
                file.write(packed)
            os.replace(file.name, self._path)
            for old in self._path.parent.glob(f"{self.exercise.name}-*.answers"):
                if old != self._path:
                    old.unlink(missing_ok=True)
        except OSError:
            return
        self._new = 0

    @property
    def new_bytes(self) -> int:
        """What the answers that were computed here take."""
        return self._bytes

    def _ask(
        self, who: str, target: Target, arguments: Arguments, opener: Callable[[], Runner], after: bool
    ) -> Answer | None:
        if self._digested[0] is not arguments:  # one failed check asks many wrong versions about the same arguments
            self._digested = (arguments, digest_of(arguments))
        key = f"{who}/{name_of(target)}/{self._digested[1]}{'/after' if after else ''}"
        if key not in self._decoded:
            if key in self._answers:
                self._decoded[key] = Answer(*wire.decode(self._answers[key].tobytes(), LIMITS))
            elif self._recorded_only:
                return None
            else:
                self._decoded[key] = self._computed(key, target, self._runner(who, opener), arguments, after)
        return self._decoded[key]

    def _computed(self, key: str, target: Target, runner: Runner, arguments: Arguments, after: bool) -> Answer:
        answer = answer_of(evaluate(target, runner.call, arguments))
        answer = replace(answer, value=None) if after else replace(answer, after=None)
        if self._path:
            self._keep(key, [*vars(answer).values()])
        return answer

    def _keep(self, key: str, value: Any) -> None:
        packed = np.frombuffer(wire.encode(value, LIMITS), np.uint8)
        self._answers[key] = packed
        self._bytes += packed.nbytes
        self._new += 1

    def _runner(self, who: str, opener: Callable[[], Runner]) -> Runner:
        if who not in self._runners:
            runner = opener()
            runner.load()
            self._runners[who] = runner
        return self._runners[who]


def digest_of(arguments: Arguments) -> str:
    """Return a hash of the arguments' content."""
    args, kwargs = arguments
    return hashlib.sha256(wire.encode([list(args), dict(kwargs)], LIMITS)).hexdigest()[:24]


IMPORT = re.compile(r"^\s*(?:from|import)\s+(reference(?:\.\w+)*)(?:\s+import\s+([\w, ]+))?", re.MULTILINE)


def reference_digest(exercise: Exercise) -> str:
    """Hash the reference's file and every reference file that it imports, without importing any."""
    todo, seen = [exercise.reference], set()
    digest = hashlib.sha256()
    while todo:
        path = todo.pop()
        if path in seen or not path.is_file():
            continue
        seen.add(path)
        text = path.read_text(encoding="utf-8")
        digest.update(text.encode())
        for module, names in IMPORT.findall(text):
            for root in (exercise.root, Path(__file__).parent.parent):  # a private reference may use the kit's
                base = root.joinpath(*module.split("."))
                todo += [base.with_suffix(".py"), *(base / f"{name.strip()}.py" for name in names.split(","))]
    return digest.hexdigest()
