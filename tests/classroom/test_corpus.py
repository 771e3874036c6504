"""Nobody loses a point that a fair person would give: the notebooks of the corpus, each with the mark that it deserves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache

import nbformat
import pytest

from autograder.calls import Limits
from autograder.extract import notebook_source
from autograder.grading import Grader
from autograder.records import Report
from autograder.sandbox.client import Sandbox
from classroom.mending import GRADED, mend
from classroom.reading import code_cells, read
from tests.classroom.corpus.builders import ROOT, Case, Notebook, build, cases, module, released

LIMITS = Limits(call_seconds=3.0)
CASES = cases()


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    with Sandbox("strict") as sandbox:
        yield Grader(ROOT, sandbox.open, LIMITS)


@cache
def _released(exercise: str) -> Notebook:
    return released(exercise)


def as_autograded(notebook: Notebook, exercise: str) -> list[str]:
    """The code as `nbgrader autograde` has it: mended, and the locked cells as they were handed out."""
    expected = {
        cell.metadata["nbgrader"]["grade_id"]: {
            "cell_type": cell.cell_type,
            "source": cell.source,
            "metadata": cell.metadata["nbgrader"],
        }
        for cell in _released(exercise).cells
        if "nbgrader" in cell.metadata
    }
    notebook = nbformat.from_dict(json.loads(json.dumps(notebook)))
    mend(notebook, expected)
    for cell in notebook.cells:
        tag = cell.metadata.get("nbgrader", {})
        if tag.get("locked"):
            cell.source = expected[tag["grade_id"]]["source"]
    return code_cells(notebook)


def without_checks(cells: list[str]) -> list[str]:
    """What counts of the cells: a check defines nothing, and half a character is none."""
    texts = [text.encode("utf-8", "replace").decode().replace("\r\n", "\n") for text in cells]
    return [text for text in texts if not GRADED.search(text)]


FAIR: dict[tuple[str, str], Report] = {}


def fair(grader: Grader, exercise: str, text: str) -> Report:
    """The report of a plain module."""
    if (exercise, text) not in FAIR:
        FAIR[exercise, text] = grader.grade(exercise, text)
    return FAIR[exercise, text]


def test_the_corpus_is_large_and_its_names_differ() -> None:
    assert len(CASES) >= 150
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_mark_is_that_of_a_fair_person(case: Case, grader: Grader) -> None:
    notebook = build(case)
    as_sent, _ = read(json.dumps(notebook).encode())
    as_graded = as_autograded(notebook, case.exercise)
    # what class grade and check() have is what nbgrader has
    assert without_checks(code_cells(as_sent)) == without_checks(as_graded)
    functions = grader.catalogue.exercises[case.exercise].functions
    report = grader.grade(case.exercise, notebook_source(as_graded, functions), filename="your notebook")
    right = fair(grader, case.exercise, module(case))
    said = [(r.test, r.message) for r, f in zip(report.records, right.records, strict=True) if r.status != f.status]
    assert (report.problem, report.earned) == ("", right.earned), said
    assert (report.earned == report.points) == (not (case.lost or case.unwritten or case.as_))
