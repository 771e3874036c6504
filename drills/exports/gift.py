r"""GIFT, as Moodle reads it. Texts are HTML; `~ = # { } :` and the backslash are escaped, so that `\neq` is no line break."""

import re
from collections.abc import Sequence

from drills.exports.html import html
from drills.exports.portable import Choice, Number, Pairs, Portable, Truth, decimal, portable
from drills.items import Item


def to_gift(items: Sequence[Item]) -> str:
    """All items, by category."""
    blocks, category = [], ""
    for question in (question for item in items for question in portable(item)):
        if question.topic != category:
            category = question.topic
            blocks.append(f"$CATEGORY: {category}")
        blocks.append(_question(question))
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    """Safe inside GIFT; a line break becomes a space, since a blank line would end the question."""
    safe = re.sub(r"([\\~=#{}:])", r"\\\1", text)
    return re.sub(r"\s*\n\s*", r"\\n" if "<pre>" in text else " ", safe)


def _text(markdown: str) -> str:
    return escaped(html(markdown))


def _question(question: Portable) -> str:
    head = f"// [id:{question.id}]\n::{escaped(question.id)}::[html]{_text(question.text)} "
    general = f"\n\t####{_text(question.because)}\n"
    match question:
        case Choice():
            lines = [
                f"\t{_weight(option.share, question.several)}{_text(option.text)}#{_text(option.because)}"
                for option in question.options
            ]
            return f"{head}{{\n" + "\n".join(lines) + f"{general}}}"
        case Truth():
            return f"{head}{{{'TRUE' if question.value else 'FALSE'}#{_text(question.wrong)}{general}}}"
        case Number():
            lines = [f"\t={decimal(question.value)}:{decimal(question.tolerance)}#{_text(question.because)}"]
            lines += [f"\t=%0%{decimal(value)}:0#{_text(because)}" for value, because in question.wrong]
            return f"{head}{{#\n" + "\n".join(lines) + f"{general}}}"
        case Pairs():
            lines = [f"\t={_side(left)} -> {_side(right)}" for left, right in question.pairs]
            lines += [f"\t= -> {_side(right)}" for right in question.extra]
            return f"{head}{{\n" + "\n".join(lines) + f"{general}}}"
        case _:
            return f"{head}{{{general}}}"


def _weight(share: float, several: bool) -> str:
    if not several:
        return "=" if share == 1 else f"~%{100 * share:g}%" if share else "~"
    return f"~%{f'{100 * share:.5f}'.rstrip('0').rstrip('.')}%"


def _side(markdown: str) -> str:
    return _text(markdown).replace("->", "→").replace("-&gt;", "→")
