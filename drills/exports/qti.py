"""QTI 1.2 by way of text2qti, for Canvas and its kind. text2qti has no matching: each pair becomes a choice."""

import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from drills.exports.portable import Choice, Number, Option, Pairs, Portable, Truth, decimal, portable
from drills.items import Item

LETTERS = "abcdefghijklmnop"
LEAST = 1e-4


def to_qti(items: Sequence[Item], title: str = "Artificial Neural Networks and Deep Learning") -> bytes:
    """The package as a .zip file."""
    from text2qti.config import Config
    from text2qti.qti import QTI
    from text2qti.quiz import Quiz

    with TemporaryDirectory() as folder:
        file = Path(folder) / "quiz.txt"
        quiz = Quiz(to_text(items, title), config=Config(), source_name=str(file))
        QTI(quiz).save(Path(folder) / "quiz.zip")
        return (Path(folder) / "quiz.zip").read_bytes()


def to_text(items: Sequence[Item], title: str) -> str:
    """The text that text2qti reads."""
    questions = [single for item in items for question in portable(item) for single in _without_pairs(question)]
    blocks = [_question(question, number) for number, question in enumerate(questions, start=1)]
    return f"Quiz title: {title}\n\n" + "\n\n".join(blocks) + "\n"


def _without_pairs(question: Portable) -> list[Portable]:
    if not isinstance(question, Pairs):
        return [question]
    rights = list(dict.fromkeys([*(right for _, right in question.pairs), *question.extra]))
    return [
        Choice(
            f"{question.id}-{number}",
            question.topic,
            f"{question.text}\n\nWhich belongs to: {left}?",
            question.because,
            [Option(text, float(text == right), "", text == right) for text in rights],
        )
        for number, (left, right) in enumerate(question.pairs, start=1)
    ]


def _question(question: Portable, number: int) -> str:
    start = f"{number}. "
    lines = [
        f"Title: {question.id}",
        "Points: 1",
        start + _indented(question.text, len(start)),
        f"... {_indented(question.because, 4)}",
    ]
    match question:
        case Choice(several=False):
            for letter, option in zip(LETTERS, question.options, strict=False):
                lines += _option(f"{'*' if option.right else ''}{letter}) ", option.text, option.because)
        case Choice():
            for option in question.options:
                lines += _option("[*] " if option.right else "[ ] ", option.text, option.because)
        case Truth():
            for letter, value in (("a", True), ("b", False)):
                right = value == question.value
                lines += _option(f"{'*' if right else ''}{letter}) ", str(value), "" if right else question.wrong)
        case Number():
            lines.append(_number(question))
        case _:
            lines.append("____")
    return "\n".join(lines)


def _number(question: Number) -> str:
    """The accepted numbers; where four decimals, all that the format has, are too few, a field for words."""
    value, tolerance = question.value, question.tolerance
    if value.is_integer() and not tolerance and value:
        return f"=   {int(value)}"
    low, high = value - tolerance, value + tolerance
    if abs(value) < LEAST or tolerance < LEAST:
        return "____"
    low, high = (max(low, LEAST), high) if value > 0 else (low, min(high, -LEAST))  # none may be nearer to zero
    return f"=   [{decimal(low)}, {decimal(high)}]"


def _option(start: str, text: str, because: str) -> list[str]:
    return [start + _indented(text, len(start)), *([f"... {_indented(because, 4)}"] if because else [])]


def _indented(text: str, width: int) -> str:
    """Following lines must begin where the first does; what looks like a dollar stays one."""
    return re.sub(r"\n(?=.)", "\n" + " " * width, text.strip())
