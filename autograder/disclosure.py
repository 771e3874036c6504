"""What may be said of a failure where the check is hidden: what depends on the submission's text, never on an input.

A submission chooses the text of its exceptions, and could put a secret input into it. So a text is passed on only where all of
it is known without running anything: the exceptions' names that Python has, names that stand in the line itself, and what the
parser says.
"""

from __future__ import annotations

import builtins
import re

from autograder.calls import Failed, Raised
from autograder.imports import refusal

SYNTAX = ("SyntaxError", "IndentationError", "TabError")
LINE_CHARS = 160
# texts whose holes must stand in the line at fault
NAMED = tuple(
    re.compile(pattern)
    for pattern in (
        r"name '(\w+)' is not defined",
        r"No module named '([\w.]+)'",
        r"cannot import name '(\w+)' from '([\w.]+)' \([^()]*\)",
        r"module '([\w.]+)' has no attribute '(\w+)'",
        r"cannot access local variable '(\w+)' where it is not associated with a value",
    )
)
TYPES = "int|float|complex|str|list|tuple|dict|set|bool|NoneType|function|generator|range|zip|map|numpy.ndarray|ndarray|Tensor"
TYPED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"'(?:{TYPES})' object has no attribute '(\w+)'",
        rf"'(?:{TYPES})' object is not (?:callable|iterable|subscriptable)",
        rf"unsupported operand type\(s\) for [-+*/@%&|^<>=]+: '(?:{TYPES})' and '(?:{TYPES})'",
        rf"object of type '(?:{TYPES})' has no len\(\)",
        r"(?:float )?division by zero|list index out of range",
        r"maximum recursion depth exceeded(?: in comparison| while calling a Python object)?",
    )
)
# the parser's own words, without the line numbers in them, which a submission could choose
NUMBERS = re.compile(r" on line \d+| \(detected at line \d+\)| \(<?[\w ]+>?, line \d+\)")
STATEMENTS = "'(?:if|elif|else|for|while|try|except|finally|with)' (?:statement|block|clause)"
TARGETS = (
    "literal|function call|expression|attribute|subscript|True|False|None|comparison|conditional expression|lambda"
)
PARSER = tuple(
    re.compile(pattern)
    for pattern in (
        r"invalid syntax(?:\. (?:Perhaps you forgot a comma\?|Maybe you meant '==' or ':=' instead of '='\?))?",
        r"expected '[^\w\s]{1,2}'|expected 'except' or 'finally' block",
        r"'[\[({]' was never closed|unmatched '[\])}]'|unexpected indent|too many nested parentheses",
        r"closing parenthesis '[\])}]' does not match opening parenthesis '[\[({]'",
        rf"expected an indented block after (?:function definition|class definition|{STATEMENTS})",
        r"unindent does not match any outer indentation level|inconsistent use of tabs and spaces in indentation",
        r"unterminated (?:triple-quoted )?(?:f-)?string literal|unexpected EOF while parsing|invalid decimal literal",
        rf"cannot assign to (?:{TARGETS})(?: here)?(?:\. Maybe you meant '==' instead of '='\?)?",
        r"'(?:return|yield|await)' outside (?:async )?function|'break' outside loop|'continue' not properly in loop",
        r"unexpected character after line continuation character|source code string cannot contain null bytes",
        r"positional argument follows keyword argument(?: unpacking)?|non-default argument follows default argument",
        r"maximum recursion depth exceeded during (?:compilation|ast construction)",
    )
)
STOPPED = {
    "memory": "needed more memory than is allowed",
    "crashed": "ended its process, or crashed Python itself",
    "too-large": "returned more than can be taken",
    "not-data": "returned something that is neither a number nor an array, or not in the form that the assignment asks for",
    "protocol": "wrote to the grader's channel",
}


def of_exception(who: str, raised: Raised, where: str) -> str:
    """Return what may be said of an exception: its kind, its place, the student's own line, and what else is safe."""
    text = _text(raised)
    said = f"{who} raised {_kind(raised)}{f' ({text})' if text else ''}"
    if where:
        said += f" in {where}"
    line = raised.source[:LINE_CHARS]
    return f"{said}: `{line}`" if line else said


def of_failure(who: str, failed: Failed) -> str:
    """Return what may be said where there is no usable answer."""
    if failed.kind == "timeout":
        return failed.message  # the clock's owner says it, not the submission
    return f"{who} {STOPPED[failed.kind]}"


def _kind(raised: Raised) -> str:
    """Return the exception's name if Python has it, or that of a base of its own; a submission can call a class anything."""
    for name in (raised.type, *raised.bases):
        kind = vars(builtins).get(name)
        if isinstance(kind, type) and issubclass(kind, BaseException):
            return name if name == raised.type else f"an exception of its own kind, a {name}"
    return "an exception"


def _text(raised: Raised) -> str:
    message = raised.message
    if raised.type in SYNTAX:
        message = NUMBERS.sub("", message)
        return message if any(pattern.fullmatch(message) for pattern in PARSER) else "not yet Python"
    words = set(re.findall(r"\w+", raised.source))
    first, _, rest = message.partition(" ")
    if rest and words.issuperset(first.split(".")) and message in (refusal(first, "numpy"), refusal(first, "torch")):
        return message
    for pattern in (*NAMED, *TYPED):
        match = pattern.fullmatch(message.partition(". Did you mean")[0].partition(" (and a star import")[0])
        if match and words.issuperset(word for hole in match.groups() for word in hole.split(".")):
            return match.group()
    return ""


__all__ = ["of_exception", "of_failure"]
