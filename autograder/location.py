"""Where in a submission an exception arose: decided on the trusted side, from a line number and the submission's text."""

from __future__ import annotations

import ast
from dataclasses import replace
from functools import lru_cache

from autograder.calls import Raised

PARSED_CHARS = 200_000  # of a longer text no function is named: parsing it would take seconds of the grader's own time


def located(raised: Raised, source: str) -> Raised:
    """Fill in what the line says; a line that the source does not have is dropped."""
    lines = source.splitlines()
    if raised.line is None or not 1 <= raised.line <= len(lines):
        return replace(raised, line=None, source="", function="")
    return replace(raised, source=lines[raised.line - 1].strip(), function=function_at(source, raised.line))


def function_at(source: str, line: int) -> str:
    """Return the name of the function at the module's top level in which a line lies, "" where there is none."""
    return next((name for first, last, name in _functions(source) if first <= line <= last), "")


@lru_cache(maxsize=16)
def _functions(source: str) -> tuple[tuple[int, int, str], ...]:
    """Return first line, last line and name of each function at the top level; none where the source is not Python."""
    if len(source) > PARSED_CHARS:
        return ()
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    defined = [node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return tuple((node.lineno, node.end_lineno or node.lineno, node.name) for node in defined)
