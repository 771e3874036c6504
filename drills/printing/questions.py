"""One question on paper, with room for the answer or with its solution."""

from collections.abc import Mapping

from reportlab.lib import colors
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer, Table

from drills.exams import Question
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
    Wrong,
)
from drills.marking import key_number, shown_number
from drills.networks import COLUMNS, blank_cells, by, rows
from drills.presentation import shown_options, shown_side
from drills.printing.markup import Setter

WIDTH = 170 * mm
LETTERS = "ABCDEFGHIJ"
RULE = 8 * mm


class Box(Flowable):  # type: ignore[misc]
    """A square to tick; `ticked` in a solution."""

    def __init__(self, ticked: bool = False) -> None:
        super().__init__()
        self.width = self.height = 3.4 * mm
        self.ticked = ticked

    def wrap(self, *_: float) -> tuple[float, float]:
        """Its size."""
        return self.width, self.height

    def draw(self) -> None:
        """Draws it."""
        self.canv.setLineWidth(0.7)
        self.canv.rect(0, 0, self.width, self.height)
        if self.ticked:
            self.canv.setLineWidth(1.4)
            self.canv.line(0.6 * mm, 0.6 * mm, self.width - 0.6 * mm, self.height - 0.6 * mm)
            self.canv.line(0.6 * mm, self.height - 0.6 * mm, self.width - 0.6 * mm, 0.6 * mm)


class Lines(Flowable):  # type: ignore[misc]
    """Ruled room to write."""

    def __init__(self, count: int, width: float = WIDTH) -> None:
        super().__init__()
        self.width, self.height, self.count = width, count * RULE, count

    def wrap(self, *_: float) -> tuple[float, float]:
        """Its size."""
        return self.width, self.height

    def draw(self) -> None:
        """Draws it."""
        self.canv.setLineWidth(0.4)
        self.canv.setStrokeColor(colors.grey)
        for number in range(self.count):
            self.canv.line(0, number * RULE + 1 * mm, self.width, number * RULE + 1 * mm)


def answer_part(setter: Setter, question: Question, seed: int, solved: bool) -> list[Flowable]:
    """What follows the stem."""
    item = question.item
    parts = _answer(setter, question, item, seed, solved)
    if solved:
        parts += [
            Spacer(0, 1.5 * mm),
            *setter.flow(item.because, "why"),
            setter.line(f"Source: {item.source}", "small"),
        ]
    return parts


def _answer(setter: Setter, question: Question, item: Item, seed: int, solved: bool) -> list[Flowable]:
    match item:
        case SingleChoice():
            return [_options(setter, shown_options(item, seed), {item.key: ""}, item.distractors, solved)]
        case MultipleChoice():
            return [_options(setter, shown_options(item, seed), item.key, item.distractors, solved)]
        case TrueFalse():
            return _true_false(setter, item, seed, solved)
        case Numeric():
            return _numeric(setter, item, solved)
        case LayerTable():
            return [*_convention(setter, item.convention), Spacer(0, 2 * mm), _network(setter, item, solved)]
        case Ordering():
            return [_ordering(setter, item, seed, solved)]
        case Matching():
            return [_matching(setter, item, seed, solved)]
        case SpotTheBug():
            return _spot(setter, item, solved)
        case Open():
            return _open(setter, question, item, solved)


def _options(
    setter: Setter, shown: list[str], right: dict[str, str], wrong: Mapping[str, Wrong], solved: bool
) -> Flowable:
    lines = []
    for letter, option in zip(LETTERS, shown, strict=False):
        cell: list[Flowable] = [setter.line(option)]
        if solved:
            because = right.get(option) or (wrong[option].because if option in wrong else "")
            cell += [setter.line(because, "why")] if because else []
        lines.append([Box(solved and option in right), setter.line(letter), cell])
    return _grid(lines, [7 * mm, 6 * mm, WIDTH - 13 * mm])


def _true_false(setter: Setter, item: TrueFalse, seed: int, solved: bool) -> list[Flowable]:
    if item.distractors:  # each side has justifications of its own, so that none tells which side is right
        parts = [setter.line("Tick one box.", "small")]
        for value in (True, False):
            right = {item.justification: ""} if value is item.key else {}
            shown = shown_side(item, value, seed)
            parts += [
                setter.line(f"**{str(value).lower()}**, because:"),
                _options(setter, shown, right, item.distractors, solved),
            ]
        return parts
    marks: list[list[Flowable]] = [[
        Box(solved and item.key), setter.line("true"), Box(solved and not item.key), setter.line("false"),
    ]]  # fmt: skip
    return [
        _grid(marks, [7 * mm, 20 * mm, 7 * mm, WIDTH - 34 * mm]),
        setter.line("because:"),
        setter.line(item.justification, "why") if solved else Lines(2),
    ]


def _numeric(setter: Setter, item: Numeric, solved: bool) -> list[Flowable]:
    tolerance = item.tolerance
    within = "exact"
    if tolerance.absolute or tolerance.relative:
        within = (
            f"within {tolerance.absolute:g}" if tolerance.absolute else f"within {tolerance.relative:.3g} of the value"
        )
    value = f"<b>{shown_number(key_number(item))}</b>" if solved else "_" * 24
    parts = _convention(setter, item.convention)
    lead = f"Answer ({within}): {value} "
    parts += [Spacer(0, 1 * mm), setter.line(item.unit, lead=lead)]
    if not solved:
        parts.append(Lines(2))
    return parts


def _convention(setter: Setter, convention: str | None) -> list[Flowable]:
    return [setter.line(f"Convention: {convention}", "small")] if convention else []


def _network(setter: Setter, item: LayerTable, solved: bool) -> Flowable:
    blanks = set(blank_cells(item))
    lines: list[list[Flowable | str]] = [
        ["", *(setter.line(f"**{head}**") for head in ("layer", "output shape", "parameters, formula", "parameters"))],
        ["", setter.line("input"), setter.line(by(item.input_shape)), "", ""],
    ]
    for number, row in enumerate(rows(item), start=1):
        cells = []
        for column in COLUMNS:
            hidden = f"{number}.{column}" in blanks
            text = row.cells[column].replace("*", "×")
            cells.append(setter.line(text, "why" if hidden else "body") if solved or not hidden else "")
        lines.append([setter.line(str(number)), setter.line(row.layer), *cells])
    table = Table(lines, colWidths=[8 * mm, 52 * mm, 35 * mm, 50 * mm, 25 * mm], rowHeights=None if solved else 9 * mm)
    table.setStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.black), ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                    ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke)])  # fmt: skip
    return table


def _ordering(setter: Setter, item: Ordering, seed: int, solved: bool) -> Flowable:
    lines = []
    for step in shown_options(item, seed):
        number = f"**{item.key.index(step) + 1}**" if solved else "____"
        lines.append([setter.line(number), setter.line(step)])
    return _grid(lines, [12 * mm, WIDTH - 12 * mm])


def _matching(setter: Setter, item: Matching, seed: int, solved: bool) -> Flowable:
    letters = dict(zip(shown_options(item, seed), LETTERS, strict=False))
    lines = []
    rights = list(letters.items())
    for number in range(max(len(item.key), len(rights))):
        left = list(item.key.items())[number : number + 1]
        answer = setter.line(f"**{letters[left[0][1]]}**" if solved else "____") if left else ""
        right = rights[number : number + 1]
        lines.append([setter.line(left[0][0]) if left else "", answer,
                      setter.line(f"{right[0][1]}  {right[0][0]}") if right else ""])  # fmt: skip
    return _grid(lines, [78 * mm, 14 * mm, WIDTH - 92 * mm])


def _spot(setter: Setter, item: SpotTheBug, solved: bool) -> list[Flowable]:
    parts: list[Flowable] = [setter.code(item.code), Spacer(0, 2 * mm)]
    if solved:
        return [*parts, setter.line(f"Line **{item.key}**, rightly: `{item.fix}`", "why")]
    return [*parts, setter.line("Wrong line: ______    rightly:"), Lines(1)]


def _open(setter: Setter, question: Question, item: Open, solved: bool) -> list[Flowable]:
    if not solved:
        return [Lines(max(4, round(2 * question.scheme.right)))]
    whole = sum(criterion.points for criterion in item.rubric)
    worth = [f"{question.scheme.right * criterion.points / whole:.2g}" for criterion in item.rubric]
    lines = [
        [Box(), setter.line(points), setter.line(c.criterion)] for points, c in zip(worth, item.rubric, strict=True)
    ]
    return [*setter.flow(item.key), Spacer(0, 1 * mm), _grid(lines, [7 * mm, 10 * mm, WIDTH - 17 * mm])]


def _grid(
    lines: list[list[Flowable]] | list[list[Flowable | str]] | list[list[object]], widths: list[float]
) -> Flowable:
    """Cells side by side without lines."""
    table = Table(lines, colWidths=widths)
    table.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0),
                    ("TOPPADDING", (0, 0), (-1, -1), 1.6), ("BOTTOMPADDING", (0, 0), (-1, -1), 1.6)])  # fmt: skip
    table.hAlign = "LEFT"
    return table
