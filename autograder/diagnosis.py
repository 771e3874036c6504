"""Which wrong belief led to a submission's results. A name must be earned; silence is better than a false one.

A wrong version explains a failed test if it answers EVERY call of the test as the submission does, those that are right
included. An exception agrees by its type; it is evidence only where function and text are the same, or beside a value. Those
beliefs are named that

1. fail no test that the submission passes,
2. explain at least a third of the failed tests; where two or three beliefs leave nothing to others, they may explain less,
3. are contradicted by none: a test that they make fail and that fails otherwise needs a second mistake that disturbs it,
4. do not rest on results that need no thought: nothing, an argument handed back, the same for every input.

What explains a test but does not earn its name is kept as a resemblance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Literal

import numpy as np

from autograder.calls import Failed, Outcome, Raised, Returned
from autograder.check import computed
from autograder.compare import as_array, close, difference
from autograder.oracle import Answer, Oracle, digest_of
from autograder.trace import Call
from autograder.variants import Variant

SHARE = 1 / 3  # of the failed tests that a name must explain
FACTOR, LEAST = 10, 250  # a diagnosis may ask wrong versions for this many times the calls that the grading made
PAIRS = 200  # pairs of wrong versions that are tried at most
Agreement = Literal["no", "weak", "strong"]


@dataclass(frozen=True)
class Diagnosis:
    """Per failed test: the misconceptions that explain it, and those that it merely resembles."""

    named: Mapping[str, tuple[str, ...]]
    resembles: Mapping[str, tuple[str, ...]]


def diagnose(
    failing: frozenset[str],
    traces: Mapping[str, Sequence[Call]],
    oracle: Oracle,
    profile: Callable[[Variant], frozenset[str] | None],
    grounds: Grounds,
) -> Diagnosis:
    """Name what explains the failed tests.

    Args:
        failing: the failed tests.
        traces: the judged calls of every test; how many there are bounds the work.
        oracle: answers of the wrong versions.
        profile: the tests that a wrong version fails; None where that is not known.
        grounds: which functions a failed test can be blamed on.
    """
    idle = constant_functions(traces)
    calls = sum(map(len, traces.values()))
    work = _Work(oracle, {test: _evidence(traces.get(test, ()), idle) for test in failing}, max(LEAST, FACTOR * calls))
    near: dict[str, Variant] = {}
    forms: dict[tuple[str, ...], list[Variant]] = {}
    stories: dict[tuple[str, ...], _Story] = {}
    for variant, own in _plausible(oracle.singles, failing, profile):
        changed = grounds.changed(variant)
        if changed & idle:
            continue
        possible = frozenset(test for test in own & failing if grounds.blames(test, changed))
        strong, agreed = work.explained(variant, possible)
        if own <= failing:
            forms.setdefault(variant.misconceptions, []).append(variant)
            together = work.together(forms[variant.misconceptions], possible - agreed)
            strong, agreed = strong | together, agreed | together
        for test in strong:
            near.setdefault(test, variant)
        if strong and own <= failing:
            story = stories.setdefault(variant.misconceptions, _Story(variant.misconceptions))
            story.forms.append(_Form(own, strong, agreed, changed))
    ranked = list(stories.values())
    named = _one(ranked, failing) or _two(ranked, failing)
    if not named:
        work.budget = len(work.verdicts) + max(LEAST, FACTOR * calls) // 2
        named = _pair(stories, failing, oracle.pairs, work, profile) or _several(ranked, failing, grounds)
    return Diagnosis(named, {test: v.misconceptions for test, v in near.items() if test not in named})


@dataclass(frozen=True)
class Grounds:
    """Which functions a failed test can be blamed on.

    Args:
        solution: the solution's functions as text; empty where there is none to compare with.
        asked: the functions that each test asks for itself.
        below: of a test that holds with right versions of other functions: these functions, which are to blame.
    """

    solution: Mapping[str, str]
    asked: Mapping[str, frozenset[str]]
    below: Mapping[str, frozenset[str]]

    def changed(self, variant: Variant) -> frozenset[str]:
        """Return the functions in which a wrong version differs from the solution; empty where that is not known."""
        return variant.changed(self.solution)

    def blames(self, test: str, changed: frozenset[str]) -> bool:
        """Whether a failure can come from these functions."""
        return not changed or "" in changed or test not in self.below or bool(changed & self.below[test])


@dataclass(frozen=True)
class _Form:
    """A wrong version: the tests that it fails, and those whose results it gives.

    `strong` are the tests with a telling call; in the other ones of `agreed` nothing speaks against it.
    """

    own: frozenset[str]
    strong: frozenset[str]
    agreed: frozenset[str]
    changed: frozenset[str]

    def independent(self, other: _Form) -> bool:
        """Whether each explains what the other does not: then both may be there, and disturb each other elsewhere."""
        return bool(self.strong - other.agreed and other.strong - self.agreed)


@dataclass
class _Story:
    """A belief in all the forms that explain something: it may show in several places at once."""

    ids: tuple[str, ...]
    forms: list[_Form] = field(default_factory=list)

    @property
    def own(self) -> frozenset[str]:
        return frozenset().union(*(form.own for form in self.forms))

    @property
    def strong(self) -> frozenset[str]:
        return frozenset().union(*(form.strong for form in self.forms))

    @property
    def agreed(self) -> frozenset[str]:
        return frozenset().union(*(form.agreed for form in self.forms))


Named = dict[str, tuple[str, ...]]


def _least(failing: frozenset[str]) -> int:
    return max(1, math.ceil(SHARE * len(failing) - 1e-9))


def _one(stories: Sequence[_Story], failing: frozenset[str]) -> Named:
    """One belief that explains everything."""
    exact = next((s for s in stories if s.agreed == failing and len(s.strong) >= _least(failing)), None)
    return dict.fromkeys(failing, exact.ids) if exact else {}


def _two(stories: Sequence[_Story], failing: frozenset[str]) -> Named:
    """Two beliefs of which either explains all that it alone makes fail, and which leave nothing to a third one."""
    for first, second in combinations(stories, 2):
        alone, other = first.own - second.own, second.own - first.own
        complete = first.own | second.own == failing
        if complete and alone and other and alone <= first.agreed and other <= second.agreed:
            return dict.fromkeys(second.agreed, second.ids) | dict.fromkeys(first.agreed, first.ids)
    return {}


def _pair(
    stories: Mapping[tuple[str, ...], _Story],
    failing: frozenset[str],
    pairs: Sequence[Variant],
    work: _Work,
    profile: Callable[[Variant], frozenset[str] | None],
) -> Named:
    """Two beliefs that explain everything, where a version of both gives what neither alone does."""
    for pair, need in _plausible_pairs(pairs, stories, failing, profile):
        if work.all_explained(pair, need):
            named: Named = dict.fromkeys(need, pair.misconceptions)
            for id in pair.misconceptions:
                if story := stories.get((id,)):
                    named |= dict.fromkeys(story.agreed - need, story.ids)
            return named
    return {}


def _several(stories: Sequence[_Story], failing: frozenset[str], grounds: Grounds) -> Named:
    """The belief that explains most, then those that explain more, as long as each earns its name and none is contradicted."""
    pool = list(stories)
    while pool:
        chosen = _greedy(pool, failing)
        named = {test: story.ids for story in reversed(chosen) for test in story.agreed}
        contradicted = [story for story in chosen if _contradicts(story, chosen, failing - named.keys(), grounds)]
        if not contradicted:
            return named
        pool = [story for story in pool if story is not contradicted[0]]
    return {}


def _greedy(stories: Sequence[_Story], failing: frozenset[str]) -> list[_Story]:
    chosen: list[_Story] = []
    explained: frozenset[str] = frozenset()
    owned: frozenset[str] = frozenset()
    left = list(stories)
    while left and failing - explained:
        best = min(left, key=lambda story: (-len(story.strong - explained), len(story.own ^ failing)))
        telling = best.strong - explained
        # where two beliefs meet, a third one may fit by chance: only what lies elsewhere speaks for it
        completes = bool(chosen) and bool(telling - owned) and not failing - explained - best.agreed
        if len(telling) < _least(failing) and not completes:
            break
        chosen.append(best)
        explained, owned = explained | best.agreed, owned | best.own
        left.remove(best)
    return chosen


def _contradicts(story: _Story, chosen: Sequence[_Story], unexplained: frozenset[str], grounds: Grounds) -> bool:
    """Whether some unexplained test speaks against a belief.

    Either the belief makes it fail, but otherwise, and no second mistake can have disturbed it; or it asks for the very
    function that the belief concerns, which must then hold another mistake.
    """
    forms = [form for other in chosen for form in other.forms]
    changed = frozenset().union(*(form.changed for form in story.forms))
    for test in unexplained:
        owners = [form for form in forms if test in form.own]
        if test in story.own:
            if not any(one.independent(other) for one, other in combinations(owners, 2)):
                return True
        elif test not in grounds.below and grounds.asked.get(test, frozenset()) & changed:
            return True
    return False


def _plausible(
    variants: Sequence[Variant], failing: frozenset[str], profile: Callable[[Variant], frozenset[str] | None]
) -> list[tuple[Variant, frozenset[str]]]:
    """Return the versions that may explain something, with the tests that they fail.

    Those come first that may explain nearly all, and those that are soon asked since they fail little.
    """
    found = []
    for variant in variants:
        known = profile(variant)
        own = failing if known is None else known
        if own & failing:
            found.append((variant, own))
    return sorted(found, key=lambda entry: (len(entry[1] - failing), min(len(entry[1]), len(entry[1] ^ failing))))


def _plausible_pairs(
    pairs: Sequence[Variant],
    stories: Mapping[tuple[str, ...], _Story],
    failing: frozenset[str],
    profile: Callable[[Variant], frozenset[str] | None],
) -> list[tuple[Variant, frozenset[str]]]:
    """Return pairs of which neither fails what is passed and both may fail the rest, with what they alone must explain."""
    own: dict[str, frozenset[str]] = {}
    found: list[tuple[tuple[int, int, int], Variant, frozenset[str]]] = []
    for pair in pairs:
        for parent in pair.parents:
            if parent not in own:
                known = profile(Variant((), "", (), parent))
                own[parent] = failing if known is None else known
        first, second = (own[parent] for parent in pair.parents)
        if not (first <= failing and second <= failing):
            continue
        told = [story.agreed for id in pair.misconceptions if (story := stories.get((id,)))]
        need = failing.difference(*told)
        if need <= first | second and need & first and need & second:  # otherwise one of the two has no part in it
            found.append(((len(need), len(failing ^ (first | second)), len(found)), pair, need))
    return [(pair, need) for _, pair, need in sorted(found, key=lambda entry: entry[0])[:PAIRS]]


@dataclass
class _Work:
    """Asks wrong versions, each call once, until the budget is used up."""

    oracle: Oracle
    evidence: Mapping[str, Sequence[tuple[Call, bool]]]
    budget: int

    def __post_init__(self) -> None:
        self.verdicts: dict[tuple[str, int], Agreement] = {}

    def explained(self, variant: Variant, tests: Collection[str]) -> tuple[frozenset[str], frozenset[str]]:
        """Return those of the tests that a version explains, and those whose calls it answers alike."""
        found = {test: self._explains(variant, test) for test in sorted(tests)}
        strong = frozenset(test for test, agreed in found.items() if agreed == "strong")
        return strong, frozenset(test for test, agreed in found.items() if agreed != "no")

    def all_explained(self, variant: Variant, tests: Collection[str]) -> bool:
        """Whether a version explains all of the tests, some by a telling call; the first that it does not ends the work."""
        strong = False
        for test in sorted(tests):
            agreed = self._explains(variant, test)
            if agreed == "no":
                return False
            strong = strong or agreed == "strong"
        return strong

    def together(self, forms: Sequence[Variant], tests: Collection[str]) -> frozenset[str]:
        """Return those of the tests that several forms of one belief explain, each what calls of some functions gave."""
        if len(forms) < 2:
            return frozenset()
        found = set()
        for test in sorted(tests):
            calls: dict[str, list[Call]] = {}
            for call, _ in self.evidence[test]:
                calls.setdefault(call.name, []).append(call)
            telling = any(tells for _, tells in self.evidence[test])
            if len(calls) > 1 and telling and all(self._some(forms, of_one) for of_one in calls.values()):
                found.add(test)
        return frozenset(found)

    def _some(self, forms: Sequence[Variant], calls: Sequence[Call]) -> bool:
        return any(all(self._agreement(form, call) == "strong" for call in calls) for form in forms)

    def _explains(self, variant: Variant, test: str) -> Agreement:
        strong = False
        for call, telling in self.evidence[test]:
            agreed = self._agreement(variant, call)
            if agreed == "no":
                return "no"
            strong = strong or (telling and agreed == "strong")
        return "strong" if strong else "weak"

    def _agreement(self, variant: Variant, call: Call) -> Agreement:
        key = self.oracle.reach(variant, call.target), id(call)
        if key not in self.verdicts:
            if len(self.verdicts) >= self.budget:
                return "no"
            answer = self.oracle.variant(variant, call.target, call.arguments, call.after)
            self.verdicts[key] = agreement(answer, call.outcome, call.after)
        return self.verdicts[key]


def _evidence(trace: Sequence[Call], idle: Collection[str]) -> list[tuple[Call, bool]]:
    """Return the calls of a test, the telling ones first: they failed or decided a property, with a result of some thought."""

    def telling(call: Call) -> bool:
        if call.right or call.name in idle:
            return False
        if isinstance(call.outcome, Returned) and not call.after:
            return computed(call.outcome.value, call.arguments)
        return True

    return sorted(((call, telling(call)) for call in trace), key=lambda entry: not entry[1])


def constant_functions(traces: Mapping[str, Sequence[Call]]) -> frozenset[str]:
    """Return the functions that gave one and the same result for all of several inputs, wrongly: nothing is computed yet."""
    seen: dict[str, dict[str, Call]] = {}
    for trace in traces.values():
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
    if isinstance(outcome, Failed):
        return "weak" if (answer.raised, answer.message) == (outcome.kind, outcome.message[:500]) else "no"
    if answer.raised:
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
