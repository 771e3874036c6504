"""Turns a notebook's code into a module that can be graded: its text holds the cells, and `unfold` runs what is needed.

Not the cells' tags, ids or order decide, but what the code defines: a copied, moved or retagged cell loses nothing. Here the
text is only taken apart into lines: it is parsed where it is run, in the worker, whose time and memory are bounded.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterable
from functools import cache

from autograder import unfold
from autograder.errors import KitError

CODE_CHARS = 1 << 20  # all cells together
CELLS = 5_000
TOKENISED_CHARS = 2 << 20  # of a notebook; a cell with magics is read more than once
FIRST = f"__notebook__ = '''{unfold.CELL}1]"
MARKER = re.compile(re.escape(unfold.CELL) + r"(\d+)\]$")
# lines that may be for IPython only; whether they are, tokens decide
SPECIAL = re.compile(r"^[ \t]*(?:[%!?]|>>>|In \[)|\?[ \t]*$|=[ \t]*[%!]|\A\s*^[ \t]", re.MULTILINE)
PYTHON_CELLS = re.compile(r"\s*%%(?:time|timeit|capture|prun)\b[^\n]*")  # cell magics whose cell is run as Python
ESCAPED = {ord("\\"): "\\\\", ord("'"): "'", 0: "\\0"} | {
    ord(c): f"\\u{ord(c):04x}" for c in "\v\f\x1c\x1d\x1e\x85\u2028\u2029"
}


class Ungradable(KitError):
    """A notebook that is not taken for a hand-in; the text says why, in one sentence."""


def module_source(cells: Iterable[str], wanted: Collection[str]) -> str:
    """Return the text of a module with the wanted functions, whose lines are the notebook's lines.

    Args:
        cells: the code cells, in the order in which they count; cell N of a message is the Nth of these.
        wanted: names of the functions.

    Raises:
        Ungradable: these are not texts, or too many or too long ones.
    """
    texts = list(cells)
    if bad := next((number for number, text in enumerate(texts, 1) if not isinstance(text, str)), 0):
        raise Ungradable(f"cell {bad} of the notebook holds no text")
    size = sum(map(len, texts))
    if size > CODE_CHARS:
        raise Ungradable(f"the notebook holds {size:,} characters of code; a hand-in may have {CODE_CHARS:,}")
    if len(texts) > CELLS:
        raise Ungradable(f"the notebook has {len(texts):,} cells; a hand-in may have {CELLS:,}")
    parts, budget = [], TOKENISED_CHARS
    for number, text in enumerate(texts, 1):
        code, read = _python(_clean(text), budget)
        parts += [f"{unfold.CELL}{number}]", _literal(code)]
        budget -= read
    run = f"exec(compile({_loader()!r}, '<grader>', 'exec'), __grader__ := {{}})"
    call = f"__grader__['unfold'](globals(), __notebook__, {tuple(wanted)!r})"
    document = "\n".join(parts)
    return f"__notebook__ = '''{document}\n'''\n{run}\n{call}\ndel __grader__, __notebook__\n"


def place(source: str, line: int) -> tuple[int, int] | None:
    """Return the cell and the line in it that a line of `module_source`'s text is; None for any other text."""
    if not source.startswith(FIRST):
        return None
    above = source.split("\n", line)[:line]
    above[0] = above[0].removeprefix("__notebook__ = '''")
    for back, text in enumerate(reversed(above)):
        if match := MARKER.match(text):
            return int(match.group(1)), back
    return None


@cache
def _loader() -> str:
    return inspect.getsource(unfold)


def _clean(text: str) -> str:
    """Return text that any Python can read: one kind of line ending, no half characters, no line that looks like ours."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates become question marks
    return text if unfold.CELL not in text else text.replace(unfold.CELL, unfold.CELL[:-1] + "\N{NO-BREAK SPACE}")


def _literal(text: str) -> str:
    """Escape what would end, or add lines to, a text between three quotes."""
    return text.translate(ESCAPED).replace("'''", "\\'\\'\\'")


def _python(cell: str, budget: int) -> tuple[str, int]:
    """Return a cell without what only IPython knows, in as many lines, and how many characters were read for that.

    A cell for another language is emptied.
    """
    above = ""
    while match := PYTHON_CELLS.match(cell):
        above += "\n" * match.group().count("\n")
        cell = cell[match.end() :]
    if cell.lstrip().startswith("%%"):
        return "", 0
    if not SPECIAL.search(cell):
        return above + cell, 0
    from autograder.magics import without_magics  # IPython is there wherever there are notebooks

    empty = len(cell) - len(cell.lstrip("\n"))
    code, read = without_magics(cell[empty:], budget)
    return above + "\n" * empty + code, read
