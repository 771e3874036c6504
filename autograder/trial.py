"""Runs a suite on any module's text without a report: for thousands of wrong versions, where only right or wrong counts."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.calls import InfrastructureError, Limits, Outcome, Runner, Submission
from autograder.check import CheckFailed, Student
from autograder.grading import PUBLIC, Bench, Session, generator, in_process
from autograder.oracle import Oracle, digest_of
from autograder.suite import SuiteError, Test

PATIENCE = 600.0  # seconds for what every run needs once
SECONDS = 3.0  # a module that loops is stopped, and has not passed


@dataclass(frozen=True)
class Asked:
    """One call of a function, and what came."""

    function: str
    arguments: str  # a hash
    outcome: Outcome


@dataclass(frozen=True)
class Course:
    """How one module fared: the tests it failed, and the calls that each test made."""

    failed: frozenset[str]
    calls: Mapping[str, Sequence[Asked]]


class Trial:
    """One exercise's suite under one seed. The reference's answers are computed once and shared."""

    def __init__(self, bench: Bench, key: bytes = PUBLIC, seconds: float = SECONDS) -> None:
        self.bench, self.key, self.seconds = bench, key, PATIENCE
        self.oracle = Oracle(bench.exercise, lambda: bench.variants, bench.digest, None)
        self._known: dict[str, Course] = {}
        self.run(bench.solution)  # imports torch, asks the reference: no wrong version's seconds
        self.seconds = seconds

    def passes(self, source: str) -> bool:
        """Whether all tests hold; the first that does not ends the run."""
        with self._session(source, []) as session:
            return all(self._holds(test, session) for test in self.bench.suite.tests)

    def run(self, source: str) -> Course:
        """Run every test and say what was asked and answered."""
        if source in self._known:
            return self._known[source]
        log: list[Asked] = []
        failed, calls = set(), {}
        with self._session(source, log) as session:
            for test in self.bench.suite.tests:
                start = len(log)
                if not self._holds(test, session):
                    failed.add(test.name)
                calls[test.name] = tuple(log[start:])
        self._known[source] = Course(frozenset(failed), calls)
        return self._known[source]

    @contextlib.contextmanager
    def _session(self, source: str, log: list[Asked]) -> Iterator[Session]:
        def opener(submission: Submission, limits: Limits) -> Runner:
            return _Listening(in_process(submission, limits), log)

        bench = self.bench
        session = Session(bench, bench.submission(source), self.key, opener, Limits(), diagnose=False)
        session.oracle = self.oracle
        try:
            yield session
        finally:
            session.close()

    def _holds(self, test: Test, session: Session) -> bool:
        """Judge a test as a grading does: all its checks, and what only waits for a result is no failure of its own."""
        try:
            with stopped_after(self.seconds):
                check = session.check(ahead=True)
                fixtures = {
                    "check": check,
                    "student": Student(check),
                    "rng": generator(self.key, self.bench.exercise.name, test.name),
                }
                test.function(**{name: fixtures[name] for name in test.fixtures})
                check.settle()
        except (InfrastructureError, SuiteError):
            raise
        except CheckFailed as failed:
            return failed.waiting
        except TooLong:
            return False
        except Exception as error:
            if session.bench.exercise.framework == "numpy" and isinstance(error, RuntimeError):
                raise  # the reference or the suite itself
            return False  # what was returned cannot be examined
        return True


class TooLong(BaseException):
    """A module took more time than it may."""


@contextlib.contextmanager
def stopped_after(seconds: float) -> Iterator[None]:
    """Raise `TooLong` in this block after some seconds of processor time; where there are no such signals, never.

    The clock would stop more on a busy machine, and a record would say other things than on an idle one.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(number: int, frame: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


class _Listening:
    """A runner that writes down every call and its outcome."""

    def __init__(self, runner: Runner, log: list[Asked]) -> None:
        self._runner, self._log = runner, log

    def __getattr__(self, name: str) -> Any:
        return getattr(self._runner, name)

    def call(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Outcome:
        outcome = self._runner.call(function, args, kwargs)
        self._log.append(Asked(function, digest_of((args, kwargs)), outcome))
        return outcome

    def begin(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Callable[[], Outcome | None]:
        outcome = self.call(function, args, kwargs)
        return lambda: outcome
