"""Confined autograding inside `nbgrader autograde`: two preprocessors, set in the course's nbgrader_config.py.

`Mend` runs first: it gives cells back the metadata they lost, demotes copies, and puts missing graded cells back. `Confined`
takes the place of `Execute`: no kernel runs; each graded cell's output is filled from our own records, so that nbgrader's
scoring, gradebook, formgrader, feedback and export work as always. `Discreet` takes hidden tests out of the feedback.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

from jinja2 import pass_context
from nbconvert.filters.markdown_mistune import InvalidNotebook, IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Float, Integer, Unicode

from autograder.calls import Limits
from autograder.extract import Ungradable, notebook_source
from autograder.grading import Grader, secret_key
from autograder.paths import find_root, state_folder
from autograder.records import Report
from classroom.feedback import feedback, full_record
from classroom.grade import course_key
from classroom.mending import GRADED, mend
from classroom.reading import code_cells
from classroom.tasks import Mode, Setting, grader_for, not_run
from classroom.words import words_of

INSTRUCTOR = "anndl-instructor"  # marks an output that is in the formgrader, and in no feedback
HIDDEN = re.compile(r"^### BEGIN HIDDEN TESTS$.*?^### END HIDDEN TESTS$\n?", re.MULTILINE | re.DOTALL)


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
        for sentence in mend(nb, expected):
            self.log.info("Mended: %s", sentence)
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
        cells = code_cells(nb)
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
        try:
            source = notebook_source(cells, grader.catalogue.exercises[name].functions)
            return grader.grade(name, source, key=seed, filename="your notebook")
        except Ungradable as error:
            raise RuntimeError(f"{name} was not graded, and has no mark: {error}") from error
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
        data = {"text/plain": f"{earned:g}", "text/html": feedback(report.hidden(), grader.catalogue)}
        words = words_of(grader.catalogue.exercises[report.exercise])
        key = words.key() if words else ""
        cell.execution_count = 1
        cell.outputs = [
            new_output("display_data", {"text/html": full_record(report) + key}, metadata={INSTRUCTOR: True}),
            new_output("execute_result", data=data, execution_count=1),
        ]


class Discreet(NbGraderPreprocessor):  # type: ignore[misc]
    """Takes the hidden tests' source, and what only the instructor may see, out of graded cells: feedback's first step."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Cut what stands between the markers; students' own cells stay as they are, whatever they hold."""
        for cell in nb.cells:
            if _is_graded(cell) and cell.cell_type == "code":
                cell.source = HIDDEN.sub("", cell.source).rstrip()
                cell.outputs = [output for output in cell.outputs if INSTRUCTOR not in output.get("metadata", {})]
        return nb, resources


class _Renderer(IPythonRenderer):  # type: ignore[misc]
    """Shows a picture's text where the picture did not come along, as when a cell was copied from another notebook."""

    def _embed_image_or_attachment(self, src: str) -> str:
        try:
            return str(super()._embed_image_or_attachment(src))
        except InvalidNotebook:
            return ""


@pass_context  # type: ignore[untyped-decorator]
def markdown2html(context: Any, source: str) -> str:
    """Render a text cell for pages that others open: raw HTML shows as text, links lead to web pages only."""
    cell = context.get("cell", {})
    renderer = _Renderer(
        escape=True, allow_harmful_protocols=False, attachments=cell.get("attachments", {}), embed_images=False
    )
    return str(MarkdownWithMath(renderer=renderer).render(source))


def _is_graded(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))
