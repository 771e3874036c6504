"""Every small change of a solution: a suite that lets one pass has a hole, unless the change makes no difference.

    for mutant in mutants(source):
        mutant.key      "function: statement before -> statement after", the same as long as these lines stay as they are
        mutant.source   the whole module with the change made

The operators are in `expressions` (inside one statement), `statements` (whole statements and loops) and `state` (something
kept between two calls). A mutant that computes the same as the solution is argued in the exercise's `equivalent.yaml`.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.mutation import expressions, statements
from autograder.mutation.scopes import Scope, blocks, scopes, slots
from autograder.mutation.state import remembering


@dataclass(frozen=True)
class Mutant:
    """One changed solution."""

    key: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every version of `source` that differs in one place, none twice; docstrings and error texts are left alone."""
    tree = ast.parse(source)
    seen = {"\n".join(map(ast.unparse, tree.body))}
    keys: Counter[str] = Counter()
    for key, changed in _changed(tree):
        if changed in seen:
            continue
        seen.add(changed)
        keys[key] += 1
        yield Mutant(key if keys[key] == 1 else f"{key} ({keys[key]})", changed)


def _changed(tree: ast.Module) -> Iterator[tuple[str, str]]:
    texts = [ast.unparse(node) for node in tree.body]  # only the part that changes is written anew
    for scope in scopes(tree):
        before, after = texts[: scope.part], texts[scope.part + 1 :]
        for key in _changes(scope):  # while the generator waits, the tree is as the key says
            yield f"{scope.label}: {key}", "\n".join([*before, ast.unparse(tree.body[scope.part]), *after])
    for function in tree.body:
        if isinstance(function, ast.FunctionDef):
            for key, wrapper in remembering(function):
                yield f"{function.name}: {key}", "\n".join([*texts, wrapper])


def _changes(scope: Scope) -> Iterator[str]:
    """Make each change of a scope in place, yield its name, and take it back."""
    for block in blocks(scope.owner):
        for index, statement in enumerate(list(block)):
            if statements.untouched(statement):
                continue
            line = first_line(statement)
            for changed in statements.changes(statement):
                block[index : index + 1] = changed
                yield f"{line} -> {'; '.join(map(first_line, changed))}"
                block[index : index + len(changed)] = [statement]
            for slot in slots(statement):
                right = slot.get()
                for wrong in expressions.changes(right, scope):
                    slot.put(wrong)
                    yield f"{line} -> {first_line(statement)}"
                    slot.put(right)
        for index in statements.swappable(block):
            one, other = block[index], block[index + 1]
            block[index : index + 2] = [other, one]
            yield f"{first_line(one)}; {first_line(other)} -> {first_line(other)}; {first_line(one)}"
            block[index : index + 2] = [one, other]


def first_line(statement: ast.stmt) -> str:
    """Return a statement as one line: of a loop or a branch its head."""
    return ast.unparse(statement).splitlines()[0].strip()
