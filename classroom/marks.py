"""nbgrader's export, but that a hand-in without a mark has none in it: an empty cell and a reason, never a zero."""

from __future__ import annotations

import csv
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import CsvExportPlugin

COLUMNS = ["assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"]
COLUMNS += ["raw_score", "late_submission_penalty", "score", "max_score", "note"]
FORMULA = ("=", "+", "-", "@")
NO_MARK = "handed in, but not graded yet: `nbgrader autograde` says why"
NOTHING = "nothing was handed in"


class Marks(CsvExportPlugin):  # type: ignore[misc]
    """`nbgrader export`: the columns of nbgrader's own grades.csv, and a note."""

    def export(self, gradebook: Gradebook) -> None:
        """Write one row per assignment and student."""
        students, assignments = {str(name) for name in self.student}, {str(name) for name in self.assignment}
        target = self.to or "grades.csv"
        self.log.info("Exporting grades to %s", target)
        with open(target, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            for assignment in gradebook.assignments:
                for student in gradebook.students:
                    if (not assignments or assignment.name in assignments) and (not students or student.id in students):
                        writer.writerow({k: _cell(v) for k, v in _row(gradebook, assignment, student).items()})


def _row(gradebook: Gradebook, assignment: Any, student: Any) -> dict[str, Any]:
    row = {
        "assignment": assignment.name,
        "duedate": assignment.duedate,
        "student_id": student.id,
        "last_name": student.last_name,
        "first_name": student.first_name,
        "email": student.email,
        "max_score": assignment.max_score,
    }
    try:
        submission = gradebook.find_submission(assignment.name, student.id)
    except MissingEntry:
        return {**row, "raw_score": 0.0, "late_submission_penalty": 0.0, "score": 0.0, "note": NOTHING}
    row["timestamp"] = submission.timestamp
    if not graded(submission):
        return {**row, "note": NO_MARK}
    penalty = submission.late_submission_penalty
    score = max(0.0, submission.score - (penalty or 0.0))
    return {**row, "raw_score": submission.score, "late_submission_penalty": penalty, "score": score}


def graded(submission: Any) -> bool:
    """Tell whether every cell that the grader marks has a mark."""
    cells = [grade for notebook in submission.notebooks for grade in notebook.grades]
    automatic = [grade for grade in cells if grade.cell.cell_type == "code"]
    return bool(cells) and all(grade.auto_score is not None or grade.manual_score is not None for grade in automatic)


def _cell(value: Any) -> str:
    """Return a value as text that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip()[:1] in FORMULA and not isinstance(value, float) else text
