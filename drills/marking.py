"""Marks an answer to an item: points, what was right, which misconceptions it shows, and why. Pure functions.

The form of an answer, by type (plain JSON, so that it can be stored as it is); None or an empty one is a blank:

    single choice     the option's text            multiple choice   list of the ticked options' texts
    true/false        {"value": bool, "justification": text}, or "justified": bool where it is self-checked
    numeric           the text typed               layer table       {cell: text typed}
    ordering          list of all steps            matching          {left text: right text}
    spot the bug      the line's number            open              {"text": text, "ticked": [criteria, from 0]}
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

from drills import answers
from drills.answers import AnswerError
from drills.expressions import ExpressionError, evaluate
from drills.items import (
    Item,
    LayerTable,
    Matching,
    Misordered,
    MultipleChoice,
    Numeric,
    Open,
    Ordering,
    SingleChoice,
    SpotTheBug,
    Tolerance,
    TrueFalse,
    Wrong,
)
from drills.networks import blank_cells, solution


@dataclass(frozen=True)
class Part:
    """One part of an item: an option, a cell, a pair, a criterion.

    `given` and `expected` are the learner's and the right content ("chosen" or "" for an option); `read` is how a typed
    number was read where that is not what stands there; `misconception` is set only where the answer shows it.
    """

    label: str
    given: str
    expected: str
    right: bool
    because: str = ""
    misconception: str | None = None
    read: str = ""


@dataclass(frozen=True)
class Marked:
    """An answer's mark. `blank` answers have no points and show no misconception."""

    points: float
    maximum: float
    parts: tuple[Part, ...]
    blank: bool = False

    @property
    def fraction(self) -> float:
        """Points as a share of the maximum, 0 to 1."""
        return self.points / self.maximum

    @property
    def right(self) -> bool:
        """Whether everything was right."""
        return self.points == self.maximum

    @property
    def misconceptions(self) -> tuple[str, ...]:
        """The ids that the answer shows, each once, in the order of the parts."""
        return tuple(dict.fromkeys(part.misconception for part in self.parts if part.misconception))


def mark(item: Item, answer: Any) -> Marked:
    """The mark of an answer.

    Raises:
        AnswerError: the answer cannot be read (not a number, an option that does not exist ...); nothing is lost by
            asking the learner again.
    """
    if is_blank(answer):
        blank = _mark(item, None)
        cleaned = tuple(Part(part.label, "", part.expected, False, part.because) for part in blank.parts)
        return Marked(0.0, blank.maximum, cleaned, blank=True)
    return _mark(item, answer)


def is_blank(answer: Any) -> bool:
    """Whether nothing was answered; ticking no criterion of a written answer is an answer."""
    if isinstance(answer, dict):
        return not any(value not in (None, "", []) and str(value).strip() for value in answer.values())
    return answer is None or (
        isinstance(answer, str | list) and not (answer.strip() if isinstance(answer, str) else answer)
    )


def has_form(item: Item, answer: Any) -> bool:
    """Whether an answer has the form of its type, whatever it says; None has. For rows that anybody may have written."""
    if answer is None:
        return True
    match item:
        case SingleChoice() | Numeric():
            return isinstance(answer, str)
        case MultipleChoice() | Ordering():
            return isinstance(answer, list) and all(isinstance(part, str) for part in answer)
        case LayerTable() | Matching():
            return isinstance(answer, dict) and all(isinstance(part, str) for part in answer.values())
        case SpotTheBug():
            return isinstance(answer, int) and not isinstance(answer, bool)
        case TrueFalse():
            texts = (
                [answer.get(name) or "" for name in ("justification", "text")] if isinstance(answer, dict) else [None]
            )
            return all(isinstance(text, str) for text in texts)
        case Open():
            return isinstance(answer, dict) and isinstance(answer.get("text") or "", str)


def key_number(item: Numeric) -> float:
    """The right number of a numeric item, computed."""
    return computed(item.key.compute)


@lru_cache(maxsize=4096)
def computed(expression: str) -> float:
    """The value of an expression, computed once: the reference may take its time."""
    return float(evaluate(expression))


def shown_number(value: float) -> str:
    """A number as it is shown: whole numbers in full, others with six significant digits."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.6g}"


def _mark(item: Item, answer: Any) -> Marked:
    match item:
        case SingleChoice():
            return _single(item, answer)
        case MultipleChoice():
            return _multiple(item, answer)
        case TrueFalse():
            return _true_false(item, answer)
        case Numeric():
            return _numeric(item, answer)
        case LayerTable():
            return _layer_table(item, answer)
        case Ordering():
            return _ordering(item, answer)
        case Matching():
            return _matching(item, answer)
        case SpotTheBug():
            return _spot(item, answer)
        case Open():
            return _open(item, answer)


def _options(chosen: set[str], right: dict[str, str], wrong: Mapping[str, Wrong]) -> tuple[Part, ...]:
    """One part per option, right ones first."""
    if strangers := chosen - set(right) - set(wrong):
        raise AnswerError(f"no such option: {', '.join(sorted(strangers))}")
    parts = [Part(o, "chosen" if o in chosen else "", "chosen", o in chosen, because) for o, because in right.items()]
    for option, why in wrong.items():
        picked = option in chosen
        shows = why.misconception if picked else None
        parts.append(Part(option, "chosen" if picked else "", "", not picked, why.because, shows))
    return tuple(parts)


def _single(item: SingleChoice, answer: Any) -> Marked:
    chosen = set() if answer is None else {_text(answer)}
    return Marked(float(item.key in chosen), 1.0, _options(chosen, {item.key: item.because}, item.distractors))


def _multiple(item: MultipleChoice, answer: Any) -> Marked:
    """Right ticks minus wrong ticks, over the number of right options; never below 0."""
    chosen = {_text(option) for option in _list(answer or [])}
    parts = _options(chosen, item.key, item.distractors)
    points = len(chosen & set(item.key)) - len(chosen & set(item.distractors))
    return Marked(max(0.0, points / len(item.key)), 1.0, parts)


def _true_false(item: TrueFalse, answer: Any) -> Marked:
    """Half for the truth value; half for the justification, which counts only with the right value.

    Whoever has the wrong value may show two misconceptions: the statement's own and that of the justification chosen.
    """
    given = _dict(answer or {})
    value = given.get("value")
    right = value is item.key
    shows = item.misconception if value is not None and not right else None
    words = {True: "true", False: "false", None: ""}
    if value not in (True, False, None):
        raise AnswerError("answer true or false")
    statement = Part(item.stem, words[value], words[item.key], right, item.because, shows)
    if not item.distractors:
        justified = right and given.get("justified") is True
        reason = Part(item.justification, "ticked" if justified else "", "ticked", justified, item.justification)
        return Marked(0.5 * right + 0.5 * justified, 1.0, (statement, reason))
    chosen = given.get("justification") or None
    if chosen in item.distractors and item.distractors[chosen].argues not in (value, None):
        raise AnswerError("choose a justification that argues for your answer")
    options = _options({chosen} if chosen else set(), {item.justification: item.because}, item.distractors)
    return Marked(0.5 * right + 0.5 * (right and chosen == item.justification), 1.0, (statement, *options))


def _numeric(item: Numeric, answer: Any) -> Marked:
    key = key_number(item)
    expected = shown_number(key)
    if answer is None:
        return Marked(0.0, 1.0, (Part("", "", expected, False, item.because),))
    text = _text(answer)
    value = _nearest(answers.readings(text), key, item.tolerance)
    read = "" if re.fullmatch(r"[+-]?\d*\.?\d*", text.strip()) else shown_number(value)
    if item.tolerance.covers(value, key):
        return Marked(1.0, 1.0, (Part("", text, expected, True, item.because, read=read),))
    found = _explained(value, item.wrong_values, item.tolerance.covers)
    return Marked(0.0, 1.0, (replace(_part("", text, expected, False, found), read=read),))


def _nearest(readings: tuple[float, ...], key: float, tolerance: Tolerance) -> float:
    """The reading that is meant: an exact key is a whole number, so there the likeliest one; else the one near the key."""
    if tolerance.absolute == tolerance.relative == 0:
        return readings[0]
    return min(readings, key=lambda value: abs(value - key))


def _explained(value: float, wrong: dict[str, Wrong], covers: Callable[[float, float], bool]) -> Wrong | None:
    """The wrong value nearest to the one given among those it equals within the tolerance."""
    near = []
    for expression, why in wrong.items():
        try:
            predicted = computed(expression)
        except (ExpressionError, TypeError, ValueError):
            continue  # a shape, or the reference cannot compute it: `anndl bank lint` says so
        if covers(value, predicted):
            near.append((abs(value - predicted), why))
    return min(near, key=lambda pair: pair[0])[1] if near else None


def _layer_table(item: LayerTable, answer: Any) -> Marked:
    """One point per blank cell."""
    given, right = _dict(answer or {}), solution(item)
    parts = []
    for cell in blank_cells(item):
        text = _text(given.get(cell) or "").strip()
        correct = bool(text) and _cell_right(cell, text, right)
        why = None if correct or not text else _cell_mistake(cell, text, item.wrong_values.get(cell, {}))
        parts.append(_part(cell, text, right[cell], correct, why))
    return Marked(float(sum(part.right for part in parts)), float(len(parts)), tuple(parts))


def _cell_right(cell: str, text: str, right: dict[str, str]) -> bool:
    layer, _, column = cell.partition(".")
    try:
        if column == "output":
            expected, given = answers.shape(right[cell]), answers.shape(text)
            last = (*expected[1:], expected[0]) if len(expected) == 3 else expected  # height x width x channels
            return given in (expected, last)
        count = float(right[f"{layer}.parameters"])
        if column == "parameters":
            return answers.number(text) == count
        value, computed = answers.formula(text)
        return value == count and (computed or count == 0)
    except AnswerError:  # one unreadable cell must not keep the others from being marked
        return False


def _cell_mistake(cell: str, text: str, wrong: dict[str, Wrong]) -> Wrong | None:
    try:
        if cell.endswith(".output"):
            given = answers.shape(text)
            return next((why for predicted, why in wrong.items() if predicted_shape(predicted) == given), None)
        return _explained(answers.number(text), wrong, lambda one, other: one == other)
    except AnswerError:
        return None


def predicted_shape(text: str) -> tuple[int, ...]:
    """A wrong shape as the item's author wrote it: 16 x 32 x 32, or an expression for the length of a vector."""
    return answers.shape(text) if written_as_shape(text) else (int(computed(text)),)


def written_as_shape(text: str) -> bool:
    """Whether a wrong shape is written out rather than as an expression."""
    return re.search(r"\d\s*[x×]\s*\d", text) is not None


def _ordering(item: Ordering, answer: Any) -> Marked:
    """The share of the key's neighbouring pairs that follow each other in the answer."""
    order = [_text(step) for step in _list(answer or [])]
    if answer is not None and sorted(order) != sorted(item.key):
        raise AnswerError("put every step in its place, each once")
    follows = set(pairwise(order))
    points = sum(pair in follows for pair in pairwise(item.key)) / (len(item.key) - 1)
    place = {step: position for position, step in enumerate(order)}
    parts = []
    for number, step in enumerate(item.key):
        here = bool(order) and order[number] == step
        why = next((m for m in item.mistakes if order and m.first == step and place[m.first] < place[m.then]), None)
        position = str(place[step] + 1) if order else ""
        parts.append(_part(step, position, str(number + 1), here, why))
    return Marked(points, 1.0, tuple(parts))


def _part(label: str, given: str, expected: str, right: bool, why: Wrong | Misordered | None) -> Part:
    return Part(label, given, expected, right, why.because if why else "", why.misconception if why else None)


def _matching(item: Matching, answer: Any) -> Marked:
    """The share of right pairs."""
    given = _dict(answer or {})
    offered = set(item.key.values()) | set(item.distractors)
    parts = []
    for left, right in item.key.items():
        chosen = given.get(left) or ""
        if chosen and chosen not in offered:
            raise AnswerError(f"no such option: {chosen}")
        why = item.mistakes.get(left, {}).get(chosen) or item.distractors.get(chosen)
        parts.append(_part(left, chosen, right, chosen == right, why))
    return Marked(sum(part.right for part in parts) / len(parts), 1.0, tuple(parts))


def _spot(item: SpotTheBug, answer: Any) -> Marked:
    lines = item.code.splitlines()
    if answer is not None and (not isinstance(answer, int) or not 1 <= answer <= len(lines)):
        raise AnswerError(f"answer with a line from 1 to {len(lines)}")
    numbers = sorted({item.key, *item.distractors, *([answer] if answer else [])})
    parts = []
    for number in numbers:
        why = item.distractors.get(number)
        because = item.because if number == item.key else why.because if why else "This line does what it should."
        picked = number == answer
        shows = why.misconception if why and picked else None
        right = picked == (number == item.key)
        parts.append(
            Part(
                f"line {number}",
                "chosen" if picked else "",
                "chosen" if number == item.key else "",
                right,
                because,
                shows,
            )
        )
    return Marked(float(answer == item.key), 1.0, tuple(parts))


def _open(item: Open, answer: Any) -> Marked:
    ticked = set(_list(_dict(answer or {}).get("ticked") or []))
    if strangers := ticked - set(range(len(item.rubric))):
        raise AnswerError(f"no such criterion: {sorted(map(str, strangers))}")
    parts = []
    for number, criterion in enumerate(item.rubric):
        met = number in ticked
        shows = None if met else criterion.misconception
        parts.append(Part(criterion.criterion, "ticked" if met else "", "ticked", met, "", shows))
    points = sum(criterion.points for number, criterion in enumerate(item.rubric) if number in ticked)
    return Marked(float(points), float(sum(criterion.points for criterion in item.rubric)), tuple(parts))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise AnswerError(f"an answer here is a text, not {type(value).__name__}")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise AnswerError(f"an answer here is a list, not {type(value).__name__}")
    return value


def _dict(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise AnswerError(f"an answer here maps parts to answers, not {type(value).__name__}")
    return value
