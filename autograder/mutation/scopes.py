"""Where a solution can be changed: its functions, nested ones and module constants, their blocks and expressions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

LEFT_ALONE = {"annotation", "returns", "decorator_list", "type_comment", "msg"}  # nothing that computes
Owner = ast.FunctionDef | ast.Module


@dataclass(frozen=True)
class Scope:
    """A function, or what stands at the module's margin."""

    label: str
    part: int  # the number of the module's statement that it lies in
    owner: ast.AST
    names: tuple[str, ...] = ()  # its parameters and variables, in the order in which they first appear
    keys: tuple[str, ...] = ()  # the texts that it indexes with, as in params["Wx"]


@dataclass(frozen=True)
class Slot:
    """One place of the tree that holds an expression."""

    parent: ast.AST
    field: str
    index: int | None

    def get(self) -> ast.AST:
        """Return what stands there."""
        held = getattr(self.parent, self.field)
        node: ast.AST = held if self.index is None else held[self.index]
        return node

    def put(self, node: ast.AST) -> None:
        """Put something else there."""
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def scopes(tree: ast.Module) -> Iterator[Scope]:
    """Yield the module's constants, each function, and the functions inside functions."""
    for part, node in enumerate(tree.body):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            yield Scope("module", part, ast.Module([node], []))
        elif isinstance(node, ast.FunctionDef):
            yield Scope("module", part, ast.Module([_head(node)], []))
            yield from _functions(node, node.name, part)


def _head(function: ast.FunctionDef) -> ast.FunctionDef:
    """Return a function without its body that shares its parameters: so that a default is changed where it stands."""
    return ast.FunctionDef(function.name, function.args, [ast.Pass()], [], None, lineno=0)


def _functions(function: ast.FunctionDef, label: str, part: int) -> Iterator[Scope]:
    yield Scope(label, part, function, variables(function), keys(function))
    for node in ast.walk(function):
        if isinstance(node, ast.FunctionDef) and node is not function:
            yield Scope(f"{label}.{node.name}", part, node, variables(node), keys(node))


def variables(function: ast.FunctionDef) -> tuple[str, ...]:
    """Return a function's parameters and then its variables by line of their first assignment."""
    arguments = function.args
    parameters = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    stored = [n for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    stored.sort(key=lambda name: (name.lineno, name.col_offset))
    return tuple(dict.fromkeys([*parameters, *(name.id for name in stored)]))


def keys(function: ast.FunctionDef) -> tuple[str, ...]:
    """Return the texts that a function reads or writes entries by, in the order in which they first appear."""
    found = [n.slice for n in ast.walk(function) if isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Constant)]
    found.sort(key=lambda key: (key.lineno, key.col_offset))
    return tuple(dict.fromkeys(key.value for key in found if isinstance(key.value, str)))


def blocks(owner: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yield the lists of statements of a scope, outer before inner; those of nested functions are scopes of their own."""
    for field in ("body", "orelse", "finalbody"):
        block: Any = getattr(owner, field, None)
        if not isinstance(block, list) or not block:
            continue
        yield block
        for statement in list(block):
            if not isinstance(statement, ast.FunctionDef):
                yield from blocks(statement)
    for handler in getattr(owner, "handlers", []):
        yield from blocks(handler)


def slots(statement: ast.stmt) -> Iterator[Slot]:
    """Yield the places of a statement's expressions; those of the statements inside it are not its own."""
    todo: list[ast.AST] = [statement]
    while todo:
        parent = todo.pop(0)
        for field, value in ast.iter_fields(parent):
            if field in LEFT_ALONE:
                continue
            for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(child, ast.stmt | ast.JoinedStr | ast.ExceptHandler) or not isinstance(child, ast.AST):
                    continue
                if isinstance(child, ast.expr | ast.slice):
                    yield Slot(parent, field, index)
                todo.append(child)
