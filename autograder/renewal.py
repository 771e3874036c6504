"""Takes a new version of the assignment into a learner's file: docstrings and new functions; what the learner wrote stays.

Functions are matched by name, whatever their order. Only docstrings are exchanged, and what is missing is added; that every other
statement is as it was is checked on the result, so that a slip here can never cost anybody their work.
"""

from __future__ import annotations

import ast
import re
import symtable
from dataclasses import dataclass
from functools import cached_property

from autograder.errors import KitError

Function = ast.FunctionDef | ast.AsyncFunctionDef
FIRST_LINES = re.compile(r"(#!.*\n)?([ \t\f]*#.*coding[:=].*\n)?")  # a docstring may not push these down


class NotRenewed(KitError):
    """A file cannot be brought up to date and stays as it is; the text says why and what to do."""

    exit_code = 1


@dataclass(frozen=True)
class Renewed:
    """A learner's text with the assignment as it is now."""

    text: str
    changes: tuple[str, ...] = ()  # what was taken over, in words
    notes: tuple[str, ...] = ()  # what only the learner can change


def renew(mine: str, stub: str) -> Renewed:
    """Return a learner's text with the stub's docstrings, and with its functions, imports and constants that it lacks.

    Args:
        mine: the learner's text, with "\\n" at the end of each line.
        stub: the exercise as it is handed out now.

    Raises:
        NotRenewed: `mine` is not Python.
    """
    old, new = _Module(mine), _Module(stub)
    edits: list[tuple[int, int, str]] = []
    changes: list[str] = []
    notes: list[str] = []

    heading = new.docstring(new.tree)
    if heading and (edit := old.with_docstring(old.tree, heading)):
        edits.append(edit)
        changes.append("the text of the assignment")
    given = [node for node in new.tree.body if not isinstance(node, Function) and _names(node) - old.names]
    if given:
        place = old.after_imports()
        text = "".join(new.source(node) + "\n" for node in given)
        edits.append((place, place, text if mine[:place].endswith("\n") or not place else "\n" + text.rstrip("\n")))
        changes += [new.source(node).splitlines()[0] for node in given]
    missing = []
    for name, function in new.functions.items():
        own, docstring = old.functions.get(name), new.docstring(function)
        if own is None:
            if name not in old.names:  # else it is there in another way: imported, or assigned
                missing.append(new.source(function))
                changes.append(f"{name}, which is new")
            continue
        if docstring and (edit := old.with_docstring(own, docstring)):
            edits.append(edit)
            changes.append(f"the docstring of {name}")
        if _parameters(own) != _parameters(function):
            notes.append(f"the assignment has {name}({_parameters(function)}), yours is {name}({_parameters(own)})")
    text = _applied(mine, edits)
    if missing:
        text = "\n\n\n".join([part for part in (text.rstrip(), *missing) if part]) + "\n"
    _check_kept(old.tree, text)
    return Renewed(text, tuple(changes), tuple(notes))


class _Module:
    """A module's text, its tree, and where in the text the tree's nodes stand."""

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self.tree = ast.parse(text)
            table = symtable.symtable(text, "module", "exec")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = f"line {error.lineno}: " if isinstance(error, SyntaxError) and error.lineno else ""
            raise NotRenewed(f"not yet Python ({line}{getattr(error, 'msg', None) or error})") from error
        self.names = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}

    @cached_property
    def functions(self) -> dict[str, Function]:
        """Top-level functions by name; of several with one name the last, which is the one that counts."""
        return {node.name: node for node in self.tree.body if isinstance(node, Function)}

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def _offset(self, line: int, column: int) -> int:
        """Return the index of a tree's position: lines from 1, columns in bytes of UTF-8."""
        start = self._starts[line - 1]
        following = self.text[start : start + column]  # at least as many characters as there are bytes
        return start + len(following.encode()[:column].decode())

    def span(self, node: ast.stmt | ast.expr) -> tuple[int, int]:
        """Return where a node begins and ends, its decorators included."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        start = self._offset(first, node.col_offset)  # a decorator is indented as its function is
        return start, self._offset(node.end_lineno, node.end_col_offset)

    def source(self, node: ast.stmt) -> str:
        """Return a statement's text."""
        start, end = self.span(node)
        return self.text[start:end]

    def docstring(self, node: ast.Module | Function) -> str | None:
        """Return a docstring as it is written, quotes included."""
        statement = _docstring(node)
        return self.source(statement) if statement else None

    def with_docstring(self, node: ast.Module | Function, docstring: str) -> tuple[int, int, str] | None:
        """Return the edit that gives a function or module this docstring, None if it has it already."""
        statement = _docstring(node)
        if statement is not None:
            if ast.get_docstring(node) == _cleaned(docstring):
                return None
            return (*self.span(statement), docstring)
        if isinstance(node, ast.Module):
            match = FIRST_LINES.match(self.text)
            place = match.end() if match else 0
            return place, place, docstring + ("\n" if self.text[place:].startswith("\n") else "\n\n")
        start, _ = self.span(node.body[0])
        line = self.text.rindex("\n", 0, start) + 1 if "\n" in self.text[:start] else 0
        indent = self.text[line:start]
        if not indent.isspace():  # `def f(x): return x`: the body gets a line of its own
            indent = " " * (node.col_offset + 4)
            return start, start, f"\n{indent}{docstring}\n{indent}"
        return start, start, f"{docstring}\n{indent}"

    def after_imports(self) -> int:
        """Return where imports and constants may be added: after the imports at the top, else after the docstring."""
        line = 0
        for number, node in enumerate(self.tree.body):
            on_top = isinstance(node, ast.Import | ast.ImportFrom) or (number == 0 and _docstring(self.tree))
            if not on_top and node.lineno != line:  # on the same line: after a semicolon
                break
            line = node.end_lineno or line
        if line == 0:
            match = FIRST_LINES.match(self.text)
            return match.end() if match else 0
        return self._starts[line] if line < len(self._starts) else len(self.text)


def _docstring(node: ast.Module | Function) -> ast.Expr | None:
    first = node.body[0] if node.body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return first
    return None


def _cleaned(literal: str) -> str | None:
    return ast.get_docstring(ast.parse(literal))


def _names(node: ast.stmt) -> set[str]:
    """Return the names that a top-level statement of a stub gives."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ClassDef):
        return {node.name}
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}


def _parameters(function: Function) -> str:
    """Return a function's parameters without annotations, which may differ."""
    arguments = ast.parse(f"def f({ast.unparse(function.args)}): pass").body[0]
    assert isinstance(arguments, ast.FunctionDef)
    for part in ast.walk(arguments.args):
        if isinstance(part, ast.arg):
            part.annotation = None
    return ast.unparse(arguments.args)


def _applied(text: str, edits: list[tuple[int, int, str]]) -> str:
    """Return the text with each part from start to stop replaced; at one place, in the order of the list."""
    parts, done = [], 0
    for start, stop, replacement in sorted(edits, key=lambda edit: edit[0]):
        parts += [text[done:start], replacement]
        done = stop
    return "".join([*parts, text[done:]])


def _check_kept(old: ast.Module, text: str) -> None:
    """See that every statement of the old module is in the new one, in its order and unchanged but for docstrings.

    Raises:
        NotRenewed: one is not.
    """
    try:
        after = iter(_bare(ast.parse(text)))
    except (SyntaxError, ValueError) as error:
        raise NotRenewed(f"the assignment could not be taken over without spoiling the file ({error})") from error
    if not all(statement in after for statement in _bare(old)):
        raise NotRenewed("the assignment could not be taken over without changing your code")


def _bare(tree: ast.Module) -> list[str]:
    """Return the statements of a module without docstrings, each as text that tells it from every other."""
    statements = tree.body[1:] if _docstring(tree) else tree.body
    bare = []
    for statement in statements:
        if isinstance(statement, Function) and _docstring(statement):
            fields = {**dict(ast.iter_fields(statement)), "body": statement.body[1:]}
            statement = type(statement)(**fields)
        bare.append(ast.dump(statement))
    return bare
