"""nbgrader's source notebooks, made from the solutions: what a student reads is what the stub says, cell by cell."""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.catalogue import Exercise
from autograder.grading import Bench
from autograder.sync import BEGIN, END, FUNCTION
from autograder.yamlfile import CourseError
from classroom.words import Words, words_of

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
QUESTION = "**In your own words**"


def graded_id(exercise: str) -> str:
    """Return the grade_id of an exercise's graded cell."""
    return f"{exercise}-grade"


def explain_id(exercise: str) -> str:
    """Return the grade_id of the cell that a person grades."""
    return f"{exercise}-explain"


def cell_id(grade_id: str) -> str:
    """Return a notebook cell id that never changes: where metadata got lost, it still tells which cell this is."""
    return "anndl-" + hashlib.sha256(grade_id.encode()).hexdigest()[:16]


def source_notebook(bench: Bench, words: bool = True) -> nbformat.NotebookNode:
    """Build one exercise's notebook, with the solution in nbgrader's markers, and with its question in `words` if it has one.

    Raises:
        CourseError: the solution is not laid out as it must be.
    """
    exercise = bench.exercise
    path = exercise.solution
    statement = ast.get_docstring(ast.parse(bench.solution))
    if statement is None:
        raise CourseError(path, 1, "a solution begins with its docstring")
    cells = [_statement(exercise, statement)]
    preamble, functions = _taken_apart(bench.solution, path)
    setup = f"{preamble}\n\nfrom autograder.notebook import check, grade".strip()
    cells.append(_code(setup, f"{exercise.name}-setup", locked=True))
    for name, text in functions:
        cells.append(_code(text, f"{exercise.name}-{name}", solution=True))
    cells.append(_check(bench))
    cells.append(new_markdown_cell(f"**Your code at work.** {exercise.figure.strip()}"))
    cells[-1]["id"] = cell_id(f"{exercise.name}-figure-text")
    cells.append(_code(_figure_source(exercise), f"{exercise.name}-figure", tagged=False))
    if words and (asked := words_of(exercise)):
        cells.extend(_explain(exercise, asked))
    notebook: nbformat.NotebookNode = new_notebook(
        cells=cells, metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}}
    )
    return notebook


def _taken_apart(solution: str, path: Path) -> tuple[str, list[tuple[str, str]]]:
    """Return what stands before the first function, and each function with the text of its cell.

    A marked part between functions (helpers) goes into the next function's own marked part: nbgrader would put a `raise`
    in its place, which at the margin would stop whoever runs all cells.
    """
    lines = solution.splitlines()
    start = ast.parse(solution).body[0].end_lineno or 1
    preamble: list[str] = []
    functions: list[tuple[str, list[str]]] = []
    helpers: list[str] = []
    at_margin = False
    for line in lines[start:]:
        if line in (BEGIN, END):
            at_margin = line == BEGIN
        elif at_margin:
            helpers.append(line)
        elif match := FUNCTION.match(line):
            functions.append((match.group(1), [line]))
        elif functions:
            if line.strip() == END and helpers:
                functions[-1][1].extend(["", "", *"\n".join(helpers).strip().splitlines(), ""])
                helpers = []
            functions[-1][1].append(line)
        else:
            preamble.append(line)
    if not functions or helpers:
        raise CourseError(path, len(lines), "every marked part stands in a function, or before one")
    return "\n".join(preamble).strip(), [(name, "\n".join(text).strip()) for name, text in functions]


def _statement(exercise: Exercise, docstring: str) -> Any:
    title, _, rest = docstring.partition("\n")
    rest = rest.replace("Run `anndl grade", "In a file of your own, run `anndl grade")
    cell = new_markdown_cell(f"# {title}\n\n{rest.strip()}\n\nRead on: {exercise.read.strip()}")
    cell["id"] = cell_id(f"{exercise.name}-statement")
    return cell


def _code(
    source: str,
    grade_id: str,
    solution: bool = False,
    locked: bool = False,
    tagged: bool = True,
    points: float | None = None,
) -> Any:
    cell = new_code_cell(source)
    cell["id"] = cell_id(grade_id)
    if tagged:
        cell["metadata"]["nbgrader"] = _metadata(grade_id, solution, locked, points)
    return cell


def _metadata(grade_id: str, solution: bool, locked: bool, points: float | None) -> dict[str, Any]:
    data: dict[str, Any] = {
        "grade": points is not None,
        "grade_id": grade_id,
        "locked": locked,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return data if points is None else {**data, "points": int(points) if float(points).is_integer() else points}


def _check(bench: Bench) -> Any:
    name = bench.exercise.name
    source = "\n".join(
        [
            f'check("{name}")  # your points, and what each test says',
            "### BEGIN HIDDEN TESTS",
            f'grade("{name}")  # the mark: the same tests on other inputs',
            "### END HIDDEN TESTS",
        ]
    )
    return _code(source, graded_id(name), locked=True, points=bench.suite.points)


def _figure_source(exercise: Exercise) -> str:
    return f'from autograder.notebook import show\n\nshow("{exercise.name}")  # worth no points'


def _explain(exercise: Exercise, words: Words) -> list[Any]:
    name = exercise.name
    rubric = " · ".join(f"{c.criterion} ({c.points:g})" for c in words.rubric)
    question = new_markdown_cell(
        f"{QUESTION} ({words.points:g} points, read by a person). {words.question.strip()} "
        "Answer in three to six sentences that a fellow student would understand.\n\n"
        "Points are given for reasons, not for length. Write below this line."
    )
    question["id"] = cell_id(f"{name}-question")
    answer = new_markdown_cell(f"{BEGIN}\n{words.answer.strip()}\n\nRubric: {rubric}\n{END}")
    answer["id"] = cell_id(explain_id(name))
    answer["metadata"]["nbgrader"] = _metadata(explain_id(name), True, False, words.points)
    return [question, answer]


def write(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write a notebook after checking it against nbformat's schema."""
    from autograder.learner import write_whole

    nbformat.validate(notebook)
    write_whole(path, nbformat.writes(notebook) + "\n")
