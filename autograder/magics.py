"""Takes magics, shell lines and questions out of a cell with IPython's own transformer, and keeps the number of lines."""

# mypy: allow-untyped-calls
# (IPython has few types)

from __future__ import annotations

import ast
import re
from typing import Any

from IPython.core import inputtransformer2 as ipython

TIMED = re.compile(r"^(\s*)get_ipython\(\)\.run_line_magic\('time', (.+)\)$")


def without_magics(cell: str, budget: int) -> tuple[str, int]:
    """Return the cell as Python, and how many characters were read for that.

    Args:
        cell: a code cell that is no cell magic.
        budget: characters that may be read in all. IPython reads a cell anew after each magic; here one reading does as many
            as it finds, and what is left when the budget is used up stays as it is.
    """
    lines = f"{cell}\n".splitlines(keepends=True)
    for transform in (ipython.leading_indent, ipython.classic_prompt, ipython.ipython_prompt):
        lines = transform(lines)
    read = 0
    while read < budget:
        read += sum(map(len, lines))
        found = _found(lines)
        if not found:
            break
        for one in found:
            lines = _transformed(one, lines)
    return "".join(TIMED.sub(_timed, line) for line in lines).removesuffix("\n"), read


def _found(lines: list[str]) -> list[Any]:
    """Return the transformations that one reading of the cell finds, the last one first."""
    transformers: list[Any] = ipython.TransformerManager().token_transformers
    found = []
    for tokens in ipython.make_tokens_by_line(lines):
        here = [one for kind in transformers if (one := kind.find([tokens]))]
        found += sorted(here, key=ipython.TokenTransformBase.sortby)[:1]
    return found[::-1]


def _transformed(one: Any, lines: list[str]) -> list[str]:
    try:
        after: list[str] = one.transform(lines)
    except SyntaxError:
        return lines
    missing = len(lines) - len(after)  # a shell line that went on over several
    return [*after[: one.start_line + 1], *["\n"] * missing, *after[one.start_line + 1 :]]


def _timed(match: re.Match[str]) -> str:
    """`%time table = build()` runs its statement in the notebook."""
    return match.group(1) + str(ast.literal_eval(match.group(2)))
