r"""LaTeX as KaTeX reads it, translated into the part of it that matplotlib's mathtext can draw."""

import re
from collections.abc import Iterator
from functools import cache

SAME_LOOK = {  # commands of KaTeX -> what mathtext calls them
    r"\text": r"\mathrm",
    r"\dots": r"\ldots",
    r"\lVert": r"\Vert",
    r"\rVert": r"\Vert",
    r"\lvert": r"\vert",
    r"\rvert": r"\vert",
    r"\le": r"\leq",
    r"\ge": r"\geq",
    r"\ne": r"\neq",
    r"\to": r"\rightarrow",
    r"\land": r"\wedge",
    r"\lor": r"\vee",
    r"\lnot": r"\neg",
    r"\tfrac": r"\frac",
    r"\dfrac": r"\dfrac",
    r"\boldsymbol": r"\mathbf",
    r"\bm": r"\mathbf",
    r"\top": r"\top",
    r"\colon": ":",
    r"\mid": r"\mid",
}


def translated(formula: str) -> str:
    """The formula with the commands that mathtext knows under another name renamed."""
    return re.sub(r"\\[A-Za-z]+", lambda match: SAME_LOOK.get(match.group(), match.group()), formula)


def not_printable(formula: str) -> str:
    """Why mathtext cannot draw a formula; empty when it can.

    Reading one takes mathtext tens of milliseconds. What it can read does not depend on which letters and digits stand
    there, nor on what stands at the other side of a sign of relation: so each distinct part is read once.
    """
    for part in _parts(translated(formula)):
        if error := _unreadable(part):
            return error
    return ""


def _parts(formula: str) -> Iterator[str]:
    """The formula's skeleton, cut at signs outside all braces; whole where brackets grow with their contents."""
    bare = re.sub(
        r"(\\[A-Za-z]+|\\.)|[A-Za-z]+|\d+", lambda m: m.group(1) or ("x" if m.group().isalpha() else "1"), formula
    )
    depth, part = 0, ""
    for character in bare if "\\left" not in bare else ():
        depth += (character == "{") - (character == "}")
        if depth == 0 and character in "=+-,;<>" and not part.endswith("\\"):
            yield part.strip()
            part = ""
        else:
            part += character
    yield part.strip() if "\\left" not in bare else bare


@cache
def _unreadable(part: str) -> str:
    from matplotlib.mathtext import MathTextParser  # half a second that reading the bank must not cost

    if not part:
        return ""
    try:
        MathTextParser("path").parse(f"${part}$")
    except ValueError as error:
        return str(error).strip().splitlines()[-1]
    return ""
