"""What a learner types, read as numbers, shapes and formulas."""

import re

from drills.expressions import ExpressionError, arithmetic, is_bare_number

LONGEST = 200


class AnswerError(ValueError):
    """The answer cannot be read; the message tells the learner how to write it."""


def number(text: str) -> float:
    """A number as people write it: 1234, 1 234, 1,234, 0,5, 1e-3, 3/4, 5*(7+1), 50 %.

    A single comma before three digits separates thousands, any other stands for the decimal point.

    Raises:
        AnswerError: when it is none.
    """
    plain = _plain(text)
    percent = plain.endswith("%")
    plain = plain.rstrip("%")
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
    plain = re.sub(r"(?<=\d),(?=\d)", ".", plain)
    try:
        value = float(arithmetic(plain))
    except (ExpressionError, OverflowError) as error:
        raise AnswerError(f"'{text.strip()[:40]}' is no number; write for example 1234, 0.5 or 3/4") from error
    return value / 100 if percent else value


def shape(text: str) -> tuple[int, ...]:
    """A shape: 16 x 28 x 28, 16×28×28, (16, 28, 28) or 400.

    Raises:
        AnswerError: when it is none.
    """
    parts = [part for part in re.split(r"[x×*,·\s]+", text.strip().strip("()[]").strip().lower()) if part]
    if not parts or len(text) > LONGEST or not all(part.isdecimal() for part in parts):
        raise AnswerError(f"'{text.strip()[:40]}' is no shape; write for example 16 x 28 x 28")
    return tuple(int(part) for part in parts)


def formula(text: str) -> tuple[float, bool]:
    """The value of a typed formula, and whether it shows a computation rather than only its result.

    Raises:
        AnswerError: when it is no arithmetic.
    """
    plain = _plain(text)
    try:
        return float(arithmetic(plain)), not is_bare_number(plain)
    except (ExpressionError, OverflowError) as error:
        raise AnswerError(f"'{text.strip()[:40]}' is no formula; write for example (3*5*5 + 1)*16") from error


def _plain(text: str) -> str:
    """With the operators Python knows, without the blanks and underscores that group digits."""
    if len(text) > LONGEST:
        raise AnswerError(f"longer than {LONGEST} characters")
    plain = text.strip().replace("−", "-").replace("×", "*").replace("·", "*").replace("^", "**")
    plain = re.sub(r"(?<=[\d)])\s*x\s*(?=[\d(])", "*", plain)
    return re.sub(r"[\s_\u00a0\u202f]+", "", plain)
