"""How values, shapes and calls are written in a report: short, in their true form, and as Python wherever they fit."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from autograder.calls import Handle, Recipe

Array = np.ndarray[Any, Any]
SMALL = 6  # entries of an array that a call shows as Python; larger ones by their shape
WRITTEN = 60  # characters of an array that is shown whole
WINDOW = 3  # entries of a long row on either side of the one that is looked at
DEEPEST = 6  # levels of nested lists that are shown
WRAPPED = 110  # a line that would be longer than this with the next word was wrapped there
COUNTS = ("no", "one", "two", "three", "four", "five", "six")


def count(number: int) -> str:
    """Return a small number as a word."""
    return COUNTS[number] if number < len(COUNTS) else str(number)


def shape(array: Array) -> str:
    """Return a shape in words that a beginner reads: `(2, 3)`, or `a single number`."""
    return "a single number" if array.shape == () else str(tuple(int(n) for n in array.shape))


def number(value: float | complex, digits: int = 3) -> str:
    """Return a number with a few digits: `0.750`, `1e-05`, `3`."""
    if isinstance(value, complex):
        return f"{value:.{digits + 1}g}"
    if not np.isfinite(value):
        return str(float(value))
    if value == int(value) and abs(value) < 1e4:
        return str(int(value)) if value else "0"
    return f"{value:.{digits}f}" if 1e-3 <= abs(value) < 1e4 else f"{value:.{digits + 1}g}"


def apart(one: float | complex, other: float | complex) -> tuple[str, str]:
    """Return two numbers with as many digits as it takes to see that they differ."""
    for digits in (3, 6, 9, 12):
        if (first := number(one, digits)) != (second := number(other, digits)):
            return first, second
    return repr(one), repr(other)


def brief(value: Any, limit: int = WRITTEN) -> str:
    """Return a value in at most about `limit` characters: an array whole where it fits, else one row of it."""
    return _brief(value, limit, DEEPEST)


def _brief(value: Any, limit: int, deep: int) -> str:
    if hasattr(value, "array"):
        value = value.array
    if isinstance(value, np.ndarray):
        return row(value) if value.ndim else _brief(value.item(), limit, deep)
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | np.integer):
        return integer(int(value))
    if isinstance(value, float | np.floating):
        return number(float(value))
    if isinstance(value, complex | np.complexfloating):
        return number(complex(value))
    if isinstance(value, Handle):
        return "an object"
    if isinstance(value, Mapping | tuple | list) and not deep:
        return "..."
    if isinstance(value, Mapping):
        parts = [f"{_text(key, 20)}: {_brief(item, 20, deep - 1)}" for key, item in list(value.items())[:6]]
        text = "{" + ", ".join([*parts, *["..."] * (len(value) > 6)]) + "}"
    elif isinstance(value, tuple | list):
        parts = [_brief(item, 30, deep - 1) for item in value[:6]] + ["..."] * (len(value) > 6)
        text = _in_brackets(value, parts)
    else:
        text = _text(value, limit + 10)
    return text if len(text) <= limit else text[: limit - 4] + " ..."


def _text(value: Any, limit: int) -> str:
    return repr(value[:limit] if isinstance(value, str | bytes) else value)[:limit]


def _in_brackets(value: Any, parts: Sequence[str]) -> str:
    if isinstance(value, tuple):
        return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"
    return f"[{', '.join(parts)}]"


def integer(value: int) -> str:
    """Return an integer, a giant one by its length."""
    if value.bit_length() < 80:
        return str(value)
    return f"an integer of about {int(value.bit_length() * 0.30103) + 1} digits"


def row(array: Array, index: Sequence[int] | None = None) -> str:
    """Return an array in its true form where it is small, else the row that holds `index`, named by its place."""
    if array.size == 0:
        return f"nothing, in the shape {shape(array)}"
    if array.size <= WRITTEN // 2:
        whole = nested(array)
        if len(whole) <= WRITTEN:
            return whole
    place = tuple(index) if index is not None else (0,) * array.ndim
    text = _window(array[place[:-1]], place[-1])
    return f"row {list(place[:-1])} of {shape(array)}: {text}" if array.ndim > 1 else text


def nested(array: Array, entry: Callable[[Any], str] = brief) -> str:
    """Return all entries of an array under the brackets of its shape."""
    if array.ndim == 0:
        return entry(array.item())
    return f"[{', '.join(nested(part, entry) for part in array)}]"


def _window(entries: Array, at: int) -> str:
    first, last = max(0, at - WINDOW), min(len(entries), at + WINDOW + 1)
    if last - first < 2 * WINDOW + 1:  # at an end of the row: as many entries as in its middle
        first, last = max(0, min(first, last - 2 * WINDOW - 1)), min(len(entries), max(last, first + 2 * WINDOW + 1))
    parts = [_brief(item, WRITTEN, 1) for item in entries[first:last].tolist()]
    return f"[{', '.join(['...'] * (first > 0) + parts + ['...'] * (last < len(entries)))}]"


def names(keys: Iterable[Any], most: int = 6) -> str:
    """Return a few keys, each on one line and of bounded length."""
    listed = list(keys)
    shown = [key if isinstance(key, str) and key.isidentifier() and len(key) < 30 else _text(key, 30) for key in listed]
    return ", ".join(shown[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")


def brief_call(function: str, names: Sequence[str], args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """Return a call as one line: Python where the values are small (rounded to three decimals), else name and shape.

    Args:
        function: its name.
        names: the parameters' names, for the positional arguments in their order; may be fewer.
        args, kwargs: the arguments, as plain data and recipes.
    """
    known = [*names[: len(args)], *[""] * (len(args) - len(names))]
    shown = [_argument(name, value, positional=True) for name, value in zip(known, args, strict=True)]
    return f"{function}({', '.join([*shown, *(_argument(n, v, positional=False) for n, v in kwargs.items())])})"


def _argument(name: str, value: Any, positional: bool) -> str:
    text = python(value)
    if text is not None:
        simple = positional and isinstance(value, int | float | str | None)
        return text if simple or not name else f"{name}={text}"
    if isinstance(value, Recipe | Handle) and not _held(value):
        return name or (f"a {value.kind}" if isinstance(value, Recipe) else "an object")
    return f"{name} {_outline(value)}".strip()


def python(value: Any, entry: Callable[[Any], str] = brief) -> str | None:
    """Return a small value as Python, entries rounded; None where it is large, or lives only beside the submission."""
    if value is None or isinstance(value, bool | str):
        return repr(value) if not isinstance(value, str) or len(value) <= 40 else None
    if isinstance(value, int | float | complex | np.generic):
        return entry(value.item() if isinstance(value, np.generic) else value)
    if isinstance(value, np.ndarray):
        return f"np.array({nested(value, entry)})" if value.size <= SMALL and value.ndim else None
    held = _held(value)
    if held is not None:
        leaf = ", requires_grad=True" if isinstance(value, Recipe) else ""
        return f"torch.tensor({nested(held, lambda one: _dotted(entry(one)))}{leaf})" if held.size <= SMALL else None
    if isinstance(value, tuple | list):
        if len(value) > 16 or None in (parts := [python(item, entry) for item in value]):
            return None
        text = _in_brackets(value, [part for part in parts if part is not None])
        return text if len(text) <= 240 else None
    if isinstance(value, Mapping):
        entries = {key: python(item, entry) for key, item in value.items()}
        text = "{" + ", ".join(f"{key!r}: {item}" for key, item in entries.items()) + "}"
        return text if None not in entries.values() and len(text) <= 240 else None
    return None


def _dotted(text: str) -> str:
    return text + "." if text.lstrip("-").isdigit() else text  # torch takes gradients of floats only


def _held(value: Any) -> Array | None:
    """Return the array of a tensor that came as data, or of a leaf."""
    if isinstance(value, Recipe):
        return np.asarray(getattr(value.data["array"], "array", value.data["array"])) if value.kind == "leaf" else None
    return np.asarray(value.array) if hasattr(value, "array") else None


def _outline(value: Any) -> str:
    held = value if isinstance(value, np.ndarray) else _held(value)
    if held is not None:
        return shape(held)
    if isinstance(value, Mapping):
        return "{" + ", ".join(_argument(str(key), item, positional=False) for key, item in value.items()) + "}"
    if isinstance(value, tuple | list) and value and any(isinstance(item, np.ndarray) for item in value):
        return f"{len(value)} arrays"
    return "= " + brief(value, 100)


@cache
def command() -> str:
    """Return what starts this command in the learner's shell: `anndl`, or the way to it where the shell would not find it."""
    if shutil.which("anndl"):
        return "anndl"
    beside = Path(sys.executable).with_name("anndl")
    if not beside.is_file():
        return "anndl"
    here = Path.cwd()
    return str(beside.relative_to(here)) if beside.is_relative_to(here) else str(beside)


def runnable(text: str) -> str:
    """Return a text whose commands (`anndl ...` between backquotes) work when they are copied into the learner's shell."""
    return text.replace("`anndl ", f"`{command()} ")


def rejoined(text: str) -> str:
    """Return a hard-wrapped text with each paragraph on one line, so that a terminal can wrap it at its own width.

    A line end is taken for a wrap where the next word would not have fitted; formulas and lists keep their lines.
    """
    lines: list[str] = []
    before = ""
    for line in text.splitlines():
        word, _, _ = line.strip().partition(" ")
        indented = len(line) - len(line.lstrip())
        same = before.strip() and indented == len(before) - len(before.lstrip())
        if word and same and len(before.rstrip()) + len(word) >= WRAPPED:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line.rstrip())
        before = line
    return "\n".join(lines)
