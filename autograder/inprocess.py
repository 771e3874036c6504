"""Runs a submission in this process: for the learner's own code on the learner's own machine, and for the kit's own versions.

Anybody else's code belongs into the confined worker (`autograder.sandbox`).
"""

from __future__ import annotations

import time
from bdb import BdbQuit
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from autograder import wire
from autograder.asks import answered
from autograder.calls import (
    Answer,
    Failed,
    InfrastructureError,
    Isolation,
    Limits,
    Loaded,
    Outcome,
    Raised,
    Returned,
    Submission,
)
from autograder.host import Host
from autograder.location import located
from autograder.stubs import Answered, Place


class InProcess:
    """A submission, executed here.

    Args:
        submission: whose source is executed.
        debug: print and `breakpoint()` reach the terminal, as in any program; leaving the debugger leaves the grading.
        raising: exceptions pass through, so that a debugger stops where they arise and pytest shows its own traceback.
    """

    isolation = Isolation("none", missing=("the submission runs in the grader's own process",))

    def __init__(self, submission: Submission, debug: bool = False, raising: bool = False) -> None:
        passes: tuple[type[BaseException], ...] = (KeyboardInterrupt,)
        if debug:
            passes = (KeyboardInterrupt, BdbQuit)
        if raising:
            passes = (BaseException,)
        self._submission, self._limits = submission, Limits()
        self._host = Host(submission, self._limits.printed_chars, terminal=debug, passes=passes)
        self._answering = 0.0  # seconds of the call under way that were not the submission's

    def load(self) -> Loaded | Raised | Failed:
        """Execute the module."""
        start = time.perf_counter()
        loaded: Loaded | Raised | Failed = self._timed(self._passed(self._host.load), start)
        return loaded

    def call(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Outcome:
        """Call one function with copies of the arguments."""
        try:
            given, named = wire.copied([list(args), dict(kwargs)], self._limits)
        except wire.TooLarge as error:
            return Failed("too-large", f"{function} cannot be handed what your functions return: {error}.")
        except wire.NotData as error:
            raise InfrastructureError(f"the arguments of {function} cannot be sent: {error}") from error
        self._answering = 0.0
        start = time.perf_counter()
        outcome: Outcome = self._timed(self._passed(partial(self._host.call, function, given, named)), start)
        return self._host.packed(function, outcome, self._copied)

    def begin(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Callable[[], Outcome]:
        """Call one function at once; what is returned gives the outcome."""
        outcome = self.call(function, args, kwargs)
        return lambda: outcome

    def replace(self, functions: Sequence[str], answer: Answer) -> None:
        """From now on answer the submission's own calls of these functions (see `Runner.replace`)."""

        def ask(function: str, args: list[Any], kwargs: dict[str, Any], gradients: list[Place]) -> Answered:
            given, named = wire.copied([args, kwargs], self._limits)
            start = time.perf_counter()
            found = answered(answer, self._submission.framework, function, given, named, gradients)
            self._answering += time.perf_counter() - start
            value, known = wire.copied([getattr(found.outcome, "value", None), list(found.gradients)], self._limits)
            if isinstance(found.outcome, Returned):
                found = Answered(replace(found.outcome, value=value), known)
            return found

        self._host.replace(functions, ask)

    def close(self) -> None:
        """Forget the module."""
        self._host.forget()

    def _passed(self, run: Callable[[], Any]) -> Any:
        try:
            return run()
        except BdbQuit as error:
            raise KeyboardInterrupt from error  # "q" in the debugger: as Ctrl-C

    def _timed(self, outcome: Any, start: float) -> Any:
        outcome = replace(outcome, seconds=time.perf_counter() - start - self._answering)
        return located(outcome, self._submission.source) if isinstance(outcome, Raised) else outcome

    def _copied(self, outcome: Outcome) -> Outcome:
        """Copy what a call gave, so that nothing that the submission does later reaches it."""
        if not isinstance(outcome, Returned):
            return outcome
        value, args, kwargs = wire.copied([outcome.value, *outcome.arguments], self._limits)
        return replace(outcome, value=value, arguments=(args, kwargs))
