"""The whole exam as a PDF: a head with room for the name, rules, blocks with their marking scheme, numbered pages."""

from collections.abc import Callable
from io import BytesIO
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, Image, KeepTogether, PageTemplate, Spacer, Table

from drills.exams import Paper, Question
from drills.items import Item
from drills.printing.markup import Setter
from drills.printing.questions import WIDTH, answer_part

COURSE = "Artificial Neural Networks and Deep Learning"
MARGIN = 20 * mm
PICTURES = {".png", ".jpg", ".jpeg"}


def print_paper(
    paper: Paper, solutions: bool = False, picture: Callable[[Item], Path | None] = lambda item: None
) -> bytes:
    """The paper, or with `solutions` the paper with keys, explanations and rubrics.

    Args:
        picture: where the figure of an item lies, as `Bank.figure` says.
    """
    target = BytesIO()
    with TemporaryDirectory() as folder:
        setter = Setter(Path(folder))
        story = [*_head(setter, paper, solutions)]
        for title, questions in groupby(paper.questions, key=lambda question: question.block):
            story += _block(setter, paper, title, list(questions), solutions, picture)
        document = BaseDocTemplate(
            target, pagesize=A4, title=f"{paper.title} · {paper.seed}", author=COURSE, invariant=1
        )
        frame = Frame(MARGIN, MARGIN, A4[0] - 2 * MARGIN, A4[1] - 2 * MARGIN, 0, 0, 0, 0)
        document.addPageTemplates([PageTemplate("page", [frame])])
        what = f"{paper.title} · version {paper.seed}{' · solutions' if solutions else ''}"
        document.build(story, canvasmaker=lambda *args, **options: NumberedCanvas(what, *args, **options))
    return target.getvalue()


class NumberedCanvas(Canvas):  # type: ignore[misc]
    """Keeps the pages until their number is known, then writes "page 2 of 7" on each."""

    def __init__(self, what: str, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._what, self._pages = what, []  # type: tuple[str, list[dict[str, Any]]]

    def showPage(self) -> None:
        """Keeps the page for later."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Writes all pages with their feet."""
        pages = self._pages
        for number, page in enumerate(pages, start=1):
            self.__dict__.update(page)
            self.setFont("Text", 8.5)
            self.setFillColor(colors.HexColor("#444444"))
            self.drawString(MARGIN, 11 * mm, self._what)
            self.drawRightString(A4[0] - MARGIN, 11 * mm, f"page {number} of {len(pages)}")
            super().showPage()
        super().save()


def _head(setter: Setter, paper: Paper, solutions: bool) -> list[Flowable]:
    points = f"{paper.maximum:g} points"
    lines: list[Flowable] = [
        setter.line(COURSE, "small"),
        setter.line(f"{paper.title}{' — solutions' if solutions else ''}", "title"),
        setter.line(f"Version {paper.seed} · {paper.minutes} minutes · {len(paper.questions)} questions · {points}"),
        Spacer(0, 4 * mm),
    ]
    if solutions:
        return lines
    fields = Table([["Name", "", "Student number", ""], ["Date", "", "Signature", ""]],
                   colWidths=[20 * mm, 65 * mm, 32 * mm, 53 * mm], rowHeights=10 * mm)  # fmt: skip
    fields.setStyle([("FONT", (0, 0), (-1, -1), "Text", 10.5), ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
                     ("LINEBELOW", (1, 0), (1, -1), 0.6, colors.black), ("LINEBELOW", (3, 0), (3, -1), 0.6, colors.black),
                     ("LEFTPADDING", (0, 0), (0, -1), 0)])  # fmt: skip
    rules = "Closed book; a pocket calculator is allowed. Formulas and conventions that you need are in the questions. "
    rules += "Write on these sheets; what is not to be marked must be crossed out."
    return [
        *lines,
        fields,
        Spacer(0, 4 * mm),
        setter.line(rules, "small"),
        Spacer(0, 3 * mm),
        _points_table(setter, paper),
    ]


def _points_table(setter: Setter, paper: Paper) -> Flowable:
    """The examiner's table: a column per block."""
    blocks: dict[str, float] = {}
    for question in paper.questions:
        blocks[question.block] = blocks.get(question.block, 0) + question.scheme.right
    names = [setter.line(name, "small") for name in (*blocks, "Sum")]
    worth = [setter.line(f"of {points:g}", "points") for points in (*blocks.values(), paper.maximum)]
    table = Table([names, worth], colWidths=[WIDTH / len(names)] * len(names), rowHeights=[None, 10 * mm])
    table.setStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.black), ("VALIGN", (0, 1), (-1, 1), "BOTTOM")])
    return table


def _block(
    setter: Setter,
    paper: Paper,
    title: str,
    questions: list[Question],
    solutions: bool,
    picture: Callable[[Item], Path | None],
) -> list[Flowable]:
    words = questions[0].scheme.words
    head: list[Flowable] = [Spacer(0, 6 * mm), setter.line(title, "block"), setter.line(f"Each: {words}.", "small")]
    parts: list[Flowable] = []
    for number, question in enumerate(questions):
        whole = [
            *(head if number == 0 else []),
            Spacer(0, 4 * mm),
            *_question(setter, question, paper.seed, solutions, picture),
        ]
        parts.append(KeepTogether(whole))
    return parts


def _question(
    setter: Setter, question: Question, seed: int, solutions: bool, picture: Callable[[Item], Path | None]
) -> list[Flowable]:
    item = question.item
    stem = setter.flow(item.stem, lead=f"<b>{question.number}.</b> ")
    points = setter.line(f"[{question.scheme.right:g}]", "points")
    table = Table([[stem, points]], colWidths=[WIDTH - 14 * mm, 14 * mm])
    table.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ]
    )
    parts: list[Flowable] = [table]
    if item.figure and (file := picture(item)):
        parts.append(_picture(setter, file, item.figure.alt))
    return [*parts, *answer_part(setter, question, seed, solutions)]


def _picture(setter: Setter, file: Path, alt: str) -> Flowable:
    """The picture at most 70 mm high; vector graphics, which reportlab cannot set, by their description."""
    if file.suffix.lower() not in PICTURES:
        return setter.line(f"Figure: {alt}", "small")
    image = Image(str(file))
    scale = min(1.0, 70 * mm / image.drawHeight, WIDTH / image.drawWidth)
    image.drawHeight, image.drawWidth = image.drawHeight * scale, image.drawWidth * scale
    return image
