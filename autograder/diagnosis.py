"""Which wrong belief led to a submission's results. A name must be earned; silence is better than a false one.

A wrong version explains a failed test if it answers EVERY call of the test as the submission does, those that are right
included. An exception agrees by its type; it is evidence only where function and text are the same, or beside a value. Those
beliefs are named that

1. fail no test that the submission passes,
2. explain at least a third of the failed tests; where two or three beliefs leave nothing to others, they may explain less,
3. do not rest on results that need no thought: nothing, an argument handed back, the same for every input.

What explains a test but does not earn its name is kept as a resemblance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np

from autograder.calls import Outcome, Raised, Returned
from autograder.check import computed
from autograder.compare import as_array, close, difference
from autograder.oracle import Answer, Oracle, digest_of
from autograder.trace import Call
from autograder.variants import Variant

SHARE = 1 / 3  # of the failed tests that a name must explain
FACTOR = 4  # a diagnosis may ask the wrong versions this many times as many calls as the grading made
PAIRS = 200  # pairs of wrong versions that are tried at most
Agreement = Literal["no", "weak", "strong"]


@dataclass(frozen=True)
class Diagnosis:
    """Per failed test: the misconceptions that explain it, and those that it merely resembles."""

    named: Mapping[str, tuple[str, ...]]
    resembles: Mapping[str, tuple[str, ...]]


def diagnose(
    failed: Mapping[str, Sequence[Call]],
    calls: int,
    oracle: Oracle,
    profile: Callable[[Variant], frozenset[str] | None],
) -> Diagnosis:
    """Name what explains the failed tests.

    Args:
        failed: the judged calls of each failed test.
        calls: how many calls the whole grading made; bounds the work.
        oracle: answers of the wrong versions.
        profile: the tests that a wrong version fails; None where that is not known.
    """
    failing = frozenset(failed)
    idle = constant_functions(failed)
    work = _Work(oracle, {test: _evidence(trace, idle) for test, trace in failed.items()}, FACTOR * calls)
    near: dict[str, Variant] = {}
    stories: list[_Story] = []
    for variant, own in _plausible(oracle.singles, failing, profile):
        found = work.explained(variant, sorted(own & failing))
        for test in found:
            near.setdefault(test, variant)
        if found and own <= failing:
            stories.append(_Story(variant, own, found))
    explained = _one(stories, failing) or _two(stories, failing) or _several(stories, failing)
    rest = failing - explained.keys()
    already = {one for variant in explained.values() for one in variant.misconceptions}
    if rest and (already or len(rest) >= _least(failing)) and not work.spent:
        for pair in _plausible_pairs(oracle.pairs, failing, rest, already, profile):
            if work.explained(pair, sorted(rest)) == rest:
                explained |= dict.fromkeys(rest, pair)
                break
    named = {test: variant.misconceptions for test, variant in explained.items()}
    resembles = {test: v.misconceptions for test, v in near.items() if test not in named}
    return Diagnosis(named, resembles)


@dataclass(frozen=True)
class _Story:
    """A wrong version, the tests that it fails, and those of the failed ones that it explains."""

    variant: Variant
    own: frozenset[str]
    found: frozenset[str]


def _least(failing: frozenset[str]) -> int:
    return max(1, math.ceil(SHARE * len(failing) - 1e-9))


def _one(stories: Sequence[_Story], failing: frozenset[str]) -> dict[str, Variant]:
    """One belief that explains everything."""
    exact = next((story for story in stories if story.found == failing), None)
    return dict.fromkeys(failing, exact.variant) if exact else {}


def _two(stories: Sequence[_Story], failing: frozenset[str]) -> dict[str, Variant]:
    """Two beliefs of which either explains all that it alone makes fail, and which leave nothing to a third one."""
    for first, second in combinations(stories, 2):
        alone, other = first.own - second.own, second.own - first.own
        if (
            first.variant.misconceptions != second.variant.misconceptions
            and first.own | second.own == failing
            and alone
            and other
            and alone <= first.found
            and other <= second.found
        ):
            return dict.fromkeys(second.found, second.variant) | dict.fromkeys(first.found, first.variant)
    return {}


def _several(stories: Sequence[_Story], failing: frozenset[str]) -> dict[str, Variant]:
    """The belief that explains most, then those that explain more, as long as each earns its name."""
    explained: dict[str, Variant] = {}
    left = list(stories)
    while left and failing - explained.keys():
        best = min(left, key=lambda story: (-len(story.found - explained.keys()), len(story.own ^ failing)))
        fresh = best.found - explained.keys()
        completes = bool(explained) and not failing - explained.keys() - fresh
        if len(fresh) < _least(failing) and not (fresh and completes):
            break
        explained |= dict.fromkeys(fresh, best.variant)
        left.remove(best)
    return explained


def _plausible(
    variants: Sequence[Variant], failing: frozenset[str], profile: Callable[[Variant], frozenset[str] | None]
) -> list[tuple[Variant, frozenset[str]]]:
    """Return the versions that may explain something, with the tests that they fail; the nearest first."""
    found = []
    for variant in variants:
        known = profile(variant)
        own = failing if known is None else known
        if own & failing:
            found.append((variant, own))
    return sorted(found, key=lambda entry: (len(entry[1] - failing), len(entry[1] ^ failing)))


def _plausible_pairs(
    pairs: Sequence[Variant],
    failing: frozenset[str],
    rest: frozenset[str],
    already: Collection[str],
    profile: Callable[[Variant], frozenset[str] | None],
) -> list[Variant]:
    """Return pairs with all that is named already, of which neither fails what is passed, and both may fail the rest."""
    own: dict[str, frozenset[str]] = {}
    found: list[tuple[int, int, Variant]] = []
    for pair in pairs:
        if not {*already} <= {*pair.misconceptions}:
            continue
        for parent in pair.parents:
            if parent not in own:
                known = profile(Variant((), "", (), parent))
                own[parent] = failing if known is None else known
        first, second = (own[parent] for parent in pair.parents)
        together = first | second
        if first <= failing and second <= failing and rest <= together:
            found.append((len(failing ^ together), len(found), pair))
    return [pair for _, _, pair in sorted(found, key=lambda entry: entry[:2])[:PAIRS]]


@dataclass
class _Work:
    """Asks wrong versions, each call once, until the budget is used up."""

    oracle: Oracle
    evidence: Mapping[str, Sequence[tuple[Call, bool]]]
    budget: int

    def __post_init__(self) -> None:
        self._verdicts: dict[tuple[str, int], Agreement] = {}

    @property
    def spent(self) -> bool:
        return len(self._verdicts) >= self.budget

    def explained(self, variant: Variant, tests: Collection[str]) -> frozenset[str]:
        """Return those of the tests that a version explains."""
        return frozenset(test for test in tests if self._explains(variant, test))

    def _explains(self, variant: Variant, test: str) -> bool:
        strong = False
        for call, telling in self.evidence[test]:
            agreed = self._agreement(variant, call)
            if agreed == "no":
                return False
            strong = strong or (telling and agreed == "strong")
        return strong

    def _agreement(self, variant: Variant, call: Call) -> Agreement:
        key = self.oracle.reach(variant, call.target), id(call)
        if key not in self._verdicts:
            if self.spent:
                return "no"
            answer = self.oracle.variant(variant, call.target, call.arguments, call.after)
            self._verdicts[key] = agreement(answer, call.outcome, call.after)
        return self._verdicts[key]


def _evidence(trace: Sequence[Call], idle: Collection[str]) -> list[tuple[Call, bool]]:
    """Return the calls of a test, the telling ones first: they failed or decided a property, with a result of some thought."""

    def telling(call: Call) -> bool:
        if call.right or call.name in idle:
            return False
        if isinstance(call.outcome, Returned) and not call.after:
            return computed(call.outcome.value, call.arguments)
        return True

    return sorted(((call, telling(call)) for call in trace), key=lambda entry: not entry[1])


def constant_functions(failed: Mapping[str, Sequence[Call]]) -> frozenset[str]:
    """Return the functions that gave one and the same result for all of several inputs, wrongly: nothing is computed yet."""
    seen: dict[str, dict[str, Call]] = {}
    for trace in failed.values():
        for call in trace:
            if isinstance(call.outcome, Returned) and not call.after and not callable(call.target):
                seen.setdefault(call.name, {})[digest_of(call.arguments)] = call
    found = set()
    for name, calls in seen.items():
        outcomes = [call.outcome.value for call in calls.values() if isinstance(call.outcome, Returned)]
        wanted = [call.expected for call in calls.values() if call.right is False]
        if len(outcomes) > 2 and wanted and all(_equal(value, outcomes[0]) for value in outcomes[1:]):
            found.add(name)
    return frozenset(found)


def _equal(one: Any, other: Any) -> bool:
    first, second = as_array(one), as_array(other)
    if first is None or second is None:
        return type(one) is type(other) and difference(one, other) is None
    return first.shape == second.shape and bool(np.array_equal(first, second, equal_nan=first.dtype.kind in "fc"))


def agreement(answer: Answer | None, outcome: Outcome, after: bool = False) -> Agreement:
    """Say how far a wrong version's answer is what came: an exception of the same type elsewhere agrees only weakly."""
    if answer is None:
        return "no"
    if isinstance(outcome, Raised):
        if answer.raised != outcome.type:
            return "no"
        same = (answer.function, answer.message) == (outcome.function, outcome.message[:500])
        return "strong" if same and outcome.function else "weak"
    if not isinstance(outcome, Returned) or answer.raised:
        return "no"
    if after:
        kept = answer.after is not None and difference(list(outcome.arguments[0]), answer.after) is None
        return "strong" if kept else "no"
    if answer.value is None or outcome.value is None:
        return "strong" if answer.value is outcome.value else "no"
    if not _may_agree(outcome.value, answer.value) or not _same_kind(outcome.value, answer.value):
        return "no"
    return "no" if difference(outcome.value, answer.value) else "strong"


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
