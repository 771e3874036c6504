"""`check("hebbian")` in a notebook: grades what the notebook defines and shows the same report as the terminal.

Nothing is written to stderr, where nbgrader would count it as a failed test. The cell's value is the number of points, which
nbgrader takes as partial credit; the report is its picture.
"""

from __future__ import annotations

import html
from typing import Any

from autograder.catalogue import Catalogue
from autograder.desk import sandboxed
from autograder.extract import notebook_source
from autograder.grading import Grader
from autograder.paths import find_root
from autograder.records import Named, Record, Report
from autograder.render import WAITING, amount, counted_with, share

_grader: Grader | None = None


class Score(float):
    """Points earned: a number for nbgrader, a report for people."""

    report: Report
    picture: str

    @classmethod
    def of(cls, report: Report, catalogue: Catalogue) -> Score:
        """Wrap a report."""
        score = cls(report.earned)
        score.report = report
        score.picture = to_html(report, catalogue)
        return score

    def __repr__(self) -> str:
        return f"{float(self):g}"

    def _repr_html_(self) -> str:
        return self.picture


def check(exercise: str) -> Score:
    """Grade what this notebook defines for an exercise.

    Args:
        exercise: its name, such as "hebbian".

    Raises:
        LookupError: there is no such exercise, or this is no notebook.
    """
    global _grader
    if _grader is None:
        _grader = Grader(find_root(), sandboxed())
    chosen = _grader.catalogue.find_exercise(exercise)
    source = notebook_source(_cells_run_so_far(), chosen.functions)
    return Score.of(_grader.grade(chosen.name, source, filename="your notebook"), _grader.catalogue)


grade = check  # in graded cells; where marks are final, the instructor's side fills the cell's output itself


def _cells_run_so_far() -> list[str]:
    try:
        from IPython import get_ipython
    except ImportError:
        raise LookupError("check() works in a notebook; for files there is `anndl grade`") from None
    shell: Any = get_ipython()  # type: ignore[no-untyped-call]
    if shell is None:
        raise LookupError("check() works in a notebook; for files there is `anndl grade`")
    return [str(cell) for cell in shell.history_manager.input_hist_raw[1:]]  # cell N is the one that shows [N]


def to_html(report: Report, catalogue: Catalogue) -> str:
    """Return a report as HTML that needs no style sheet and no script."""
    e = html.escape
    title = catalogue.exercises[report.exercise].title
    parts = [f"<div><b>{e(title)}</b>: {amount(report.earned)} of {amount(report.points)} points"]
    if report.state == "not started":
        parts.append("<br>Not started: write the functions above, run their cells, then this one.</div>")
        return "".join(parts)
    if report.problem:
        parts.append(f'<br><span style="color:#b00020">{e(report.problem)}</span></div>')
        return "".join(parts)
    parts += [_belief_html(named, report, catalogue) for named in report.named]
    parts.append('<table style="margin:.5em 0">')
    for record in report.records:
        good = record.status == "pass"
        sign, colour = ("✓", "#0a6b3d") if good else ("·", "#666") if record.waiting else ("✗", "#b00020")
        title = e(record.title)
        if record.carried:
            title += f" <small>({e(counted_with(record))})</small>"
        elif record.waiting:
            title += f" <small>({e(record.message or WAITING)})</small>"
        more = "" if good or record.waiting else _explanation_html(record, catalogue)
        parts.append(
            f'<tr><td style="color:{colour}">{sign}</td><td style="text-align:left">{title}'
            f"{more}</td><td>{amount(record.earned)} / {amount(record.points)}</td></tr>"
        )
    parts.append("</table>")
    if report.state != "passed":
        parts.append(
            f"<small><code>from autograder.notebook import show; show({e(report.exercise)!r})</code> draws it.</small>"
        )
    parts.append("</div>")
    return "".join(parts)


def _belief_html(named: Named, report: Report, catalogue: Catalogue) -> str:
    e = html.escape
    parts = [
        f"<small>{'A misconception' if len(named.misconceptions) == 1 else 'Two together'}: {e(share(named, report))}</small>"
    ]
    for name in named.misconceptions:
        entry = catalogue.belief(name)
        parts.append(f"<b>The belief:</b> {e(entry.believes)}<br>{e(entry.fails)}<br><i>{e(entry.ask)}</i> ({e(name)})")
    return f'<div style="border-left:4px solid #e69f00;padding:.2em 1em;margin:.5em 0">{"<br>".join(parts)}</div>'


def _explanation_html(record: Record, catalogue: Catalogue) -> str:
    e = html.escape
    lines = [f'<span style="color:#b00020">{e(record.message)}</span>']
    if record.detail is not None:
        named = (
            ("called", record.detail.called),
            ("returned", record.detail.returned),
            ("expected", record.detail.expected),
            ("", record.detail.difference),
            (record.detail.where, record.detail.source),
        )
        lines += [f"<small>{e(name)} <code>{e(text)}</code></small>" for name, text in named if text]
    lines += [f"<small>{e(hint)}</small>" for hint in record.hints]
    if record.resembles and not record.misconceptions:
        believes = catalogue.belief(record.resembles[0]).believes
        lines.append(f"<small>One result is also what this would give: {e(believes)}</small>")
    return "<br>" + "<br>".join(lines)


def show(exercise: str) -> Any:
    """Draw the exercise's figure with what this notebook defines.

    Returns:
        A matplotlib figure, or a sentence that says why there is none.
    """
    from autograder.picture import PictureError, figure_of

    root = find_root()
    grader = Grader(root)
    chosen = grader.catalogue.find_exercise(exercise)
    try:
        return figure_of(grader, chosen, notebook_source(_cells_run_so_far(), chosen.functions))
    except PictureError as error:
        return str(error)
