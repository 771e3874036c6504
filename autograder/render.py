"""Shows a report in the terminal: what to think about first, then where it shows, then the rest in as few lines as will do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from autograder.catalogue import Catalogue, Exercise
from autograder.records import Named, Record, Report
from autograder.wording import runnable

DETAILED = 2  # failed tests shown in full, at most one of each mistake
LISTED = 6  # failed tests listed by their title
SIGNS = {
    "pass": ("✓", "green"),
    "fail": ("✗", "red"),
    "error": ("!", "red"),
    "timeout": ("⧗", "red"),
    "crashed": ("!", "red"),
    "not-run": ("?", "yellow"),
}
WAITS = ("·", "dim")
WAITING = "waits until another result is right"
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
    """Print one report; with `everything` each failed test in full."""
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
        console.print(Padding(Text(runnable(report.problem), style="red"), (0, 2)))
        return
    if report.named:
        console.print(_beliefs(report, catalogue, console))
    if everything:
        for record in report.records:
            console.print(_record(record, console, catalogue, full=record in report.failed))
    else:
        _print_folded(report, catalogue, console)
    console.print(Padding(_closing(report, exercise), (0, 2)))


def not_started(exercise: Exercise) -> Text:
    """Return what to do with an untouched stub."""
    path = f"exercises/{exercise.chapter}/{exercise.name}.py"
    return Text.assemble(
        "Not started. Open ", (path, "bold"), ": its docstring is the assignment. Save, and grade again."
    )


def _print_folded(report: Report, catalogue: Catalogue, console: Console) -> None:
    """Print one example of each mistake in full, and what is alike in one line."""
    unwritten = [record for record in report.failed if record.unfinished]
    groups = _alike(record for record in report.failed if not record.unfinished and not record.carried)
    detailed = [group for group in groups if group[0].misconceptions or len(groups) == 1][:DETAILED]
    detailed += [group for group in groups if group not in detailed][: max(0, DETAILED - len(detailed))]
    for first, *others in detailed:
        console.print(_record(first, console, catalogue, full=True))
        if others:
            again = "more fails" if len(others) == 1 else "more fail"
            console.print(_line(SIGNS["fail"], f"{len(others)} {again} with the same mistake", others, console))
    rest = [record for group in groups if group not in detailed for record in group]
    shown = rest if len(rest) <= LISTED else rest[: LISTED - 1]
    for record in shown:
        console.print(_record(record, console, catalogue))
    if len(rest) > len(shown):
        console.print(_line(SIGNS["fail"], f"{len(rest) - len(shown)} more fail", rest[len(shown) :], console))
    for waiting in (record for record in report.records if record.waiting):
        console.print(_record(waiting, console, catalogue))
    if unwritten:
        single = len(unwritten) == 1
        said = (
            unwritten[0].title + "  (not written yet)"
            if single
            else f"{len(unwritten)} ask for what is not written yet"
        )
        console.print(_line(WAITS, said, unwritten, console))
    for same in _carried(report.records):
        said = same[0].title if len(same) == 1 else f"{len(same)} tests"
        console.print(_line(SIGNS["pass"], f"{said}  ({counted_with(same[0])})", same, console))
    passed = [record for record in report.records if record.status == "pass" and not record.carried]
    if len(passed) > 2 and report.state != "passed":
        console.print(_line(SIGNS["pass"], f"{len(passed)} tests hold", passed, console))
    else:
        for record in passed:
            console.print(_record(record, console, catalogue))


def _alike(records: Iterable[Record]) -> list[list[Record]]:
    """Group failed tests by what they show: a misconception, a line that raises, the same sentence; else each by itself."""
    groups: dict[object, list[Record]] = {}
    for record in records:
        line = record.detail.line if record.detail else None
        key: object = record.misconceptions or (line and (record.status, line)) or (record.test,)
        if not record.misconceptions and not line and record.status != "fail":
            key = record.status, record.message.replace(" (not tried again)", "").rstrip(".?")
        groups.setdefault(key, []).append(record)
    return sorted(groups.values(), key=lambda group: not group[0].misconceptions)


def _carried(records: Sequence[Record]) -> list[list[Record]]:
    groups: dict[tuple[str, ...], list[Record]] = {}
    for record in records:
        if record.carried:
            groups.setdefault(record.carried, []).append(record)
    return list(groups.values())


def counted_with(record: Record) -> str:
    """Say with what a test was passed that the submission alone does not pass."""
    return "counted with a right " + " and ".join(f"`{name}`" for name in record.carried)


def _line(sign: tuple[str, str], text: str, records: Sequence[Record], console: Console) -> RenderableType:
    """Return one line for one or several tests: a sign, words, and their points together."""
    row = Table.grid(expand=True, padding=(0, 1))
    row.add_column(width=1)
    row.add_column(ratio=1)
    row.add_column(justify="right")
    mark, colour = sign
    earned = None if any(record.earned is None for record in records) else sum(record.earned or 0 for record in records)
    worth = Text(f"{amount(earned)} / {amount(sum(record.points for record in records))}")
    worth.stylize("dim" if colour in ("green", "dim") else colour)
    row.add_row(
        Text(plain_if_needed(mark, console), style=colour), Text(text, style="dim" if sign == WAITS else ""), worth
    )
    return Padding(row, (0, 2))


def _record(record: Record, console: Console, catalogue: Catalogue, full: bool = False) -> RenderableType:
    title, sign = record.title, SIGNS[record.status]
    if record.waiting:
        title, sign = f"{title}  ({record.message or WAITING})", WAITS
    elif record.carried:
        title, sign = f"{title}  ({counted_with(record)})", SIGNS["pass"]
    elif not full and record.status not in ("pass", "fail"):
        title = f"{title}  ({record.status})"
    row = _line(sign, title, [record], console)
    if not full or record.waiting:
        return row
    return Group(row, Padding(_explanation(record, catalogue), (0, 2, 0, 6)))


def _explanation(record: Record, catalogue: Catalogue) -> Group:
    lines: list[RenderableType] = []
    if record.message:
        lines.append(Text(runnable(record.message).rstrip(".?!") + _end(record.message), style="red"))
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
    if record.resembles and not record.misconceptions:
        entry = catalogue.belief(record.resembles[0])
        lines.append(Text(f"One result is also what this would give: {entry.believes.strip()}", style="dim"))
    return Group(*lines)


def _end(sentence: str) -> str:
    return sentence[-1] if sentence[-1] in "?!" else "."


def _beliefs(report: Report, catalogue: Catalogue, console: Console) -> RenderableType:
    """Return the most telling misconception in full, and any others by what is believed and asked."""
    first, *others = report.named
    boxes = [_box(first, report, catalogue, console, in_full=True)]
    boxes += [_box(named, report, catalogue, console, in_full=False) for named in others]
    return Padding(Group(*boxes), (0, 2))


def _box(named: Named, report: Report, catalogue: Catalogue, console: Console, in_full: bool) -> Panel:
    parts: list[RenderableType] = []
    entries = [catalogue.belief(name) for name in named.misconceptions]
    for entry in entries:
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim", min_width=12)
        table.add_column()
        table.add_row("the belief", Text(entry.believes.strip(), style="bold"))
        if in_full:
            table.add_row("why it fails", Text(entry.fails.strip()))
        table.add_row("ask yourself", Text(entry.ask.strip(), style="cyan"))
        parts += [Text(), table] if parts else [table]
    what = "A misconception" if len(entries) == 1 else "Two misconceptions together"
    title = plain_if_needed(f"{what} · {share(named, report)}", console)
    drill = " and ".join(f"{entry.topic} ({entry.id})" for entry in entries)
    return Panel(
        Group(*parts),
        title=title,
        title_align="left",
        subtitle=plain_if_needed(f"→ drill: {drill}", console),
        subtitle_align="left",
        border_style="yellow",
    )


def share(named: Named, report: Report) -> str:
    """Say how much of what failed a misconception explains."""
    explained, failed = len(named.tests), len(report.failed)
    if explained >= failed:
        return "it explains the failed test" if failed == 1 else f"explains all {failed} failed tests"
    return f"explains {explained} of the {failed} failed tests"


def _closing(report: Report, exercise: Exercise) -> Text:
    name = report.exercise
    if report.state == "passed":
        said = runnable(f"`anndl show {name}` draws it; `anndl next` goes on.")
        return Text.assemble(("All of it is right. ", "bold green"), said)
    if report.state == "not graded":
        said = "Something on our side failed; those tests cost you nothing. `anndl doctor` looks for the cause."
        return Text(runnable(said), style="yellow")
    said = f"Stuck? `anndl hint {name}`. "
    if any(not record.unfinished for record in report.failed):
        said = f"`anndl repro {name}` makes the call that failed, `anndl hint {name}` helps on, "
        said += f"`anndl show {name}` draws what you have (.anndl/figures/{name}.png). "
    return Text(runnable(said if report.named else f"{said}Read: {exercise.read}."), style="dim")
