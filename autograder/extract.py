"""Turns a notebook's code cells into the text that is graded (see `autograder.statements`; `autograder.unfold` runs it).

Not the cells' tags, ids or order decide, but what the code defines: a copied, moved or retagged cell loses nothing. Here the
code is only cleaned of what IPython alone knows: it is parsed where it is run, in the worker, whose time and memory are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from autograder.errors import KitError
from autograder.statements import CELL, CLOSE, NOTEBOOK

CODE_CHARS = 1 << 20  # all cells together
CELLS = 5_000
TOKENISED_CHARS = 2 << 20  # of a notebook; a cell with magics is read more than once
# lines that may be for IPython only; whether they are, tokens decide
SPECIAL = re.compile(r"^[ \t]*(?:[%!?]|>>>|In \[)|\?[ \t]*$|=[ \t]*[%!]|\A\s*^[ \t]", re.MULTILINE)
PYTHON_CELLS = re.compile(r"\s*%%(?:time|timeit|capture|prun)\b[^\n]*")  # cell magics whose cell is run as Python


class Ungradable(KitError):
    """A notebook that is not taken for a hand-in; the text says why, in one sentence."""


def notebook_source(cells: Iterable[str], functions: Collection[str]) -> str:
    """Return the text of a notebook, to be graded as any module's text is.

    Args:
        cells: the code cells, in the order in which they count; cell N of a message is the Nth of these.
        functions: names of the functions that are graded.

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
    parts, budget = [f"{NOTEBOOK}{', '.join(functions)}{CLOSE}"], TOKENISED_CHARS
    for number, text in enumerate(texts, 1):
        code, read = _python(_clean(text), budget)
        parts += [f"{CELL}{number}{CLOSE}", code]
        budget -= read
    return "\n".join(parts) + "\n"


def _clean(text: str) -> str:
    """Return text that any Python can read: one kind of line ending, no half characters, no line that looks like ours."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates become question marks
    return text.replace(CELL, CELL.replace(" ", "\N{NO-BREAK SPACE}")) if CELL in text else text


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
