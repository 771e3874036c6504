r"""LaTeX as KaTeX reads it, translated into the part of it that matplotlib's mathtext can draw."""

import re

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
