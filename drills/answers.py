"""What a learner types, read as numbers, shapes and formulas."""

import re

from drills.expressions import ExpressionError, arithmetic, is_bare_number

LONGEST = 200


class AnswerError(ValueError):
    """The answer cannot be read; the message tells the learner how to write it."""


def number(text: str) -> float:
    """A number as people write it: 1234, 1 234, 1,234, 0,5, 1e-3, 3/4, 5*(7+1), 50 %.

    Where it can be read in two ways (1,125) a comma separates thousands; see `readings`.

    Raises:
        AnswerError: when it is none.
    """
    return readings(text)[0]


def readings(text: str) -> tuple[float, ...]:
    """All that a typed number may mean, the likeliest first: mostly one value, but 1,125 is 1125 or 1.125.

    A comma before groups of three digits separates thousands, unless the number begins with 0; any other comma is the
    decimal point. With both signs the last one is the decimal point: 1,234.5 and 1.234,5 are the same.

    Raises:
        AnswerError: when it is no number.
    """
    plain = _plain(text)
    percent = plain.endswith("%")
    plain = plain.rstrip("%")
    decimal = re.sub(r"(?<=\d),(?=\d)", ".", plain)
    grouped = plain.replace(",", "")
    if re.fullmatch(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d+|\.\d{3})", plain):  # 1.234,5 and 1.234.567
        forms = [plain.replace(".", "").replace(",", ".")]
    elif re.fullmatch(r"[+-]?[1-9]\d{0,2}(,\d{3})+\.\d+|[+-]?[1-9]\d{0,2}(,\d{3}){2,}", plain):
        forms = [grouped]
    elif re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", plain):
        forms = [grouped, decimal]
    else:
        forms = [decimal]
    try:
        values = tuple(float(arithmetic(form)) for form in forms)
    except (ExpressionError, OverflowError) as error:
        raise AnswerError(f"'{text.strip()[:40]}' is no number; write for example 1234, 0.5 or 3/4") from error
    return tuple(value / 100 for value in values) if percent else values


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
