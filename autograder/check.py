"""The words a suite is written in: `check.against_reference`, `check.value`, `check.raises`, and a few more.

Each names a function of the exercise, or a scenario: a function of a module and the arguments, which is run with the
submission, with the reference and with every wrong version alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograder import disclosure
from autograder.calls import Failed, Outcome, Raised, Recipe, Returned
from autograder.compare import Difference, as_array, brief, close, difference
from autograder.oracle import Answer, Arguments, Oracle, Target, evaluate, name_of
from autograder.records import Detail, Status
from autograder.variants import Variant
from autograder.wording import brief_call

BAD_CALL = re.compile(r"positional argument|keyword argument|takes \d+|takes no arguments|missing \d+ required")


class CheckFailed(AssertionError):
    """A check did not hold.

    `message` and `detail` are for the learner's own checks; `told` is what may be said of a hidden one, empty where that is
    nothing but that it does not hold.
    """

    def __init__(
        self,
        message: str,
        status: Status = "fail",
        hints: Sequence[str] = (),
        detail: Detail | None = None,
        candidates: Sequence[Variant] = (),
        unfinished: bool = False,
        told: str = "",
    ) -> None:
        super().__init__(message)
        self.told = told
        self.message, self.status, self.hints, self.detail = message, status, tuple(hints), detail
        self.candidates, self.unfinished = tuple(candidates), unfinished


class Check:
    """The checks of one test, bound to one submission.

    With `ahead`, a check only begins its call, and `settle` judges all of them in order: so that the submission is at work
    while the grader is. What a test does with its own arguments after a check does not reach the check.
    """

    def __init__(
        self,
        begin: Callable[[str, Sequence[Any], Mapping[str, Any]], Callable[[], Outcome]],
        oracle: Oracle,
        signatures: Mapping[str, Sequence[str]],
        diagnose: bool = True,
        ahead: bool = False,
    ) -> None:
        self._begin, self._oracle, self._signatures, self._diagnose = begin, oracle, signatures, diagnose
        self._later: list[Callable[[], None]] | None = [] if ahead else None  # checks whose call is under way
        # after a failed check that no single misconception explains: which of some further versions gave the same
        self.among: Callable[[Iterable[Variant]], list[Variant]] | None = None

    def call(self, target: Target, *args: Any, **kwargs: Any) -> Any:
        """Return what the submission returns."""
        arguments: Arguments = (args, kwargs)
        return self._returned(target, arguments, self._started(target, arguments)()).value

    def value(self, target: Target, *args: Any, expected: Any, **kwargs: Any) -> None:
        """The result must equal a value that one can check by hand."""
        arguments = self._own(args, kwargs)
        wait, right = self._started(target, arguments), _plain(expected)
        self._judge(lambda: self._compare(target, arguments, wait(), right))

    def against_reference(self, target: Target, *args: Any, **kwargs: Any) -> None:
        """The result must equal the reference's."""
        arguments = self._own(args, kwargs)
        wait = self._started(target, arguments)
        right = self._oracle.reference(target, arguments)
        if right.raised:
            raise RuntimeError(f"the reference raised {right.raised} in {name_of(target)}")
        self._judge(lambda: self._compare(target, arguments, wait(), right.value))

    def raises(self, exception: type[Exception], target: Target, *args: Any, **kwargs: Any) -> None:
        """The call must raise `exception` (or a class derived from it)."""
        arguments = self._own(args, kwargs)
        wait = self._started(target, arguments)
        self._judge(lambda: self._refused(exception.__name__, target, arguments, wait()))

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
        """The call must leave its arguments as they are, and return the right result: doing nothing changes nothing."""
        arguments = self._own(args, kwargs)
        wait = self._started(function, arguments)
        right = self._oracle.reference(function, arguments)
        self._judge(lambda: self._untouched(function, arguments, wait(), right.value))

    def settle(self) -> None:
        """Judge the checks whose calls are under way, in order.

        Raises:
            CheckFailed: the first that does not hold.
        """
        while self._later:
            self._later.pop(0)()

    def _own(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        if self._later is None:
            return args, kwargs
        return [_copied(a) for a in args], {name: _copied(value) for name, value in kwargs.items()}

    def _judge(self, judgement: Callable[[], None]) -> None:
        if self._later is None:
            judgement()
        else:
            self._later.append(judgement)

    def _refused(self, name: str, target: Target, arguments: Arguments, outcome: Outcome) -> None:
        if isinstance(outcome, Raised) and name in (outcome.type, *outcome.bases) and not _unfinished(outcome):
            return
        if isinstance(outcome, Returned):
            detail = replace(self._detail(target, arguments), returned=brief(outcome.value), expected=name)
            message = f"{self._label(target)} returned a result where it must raise {name}"
            raise CheckFailed(
                message, detail=detail, candidates=self._matching(target, arguments, outcome), told=message
            )
        self._stop(target, arguments, outcome)

    def _untouched(self, function: str, arguments: Arguments, outcome: Outcome, right: Any) -> None:
        returned = self._returned(function, arguments, outcome)
        detail = self._detail(function, arguments)
        if found := difference(returned.value, right):
            told = f"whether {function} leaves its arguments alone counts once its result is right"
            candidates = self._matching(function, arguments, returned)
            raise CheckFailed(f"{function}: {found.kind}; {told}", detail=detail, candidates=candidates, told=told)
        (args, kwargs), (positional, named) = arguments, returned.arguments
        names = [*self._names(function, len(args)), *kwargs]
        for name, before, after in zip(names, [*args, *kwargs.values()], [*positional, *named.values()], strict=True):
            if isinstance(before, Recipe) or not difference(after, _plain(before)):
                continue
            message = f"{function} changed its argument {name} in place"
            hints = ("`a += b` and `a[...] = b` write into the caller's array; `a = a + b` makes a new one.",)
            candidates = self._matching(function, arguments, returned, after=True)
            raise CheckFailed(message, hints=hints, detail=detail, candidates=candidates, told=message)

    def _started(self, target: Target, arguments: Arguments) -> Callable[[], Outcome]:
        """Begin a call, or prepare a scenario; what is returned gives the outcome."""
        if isinstance(target, str):
            return self._begin(target, *arguments)
        return lambda: evaluate(target, lambda *call: self._begin(*call)(), arguments)

    def _returned(self, target: Target, arguments: Arguments, outcome: Outcome) -> Returned:
        if not isinstance(outcome, Returned):
            self._stop(target, arguments, outcome)
        assert isinstance(outcome, Returned)
        return outcome

    def _compare(self, target: Target, arguments: Arguments, outcome: Outcome, expected: Any) -> None:
        outcome = self._returned(target, arguments, outcome)
        found = difference(outcome.value, expected)
        if found is None:
            return
        detail = replace(
            self._detail(target, arguments),
            returned=found.returned,
            expected=found.expected,
            difference=found.detail,
            printed=outcome.printed,
        )
        candidates = self._matching(target, arguments, outcome)
        hints = found.hints if candidates else (*found.hints, *_echo(outcome.value, arguments, found))
        message = f"{self._label(target)}: {found.kind}"
        raise CheckFailed(message, hints=hints, detail=detail, candidates=candidates)

    def _stop(self, target: Target, arguments: Arguments, outcome: Raised | Failed) -> None:
        detail = self._detail(target, arguments)
        if isinstance(outcome, Failed):
            status: Status = {"timeout": "timeout", "crashed": "crashed", "memory": "crashed"}.get(outcome.kind, "fail")  # type: ignore[assignment]
            told = disclosure.of_failure(self._label(target), outcome)
            raise CheckFailed(outcome.message, status, detail=detail, told=told)
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
        candidates = self._matching(target, arguments, outcome)
        raise CheckFailed(message, "error", detail=detail, candidates=candidates, told=told)

    def _matching(self, target: Target, arguments: Arguments, outcome: Outcome, after: bool = False) -> list[Variant]:
        """Return the wrong versions of one misconception that give exactly what the submission gave."""
        if not self._diagnose:
            return []
        verdicts: dict[str, bool] = {}  # versions that share the code in question are compared once

        def matches(variant: Variant) -> bool:
            code = self._oracle.reach(variant, target)
            if code not in verdicts:
                verdicts[code] = _same(self._oracle.variant(variant, target, arguments, after), outcome, after)
            return verdicts[code]

        def among(variants: Iterable[Variant]) -> list[Variant]:
            return [variant for variant in variants if matches(variant)]

        found = among(self._oracle.singles)
        self.among = None if found else among
        return found

    def _label(self, target: Target) -> str:
        return name_of(target).replace("_", " ") if callable(target) else target

    def _names(self, function: str, number: int) -> list[str]:
        names = list(self._signatures.get(function, ()))[:number]
        return names + [f"argument {i + 1}" for i in range(len(names), number)]

    def _detail(self, target: Target, arguments: Arguments) -> Detail:
        args, kwargs = arguments
        if callable(target):
            names = list(target.__code__.co_varnames[1 : len(args) + 1])
        else:
            names = self._names(target, len(args))
        return Detail(called=brief_call(name_of(target), names, args, kwargs))


class Student:
    """`student.attention(Q, K, V)`: the submission's functions, for suites that want to hold results."""

    def __init__(self, check: Check) -> None:
        self._check = check

    def __getattr__(self, function: str) -> Callable[..., Any]:
        return lambda *args, **kwargs: self._check.call(function, *args, **kwargs)


def _copied(value: Any) -> Any:
    """Copy what a test may still write into."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) in (list, tuple):
        return type(value)(_copied(item) for item in value)
    if type(value) is dict:
        return {key: _copied(item) for key, item in value.items()}
    return value


def _unfinished(outcome: Raised) -> bool:
    return outcome.type == "NotImplementedError"


def _same(answer: Answer | None, outcome: Outcome, after: bool) -> bool:
    if answer is None:
        return False
    if isinstance(outcome, Raised):
        return answer.raised == outcome.type
    if not isinstance(outcome, Returned) or answer.raised:
        return False
    if after:
        return answer.after is not None and difference(list(outcome.arguments[0]), answer.after) is None
    if answer.value is None or outcome.value is None:
        return answer.value is outcome.value
    if not _may_agree(outcome.value, answer.value):
        return False
    return _same_kind(outcome.value, answer.value) and difference(outcome.value, answer.value) is None


def _may_agree(one: Any, other: Any) -> bool:
    """False where some array differs: told without the explanation that `difference` would make of it."""
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray) and {one.dtype.kind, other.dtype.kind} <= {*"iuf"}:
        return close(one, other)
    if isinstance(one, tuple | list) and isinstance(other, tuple | list) and len(one) == len(other):
        return all(_may_agree(first, second) for first, second in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return all(_may_agree(one[key], other[key]) for key in one.keys() & other.keys())
    return True


def _same_kind(one: Any, other: Any) -> bool:
    """A float 6.0 is not the integer 6 when the question is which mistake was made."""
    first, second = as_array(one), as_array(other)
    if first is None or second is None or first.ndim or second.ndim:
        return True
    return (first.dtype.kind in "iu") == (second.dtype.kind in "iu")


def _plain(value: Any) -> Any:
    """Nested lists of numbers stand for arrays; everything else is taken as it is."""
    if isinstance(value, list) and value and not isinstance(value[0], tuple):
        array = as_array(value)
        if array is not None:
            return array
    return value


def _echo(value: Any, arguments: Arguments, found: Difference) -> tuple[str, ...]:
    """Notice a result that is one of the arguments."""
    array = as_array(value)
    if array is None or array.ndim == 0:
        return ()
    for argument in arguments[0]:
        if isinstance(argument, np.ndarray) and argument.shape == array.shape and np.array_equal(argument, array):
            return ("The result equals one of the arguments: nothing was computed.",)
    return ()
