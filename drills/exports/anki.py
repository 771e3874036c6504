"""An Anki deck: one note per question, with the item's id as its identity, so that a later import updates it."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import genanki

from drills.exports.html import html, inline
from drills.exports.portable import Choice, Number, Pairs, Portable, Truth, decimal, portable
from drills.items import Item
from drills.presentation import shown_options

MODEL_ID, DECK_ID = 1607392319, 2059400110  # fixed: Anki knows decks and models by them
MODEL = genanki.Model(
    MODEL_ID,
    "Neural networks drill",
    fields=[{"name": name} for name in ("Question", "Options", "Answer", "Explanation", "Source", "Id")],
    templates=[{
        "name": "Card",
        "qfmt": "{{Question}}{{Options}}",
        "afmt": '{{Question}}{{Options}}<hr id="answer"><b>{{Answer}}</b><div class="why">{{Explanation}}</div>'
                '<div class="source">{{Source}}</div>',
    }],
    css=".card { font-family: sans-serif; font-size: 18px; max-width: 40em; margin: auto; text-align: left; } "
        ".why { margin-top: 1em; } .source { margin-top: 1em; font-size: 12px; opacity: 0.6; }",
    sort_field_index=5,
)  # fmt: skip


def to_anki(items: Sequence[Item]) -> bytes:
    """The deck as an .apkg file."""
    deck = genanki.Deck(DECK_ID, "Artificial Neural Networks and Deep Learning")
    for item in items:
        for question in portable(item):
            options, answer, why = _sides(question, item)
            fields = [html(question.text), options, answer, why, html(item.source), question.id]
            deck.add_note(genanki.Note(MODEL, fields, guid=genanki.guid_for(question.id), tags=[question.topic]))
    with TemporaryDirectory() as folder:
        file = Path(folder) / "deck.apkg"
        genanki.Package(deck).write_to_file(file)
        return file.read_bytes()


def _sides(question: Portable, item: Item) -> tuple[str, str, str]:
    """Options, answer and explanation."""
    why = html(question.because)
    match question:
        case Choice():
            order = {text: place for place, text in enumerate(shown_options(item, 0))}
            options = sorted(question.options, key=lambda option: order.get(option.text, len(order)))
            lines = "".join(f"<li>{inline(option.text)}</li>" for option in options)
            right = "; ".join(inline(option.text) for option in options if option.right)
            wrong = "".join(f"<li>{inline(o.text)}: {inline(o.because)}</li>" for o in options if not o.right)
            return f"<ul>{lines}</ul>", right, f"{why}<ul>{wrong}</ul>"
        case Truth():
            return "<p>true or false?</p>", "true" if question.value else "false", why
        case Number():
            wrong = "".join(f"<li>{decimal(value)}: {inline(because)}</li>" for value, because in question.wrong)
            return (
                "",
                decimal(float(f"{question.value:.6g}") if question.tolerance else question.value),
                f"{why}<ul>{wrong}</ul>",
            )
        case Pairs():
            rights = sorted({right for _, right in question.pairs} | set(question.extra))
            lefts = "".join(f"<li>{inline(left)}</li>" for left, _ in sorted(question.pairs))
            answer = "<br>".join(f"{inline(left)}: {inline(right)}" for left, right in question.pairs)
            return f"<ul>{lefts}</ul><p>{', '.join(inline(right) for right in rights)}</p>", answer, why
        case _:
            return "", "", why
