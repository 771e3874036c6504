"""Where in a submission an exception arose: decided on the trusted side, from a line number and the submission's text."""

from __future__ import annotations

import ast
from dataclasses import replace
from functools import lru_cache

from autograder.calls import Raised
from autograder.statements import CELL, cells, is_notebook

PARSED_CHARS = 200_000  # of a longer text no function is named: parsing it would take seconds of the grader's own time


def located(raised: Raised, source: str) -> Raised:
    """Fill in what the line says; a line that the source does not have is dropped."""
    lines = source.split("\n")
    if raised.line is None or not 1 <= raised.line <= len(lines):
        return replace(raised, line=None, source="", function="")
    function = function_at(source, raised.line)
    return replace(raised, source=lines[raised.line - 1].strip(), function=function, cell=cell_at(source, raised.line))


def cell_at(source: str, line: int) -> tuple[int, int] | None:
    """Return the number of the notebook's cell and of the line in it that a line of the text is; None in a module's text."""
    if not is_notebook(source):
        return None
    above = source.split("\n", line)[:line]
    start = next((i for i in range(len(above) - 1, 0, -1) if above[i].startswith(CELL)), 0)
    return (int(above[start][len(CELL) : -1]), line - start - 1) if start else None


def function_at(source: str, line: int) -> str:
    """Return the name of the function at the module's top level in which a line lies, "" where there is none."""
    return next((name for first, last, name in _functions(source) if first <= line <= last), "")


@lru_cache(maxsize=16)
def _functions(source: str) -> tuple[tuple[int, int, str], ...]:
    """Return first line, last line and name of each function at the top level; none where the source is not Python."""
    if len(source) > PARSED_CHARS:
        return ()
    found = []
    for above, text in cells(source) if is_notebook(source) else ((0, source),):
        try:
            body = ast.parse(text).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        defined = [node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        found += [(above + node.lineno, above + (node.end_lineno or node.lineno), node.name) for node in defined]
    return tuple(found)
