"""What each statement of a notebook does to its names: binds them, reads them, changes what they mean.

A notebook is handed over as a text that any editor could show: a first line `# [notebook of f, g]` with the functions that are
graded, then the code cells, each after a line `# [cell N]`. Line numbers are those of this text. Which names a function reads
as globals the compiler says.
"""

from __future__ import annotations

import __future__  # isort: skip
import ast
import builtins
import dis
import inspect
import itertools
import re
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

NOTEBOOK, CELL, CLOSE = "# [notebook of ", "# [cell ", "]"
FLAGS = (
    __future__.annotations.compiler_flag | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
)  # annotations cost nothing; `await` is legal
BLOCK = re.compile(r"^(?=@|(?:async )?def |class |import |from )", re.MULTILINE)
DEFINED = re.compile(r"^[ \t]*(?:async\s+)?(?:def|class)\s+(\w+)|^(\w+)[ \t]*=(?!=)", re.MULTILINE)
NOT_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)
# comprehensions run where they stand, though the compiler makes functions of them
AT_ONCE = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}
BUILTINS = frozenset(dir(builtins)) | {"display"}


@dataclass
class Statement:
    """A top-level statement: what it does to the notebook's names."""

    run: Callable[[dict[str, Any]], None]
    binds: set[str] = field(default_factory=set)
    alters: set[str] = field(default_factory=set)  # changes what they mean: `table[0] = 1`, `table.update(...)`
    reads: set[str] = field(default_factory=set)  # while it runs
    later: set[str] = field(default_factory=set)  # when a function that it defines is called
    touches: set[str] = field(default_factory=set)  # globals that such a call changes
    calls: set[str] = field(default_factory=set)  # by name
    function: str = ""  # the name, where it is a `def`
    module: bool = False  # an import: using a module does not change it
    star: bool = False
    unwritten: bool = False


def is_notebook(text: str) -> bool:
    """Tell a notebook's text from a module's."""
    return text.startswith(NOTEBOOK)


def cells(notebook: str) -> Iterator[tuple[int, str]]:
    """Yield the number of lines before each cell's text, and the text."""
    lines = notebook.split("\n")
    starts = [i for i, line in enumerate(lines) if line.startswith(CELL)]
    for start, end in itertools.pairwise([*starts, len(lines)]):
        yield start + 1, "\n".join(lines[start + 1 : end])


def statements(notebook: str, filename: str, wanted: Sequence[str]) -> Iterator[Statement]:
    """Yield the statements of all cells; what is no Python becomes statements that raise SyntaxError."""
    for line, text in cells(notebook):
        try:
            tree = _parse(text, filename)
        except NOT_PYTHON:
            yield from _salvaged(text, line, filename, wanted)
        else:
            yield from _of_tree(tree, text, line, filename, wanted)


def _parse(text: str, filename: str) -> ast.Module:
    tree = compile(text, filename, "exec", FLAGS | ast.PyCF_ONLY_AST, dont_inherit=True)
    assert isinstance(tree, ast.Module)
    return tree


def _of_tree(tree: ast.Module, text: str, line: int, filename: str, wanted: Sequence[str]) -> Iterator[Statement]:
    lines = text.split("\n")
    ast.increment_lineno(tree, line)
    for node in itertools.chain.from_iterable(map(_apart, tree.body)):
        try:
            yield _described(node, _compiled(node, lines, line, filename), wanted)
        except NOT_PYTHON as error:
            above = 0 if isinstance(error, SyntaxError) else node.lineno - 1
            yield _broken(_name(node), error, above, filename)


def _apart(node: ast.stmt) -> list[ast.stmt]:
    """Take `import a, b` apart: the one that cannot be had is not to cost the other."""
    if not isinstance(node, ast.Import):
        return [node]
    return [ast.copy_location(ast.Import([name]), node) for name in node.names]


def _compiled(node: ast.stmt, lines: list[str], before: int, filename: str) -> types.CodeType:
    """Compile a statement of a cell that has `before` lines above it."""
    try:
        code: types.CodeType = compile(ast.Module([node], []), filename, "exec", FLAGS, dont_inherit=True)
    except RecursionError:  # text may be nested more deeply than a tree
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        own = lines[first - before - 1 : (node.end_lineno or first) - before]
        code = compile("\n" * (first - 1) + "\n".join(own), filename, "exec", FLAGS, dont_inherit=True)
    return code


def _described(node: ast.stmt, code: types.CodeType, wanted: Sequence[str]) -> Statement:
    statement = Statement(lambda space: _execute(code, space))
    function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    loads: set[str] = set()
    pending = [(code, False)]
    while pending:
        part, deferred = pending.pop()
        bound: set[str] = set()
        for step in dis.get_instructions(part):
            name, how = step.argval, step.opname
            if how in ("STORE_NAME", "DELETE_NAME"):
                bound.add(name)  # in a class's body it stays there
                if part is code:
                    statement.binds.add(name)
            elif how in ("STORE_GLOBAL", "DELETE_GLOBAL"):
                (statement.touches if deferred else statement.binds).add(name)
                loads.add(name)
                (statement.later if deferred else statement.reads).add(name)
            elif how.startswith(("LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS")) and name not in bound:
                (statement.later if deferred else statement.reads).add(name)
                loads.add(name)
            elif how == "IMPORT_STAR" or (how == "CALL_INTRINSIC_1" and "STAR" in step.argrepr):
                statement.star = True
        inner = [constant for constant in part.co_consts if isinstance(constant, types.CodeType)]
        pending += [(child, deferred or _is_function(child)) for child in inner]
    statement.module = isinstance(node, ast.Import | ast.ImportFrom)
    statement.function = _name(node) if function else ""
    statement.unwritten = function and _unwritten(node)
    changed = set(_changed(node, function, wanted))
    if function:
        statement.touches |= changed & statement.later
    else:
        statement.alters |= (changed & loads) - statement.binds
        statement.calls |= {
            part.func.id for part in ast.walk(node) if isinstance(part, ast.Call) and isinstance(part.func, ast.Name)
        }
        if statement.calls & set(wanted) & statement.binds:
            statement.binds -= set(wanted)  # `loss = loss(Y, T)`: a use, no definition
    return statement


def _is_function(code: types.CodeType) -> bool:
    """Tell a function's code, which runs when it is called, from a class's or a comprehension's, which runs at once."""
    return bool(code.co_flags & inspect.CO_NEWLOCALS) and code.co_name not in AT_ONCE


def _changed(node: ast.stmt, function: bool, wanted: Sequence[str]) -> Iterator[str]:
    """Yield the names whose object a statement changes by an item, an attribute, a method, or a call that is given it."""
    pending: list[ast.AST] = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
            call = part.value
            if isinstance(call.func, ast.Attribute):
                yield from _root(call.func.value)
            if not (isinstance(call.func, ast.Name) and (call.func.id in BUILTINS or call.func.id in wanted)):
                for argument in call.args:
                    yield from _root(argument)
        elif isinstance(part, ast.Subscript | ast.Attribute) and not isinstance(part.ctx, ast.Load):
            yield from _root(part)
        if function or not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(part))


def _root(node: ast.expr) -> Iterator[str]:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


def _execute(code: types.CodeType, space: dict[str, Any]) -> None:
    if not code.co_flags & inspect.CO_COROUTINE:  # which an `await` at top level makes it
        exec(code, space)
        return
    waiting = eval(code, space)
    try:
        for _ in range(1000):
            waiting.send(None)
    except StopIteration:
        return
    raise RuntimeError("a cell that awaits something did not come to its end")


def _salvaged(text: str, line: int, filename: str, wanted: Sequence[str]) -> Iterator[Statement]:
    """Yield what a cell that is no Python defines: functions that are whole stay so, the others raise what is wrong."""
    starts = [match.start() for match in BLOCK.finditer(text)]
    starts = [
        at for at in starts if not text[:at].rstrip().rpartition("\n")[2].startswith("@")
    ]  # a decorator's function
    for start, end in itertools.pairwise(sorted({0, *starts, len(text)})):
        piece, before = text[start:end], line + text.count("\n", 0, start)
        try:
            tree = _parse(piece, filename)
        except NOT_PYTHON as error:
            for name in {first or second: None for first, second in DEFINED.findall(piece)}:
                yield _broken(name, error, before, filename)
        else:
            yield from _of_tree(tree, piece, before, filename, wanted)


def _broken(name: str, error: BaseException, before: int, filename: str) -> Statement:
    """Return a statement that raises why a name's definition is no Python; `before` is the number of lines above."""
    said = error.msg if isinstance(error, SyntaxError) and error.msg else str(error) or type(error).__name__
    line = before + ((error.lineno if isinstance(error, SyntaxError) else None) or 1)

    def run(space: dict[str, Any]) -> None:
        raise SyntaxError(said, (filename, line, None, None))

    return Statement(run, binds={name} if name else set(), function=name)


def _name(node: ast.stmt) -> str:
    return str(getattr(node, "name", ""))


def _unwritten(node: ast.stmt) -> bool:
    """Whether a function does nothing but raise NotImplementedError, or nothing at all."""
    body = [s for s in getattr(node, "body", []) if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    body = [s for s in body if not isinstance(s, ast.Pass)]
    if len(body) != 1 or not isinstance(body[0], ast.Raise) or body[0].exc is None:
        return not body
    error = body[0].exc.func if isinstance(body[0].exc, ast.Call) else body[0].exc
    return isinstance(error, ast.Name) and error.id == "NotImplementedError"
