"""Changes of whole statements: left out, exchanged with the next, loops in another order or cut short."""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Iterator, Sequence

from autograder.mutation.expressions import BINARY, iterations

COMPOUND = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.FunctionDef)
IN_PLACE = (ast.Return, ast.Break, ast.Continue, ast.FunctionDef)  # what stands where it must


def untouched(statement: ast.stmt) -> bool:
    """Whether a statement computes nothing: docstrings, imports, and what raises an error."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return True
    return isinstance(statement, ast.Raise | ast.Import | ast.ImportFrom | ast.Pass)


def changes(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """Yield what may stand in a statement's place."""
    if isinstance(statement, ast.Return):
        yield [ast.Return(ast.Constant(None))]
    elif not isinstance(statement, COMPOUND):
        yield [ast.Pass()]
    if isinstance(statement, ast.AugAssign):
        for operator in BINARY.get(type(statement.op), []):
            changed = copy.copy(statement)
            changed.op = operator()
            yield [changed]
        yield [ast.Assign([statement.target], statement.value, lineno=0)]
    elif isinstance(statement, ast.If):
        for truth in (True, False):
            always = copy.copy(statement)
            always.test = ast.Constant(truth)
            yield [always]
    elif isinstance(statement, ast.For):
        in_order = bool(_written(ast.Expr(statement.target)) & set().union(*map(_used, statement.body)))
        for iterated in iterations(statement.iter, in_order):
            loop = copy.copy(statement)
            loop.iter = iterated
            yield [loop]
    if isinstance(statement, ast.For | ast.While):
        yield [*_once(statement)]


def _once(loop: ast.For | ast.While) -> list[ast.stmt]:
    """One pass, then out: as with a `return` or `break` that is indented too far."""
    short = copy.copy(loop)
    short.body = [*loop.body, ast.Break()]
    return [short]


def swappable(block: Sequence[ast.stmt]) -> list[int]:
    """Return where a statement and the next may be exchanged with an effect: one uses or writes what the other writes."""
    found = []
    for index, (one, other) in enumerate(itertools.pairwise(block)):
        if any(untouched(each) or isinstance(each, IN_PLACE) for each in (one, other)):
            continue
        if _written(one) & (_used(other) | _written(other)) or _written(other) & _used(one):
            found.append(index)
    return found


def _written(statement: ast.stmt) -> set[str]:
    """Names that a statement binds or may change in place."""
    found = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for node in ast.walk(statement):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            found |= {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):  # called for its effect: rows.append(row)
            found |= _used(node)
    return found


def _used(statement: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
