"""Wrong versions of a solution, as source text: one mechanism for diagnosis, for tests and for the mutant gate."""

from __future__ import annotations

import ast
import hashlib
import io
import re
import tokenize
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

from autograder.suite import Edit, Replacement, SuiteError


@dataclass(frozen=True)
class Variant:
    """A whole wrong module and the misconceptions that led there (two for a pair)."""

    misconceptions: tuple[str, ...]
    source: str
    parents: tuple[str, ...] = ()  # of a pair: the keys of the two single ones
    name: str = ""  # its key where the source is not at hand: in a student's bundle
    functions: tuple[str, ...] = ()  # there, too: those in which it differs from the solution

    @cached_property
    def key(self) -> str:
        """A short name that differs between any two variants of an exercise."""
        return self.name or f"{'+'.join(self.misconceptions)}#{hashlib.sha256(self.source.encode()).hexdigest()[:8]}"

    @cached_property
    def _blocks(self) -> dict[str, str]:
        return blocks(self.source)

    def changed(self, solution: Mapping[str, str]) -> frozenset[str]:
        """Return the functions in which it differs from the solution, given by `blocks`; empty where that is not known."""
        if not self.source or not solution:
            return frozenset(self.functions)
        names = solution.keys() | self._blocks.keys()
        return frozenset(name for name in names if solution.get(name) != self._blocks.get(name))

    def reach(self, function: str) -> str:
        """Return a hash of all code that a call of `function` can run: where it is equal, so are the results."""
        text = "".join(self._blocks[name] for name in self.functions_behind(function))
        return hashlib.sha256((self._blocks[""] + text).encode()).hexdigest()[:16]

    def functions_behind(self, function: str) -> list[str]:
        """Return `function` and all functions that it calls, directly or through others."""
        return reachable(self._blocks, function)


BLOCK = re.compile(r"^(?=[^\W\d]|@)", re.MULTILINE)  # code that begins at the margin
DEFINITION = re.compile(r"def (\w+)")


def blocks(source: str) -> dict[str, str]:
    """Return the text of each top-level function by name, and under "" everything else."""
    found = {"": ""}
    for block in BLOCK.split(source):
        match = DEFINITION.match(block)
        name = match.group(1) if match else ""
        found[name] = found.get(name, "") + block
    return found


def reachable(functions: dict[str, str], start: str) -> list[str]:
    """Return, sorted, the functions that `start` calls or names, directly or through others, and itself."""
    todo, seen = [start], set()
    while todo:
        name = todo.pop()
        if name in seen or name not in functions:
            continue
        seen.add(name)
        todo += re.findall(r"\w+", functions[name])
    return sorted(seen)


def code(source: str) -> str:
    """Return a module's text without its comments: what edits refer to, so that rewording a comment breaks none."""
    lines = source.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip() + "\n"
    return "".join(lines)


def single_variants(solution: str, wrong: Iterable[Edit | Replacement]) -> list[Variant]:
    """Return one variant per stated wrong version."""
    solution = code(solution)
    return [Variant((item.misconception,), apply(solution, item)) for item in wrong]


def pair_variants(solution: str, wrong: Iterable[Edit | Replacement]) -> list[Variant]:
    """Return the variants that two different misconceptions give together, where their changes do not overlap."""
    solution = code(solution)
    changes = [(item.misconception, _span(solution, item)) for item in wrong]
    keys = [Variant((name,), _spliced(solution, span)).key for name, span in changes]
    pairs = []
    for (first, one, key), (second, other, other_key) in combinations(
        [(name, span, key) for (name, span), key in zip(changes, keys, strict=True)], 2
    ):
        if first == second or (one.start < other.end and other.start < one.end):
            continue
        early, late = sorted((one, other), key=lambda span: span.start)
        source = _spliced(_spliced(solution, late), early)
        pairs.append(Variant((first, second), source, (key, other_key)))
    return pairs


def to_record(variants: Iterable[Variant], solution: str) -> list[list[Any]]:
    """Return variants as plain data, without their source."""
    right = blocks(code(solution))
    return [[v.key, list(v.misconceptions), list(v.parents), sorted(v.changed(right))] for v in variants]


def from_record(data: Iterable[Sequence[Any]]) -> list[Variant]:
    """Rebuild what `to_record` gave: variants that only recorded answers can speak for."""
    return [Variant(tuple(ids), "", tuple(parents), key, tuple(names)) for key, ids, parents, names in data]


def apply(solution: str, change: Edit | Replacement) -> str:
    """Return the solution's text with the change made.

    Raises:
        SuiteError: an edit's text is not there exactly once, a replaced function does not exist, or the result is no
            Python.
    """
    solution = code(solution)
    source = _spliced(solution, _span(solution, change))
    try:
        ast.parse(source)
    except SyntaxError as error:
        raise SuiteError(f"{change.misconception}: the wrong version is no Python: {error}") from error
    return source


@dataclass(frozen=True)
class _Span:
    """A part of the solution's text and what takes its place."""

    start: int
    end: int
    text: str


def _spliced(source: str, span: _Span) -> str:
    return source[: span.start] + span.text + source[span.end :]


def _span(source: str, change: Edit | Replacement) -> _Span:
    start, end = 0, len(source)
    if change.function is not None:
        start, end = _function(source, change.function, change.misconception)
    if isinstance(change, Replacement):
        return _Span(start, end, change.source)
    if source.count(change.right, start, end) != 1:
        where = f"in {change.function}" if change.function else "in the solution"
        times = source.count(change.right, start, end)
        raise SuiteError(f"{change.misconception}: {change.right!r} occurs {times} times {where}, not once")
    at = source.index(change.right, start, end)
    return _Span(at, at + len(change.right), change.wrong)


def _function(source: str, function: str, misconception: str) -> tuple[int, int]:
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            lines = source.splitlines(keepends=True)
            return len("".join(lines[: node.lineno - 1])), len("".join(lines[: node.end_lineno]))
    raise SuiteError(f"{misconception}: the solution has no function {function}")
