"""Moodle XML: what GIFT says, with feedback in every place that Moodle has for it."""

from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from drills.exports.html import html
from drills.exports.portable import Choice, Number, Pairs, Portable, Truth, decimal, portable
from drills.items import Item

KINDS = {"Choice": "multichoice", "Truth": "truefalse", "Number": "numerical", "Pairs": "matching", "Essay": "essay"}


def to_moodle(items: Sequence[Item]) -> bytes:
    """All items, by category."""
    quiz, category = Xml.Element("quiz"), ""
    for question in (question for item in items for question in portable(item)):
        if question.topic != category:
            category = question.topic
            head = Xml.SubElement(quiz, "question", type="category")
            Xml.SubElement(Xml.SubElement(head, "category"), "text").text = f"$course$/anndl/{category}"
        quiz.append(_question(question))
    Xml.indent(quiz)
    return bytes(Xml.tostring(quiz, encoding="utf-8", xml_declaration=True))


def _question(question: Portable) -> Xml.Element:
    element = Xml.Element("question", type=KINDS[type(question).__name__])
    _text(element, "name", question.id, formatted=False)
    _text(element, "questiontext", question.text)
    Xml.SubElement(element, "idnumber").text = question.id
    Xml.SubElement(element, "defaultgrade").text = "1"
    match question:
        case Choice():
            _text(element, "generalfeedback", question.because)
            Xml.SubElement(element, "single").text = "false" if question.several else "true"
            Xml.SubElement(element, "shuffleanswers").text = "true"
            for option in question.options:
                _answer(element, html(option.text), 100 * option.share, option.because, formatted=True)
        case Truth():
            _text(element, "generalfeedback", question.because)
            _answer(element, "true", 100.0 * question.value, "" if question.value else question.wrong)
            _answer(element, "false", 100.0 * (not question.value), question.wrong if question.value else "")
        case Number():
            _text(element, "generalfeedback", question.because)
            right = _answer(element, decimal(question.value), 100.0, question.because)
            Xml.SubElement(right, "tolerance").text = decimal(question.tolerance)
            for value, because in question.wrong:
                wrong = _answer(element, decimal(value), 0.0, because)
                Xml.SubElement(wrong, "tolerance").text = "0"
        case Pairs():
            _text(element, "generalfeedback", question.because)
            Xml.SubElement(element, "shuffleanswers").text = "true"
            for left, right_text in [*question.pairs, *(("", extra) for extra in question.extra)]:
                pair = _text(element, "subquestion", left)
                Xml.SubElement(Xml.SubElement(pair, "answer"), "text").text = html(right_text)
        case _:
            _text(element, "graderinfo", question.because)
    return element


def _text(parent: Xml.Element, tag: str, markdown: str, formatted: bool = True) -> Xml.Element:
    element = Xml.SubElement(parent, tag, {"format": "html"} if formatted else {})
    Xml.SubElement(element, "text").text = html(markdown) if formatted else markdown
    return element


def _answer(parent: Xml.Element, text: str, fraction: float, because: str, formatted: bool = False) -> Xml.Element:
    share = f"{fraction:.5f}".rstrip("0").rstrip(".")
    element = Xml.SubElement(parent, "answer", {"fraction": share, **({"format": "html"} if formatted else {})})
    Xml.SubElement(element, "text").text = text
    _text(element, "feedback", because)
    return element
