"""What a class run hands out: a page per student, a page for the class, tables and files for other systems.

Everything is written from the journal, whole files at a time, and needs no network to be read.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import html
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.catalogue import Catalogue, Misconception
from autograder.learner import write_whole
from autograder.records import Record, Report, junit
from autograder.render import amount
from classroom.feedback import feedback, full_record
from classroom.journal import Change, Verdict

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}
td,th{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #ddd}
td.n,th.n{text-align:right}.pass{color:#0a6b3d}.fail,.error,.timeout,.crashed{color:#b00020}.not-run{color:#8a6d00}
.belief{border-left:4px solid #e69f00;padding:.2rem 1rem;margin:.7rem 0;background:#fff8e8}small{color:#666}
@media(prefers-color-scheme:dark){body{background:#161616;color:#ddd}td,th{border-color:#444}.belief{background:#2b2410}
.pass{color:#5fd39a}.fail,.error,.timeout,.crashed{color:#ff8a80}.not-run{color:#e6c65c}small{color:#aaa}img{background:#fff}}
"""


MARKUP = re.compile(r"[\\`*_\[\]#|~!]")
FORMULA = ("=", "+", "-", "@", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}", "\N{FULLWIDTH COMMERCIAL AT}")


@dataclass
class Class:
    """The latest reports of a class, by student and exercise."""

    reports: dict[str, dict[str, Report]] = field(default_factory=dict)

    @classmethod
    def of(cls, verdicts: Iterable[Verdict]) -> Class:
        """Gather the journal's latest verdicts."""
        found = cls()
        for verdict in verdicts:
            found.reports.setdefault(verdict.student, {})[verdict.exercise] = verdict.report
        return found

    @property
    def exercises(self) -> list[str]:
        """All exercises that anybody was graded on."""
        return sorted({name for reports in self.reports.values() for name in reports})


def page(title: str, body: str) -> str:
    """Return a self-contained HTML page."""
    head = (
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{html.escape(title)}</title>'
    )
    return f'<!doctype html><html lang="en"><head>{head}<style>{STYLE}</style></head><body>{body}</body></html>\n'


def student_html(student: str, reports: Mapping[str, Report], catalogue: Catalogue) -> str:
    """Return a student's page: what holds, what does not, and which belief led there."""
    e = html.escape
    total, most = sum(r.earned for r in reports.values()), sum(r.points for r in reports.values())
    parts = [f"<h1>{e(student)}</h1><p>{amount(total)} of {amount(most)} points{_provisional(reports.values())}</p>"]
    for name, report in reports.items():
        title = catalogue.exercises[name].title if name in catalogue.exercises else name
        parts.append(f"<h2>{e(title)} <small>{e(name)}, {amount(report.earned)} / {amount(report.points)}</small></h2>")
        parts.append(feedback(report, catalogue))
    return page(student, "".join(parts))


def instructor_html(student: str, reports: Mapping[str, Report], catalogue: Catalogue) -> str:
    """Return all that the grader knows of a student's work, inputs and expected values included: not for the student."""
    parts = [f"<h1>{html.escape(student)}, for the instructor</h1>"]
    for name, report in reports.items():
        parts += [f"<h2>{html.escape(name)}</h2>", feedback(report.hidden(), catalogue), full_record(report)]
    return page(f"{student} (instructor)", "".join(parts))


def student_markdown(student: str, reports: Mapping[str, Report], catalogue: Catalogue) -> str:
    """Return the same as Markdown."""
    total, most = sum(r.earned for r in reports.values()), sum(r.points for r in reports.values())
    lines = [
        f"# {_plain(student)}",
        "",
        f"{amount(total)} of {amount(most)} points{_provisional(reports.values())}",
        "",
    ]
    for name, report in reports.items():
        title = catalogue.exercises[name].title if name in catalogue.exercises else name
        lines += [f"## {title} ({name}): {amount(report.earned)} / {amount(report.points)}", ""]
        if report.problem:
            lines += [_plain(report.problem), ""]
        lines += ["| what must hold | | points |", "|---|---|---:|"]
        for record in report.records:
            said = "holds" if record.status == "pass" else f"{record.status}: {record.message}"
            lines.append(
                f"| {_plain(record.title)} | {_plain(said)} | {amount(record.earned)} / {amount(record.points)} |"
            )
        lines.append("")
        for entry in _beliefs(report.misconceptions, catalogue):
            lines += [f"> **Your results are those of this belief:** {entry.believes}", ">", f"> {entry.fails}", ">"]
            lines += [f"> **What holds:** {entry.holds}", ">", f"> *{entry.ask}* ({entry.id})", ""]
    return "\n".join(lines)


def scores_csv(group: Class) -> str:
    """Return one row per student: points by exercise, total, and whether something is still to be graded again."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = group.exercises
    writer.writerow(["student", *names, "total", "points", "complete"])
    for student, reports in group.reports.items():
        scores = [_score(reports[name]) if name in reports else "" for name in names]
        total, most = sum(r.earned for r in reports.values()), sum(r.points for r in reports.values())
        complete = all(r.complete for r in reports.values())
        writer.writerow([_cell(student), *scores, f"{total:g}", f"{most:g}", "yes" if complete else "no"])
    return out.getvalue()


def _score(report: Report) -> str:
    """Return the points as text, nothing where no test has a mark."""
    return "" if all(record.earned is None for record in report.records) else f"{report.earned:g}"


def gradescope(reports: Mapping[str, Report]) -> str:
    """Return Gradescope's results.json for one student."""
    tests = [_gradescope_test(name, record) for name, report in reports.items() for record in report.records]
    score = sum(report.earned for report in reports.values())
    output = (
        ""
        if all(r.complete for r in reports.values())
        else "Some tests could not be run and will be graded again; they cost no points."
    )
    return json.dumps({"score": score, "output": output, "stdout_visibility": "hidden", "tests": tests}, indent=1)


def _gradescope_test(exercise: str, record: Record) -> dict[str, Any]:
    said = "\n".join([record.message, *(f"misconception: {name}" for name in record.misconceptions)])
    shown = {"name": f"{exercise}: {record.title}", "output": "", "visibility": "visible"}
    if record.earned is None:  # without a score Gradescope shows the text alone, and takes nothing off
        return {**shown, "output": said}
    if record.status == "pass":
        return {**shown, "score": record.earned, "max_score": record.points, "status": "passed"}
    return {**shown, "output": said, "score": record.earned, "max_score": record.points, "status": "failed"}


def class_html(
    group: Class, catalogue: Catalogue, changes: Sequence[Change], kept: Sequence[tuple[str, str]] = ()
) -> str:
    """Return the class's page: scores, pass rates, frequent misconceptions, time, what a regrade changed and did not see."""
    e = html.escape
    parts = [f"<h1>The class</h1><p>{len(group.reports)} students</p>", _figure(group)]
    rows = [
        '<table><tr><th>exercise</th><th class="n">passed</th><th class="n">mean</th><th class="n">of</th>'
        '<th class="n">ms each</th></tr>'
    ]
    for name in group.exercises:
        all_ = [reports[name] for reports in group.reports.values() if name in reports]
        passed = sum(r.state == "passed" for r in all_)
        mean = sum(r.earned for r in all_) / len(all_)
        took = 1000 * sum(r.seconds for r in all_) / len(all_)
        rows.append(
            f'<tr><td>{e(name)}</td><td class="n">{passed} ({100 * passed / len(all_):.0f} %)</td><td class="n">{mean:.1f}</td>'
            f'<td class="n">{amount(all_[0].points)}</td><td class="n">{took:.0f}</td></tr>'
        )
    parts += ["<h2>Exercises</h2>", *rows, "</table>", "<h2>Most frequent misconceptions</h2><table>"]
    for name, number in frequent(group)[:15]:
        entry = catalogue.misconceptions.get(name)
        parts.append(
            f'<tr><td class="n">{number}</td><td>{e(name)}</td><td>{e(entry.believes) if entry else ""}</td></tr>'
        )
    parts.append("</table>")
    hardest = _hardest(group)
    parts.append('<h2>Where points were lost</h2><table><tr><th>test</th><th class="n">passed by</th></tr>')
    parts += [f'<tr><td>{e(test)}</td><td class="n">{share:.0f} %</td></tr>' for test, share in hardest[:15]]
    parts.append("</table>")
    if changes:
        parts.append(
            "<h2>Marks that this run changed</h2><table><tr><th>student</th><th>exercise</th>"
            '<th class="n">before</th><th class="n">now</th><th>why</th></tr>'
        )
        for change in changes:
            parts.append(
                f'<tr><td>{e(change.student)}</td><td>{e(change.exercise)}</td><td class="n">{amount(change.before)}</td>'
                f'<td class="n">{amount(change.after)}</td><td>{e(change.why)}</td></tr>'
            )
        parts.append("</table>")
    if kept:
        parts.append("<h2>Marks of earlier runs</h2><p>This run did not look at these; the marks are the old ones.</p>")
        parts.append("<table><tr><th>student</th><th>exercise</th></tr>")
        parts += [f"<tr><td>{e(student)}</td><td>{e(name)}</td></tr>" for student, name in kept]
        parts.append("</table>")
    return page("The class", "".join(parts))


def frequent(group: Class) -> list[tuple[str, int]]:
    """Count the students in whose code each misconception was found, most frequent first."""
    counts: Counter[str] = Counter()
    for reports in group.reports.values():
        counts.update({name for report in reports.values() for name in report.misconceptions})
    return counts.most_common()


def write_all(
    folder: Path,
    group: Class,
    catalogue: Catalogue,
    changes: Sequence[Change],
    kept: Sequence[tuple[str, str]] = (),
) -> None:
    """Write every report into `folder`.

    Raises:
        OSError: something cannot be written; files already written are whole.
    """
    names = _file_names(group.reports)
    for student, full in group.reports.items():
        name = names[student]
        reports = {exercise: report.hidden() for exercise, report in full.items()}
        write_whole(folder / "instructor" / f"{name}.html", instructor_html(student, full, catalogue))
        write_whole(folder / "students" / f"{name}.html", student_html(student, reports, catalogue))
        write_whole(folder / "students" / f"{name}.md", student_markdown(student, reports, catalogue))
        write_whole(folder / "gradescope" / f"{name}.json", gradescope(reports))
    write_whole(folder / "class.html", class_html(group, catalogue, changes, kept))
    write_whole(folder / "scores.csv", scores_csv(group))
    hidden = {student: {name: r.hidden() for name, r in reports.items()} for student, reports in group.reports.items()}
    data = {student: {name: r.to_dict() for name, r in reports.items()} for student, reports in hidden.items()}
    write_whole(folder / "class.json", json.dumps(data, indent=1))
    named = [_for_junit(student, report) for student, reports in hidden.items() for report in reports.values()]
    write_whole(folder / "junit.xml", junit(named))
    if not changes:
        (folder / "changes.csv").unlink(missing_ok=True)  # those of the run before were reported then
    else:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["student", "exercise", "before", "after", "points", "why"])
        writer.writerows([_cell(c.student), c.exercise, c.before, c.after, c.points, c.why] for c in changes)
        write_whole(folder / "changes.csv", out.getvalue())


def _for_junit(student: str, report: Report) -> Report:
    return replace(report, chapter=f"{student}.{report.chapter}")


def _figure(group: Class) -> str:
    """Return a picture of the distribution of scores by exercise, inside the page."""
    from matplotlib.figure import Figure

    names = group.exercises
    if not names:
        return ""
    shares = [[100 * r[name].earned / r[name].points for r in group.reports.values() if name in r] for name in names]
    figure = Figure(figsize=(9, 0.5 * len(names) + 1.4), layout="constrained")
    axes = figure.subplots()
    axes.boxplot(shares, orientation="horizontal", tick_labels=names, widths=0.6, medianprops={"color": "#d55e00"})
    axes.set(xlim=(-3, 103), xlabel="points earned, per cent (box: middle half of the class, line: median)")
    axes.invert_yaxis()
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=100)
    data = base64.b64encode(picture.getvalue()).decode()
    return f'<img alt="Distribution of scores by exercise" style="max-width:100%" src="data:image/png;base64,{data}">'


def _hardest(group: Class) -> list[tuple[str, float]]:
    passed: dict[str, list[bool]] = {}
    for reports in group.reports.values():
        for name, report in reports.items():
            for record in report.records:
                passed.setdefault(f"{name}: {record.title}", []).append(record.status == "pass")
    shares = [(test, 100 * sum(held) / len(held)) for test, held in passed.items()]
    return sorted((item for item in shares if item[1] < 100), key=lambda item: item[1])


def _beliefs(names: Iterable[str], catalogue: Catalogue) -> list[Misconception]:
    return [catalogue.belief(name) for name in names]


def _provisional(reports: Iterable[Report]) -> str:
    return (
        ""
        if all(report.complete for report in reports)
        else " so far: some tests could not be run, cost nothing, and will be graded again"
    )


def _plain(text: str) -> str:
    """Keep text from being read as Markdown or HTML: a link or a picture from a file's name, say."""
    escaped = MARKUP.sub(r"\\\g<0>", text.replace("\n", " "))
    return escaped.replace("&", "&amp;").replace("<", "&lt;")


def _cell(text: str) -> str:
    """Keep a spreadsheet from reading a student's name as a formula."""
    return f"'{text}" if text.lstrip()[:1] in FORMULA else text


def _file_names(students: Iterable[str]) -> dict[str, str]:
    """Return a file name for each student, without two sharing one on any file system: reports are for one person's eyes."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for student in students:
        plain = "".join(c if c.isalnum() or c in "-_. @" else "_" for c in student)[:80].strip(". ") or "_"
        name = plain
        if plain != student or plain.casefold() in taken:
            name = f"{plain}-{hashlib.sha256(student.encode()).hexdigest()[:12]}"
        taken.add(name.casefold())
        names[student] = name
    return names
