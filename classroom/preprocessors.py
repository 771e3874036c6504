"""Confined autograding inside `nbgrader autograde`: two preprocessors, set in the course's nbgrader_config.py.

`Mend` runs first: it gives cells back the metadata they lost, demotes copies, and puts missing graded cells back. `Confined`
takes the place of `Execute`: no kernel runs; each graded cell's output is filled from our own records, so that nbgrader's
scoring, gradebook, formgrader, feedback and export work as always.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Float, Integer, Unicode

from autograder.calls import Limits
from autograder.extract import module_source
from autograder.grading import Grader, secret_key
from autograder.notebook import to_html
from autograder.paths import find_root, state_folder
from autograder.records import Report
from autograder.render import amount
from classroom.grade import course_key
from classroom.notebooks import cell_id
from classroom.tasks import Mode, Setting, grader_for, not_run

GRADED = re.compile(r"^\s*(?:check|grade)\(\s*['\"](\w+)['\"]\s*\)", re.MULTILINE)


class Mend(NbGraderPreprocessor):  # type: ignore[misc]
    """Makes a submitted notebook gradable, whatever its editor did to the cells."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Restore metadata by grade_id, cell id or text; demote copies; add graded cells that are missing."""
        info = resources["nbgrader"]
        with Gradebook(info["db_url"]) as gradebook:
            notebook = gradebook.find_notebook(info["notebook"], info["assignment"])
            graded = {cell.name: cell for cell in notebook.grade_cells}
            solutions = {cell.name for cell in notebook.solution_cells}
            sources = {cell.name: cell for cell in notebook.source_cells}
            expected = {
                name: {
                    "cell_type": source.cell_type,
                    "source": source.source,
                    "metadata": _metadata(name, source, graded.get(name), name in solutions),
                }
                for name, source in sources.items()
            }
        mend(nb, expected, self.log)
        return nb, resources


def _metadata(name: str, source: Any, graded: Any, solution: bool) -> dict[str, Any]:
    data = {
        "grade": graded is not None,
        "grade_id": name,
        "locked": bool(source.locked),
        "schema_version": 3,
        "solution": solution,
        "task": False,
        "cell_type": source.cell_type,
        "checksum": source.checksum,
    }
    return {**data, "points": graded.max_score} if graded is not None else data


def mend(nb: NotebookNode, expected: dict[str, dict[str, Any]], log: Any) -> list[str]:
    """Give every expected cell exactly one place in the notebook; return what was done, one sentence each."""
    done: list[str] = []
    by_id = {cell_id(name): name for name in expected}
    places: dict[str, list[int]] = {}
    for index, cell in enumerate(nb.cells):
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in expected:
            places.setdefault(name, []).append(index)
            continue
        if "nbgrader" in cell.metadata:
            del cell.metadata["nbgrader"]  # of another assignment, or made up
        name = by_id.get(cell.get("id", ""))
        if name is None:
            name = _by_text(cell, expected)
        if name is not None:
            places.setdefault(name, []).append(index)
            done.append(f"the cell {name} had lost its metadata")
    for name, wanted in expected.items():
        found = places.get(name, [])
        right_type = [i for i in found if nb.cells[i].cell_type == wanted["cell_type"]]
        keep = (right_type or found)[-1] if found else None
        for index in found:
            if index != keep:
                nb.cells[index].metadata.pop("nbgrader", None)
                done.append(f"a copy of the cell {name} was taken for an ordinary cell")
        if keep is not None:
            nb.cells[keep].metadata["nbgrader"] = dict(wanted["metadata"])
            continue
        if not wanted["metadata"]["grade"] and wanted["metadata"]["solution"]:
            continue  # its functions are found by name, wherever they are
        build = new_code_cell if wanted["cell_type"] == "code" else new_markdown_cell
        cell = build(wanted["source"] if wanted["metadata"]["locked"] else "")
        cell.metadata["nbgrader"] = dict(wanted["metadata"])
        nb.cells.append(cell)
        done.append(f"the cell {name} was missing and is back")
    for sentence in done:
        log.info("Mended: %s", sentence)
    return done


def _by_text(cell: NotebookNode, expected: dict[str, dict[str, Any]]) -> str | None:
    """Recognise a locked cell by its text."""
    match = GRADED.search(cell.source) if cell.cell_type == "code" else None
    for name, wanted in expected.items():
        if wanted["cell_type"] != "code" or not wanted["metadata"]["locked"]:
            continue
        if cell.cell_type == "code" and cell.source.strip() == wanted["source"].strip():
            return name
        if match and (own := GRADED.search(wanted["source"])) and own.group(1) == match.group(1):
            return name
    return None


class Confined(NbGraderPreprocessor):  # type: ignore[misc]
    """Grades the exercises of a notebook in the confined worker and writes the graded cells' outputs."""

    mode = Unicode("strict", help="strict, best-effort or none: what a worker must be closed to").tag(config=True)
    course = Unicode("", help="The kit's folder; found from the package if empty").tag(config=True)
    key_file = Unicode("", help="File with the course's secret; .anndl/course.key of the kit if empty").tag(config=True)
    attempt = Integer(1, help="Number of the attempt: another one draws other inputs").tag(config=True)
    total_seconds = Float(60.0, help="Time for one exercise of one student").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Fill the graded cells; other cells keep whatever is in them."""
        root = Path(self.course) if self.course else find_root(Path(__file__).parent)
        mode = cast(Mode, self.mode)
        grader = grader_for(Setting(str(root), mode, Limits(total_seconds=self.total_seconds)))
        key = course_key(Path(self.key_file) if self.key_file else state_folder(root) / "course.key")
        student = resources["nbgrader"]["student"]
        cells = [cell.source for cell in nb.cells if cell.cell_type == "code" and not _is_graded(cell)]
        reports: dict[str, Report] = {}
        for cell in nb.cells:
            match = GRADED.search(cell.source) if cell.cell_type == "code" and _is_graded(cell) else None
            if match is None:
                continue
            name = match.group(1)
            if name not in grader.catalogue.exercises:
                self.log.error("The graded cell of %r names no exercise of this kit", name)
                continue
            if name not in reports:
                reports[name] = self._grade(grader, name, cells, secret_key(key, student, name, self.attempt))
            self._fill(cell, reports[name], grader)
        return nb, resources

    def _grade(self, grader: Grader, name: str, cells: list[str], seed: bytes) -> Report:
        functions = grader.catalogue.exercises[name].functions
        try:
            return grader.grade(name, module_source(cells, functions), key=seed, filename="your notebook").hidden()
        except Exception as error:
            self.log.error("%s could not be graded: %s", name, error)
            return not_run(grader, name, f"{type(error).__name__}: {error}")

    def _fill(self, cell: NotebookNode, report: Report, grader: Grader) -> None:
        if not report.complete:
            # nbgrader must not take this for a mark: stop, loudly, rather than charge the student
            bad = next(record for record in report.records if record.status == "not-run")
            raise RuntimeError(f"{report.exercise} could not be graded, and nothing was recorded: {bad.message}")
        points = float(cell.metadata["nbgrader"]["points"])
        earned = min(points, report.earned * points / report.points)
        data = {"text/plain": f"{earned:g}", "text/html": to_html(report, grader.catalogue)}
        said = [
            f"{amount(r.earned)} / {amount(r.points)}  {r.title}" + ("" if r.status == "pass" else f": {r.message}")
            for r in report.records
        ]
        cell.execution_count = 1
        cell.outputs = [
            new_output("stream", name="stdout", text="\n".join(said) + "\n"),
            new_output("execute_result", data=data, execution_count=1),
        ]


def _is_graded(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))
