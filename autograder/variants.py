"""Wrong versions of a solution, as source text: one mechanism for diagnosis, for tests and for the mutant gate."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from autograder.suite import Edit, Replacement, SuiteError


@dataclass(frozen=True)
class Variant:
    """A whole wrong module and the misconceptions that led there (two for a pair)."""

    misconceptions: tuple[str, ...]
    source: str

    @property
    def key(self) -> str:
        """A short name that differs between any two variants of an exercise."""
        return f"{'+'.join(self.misconceptions)}#{hashlib.sha256(self.source.encode()).hexdigest()[:8]}"

    @cached_property
    def _blocks(self) -> dict[str, str]:
        return blocks(self.source)

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


def single_variants(solution: str, wrong: Iterable[Edit | Replacement]) -> list[Variant]:
    """Return one variant per stated wrong version."""
    return [Variant((item.misconception,), apply(solution, [item])) for item in wrong]


def pair_variants(solution: str, wrong: Iterable[Edit | Replacement]) -> list[Variant]:
    """Return the variants that two different misconceptions give together, where their changes do not collide."""
    pairs = []
    for first, second in combinations(wrong, 2):
        if first.misconception == second.misconception:
            continue
        try:
            source = apply(apply(solution, [first]), [second])
            if source != apply(apply(solution, [second]), [first]):
                continue
        except SuiteError:
            continue
        pairs.append(Variant((first.misconception, second.misconception), source))
    return pairs


def apply(solution: str, changes: Iterable[Edit | Replacement]) -> str:
    """Return the solution's text with the changes made.

    Raises:
        SuiteError: an edit's text is not there exactly once, a replaced function does not exist, or the result is no
            Python.
    """
    source = solution
    for change in changes:
        source = _edited(source, change) if isinstance(change, Edit) else _replaced(source, change)
    try:
        ast.parse(source)
    except SyntaxError as error:
        raise SuiteError(f"{change.misconception}: the wrong version is no Python: {error}") from error
    return source


def _span(source: str, function: str, misconception: str) -> tuple[int, int]:
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            lines = source.splitlines(keepends=True)
            return len("".join(lines[: node.lineno - 1])), len("".join(lines[: node.end_lineno]))
    raise SuiteError(f"{misconception}: the solution has no function {function}")


def _edited(source: str, change: Edit) -> str:
    start, end = (0, len(source)) if change.function is None else _span(source, change.function, change.misconception)
    part = source[start:end]
    if part.count(change.right) != 1:
        where = f"in {change.function}" if change.function else "in the solution"
        raise SuiteError(
            f"{change.misconception}: {change.right!r} occurs {part.count(change.right)} times {where}, not once"
        )
    return source[:start] + part.replace(change.right, change.wrong) + source[end:]


def _replaced(source: str, change: Replacement) -> str:
    start, end = _span(source, change.function, change.misconception)
    return source[:start] + change.source + source[end:]
