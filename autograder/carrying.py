"""Marks carried forward: a slip in one function costs that function's points, not those of all that build on it.

Where tests fail of a function that builds on others (`builds on` on the exercise's card), and tests of one of those fail too, the
first ones are run once more with right versions of all that the function builds on; what passes then counts. Nothing is gained
for a function that was replaced: no test that asks for it itself is run so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from autograder.catalogue import Exercise
from autograder.diagnosis import Grounds
from autograder.records import Record
from autograder.suite import Suite
from autograder.trace import Call, functions_of
from autograder.variants import blocks, code


class Bench(Protocol):
    """What is needed of the grader's bench."""

    exercise: Exercise
    recorded_only: bool

    @property
    def suite(self) -> Suite: ...

    @property
    def solution(self) -> str: ...


def carried(
    bench: Bench,
    records: Sequence[Record],
    traces: Mapping[str, Sequence[Call]],
    again: Callable[[Sequence[str], Sequence[str]], Mapping[str, Record]],
) -> list[Record]:
    """Return the records, those replaced that hold with right versions of what their function builds on.

    Args:
        traces: the judged calls of each test.
        again: runs the named tests with right versions of the named functions.
    """
    if not bench.exercise.builds_on:
        return list(records)
    asked = {test: _asked(trace, bench.exercise.functions) for test, trace in traces.items()}
    failing = {record.test for record in records if record.status != "pass"}
    broken = {function for test in failing for function in asked.get(test, ())}
    groups: dict[tuple[str, ...], list[str]] = {}
    blamed: dict[str, tuple[str, ...]] = {}
    for record in records:
        if record.status in ("pass", "not-run") or record.unfinished or record.test not in asked:
            continue
        own = asked[record.test]
        under = sorted(below(own, bench.exercise.builds_on) - own)
        if wrong := tuple(function for function in under if function in broken):
            groups.setdefault(tuple(under), []).append(record.test)
            blamed[record.test] = wrong
    found = [again(tests, under) for under, tests in groups.items()]
    held = {test for records in found for test, record in records.items() if record.status == "pass"}
    at_fault = {function for test in failing - held for function in asked.get(test, ())}
    return [
        replace(r, status="pass", earned=r.points, carried=_named(blamed[r.test], at_fault)) if r.test in held else r
        for r in records
    ]


def _named(functions: Sequence[str], at_fault: Collection[str]) -> tuple[str, ...]:
    """Return those of some functions that are still wrong when others are put right; all where none is."""
    return tuple(function for function in functions if function in at_fault) or tuple(functions)


def helped(bench: Bench, traces: Mapping[str, Sequence[Call]]) -> dict[tuple[str, ...], list[str]]:
    """Return the tests that could be run with right versions of other functions, by these functions."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for test, trace in traces.items():
        own = _asked(trace, bench.exercise.functions)
        if under := tuple(sorted(below(own, bench.exercise.builds_on) - own)):
            groups.setdefault(under, []).append(test)
    return groups


def grounds(bench: Bench, records: Sequence[Record], traces: Mapping[str, Sequence[Call]]) -> Grounds:
    """Return what the failed tests can be blamed on, after `carried`: those that hold with right helpers, on these."""
    asked = {test: _asked(trace, bench.exercise.functions) for test, trace in traces.items()}
    blamed = {
        record.test: below(asked[record.test], bench.exercise.builds_on) - asked[record.test]
        for record in records
        if record.carried
    }
    solution = {} if bench.recorded_only else blocks(code(bench.solution))
    return Grounds(solution, asked, blamed)


def _asked(trace: Sequence[Call], known: Sequence[str]) -> frozenset[str]:
    """Return the functions that a test asks for itself."""
    return frozenset(function for call in trace for function in functions_of(call.target, known))


def below(functions: Iterable[str], builds_on: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Return all functions that some build on, directly or through others."""
    todo, seen = list(functions), set()
    while todo:
        for other in builds_on.get(todo.pop(), ()):
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return frozenset(seen)
