"""`anndl release`: a course folder for nbgrader, with source notebooks made from the solutions and a config to go with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autograder.catalogue import Exercise
from autograder.grading import Grader
from autograder.learner import write_whole
from classroom.notebooks import source_notebook, write

CONFIG = '''"""nbgrader's configuration for this course. Made by `anndl release`; yours to change, it is never overwritten."""

from nbconvert.preprocessors import ClearMetadataPreprocessor, CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearOutput,
    GetGrades,
    LimitOutput,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)

from classroom.preprocessors import Confined, Discreet, Mend

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "{course}"
c.CourseDirectory.root = {root!r}

# Submitted code runs in a confined worker, never in a kernel of the grader's. To go back to nbgrader's own execution,
# put its Execute in the place of Confined.
c.Autograde.sanitize_preprocessors = [ClearOutput, Mend, OverwriteKernelspec, OverwriteCells, CheckCellMetadata]
c.Autograde.autograde_preprocessors = [
    Confined,
    ClearMetadataPreprocessor,
    LimitOutput,
    SaveAutoGrades,
    AssignLatePenalties,
    CheckCellMetadata,
]
c.Confined.mode = "strict"  # refuses to grade where a submission could read files, reach the network or start processes
c.Confined.course = {kit!r}  # where the kit lies; its .anndl/course.key seeds the marks: keep it secret, keep a copy

# What students write in text cells is shown in feedback and formgrader as text, never as HTML of theirs; hidden tests are
# shown to nobody but you.
c.GenerateFeedback.preprocessors = [Discreet, GetGrades, CSSHTMLHeaderPreprocessor]
c.HTMLExporter.filters = {{"markdown2html": "classroom.preprocessors.markdown2html"}}
c.ExportApp.plugin_class = "classroom.marks.Marks"  # what could not be graded has no mark, not a zero
c.ClearSolutions.code_stub = {{"python": "raise NotImplementedError(\\"write this function\\")"}}
'''


def release(
    root: Path, course: Path, assignment: str, exercises: Sequence[Exercise], course_id: str, words: bool = True
) -> list[Path]:
    """Write `source/<assignment>/<exercise>.ipynb` and, where there is none, nbgrader_config.py.

    `words`: whether notebooks end with a question that is answered in words.

    Returns:
        What was written.

    Raises:
        CourseError: a solution is not laid out as it must be.
        OSError: something cannot be written.
    """
    grader = Grader(root)
    written = []
    for exercise in exercises:
        path = course / "source" / assignment / f"{exercise.name}.ipynb"
        write(source_notebook(grader.bench(exercise.name), words), path)
        written.append(path)
    config = course / "nbgrader_config.py"
    if not config.exists():
        write_whole(config, CONFIG.format(course=course_id, root=str(course.resolve()), kit=str(root)))
        written.append(config)
    return written
