"""The words a suite is written in: `check.against_reference`, `check.value`, `check.raises`, and a few more.

Each names a function of the exercise, or a scenario: a function of a module and the arguments, which is run with the
submission, with the reference and with every wrong version alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from autograder import disclosure
from autograder.calls import Failed, Outcome, Raised, Recipe, Returned
from autograder.compare import Tolerance, as_array, difference
from autograder.oracle import Oracle, evaluate
from autograder.records import Detail, Status
from autograder.suite import SuiteError
from autograder.trace import Arguments, Call, MadeCall, Target, name_of
from autograder.wording import brief, brief_call

BAD_CALL = re.compile(r"positional argument|keyword argument|takes \d+|takes no arguments|missing \d+ required")


class CheckFailed(AssertionError):
    """A check did not hold. `message` and `detail` are for the learner's own checks.

    `told`: what may be said of a hidden one, empty where that is only that it does not hold.
    `waiting`: whether it holds cannot be said before the function returns a result.
    """

    def __init__(
        self,
        message: str,
        status: Status = "fail",
        hints: Sequence[str] = (),
        detail: Detail | None = None,
        unfinished: bool = False,
        waiting: bool = False,
        told: str = "",
    ) -> None:
        super().__init__(message)
        self.told = told
        self.message, self.status, self.hints, self.detail = message, status, tuple(hints), detail
        self.unfinished, self.waiting = unfinished, waiting


class Check:
    """The checks of one test, bound to one submission; `trace` holds every call that was judged.

    With `ahead`, a check only begins its call, and `settle` judges all of them in order: so that the submission is at work
    while the grader is, and so that what comes after a failed check is known, too. What a test does with its own arguments
    after a check does not reach the check.
    """

    def __init__(
        self,
        begin: Callable[[str, Sequence[Any], Mapping[str, Any]], Callable[[], Outcome]],
        oracle: Oracle,
        signatures: Mapping[str, Sequence[str]],
        ahead: bool = False,
    ) -> None:
        self._begin, self._oracle, self._signatures = begin, oracle, signatures
        self._later: list[Callable[[], None]] | None = [] if ahead else None  # checks whose call is under way
        self._last_made: Sequence[MadeCall] = ()  # by the scenario that is being judged
        self.trace: list[Call] = []

    def call(self, target: Target, *args: Any, **kwargs: Any) -> Any:
        """Return what the submission returns."""
        arguments = _own(args, kwargs)
        wait, made = self._started(target, arguments)
        outcome = wait()
        self._last_made = made
        self.trace.append(Call(target, arguments, outcome, made=tuple(made)))
        return self._returned(target, arguments, outcome).value

    def value(
        self, target: Target, *args: Any, expected: Any, tolerance: Tolerance | None = None, **kwargs: Any
    ) -> None:
        """The result must equal a value that one can check by hand."""
        right = _plain(expected)
        self._judge(target, (args, kwargs), lambda arguments: right, partial(self._compare, tolerance))

    def against_reference(self, target: Target, *args: Any, tolerance: Tolerance | None = None, **kwargs: Any) -> None:
        """The result must equal the reference's."""
        self._judge(target, (args, kwargs), partial(self._reference, target), partial(self._compare, tolerance))

    def raises(self, exception: type[Exception], target: Target, *args: Any, **kwargs: Any) -> None:
        """The call must raise `exception` (or a class derived from it)."""
        self._judge(target, (args, kwargs), lambda arguments: exception.__name__, self._refused)

    def equal(self, returned: Any, expected: Any, because: str) -> None:
        """Two results of the submission must agree; `because` says what it means when they do not."""
        if found := difference(returned, _plain(expected)):
            detail = Detail(returned=found.returned, expected=found.expected, difference=found.detail)
            raise CheckFailed(because, hints=(f"{found.kind[0].upper()}{found.kind[1:]}.",), detail=detail)

    def that(self, condition: bool, because: str) -> None:
        """A property must hold; `because` says what it means when it does not."""
        if not condition:
            raise CheckFailed(because)

    def unchanged(self, function: str, *args: Any, **kwargs: Any) -> None:
        """The call must leave its arguments as they are. Its result may be wrong, but there must be one: see `_untouched`."""
        self._judge(function, (args, kwargs), partial(self._reference, function), self._untouched, after=True)

    def settle(self) -> None:
        """Judge the checks whose calls are under way, in order, all of them unless the submission stopped answering.

        What waits for a result counts only where nothing else of the test could be judged.

        Raises:
            CheckFailed: the first that does not hold.
        """
        failures: list[CheckFailed] = []
        right = 0
        while self._later:
            try:
                self._later.pop(0)()
                right += 1
            except CheckFailed as failed:
                failures.append(failed)
                if failed.status in ("timeout", "crashed"):
                    self._later.clear()
        definite = [failed for failed in failures if not failed.waiting]
        if definite or (failures and not right):
            raise (definite or failures)[0]

    def _judge(
        self,
        target: Target,
        given: Arguments,
        expected: Callable[[Arguments], Any],
        verdict: Callable[[Target, Arguments, Outcome, Any], None],
        after: bool = False,
    ) -> None:
        """Begin a call, ask for what is expected meanwhile, and judge it: at once, or when `settle` comes to it."""
        arguments = _own(*given)
        wait, made = self._started(target, arguments)
        right = expected(arguments)

        def judgement() -> None:
            outcome = wait()
            self._last_made = made
            call = Call(target, arguments, outcome, True, right, after, tuple(made))
            try:
                verdict(target, arguments, outcome, right)
            except CheckFailed:
                self.trace.append(replace(call, right=False))
                raise
            self.trace.append(call)

        if self._later is None:
            judgement()
        else:
            self._later.append(judgement)

    def _reference(self, target: Target, arguments: Arguments) -> Any:
        right = self._oracle.reference(target, arguments)
        if right.raised:
            raise SuiteError(f"{name_of(target)}: the reference raised {right.raised}: {right.message}")
        return right.value

    def _started(self, target: Target, arguments: Arguments) -> tuple[Callable[[], Outcome], list[MadeCall]]:
        """Begin a call, or prepare a scenario; returns what gives the outcome, and the calls that it will have made."""
        if isinstance(target, str):
            return self._begin(target, *arguments), [(target, *arguments)]
        made: list[MadeCall] = []

        def call(function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Outcome:
            made.append((function, args, kwargs))
            return self._begin(function, args, kwargs)()

        return lambda: evaluate(target, call, arguments), made

    def _refused(self, target: Target, arguments: Arguments, outcome: Outcome, name: str) -> None:
        if isinstance(outcome, Raised) and name in (outcome.type, *outcome.bases) and not _unfinished(outcome):
            return
        if isinstance(outcome, Returned):
            detail = replace(self._detail(target, arguments), returned=brief(outcome.value), expected=name)
            message = f"{self._label(target)} returned a result where it must raise {name}"
            raise CheckFailed(message, detail=detail, told=message)
        self._stop(target, arguments, outcome)

    def _untouched(self, function: Target, arguments: Arguments, outcome: Outcome, right: Any) -> None:
        """Judge whether the arguments are as they were. A wrong result is no matter, as long as something was computed."""
        name = name_of(function)
        if not isinstance(outcome, Returned):
            unfinished = isinstance(outcome, Raised) and _unfinished(outcome)
            status = _status(outcome) if isinstance(outcome, Failed) else "fail"
            message = f"{name} returns no result yet"
            raise CheckFailed(message, status, unfinished=unfinished, waiting=not unfinished, told=message)
        (args, kwargs), (positional, named) = arguments, outcome.arguments
        names = [*self._names(name, len(args)), *kwargs]
        for one, before, after in zip(names, [*args, *kwargs.values()], [*positional, *named.values()], strict=True):
            if isinstance(before, Recipe) or not difference(after, _plain(before)):
                continue
            hints = ("`a += b` and `a[...] = b` write into the caller's array; `a = a + b` makes a new one.",)
            detail = self._detail(function, arguments)
            message = f"{name} changed its argument {one} in place"
            raise CheckFailed(message, hints=hints, detail=detail, told=message)
        array = as_array(outcome.value)
        single = array is not None and array.size == 1  # a wrong number may be any number
        if difference(outcome.value, right) and (single or not computed(outcome.value, arguments)):
            message = f"{name} computes nothing yet"
            raise CheckFailed(message, waiting=True, told=message)

    def _returned(self, target: Target, arguments: Arguments, outcome: Outcome) -> Returned:
        if not isinstance(outcome, Returned):
            self._stop(target, arguments, outcome)
        assert isinstance(outcome, Returned)
        return outcome

    def _compare(
        self, tolerance: Tolerance | None, target: Target, arguments: Arguments, outcome: Outcome, expected: Any
    ) -> None:
        outcome = self._returned(target, arguments, outcome)
        found = difference(outcome.value, expected, tolerance=tolerance)
        if found is None:
            return
        detail = replace(
            self._detail(target, arguments),
            returned=found.returned,
            expected=found.expected,
            difference=found.detail,
            printed=outcome.printed,
        )
        hints = (*found.hints, *_echo(outcome.value, arguments))
        raise CheckFailed(f"{self._label(target)}: {found.kind}", hints=hints, detail=detail)

    def _stop(self, target: Target, arguments: Arguments, outcome: Raised | Failed) -> None:
        detail = self._detail(target, arguments)
        if isinstance(outcome, Failed):
            told = disclosure.of_failure(self._label(target), outcome)
            raise CheckFailed(outcome.message, _status(outcome), detail=detail, told=told)
        if _unfinished(outcome):
            raise CheckFailed(f"{self._label(target)} still raises NotImplementedError", detail=detail, unfinished=True)
        detail = replace(detail, line=outcome.line, source=outcome.source, printed=outcome.printed, cell=outcome.cell)
        if outcome.type == "AttributeError" and outcome.message.startswith("there is no function"):
            told = f"there is no function {self._label(target)} in what you handed in: is it misspelt, or deleted?"
            message = f"{outcome.message} in your file: is it misspelt, or deleted?"
            raise CheckFailed(message, "error", detail=detail, told=told)
        if outcome.type == "TypeError" and outcome.line is None and BAD_CALL.search(outcome.message):
            name = target if isinstance(target, str) else outcome.message.partition("(")[0]
            given = ", ".join(self._signatures.get(name, ()))
            told = f"{self._label(target)} cannot be called as the assignment says"
            message = f"{name} cannot be called as the assignment says, with ({given}): {outcome.message}"
            raise CheckFailed(message, "error", detail=detail, told=f"{told}, with ({given})" if given else told)
        where = f" in {detail.where}" if detail.where else ""
        message = f"{self._label(target)} raised {outcome.type}{where}: {outcome.message[:300]}"
        told = disclosure.of_exception(self._label(target), outcome, detail.where)
        raise CheckFailed(message, "error", detail=detail, told=told)

    def _label(self, target: Target) -> str:
        return name_of(target).replace("_", " ") if callable(target) else target

    def _names(self, function: str, number: int) -> list[str]:
        names = list(self._signatures.get(function, ()))[:number]
        return names + [f"argument {i + 1}" for i in range(len(names), number)]

    def _detail(self, target: Target, arguments: Arguments) -> Detail:
        made = [(target, *arguments)] if isinstance(target, str) else self._last_made
        shown = [brief_call(name, self._names(name, len(args)), args, kwargs) for name, args, kwargs in made]
        return Detail(called=", then ".join(shown) or name_of(target))


class Student:
    """`student.attention(Q, K, V)`: the submission's functions, for suites that want to hold results."""

    def __init__(self, check: Check) -> None:
        self._check = check

    def __getattr__(self, function: str) -> Callable[..., Any]:
        return lambda *args, **kwargs: self._check.call(function, *args, **kwargs)


def _own(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    return [_copied(a) for a in args], {name: _copied(value) for name, value in kwargs.items()}


def _copied(value: Any) -> Any:
    """Copy what a test may still write into."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) in (list, tuple):
        return type(value)(_copied(item) for item in value)
    if type(value) is dict:
        return {key: _copied(item) for key, item in value.items()}
    return value


def _status(outcome: Failed) -> Status:
    if outcome.kind == "timeout":
        return "timeout"
    return "crashed" if outcome.kind in ("crashed", "memory") else "fail"


def _unfinished(outcome: Raised) -> bool:
    return outcome.type == "NotImplementedError"


def _plain(value: Any) -> Any:
    """Nested lists of numbers stand for arrays; everything else is taken as it is."""
    if isinstance(value, list) and value and not isinstance(value[0], tuple):
        array = as_array(value)
        if array is not None:
            return array
    return value


def _echo(value: Any, arguments: Arguments) -> tuple[str, ...]:
    return ("The result equals one of the arguments: nothing was computed.",) if echoes(value, arguments) else ()


def echoes(value: Any, arguments: Arguments) -> bool:
    """True where a result is one of the arguments."""
    array = as_array(value)
    if array is None or array.ndim == 0:
        return False
    given = (*arguments[0], *arguments[1].values())
    return any(isinstance(a, np.ndarray) and a.shape == array.shape and np.array_equal(a, array) for a in given)


def computed(value: Any, arguments: Arguments) -> bool:
    """False for what needs no thought: nothing, one of the arguments, the same number everywhere."""
    if isinstance(value, tuple | list) and as_array(value) is None:
        return any(computed(item, arguments) for item in value)
    if isinstance(value, Mapping):
        return any(computed(item, arguments) for item in value.values())
    array = as_array(value)
    if array is None or array.size == 0 or echoes(value, arguments):
        return False
    return array.size == 1 or bool((array != array.flat[0]).any())
