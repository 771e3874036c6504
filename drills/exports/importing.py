"""Items from GIFT: what the format can say becomes items, what it cannot (sources, explanations) is left to be written.

Essays are refused, since they bring no rubric, and short answers, since the bank has no such type.
"""

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from pydantic import ValidationError

from drills.items import Item, from_data

TO_WRITE = "To be written: no explanation was imported."
FEEDBACK = re.compile(r"(?<!\\)#")
CHOICE = re.compile(r"(?<!\\)([=~])(?:%(-?[\d.]+)%)?")
UNESCAPE = {"n": "\n", **{character: character for character in "\\~=#{}:"}}
JUSTIFIED = re.compile(r"\*\*(True|False)\*\*, because: (.+)", re.S)
TAGS = {"b": "**", "strong": "**", "i": "*", "em": "*", "code": "`"}


@dataclass
class Imported:
    """The items that could be read, and per question that could not why."""

    items: list[Item] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def from_gift(text: str, topic: str, source: str) -> Imported:
    """The questions of a GIFT file as items of a topic; `source` says where they come from until somebody knows better."""
    found, taken = Imported(), set[str]()
    for number, block in enumerate(_blocks(text), start=1):
        try:
            data = _question(block)
            name = _identifier(data.pop("name"), number)
            while name in taken:
                name += "-again"
            taken.add(name)
            found.items.append(from_data({"id": name, "topic": topic, "difficulty": 2, "source": source, **data}))
        except ValidationError as error:
            first = error.errors()[0]
            found.problems.append(f"question {number}: {' > '.join(map(str, first['loc']))}: {first['msg']}")
        except ValueError as error:
            found.problems.append(f"question {number}: {error}")
    return found


def _blocks(text: str) -> list[str]:
    """The questions: separated by blank lines, without categories."""
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if not line.startswith("$CATEGORY:")]
    blocks = re.split(r"\n[ \t]*\n", "\n".join(lines))
    return [
        b.strip() for b in blocks if any(line.strip() and not line.strip().startswith("//") for line in b.split("\n"))
    ]


def _question(block: str) -> dict[str, Any]:
    comments = "\n".join(line for line in block.split("\n") if line.lstrip().startswith("//"))
    body = "\n".join(line for line in block.split("\n") if not line.lstrip().startswith("//")).strip()
    title = re.match(r"::(.*?)(?<!\\)::", body, re.S)
    identifier = re.search(r"\[id:(.+?)\]", comments)
    body = body[title.end() :] if title else body
    braces = re.search(r"(?<!\\)\{(.*)(?<!\\)\}", body, re.S)
    if not braces:
        raise ValueError("it has no answers in { }")
    before, answers, after = body[: braces.start()], braces.group(1).strip(), body[braces.end() :]
    stem = _markdown(before) + (f" _____ {_markdown(after)}" if after.strip() else "")
    answers, _, general = re.split(r"((?<!\\)####)", answers, maxsplit=1) if "####" in answers else (answers, "", "")
    because = _markdown(general) or TO_WRITE
    name = identifier.group(1) if identifier else title.group(1) if title else stem
    return {"name": name, "stem": stem, **_answers(answers.strip(), because)}


def _answers(answers: str, because: str) -> dict[str, Any]:
    """The fields that depend on the kind of question."""
    truth = re.match(r"(TRUE|FALSE|T|F)\b\s*(.*)", answers, re.S)
    if truth:
        feedback = [_markdown(part) for part in FEEDBACK.split(truth.group(2))[1:]]
        reason = next((part for part in feedback if part), because)
        return {"type": "true/false", "key": truth.group(1)[0] == "T", "justification": reason, "because": because}
    if answers.startswith("#"):
        return {"type": "numeric", "because": because, **_numeric(answers[1:].strip())}
    choices = _choices(answers)
    if not choices:
        raise ValueError("an essay has no rubric; write it by hand as an open item")
    if all("->" in text for _, _, text, _ in choices):
        return {"type": "matching", "because": because, **_pairs(choices)}
    if all(sign == "=" for sign, _, _, _ in choices):
        raise ValueError("a short answer; write it by hand as another type")
    one = any(
        sign == "=" for sign, _, _, _ in choices
    )  # a share beside it is partly right: the bank has no such option
    right = {t: w for s, weight, t, w in choices if s == "=" or (not one and (weight or 0) > 0)}
    wrong = {t: {"because": w or TO_WRITE} for s, weight, t, w in choices if t not in right}
    if len(right) + len(wrong) < len(choices):
        raise ValueError("two options are equal")
    if one:
        if len(right) != 1:
            raise ValueError("several right options must be ~%share%")
        if all(map(JUSTIFIED.fullmatch, right | wrong)):
            return _justified(next(iter(right)), wrong, because)
        return {"type": "single choice", "key": next(iter(right)), "distractors": wrong, "because": because}
    keys = {text: why or TO_WRITE for text, why in right.items()}
    return {"type": "multiple choice", "key": keys, "distractors": wrong, "because": because}


def _justified(key: str, wrong: dict[str, dict[str, str]], because: str) -> dict[str, Any]:
    """A true/false item from the choice that our own export makes of it."""
    sides = {text: JUSTIFIED.fullmatch(text) for text in (key, *wrong)}
    reasons = {text: (found[1] == "True", found[2]) for text, found in sides.items() if found}
    value, justification = reasons.pop(key)
    distractors = {reason: {**wrong[text], "argues": argued} for text, (argued, reason) in reasons.items()}
    return {"type": "true/false", "key": value, "justification": justification, "distractors": distractors,
            "because": because}  # fmt: skip


def _choices(answers: str) -> list[tuple[str, float | None, str, str]]:
    """(sign, weight, text, feedback) of each; texts with `->` stay as they are."""
    marks = list(CHOICE.finditer(answers))
    found = []
    ends = [mark.start() for mark in marks[1:]] + [len(answers)]
    for mark, end in zip(marks, ends, strict=False):
        piece = answers[mark.end() : end]
        text, *feedback = FEEDBACK.split(piece, maxsplit=1)
        weight = float(mark.group(2)) if mark.group(2) else None
        shown = text.strip() if "->" in text else _markdown(text)
        found.append((mark.group(1), weight, shown, _markdown(feedback[0]) if feedback else ""))
    return found


def _numeric(answers: str) -> dict[str, Any]:
    choices = _choices(answers) or [("=", None, answers, "")]
    wrong = {}
    right: tuple[float, float] | None = None
    for sign, weight, text, feedback in choices:
        if sign == "=" and weight in (None, 100.0) and right is None:
            right = _range(text)
        elif re.fullmatch(r"[-+.\d]+(:0*\.?0*)?", text):
            wrong[text.partition(":")[0]] = {"because": feedback or TO_WRITE}
    if right is None:
        raise ValueError("it has no right number")
    value, tolerance = right
    return {
        "key": {"compute": repr(value)},
        "tolerance": {"absolute": tolerance},
        "unit": "number",
        "wrong values": wrong,
    }


def _range(text: str) -> tuple[float, float]:
    """Middle and half width of 3, 3:0.1 or 2.9..3.1."""
    try:
        if ".." in text:
            low, _, high = text.partition("..")
            return (float(low) + float(high)) / 2, (float(high) - float(low)) / 2
        value, _, tolerance = text.partition(":")
        return float(value), float(tolerance or 0)
    except ValueError as error:
        raise ValueError(f"'{text}' is no number") from error


def _pairs(choices: list[tuple[str, float | None, str, str]]) -> dict[str, Any]:
    key, extra = {}, {}
    for _, _, text, _ in choices:
        left, _, right = text.partition("->")
        if left.strip():
            key[_markdown(left)] = _markdown(right)
        else:
            extra[_markdown(right)] = {"because": TO_WRITE}
    return {"key": key, "distractors": extra}


def _markdown(text: str) -> str:
    """Escapes resolved, the commonest HTML as Markdown, MathJax's delimiters as dollars."""
    text = re.sub(r"^\s*\[(html|markdown|plain|moodle)\]", "", text)
    text = re.sub(r"\\([n\\~=#{}:])", lambda match: UNESCAPE[match.group(1)], text)
    text = re.sub(r"(?<!\$)\$(?!\$)", r"\\$", text)
    text = re.sub(
        r"\\\((.+?)\\\)|\$\$(.+?)\$\$", lambda match: f"${match.group(1) or match.group(2)}$", text, flags=re.S
    )
    text = re.sub(r"<pre>(.*?)</pre>", lambda match: f"\n\n```\n{match.group(1)}\n```\n\n", text, flags=re.S)
    text = re.sub(
        r"</?(\w+)[^<>]*>",
        lambda match: TAGS.get(match.group(1).lower(), "\n\n" if match.group(1) == "p" else ""),
        text,
    )
    return re.sub(r"\n{3,}", "\n\n", unescape(text)).strip()


def _identifier(name: str, number: int) -> str:
    """Kebab-case from whatever names the question."""
    kebab = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60].strip("-")
    return kebab or f"imported-{number}"
