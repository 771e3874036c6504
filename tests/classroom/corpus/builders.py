"""Builds the notebooks of the corpus: the released notebook, answered, and what editors and students make of it."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import nbformat
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from autograder.grading import Grader
from classroom.notebooks import source_notebook

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).parent
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
Notebook = nbformat.NotebookNode


@dataclass(frozen=True)
class Case:
    """One notebook, and what a fair person gives for it; the fields are explained at the top of cases.yaml."""

    name: str
    exercise: str = "hebbian"
    look: str = "jupyterlab4"
    first: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    edit: dict[str, str] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    do: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    unwritten: tuple[str, ...] = ()
    as_: dict[str, str] = field(default_factory=dict)


@cache
def grader() -> Grader:
    """A grader that reads the course only."""
    return Grader(ROOT)


def cases() -> list[Case]:
    """Those of the table, and every exercise as each editor saves it."""
    table = yaml.safe_load((HERE / "cases.yaml").read_text(encoding="utf-8"))
    found = [Case(**{{"as": "as_"}.get(key, key): value for key, value in row.items()}) for row in table]
    looks = [Case(f"{name} in {look}", name, look) for look in LOOKS for name in grader().catalogue.exercises]
    return found + looks


def released(exercise: str) -> Notebook:
    """The notebook as it is handed out: a `raise` where the answers go."""
    notebook = copy.deepcopy(_source(exercise))
    for cell in notebook.cells:
        if BEGIN in cell.source:
            head, _, rest = cell.source.partition(BEGIN)
            cell.source = head.rstrip(" ") + _stub(cell) + rest.partition(END)[2]
    return notebook


def _stub(cell: Notebook) -> str:
    return "    raise NotImplementedError('write this function')" if cell.cell_type == "code" else ""


@cache
def _source(exercise: str) -> Notebook:
    return source_notebook(grader().bench(exercise))


def function_cell(notebook: Notebook, exercise: str, function: str) -> Notebook:
    """The cell that a function is to be written in."""
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == f"{exercise}-{function}")


def build(case: Case) -> Notebook:
    """The notebook of a case."""
    notebook = copy.deepcopy(_source(case.exercise))
    functions = grader().catalogue.exercises[case.exercise].functions
    for name in functions:
        cell = function_cell(notebook, case.exercise, name)
        text = "\n".join(line for line in cell.source.split("\n") if line.strip() not in (BEGIN, END))
        cell.source = case.cells.get(name, text)
    for old, new in case.edit.items():
        touched = [c for c in notebook.cells if c.cell_type == "code" and old in c.source]
        assert touched, f"{case.name}: no answer holds {old!r}"
        for cell in touched:
            cell.source = cell.source.replace(old, new)
    answers = [function_cell(notebook, case.exercise, name) for name in functions]
    for cell in answers:
        if not cell.source:
            notebook.cells.remove(cell)
    setup = next(i for i, c in enumerate(notebook.cells) if c.cell_type == "code")
    check = next(i for i, c in enumerate(notebook.cells) if c.metadata.get("nbgrader", {}).get("grade"))
    notebook.cells[check + 1 : check + 1] = [new_code_cell(text) for text in case.after]
    notebook.cells[setup + 1 : setup + 1] = [new_code_cell(text) for text in case.before]
    notebook.cells[:0] = [new_code_cell(text) for text in case.first]
    for text in case.do:
        words = text.split()
        two = " ".join(words[:2])
        what, rest = (two, words[2:]) if two in DEEDS else (words[0], words[1:]) if words[0] in DEEDS else (text, [])
        DEEDS[what](notebook, case, *rest)
    LOOKS[case.look](notebook)
    return notebook


def module(case: Case) -> str:
    """The module that the notebook amounts to, as a fair person reads it."""
    bench = grader().bench(case.exercise)
    text = bench.solution
    for old, new in case.as_.items():
        assert old in text, f"{case.name}: the solution does not hold {old!r}"
        text = text.replace(old, new)
    raising = {**dict.fromkeys(case.lost, "RuntimeError"), **dict.fromkeys(case.unwritten, "NotImplementedError")}
    return text + "".join(f"\n\ndef {name}(*args, **kwargs):\n    raise {what}\n" for name, what in raising.items())


def _code(notebook: Notebook, case: Case) -> list[Notebook]:
    functions = grader().catalogue.exercises[case.exercise].functions
    return [function_cell(notebook, case.exercise, name) for name in functions]


def _check(notebook: Notebook) -> Notebook:
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade"))


def _copies(cells: list[Notebook]) -> list[Notebook]:
    return [nbformat.from_dict(json.loads(json.dumps(cell))) for cell in cells]


def append(notebook: Notebook, case: Case, function: str) -> None:
    """The answer to a function stands in a new cell at the end; its own cell holds the stub."""
    text = function_cell(_source(case.exercise), case.exercise, function).source
    notebook.cells.append(new_code_cell(text))


def one_cell(notebook: Notebook, case: Case) -> None:
    """All answers in one cell, the others gone."""
    first, *others = _code(notebook, case)
    first.source = "\n\n\n".join(cell.source for cell in (first, *others))
    for cell in others:
        notebook.cells.remove(cell)


def merged(notebook: Notebook, case: Case) -> None:
    """The first two answers in one cell."""
    first, second, *_ = _code(notebook, case)
    first.source += "\n" + second.source
    notebook.cells.remove(second)


def in_reverse(notebook: Notebook, case: Case) -> None:
    """All cells in reverse order."""
    notebook.cells.reverse()


def carriage_returns(notebook: Notebook, case: Case) -> None:
    """As saved by an editor on Windows."""
    for cell in notebook.cells:
        cell.source = cell.source.replace("\n", "\r\n")


def tabs(notebook: Notebook, case: Case) -> None:
    """Indented by tabs."""
    for cell in _code(notebook, case):
        cell.source = cell.source.replace("    ", "\t")


def half_a_character(notebook: Notebook, case: Case) -> None:
    """A lone surrogate, as a broken paste leaves it."""
    notebook.cells.append(new_code_cell("x = '\ud83e'"))


def stubs(notebook: Notebook, case: Case, *functions: str) -> None:
    """These functions, or all, are as they were handed out."""
    for name in functions or grader().catalogue.exercises[case.exercise].functions:
        function_cell(notebook, case.exercise, name).source = function_cell(
            released(case.exercise), case.exercise, name
        ).source


def as_text(notebook: Notebook, case: Case, function: str) -> None:
    """An answer in a text cell, which nobody can run; code in text between fences is no answer either."""
    cell = function_cell(notebook, case.exercise, function)
    notebook.cells[notebook.cells.index(cell)] = new_markdown_cell(f"```python\n{cell.source}\n```")


def forged_output(notebook: Notebook, case: Case) -> None:
    """The check cell says 1000."""
    cell = _check(notebook)
    cell.source = "grade = lambda name: 1000\ngrade('hebbian')"
    cell.outputs = [new_output("execute_result", {"text/plain": "1000"}, execution_count=1)]


def copied(notebook: Notebook, case: Case) -> None:
    """Every cell a second time, the copies in reverse order."""
    notebook.cells.extend(reversed(_copies(notebook.cells)))


def copied_check(notebook: Notebook, case: Case) -> None:
    """The check cell a second and a third time."""
    notebook.cells.extend(_copies([_check(notebook)] * 2))


def deleted_check(notebook: Notebook, case: Case) -> None:
    """No check cell."""
    notebook.cells.remove(_check(notebook))


def overwritten_check(notebook: Notebook, case: Case) -> None:
    """Something else in the check cell."""
    _check(notebook).source = "x = 5\ncheck('hebbian') + x"


def deleted_setup(notebook: Notebook, case: Case) -> None:
    """No set-up cell."""
    notebook.cells.remove(next(c for c in notebook.cells if c.cell_type == "code"))


def swapped_tags(notebook: Notebook, case: Case) -> None:
    """Two answers carry each other's metadata."""
    first, second, *_ = _code(notebook, case)
    first.metadata, second.metadata = second.metadata, first.metadata


def thousand_cells(notebook: Notebook, case: Case) -> None:
    """A thousand cells for trying things out."""
    notebook.cells.extend(new_code_cell(f"w = {number}\nprint(w)") for number in range(1000))


def long_cell(notebook: Notebook, case: Case) -> None:
    """Four thousand lines, all of which a function needs."""
    notebook.cells.append(new_code_cell("a = 0\n" + "a = a + 0\n" * 4000))
    cell = _code(notebook, case)[0]
    cell.source = cell.source.replace("np.dot(w, x) > 0", "np.dot(w, x) > a")


def elif_chain(notebook: Notebook, case: Case) -> None:
    """1,500 times elif, in a helper that is needed."""
    lines = [f"    elif x == {number}:\n        return 0" for number in range(1, 1500)]
    notebook.cells.append(new_code_cell("def zero(x):\n    if x == 0:\n        return 0\n" + "\n".join(lines)))
    cell = _code(notebook, case)[0]
    cell.source = cell.source.replace("np.dot(w, x) > 0", "np.dot(w, x) > zero(7)")


def missing_attachment(notebook: Notebook, case: Case) -> None:
    """A text cell copied from elsewhere without its picture."""
    notebook.cells.append(new_markdown_cell("![i](attachment:x.png)"))


DEEDS: dict[str, Callable[..., None]] = {
    "append": append, "one cell": one_cell, "merged": merged, "reversed": in_reverse, "carriage returns": carriage_returns,
    "tabs": tabs, "half a character": half_a_character, "stubs": stubs, "text": as_text, "forged output": forged_output,
    "copied": copied, "copied check": copied_check, "deleted check": deleted_check, "overwritten check": overwritten_check,
    "deleted setup": deleted_setup, "swapped tags": swapped_tags, "thousand cells": thousand_cells, "long cell": long_cell,
    "elif chain": elif_chain, "missing attachment": missing_attachment,
}  # fmt: skip


def jupyterlab4(notebook: Notebook) -> None:
    """As JupyterLab 4 saves it."""
    for cell in notebook.cells:
        cell.metadata.update({"editable": True, "slideshow": {"slide_type": ""}, "tags": []})


def notebook6(notebook: Notebook) -> None:
    """As the classic Notebook saved it: no ids of cells."""
    notebook.nbformat_minor = 4
    for cell in notebook.cells:
        cell.pop("id", None)


def colab(notebook: Notebook) -> None:
    """As Colab gives it back: its own ids, no metadata of nbgrader's, cells for its own purposes."""
    notebook.nbformat_minor = 0
    notebook.metadata = nbformat.from_dict(
        {"colab": {"provenance": []}, "kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )
    for number, cell in enumerate(notebook.cells):
        cell.pop("id", None)
        cell.metadata = nbformat.from_dict({"id": f"x{number:010}", "colab": {"base_uri": "https://localhost:8080/"}})
    notebook.cells.insert(
        0, new_code_cell("from google.colab import drive\ndrive.mount('/content/drive')\n!pip install -q anndl")
    )
    notebook.cells[0].pop("id", None)


def vscode(notebook: Notebook) -> None:
    """As VS Code saves it: language ids, a kernel of its own, other ids of cells."""
    notebook.metadata["kernelspec"] = {"display_name": ".venv (3.12.3)", "language": "python", "name": "venv312"}
    notebook.metadata["language_info"] = {"name": "python", "version": "3.12.3", "codemirror_mode": {"name": "ipython"}}
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"{number:08x}"
        cell.metadata["vscode"] = {"languageId": "python"}


def stripped(notebook: Notebook) -> None:
    """No metadata at all."""
    notebook.metadata = nbformat.NotebookNode()
    for cell in notebook.cells:
        cell.metadata = nbformat.NotebookNode()


def black(notebook: Notebook) -> None:
    """Formatted to short lines, so that operators begin lines."""
    mark = "\n# ---- next cell\n"
    code = [c for c in notebook.cells if c.cell_type == "code" and not c.metadata.get("nbgrader", {}).get("locked")]
    texts = mark.join(cell.source for cell in code)
    command = [str(Path(sys.executable).with_name("ruff")), "format", "--isolated", "--line-length", "40", "-"]
    done = subprocess.run(command, input=texts, capture_output=True, text=True, check=True).stdout
    for cell, text in zip(code, done.split(mark.strip()), strict=True):
        cell.source = text.strip("\n")


LOOKS: dict[str, Callable[[Notebook], None]] = {
    "jupyterlab4": jupyterlab4, "notebook6": notebook6, "colab": colab, "vscode": vscode, "stripped": stripped, "black": black,
}  # fmt: skip
