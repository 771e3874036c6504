"""Items reduced to the five kinds that all other programs know: choice, truth, number, pairs, essay.

Ordering becomes pairs of step and place, spotting a bug a choice of lines, a layer table one number per blank cell. Texts
stay Markdown with `$...$`; each format sets them in its own way.
"""

from dataclasses import dataclass, field
from math import prod

from drills.expressions import evaluate
from drills.items import (
    Item,
    LayerTable,
    Matching,
    MultipleChoice,
    Numeric,
    Open,
    Ordering,
    SingleChoice,
    SpotTheBug,
    TrueFalse,
)
from drills.marking import key_number
from drills.networks import blank_cells, by, rows
from drills.presentation import shown_side


@dataclass(frozen=True)
class Common:
    """What every kind has; `because` is shown to everybody after the answer."""

    id: str
    topic: str
    text: str
    because: str


@dataclass(frozen=True)
class Option:
    """One option of a choice; `share` of the points for choosing it, -1 to 1; `right` where the key holds it."""

    text: str
    share: float
    because: str
    right: bool = False


@dataclass(frozen=True)
class Choice(Common):
    """Choose one option, or with `several` all that hold."""

    options: list[Option]
    several: bool = False


@dataclass(frozen=True)
class Truth(Common):
    """A statement."""

    value: bool
    wrong: str


@dataclass(frozen=True)
class Number(Common):
    """A number within an absolute tolerance; `wrong` are predicted mistakes."""

    value: float
    tolerance: float
    wrong: list[tuple[float, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Pairs(Common):
    """Left and right texts that belong together; `extra` right texts belong to none."""

    pairs: list[tuple[str, str]]
    extra: list[str]


@dataclass(frozen=True)
class Essay(Common):
    """A question answered in words; `because` is the model answer and its rubric."""


Portable = Choice | Truth | Number | Pairs | Essay


def portable(item: Item) -> list[Portable]:
    """The item as one or, for a layer table, several portable ones."""
    match item:
        case SingleChoice():
            options = [Option(item.key, 1.0, item.because, right=True)]
            options += [Option(text, 0.0, wrong.because) for text, wrong in item.distractors.items()]
            return [Choice(item.id, item.topic, item.stem, item.because, options)]
        case MultipleChoice():
            share = 1 / len(item.key)
            options = [Option(text, share, because, right=True) for text, because in item.key.items()]
            options += [Option(text, -share, wrong.because) for text, wrong in item.distractors.items()]
            return [Choice(item.id, item.topic, item.stem, item.because, options, several=True)]
        case TrueFalse() if item.distractors:
            return [Choice(item.id, item.topic, item.stem, item.because, _justified(item))]
        case TrueFalse():
            because = f"{item.justification} {item.because}"
            return [Truth(item.id, item.topic, item.stem, because, item.key, item.justification)]
        case Numeric():
            return [_number(item)]
        case LayerTable():
            return list(_cells(item))
        case Ordering():
            places = [(step, str(number)) for number, step in enumerate(item.key, start=1)]
            return [Pairs(item.id, item.topic, item.stem, item.because, places, [])]
        case Matching():
            return [Pairs(item.id, item.topic, item.stem, item.because, list(item.key.items()), list(item.distractors))]
        case SpotTheBug():
            text = f"{item.stem}\n\n```\n{item.code.rstrip()}\n```"
            options = [Option(_line(item, item.key), 1.0, f"{item.because} Rightly: `{item.fix}`", right=True)]
            options += [Option(_line(item, number), 0.0, wrong.because) for number, wrong in item.distractors.items()]
            return [Choice(item.id, item.topic, text, item.because, options)]
        case Open():
            rubric = " ".join(f"({criterion.points:g}) {criterion.criterion}." for criterion in item.rubric)
            return [Essay(item.id, item.topic, item.stem, f"{item.key}\n\nPoints: {rubric}\n\n{item.because}")]


def _justified(item: TrueFalse) -> list[Option]:
    """A truth value with a justification, as one choice: the other programs know no second step.

    The right value for a wrong reason is worth half.
    """
    options = []
    for value in (True, False):
        for text in shown_side(item, value, 0):
            said, why = f"**{value}**, because: {text}", item.distractors.get(text)
            if why:
                options.append(Option(said, 0.5 * (value is item.key), why.because))
            else:
                options.append(Option(said, 1.0, item.because, right=True))
    return options


def decimal(value: float) -> str:
    """A number without an exponent, which not every program reads."""
    return f"{value:.12f}".rstrip("0").rstrip(".") or "0"


def _number(item: Numeric) -> Number:
    value = key_number(item)
    tolerance = max(item.tolerance.absolute, item.tolerance.relative * abs(value))
    within = f"within {decimal(tolerance)}" if tolerance else "exact"
    convention = f" Convention: {item.convention}." if item.convention else ""
    wrong = [(float(evaluate(expression)), why.because) for expression, why in item.wrong_values.items()]
    text = f"{item.stem}\n\nAnswer in {item.unit}, {within}.{convention}"
    return Number(item.id, item.topic, text, item.because, value, tolerance, wrong)


def _cells(item: LayerTable) -> list[Number]:
    table = rows(item)
    listing = "\n".join(f"{number}. {row.layer}" for number, row in enumerate(table, start=1))
    network = f"{item.stem}\n\n```\ninput {by(item.input_shape)}\n{listing}\n```"
    convention = f" Convention: {item.convention}." if item.convention else ""
    found = []
    for cell in blank_cells(item):
        number, _, column = cell.partition(".")
        row = table[int(number) - 1]
        because = (
            f"Layer {number}: output {by(row.output)}, parameters {row.formula} = {row.parameters}. {item.because}"
        )
        if column == "parameters":
            wrong = [
                (float(evaluate(expression)), why.because)
                for expression, why in item.wrong_values.get(cell, {}).items()
            ]
            text = f"{network}\n\nHow many parameters does layer {number} have?{convention}"
            found.append(
                Number(f"{item.id}-{number}-parameters", item.topic, text, because, float(row.parameters), 0.0, wrong)
            )
        elif column == "output":
            text = (
                f"{network}\n\nHow many numbers does layer {number} put out (all sides of its output shape multiplied)?"
            )
            found.append(Number(f"{item.id}-{number}-output", item.topic, text, because, float(prod(row.output)), 0.0))
    return found


def _line(item: SpotTheBug, number: int) -> str:
    return f"line {number}: `{item.code.splitlines()[number - 1].strip()}`"
