"""Runs a notebook's cells for the functions that are graded; this text goes into the worker, next to the submission.

Nothing of it is trusted, and it imports nothing of the kit. What a function needs are the statements that can change a name
that it reads, in the order of the document; they run when the function is first called, one by one. One that fails, waits
or never ends costs only the functions that need it, and a name that it should have given is missed only where it is read.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import dis
import inspect
import itertools
import re
import types
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

FLAGS = (
    __future__.annotations.compiler_flag | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
)  # as IPython has it; annotations cost nothing
BLOCK = re.compile(r"^(?=@|(?:async )?def |class |import |from )", re.MULTILINE)
DEFINED = re.compile(r"^[ \t]*(?:async\s+)?(?:def|class)\s+(\w+)|^(\w+)[ \t]*=(?!=)", re.MULTILINE)
NOT_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)
STATEMENTS = 20_000
AFTER = 1 << 40  # a position behind every statement
CELL = "# [cell "  # begins the line before each cell
AT_ONCE = {
    "<listcomp>",
    "<setcomp>",
    "<dictcomp>",
    "<genexpr>",
}  # run where they stand, though the compiler makes functions
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


def unfold(module: dict[str, Any], document: str, wanted: Collection[str]) -> None:
    """Put the wanted functions of a notebook into a module, each ready to run what it needs.

    Args:
        module: the module's names; `__file__` is the name under which lines are known.
        document: the cells, each after a line `# [cell N]`; its first line is the module's first.
        wanted: names of the functions.
    """
    statements = list(_statements(document, str(module.get("__file__", "")), wanted))
    if len(statements) > STATEMENTS:
        raise ValueError(f"the notebook has more than {STATEMENTS:,} statements")
    notebook = _Notebook(statements, wanted)
    for name in wanted:
        if name in notebook.changing:
            module[name] = notebook.entrance(name)


class _Notebook:
    """The names of a notebook, and which statements have run."""

    def __init__(self, statements: list[Statement], wanted: Collection[str]) -> None:
        self.statements = statements
        self.space: dict[str, Any] = {"__name__": "__main__", "display": _nothing, "get_ipython": _nothing}
        self.changing: dict[str, list[int]] = defaultdict(list)
        self.done: set[int] = set()
        self.failed: dict[str, tuple[BaseException, types.TracebackType | None]] = {}
        self.stars = [i for i, s in enumerate(statements) if s.star]
        self.functions = {s.function for s in statements if s.function} | set(wanted)
        modules = {name for s in statements if s.module for name in s.binds}
        written = {s.function for s in statements if s.function and not s.unwritten}
        touched = _touched(statements)
        for index, statement in enumerate(statements):
            if statement.unwritten and statement.function in written:
                continue  # a stub never replaces something written
            for name in (statement.calls - set(wanted)) & touched.keys():
                statement.alters |= touched[name]
            for name in statement.binds | (statement.alters - modules):
                self.changing[name].append(index)
        self.needed = {name: self._needed_by(name) for name in wanted if name in self.changing}
        if (
            self._reused()
        ):  # what one function needs would run too late for another: run all in the order of the document
            everything = sorted(set().union(*self.needed.values()))
            self.needed = dict.fromkeys(self.needed, everything)

    def _reused(self) -> bool:
        """Whether a name is given another meaning after something that is needed has read it."""
        chosen = set().union(*self.needed.values())
        bound = {n: i for i in sorted(chosen) if not self.statements[i].module for n in self.statements[i].binds}
        return any(bound.get(name, -1) > index for index in chosen for name in self.statements[index].reads)

    def _needed_by(self, wanted: str) -> list[int]:
        """Return the statements that a function needs, in order."""
        chosen: set[int] = set()
        seen: dict[str, int] = {}  # name -> the position before which its changes are in already
        todo = [(wanted, AFTER)]
        while todo:
            name, before = todo.pop()
            if seen.get(name, -1) >= before:
                continue
            seen[name] = before
            for index in self.changing.get(name, () if name in self.space else self.stars):
                if index >= before or index in chosen:
                    continue
                chosen.add(index)
                statement = self.statements[index]
                todo += [(read, index) for read in statement.reads | statement.alters]
                todo += [(read, AFTER) for read in statement.later]
        return sorted(chosen)

    def entrance(self, name: str) -> Callable[..., Any]:
        """Return what stands for a function: its first call runs what the function needs."""

        def call(*args: Any, **kwargs: Any) -> Any:
            for index in self.needed[name]:
                if index not in self.done:
                    self.done.add(index)
                    self._run(self.statements[index])
            if name not in self.space:
                self._raise(name)
            try:
                return self.space[name](*args, **kwargs)
            except UnboundLocalError:
                raise
            except NameError as error:
                self._raise(getattr(error, "name", None), error)

        return call

    def _run(self, statement: Statement) -> None:
        held = {name: self.space[name] for name in statement.binds & self.functions & self.space.keys()}
        space = dict(self.space) if statement.star else self.space
        try:
            statement.run(space)
        except BaseException as error:
            for name in statement.binds:
                self.failed[name] = error, error.__traceback__
            if statement.star:
                self.failed["*"] = error, error.__traceback__
        else:
            for name in statement.binds:
                self.failed.pop(name, None)
        if statement.star:  # never over what the notebook itself defines
            new = {k: v for k, v in space.items() if k in statement.binds or k not in self.changing}
            self.space.update(new)
        for name, value in held.items():  # `loss = loss(Y, T)` in a cell for trying things out
            if not callable(self.space.get(name)):
                self.space[name] = value

    def _raise(self, name: str | None, error: BaseException | None = None) -> None:
        """Raise what kept a name from being defined."""
        if name in self.failed:
            cause, traceback = self.failed[name]
            raise cause.with_traceback(traceback) from None
        if error is not None:
            if "*" in self.failed and name not in self.space:
                star = self.failed["*"][0]
                error.args = (f"{error} (and a star import failed: {type(star).__name__}: {star})",)
            raise error
        raise NameError(f"name {name!r} is not defined", name=name)


def _touched(statements: Iterable[Statement]) -> dict[str, set[str]]:
    """Return which globals a call of each function of the notebook changes, itself or by functions that it calls."""
    functions: dict[str, list[Statement]] = defaultdict(list)
    for statement in statements:
        if statement.function:
            functions[statement.function].append(statement)
    touched = {name: set().union(*(s.touches for s in group)) for name, group in functions.items()}
    for _ in range(8):  # calls of calls; deeper set-up is not to be expected
        before = sum(map(len, touched.values()))
        for name, group in functions.items():
            for other in set().union(*(s.later for s in group)) & touched.keys():
                touched[name] |= touched[other]
        if sum(map(len, touched.values())) == before:
            break
    return {name: names for name, names in touched.items() if names}


def _nothing(*args: Any, **kwargs: Any) -> None:
    """Stands for what only IPython has."""


def _statements(document: str, filename: str, wanted: Collection[str]) -> Iterator[Statement]:
    """Yield the statements of all cells; what is no Python becomes statements that raise SyntaxError."""
    for line, text in _cells(document):
        try:
            tree = _parse(text, filename)
        except NOT_PYTHON:
            yield from _salvaged(text, line, filename, wanted)
        else:
            yield from _of_tree(tree, text, line, filename, wanted)


def _cells(document: str) -> Iterator[tuple[int, str]]:
    """Yield each cell's text, and the number of lines before it."""
    lines = document.split("\n")
    starts = [i for i, line in enumerate(lines) if line.startswith(CELL)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield start + 1, "\n".join(lines[start + 1 : end])


def _parse(text: str, filename: str) -> ast.Module:
    tree = compile(text, filename, "exec", FLAGS | ast.PyCF_ONLY_AST, dont_inherit=True)
    assert isinstance(tree, ast.Module)
    return tree


def _of_tree(tree: ast.Module, text: str, line: int, filename: str, wanted: Collection[str]) -> Iterator[Statement]:
    lines = text.split("\n")
    ast.increment_lineno(tree, line)
    for node in tree.body:
        try:
            yield _described(node, _compiled(node, lines, line, filename), wanted)
        except NOT_PYTHON as error:
            above = 0 if isinstance(error, SyntaxError) else node.lineno - 1
            yield _broken(_name(node), error, above, filename)


def _compiled(node: ast.stmt, lines: list[str], before: int, filename: str) -> types.CodeType:
    """Compile a statement of a cell that has `before` lines above it."""
    try:
        code: types.CodeType = compile(ast.Module([node], []), filename, "exec", FLAGS, dont_inherit=True)
    except RecursionError:  # text may be nested more deeply than a tree
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        own = lines[first - before - 1 : (node.end_lineno or first) - before]
        code = compile("\n" * (first - 1) + "\n".join(own), filename, "exec", FLAGS, dont_inherit=True)
    return code


def _described(node: ast.stmt, code: types.CodeType, wanted: Collection[str]) -> Statement:
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


def _changed(node: ast.stmt, function: bool, wanted: Collection[str]) -> Iterator[str]:
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


def _salvaged(text: str, line: int, filename: str, wanted: Collection[str]) -> Iterator[Statement]:
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
