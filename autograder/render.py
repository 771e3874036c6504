"""Reports for the terminal: what holds, what does not, and which belief led there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from autograder.catalogue import Catalogue, Exercise, Misconception
from autograder.records import Record, Report

DETAILED = 2  # failed tests shown in full; the rest as one line each
SIGNS = {
    "pass": ("✓", "green"),
    "fail": ("✗", "red"),
    "error": ("!", "red"),
    "timeout": ("⧗", "red"),
    "crashed": ("!", "red"),
    "not-run": ("?", "yellow"),
}
PLAIN = {"✓": "+", "✗": "x", "⧗": "t", "·": "-", "→": "->", "●": "*", "○": "o", "◐": "/"}


def plain_if_needed(text: str, console: Console) -> str:
    """Return the text in ASCII where the terminal cannot show more."""
    if "utf" in console.encoding.lower():
        return text
    return "".join(PLAIN.get(c, c) for c in text)


def amount(number: float | None) -> str:
    """Return points without needless decimals."""
    return "?" if number is None else f"{number:g}"


def print_report(console: Console, report: Report, catalogue: Catalogue, everything: bool = False) -> None:
    """Print one report in full."""
    exercise = catalogue.exercises[report.exercise]
    head = Table.grid(expand=True)
    head.add_column()
    head.add_column(justify="right")
    style = "bold green" if report.state == "passed" else "bold"
    title = plain_if_needed(f"{report.exercise} · {exercise.title}", console)
    head.add_row(Text(title, style="bold"), Text(f"{amount(report.earned)} / {amount(report.points)}", style=style))
    console.print()
    console.print(head)
    if report.state == "not started":
        console.print(Padding(not_started(exercise), (0, 2)))
        return
    if report.problem:
        console.print(Padding(Text(report.problem, style="red"), (0, 2)))
        return
    shown: list[tuple[str, ...]] = []  # one example of each misconception is enough
    for record in report.records:
        fresh = len(shown) < DETAILED and (not record.misconceptions or record.misconceptions not in shown)
        full = record.status != "pass" and (everything or fresh)
        if full:
            shown.append(record.misconceptions)
        console.print(_record(record, console, full))
    if report.misconceptions:
        console.print(_beliefs(report.misconceptions, catalogue.misconceptions, console))
    console.print(Padding(_closing(report, exercise, len(shown)), (0, 2)))


def not_started(exercise: Exercise) -> Text:
    """Return what to do with an untouched stub."""
    path = f"exercises/{exercise.chapter}/{exercise.name}.py"
    return Text.assemble(
        "Not started. Open ", (path, "bold"), ": its docstring is the assignment. Save, and grade again."
    )


def _record(record: Record, console: Console, full: bool) -> RenderableType:
    sign, colour = SIGNS[record.status]
    row = Table.grid(expand=True, padding=(0, 1))
    row.add_column(width=1)
    row.add_column(ratio=1)
    row.add_column(justify="right")
    worth = Text(
        f"{amount(record.earned)} / {amount(record.points)}", style="dim" if record.status == "pass" else colour
    )
    title = Text(record.title)
    if not full and record.status not in ("pass", "fail"):
        title.append(f"  ({record.status})", style=colour)
    row.add_row(Text(plain_if_needed(sign, console), style=colour), title, worth)
    if not full:
        return Padding(row, (0, 2))
    return Padding(Group(row, Padding(_explanation(record), (0, 0, 0, 4))), (0, 2))


def _explanation(record: Record) -> Group:
    lines: list[RenderableType] = [Text(record.message.rstrip(".") + ".", style="red")]
    detail = record.detail
    if detail is not None and not record.unfinished:
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim")
        table.add_column(overflow="fold")
        rows = (
            ("called", detail.called),
            ("returned", detail.returned),
            ("expected", detail.expected),
            ("", detail.difference),
            (detail.where, detail.source),
            ("printed", detail.printed.strip()[-300:]),
        )
        for name, text in rows:
            if text:
                table.add_row(name, Text(text))
        lines.append(table)
    lines += [Text(hint, style="cyan") for hint in record.hints]
    return Group(*lines)


def _beliefs(ids: Sequence[str], misconceptions: Mapping[str, Misconception], console: Console) -> RenderableType:
    parts: list[RenderableType] = []
    for name in ids:
        entry = misconceptions[name]
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim", min_width=12)
        table.add_column()
        table.add_row("the belief", Text(entry.believes, style="bold"))
        table.add_row("why it fails", Text(entry.fails.strip()))
        table.add_row("ask yourself", Text(entry.ask.strip(), style="cyan"))
        table.add_row(plain_if_needed("→ drill", console), Text(f"{entry.topic} ({name})"))
        parts.append(table)
        parts.append(Text())
    several = len(ids) > 1
    title = (
        "Your results are those of these misconceptions"
        if several
        else "Your results are exactly those of a misconception"
    )
    return Padding(Panel(Group(*parts[:-1]), title=title, title_align="left", border_style="yellow"), (0, 2))


def _closing(report: Report, exercise: Exercise, shown: int) -> Text:
    name = report.exercise
    if report.state == "passed":
        return Text.assemble(
            ("All of it is right. ", "bold green"), f"`anndl show {name}` draws it; `anndl next` goes on."
        )
    if report.state == "not graded":
        return Text(
            "Something on our side failed; those tests cost you nothing. `anndl doctor` looks for the cause.",
            style="yellow",
        )
    more = sum(record.status != "pass" for record in report.records) - shown
    text = Text()
    if more > 0:
        text.append(f"{more} more not yet right (`--all` shows them in full). ", style="dim")
    return text.append(f"Stuck? `anndl hint {name}`. Read: {exercise.read}.", style="dim")


def print_overview(console: Console, catalogue: Catalogue, reports: Mapping[str, Report | None]) -> None:
    """Print the state of all exercises, and what to do next."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("", "chapter", "exercise", "state", "points", "minutes", "what was found"):
        table.add_column(column, justify="right" if column in ("points", "minutes") else "left")
    chapter = ""
    passed = 0
    for name, exercise in catalogue.exercises.items():
        report = reports.get(name)
        shown = "" if exercise.chapter == chapter else exercise.chapter
        chapter = exercise.chapter
        state = report.state if report else "not started"
        passed += state == "passed"
        sign, style = {"passed": ("●", "green"), "in progress": ("◐", "yellow"), "not graded": ("?", "red")}.get(
            state, ("○", "dim")
        )
        score = f"{amount(report.earned)} / {amount(report.points)}" if report else ""
        found = ", ".join(report.misconceptions) if report else ""
        if report and report.problem:
            found = "cannot be loaded yet"
        sign = plain_if_needed(sign, console)
        cells = (
            Text(sign, style=style),
            Text(shown, style="dim"),
            name,
            Text(state, style=style),
            score,
            str(exercise.minutes),
        )
        table.add_row(*cells, Text(found, style="yellow"))
    console.print(table)
    console.print()
    console.print(Text(f"{passed} of {len(catalogue.exercises)} exercises passed.", style="bold"))
    following = next_exercise(catalogue, reports)
    if following is None:
        console.print("All done. `anndl show NAME` draws your code at work; `make app` has the drills.")
        return
    path = f"exercises/{following.chapter}/{following.name}.py"
    console.print(
        Text.assemble("Next: ", (following.name, "bold"), f", {following.minutes} minutes. Open ", (path, "bold"))
    )
    console.print(f"and run `.venv/bin/anndl watch {following.name}`: it grades whenever you save.")


def next_exercise(catalogue: Catalogue, reports: Mapping[str, Report | None]) -> Exercise | None:
    """Return the first exercise, in the order of the course, that is not passed."""
    for name, exercise in catalogue.exercises.items():
        report = reports.get(name)
        if report is None or report.state != "passed":
            return exercise
    return None
