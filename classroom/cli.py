"""The instructor's commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, cast

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

Mode = Literal["strict", "best-effort", "none"]
PANEL = "Instructors"  # the section of `anndl --help`
group = typer.Typer(help="Grade a class.", no_args_is_help=True)
console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

Folder = Annotated[Path, typer.Argument(help="A folder or a zip per student, holding modules or notebooks.")]


@group.command()
def grade(
    folder: Folder,
    exercises: Annotated[str, typer.Option(help="Names, separated by commas; all if left out.")] = "",
    out: Annotated[Path | None, typer.Option(help="Where journal and reports go; FOLDER-grades if left out.")] = None,
    key: Annotated[
        Path | None, typer.Option(help="File with the course's secret; made in .anndl/ if left out.")
    ] = None,
    attempt: Annotated[int, typer.Option(help="Number of the attempt: another one draws other inputs.")] = 1,
    isolation: Annotated[
        str, typer.Option(help="strict, best-effort or none: what a worker must be closed to.")
    ] = "strict",
    processes: Annotated[int, typer.Option(help="Grading processes; one per core if 0.")] = 0,
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler to grade on, tcp://...")] = None,
    again: Annotated[bool, typer.Option("--again", help="Grade everything, also what has not changed.")] = False,
) -> None:
    """Grade what is new or has changed; every verdict is kept as it falls, so a run that was killed goes on.

    Exit status: 0 all graded, 2 wrong use, 3 something could not be graded (run it again; it cost nobody a point).
    """
    import os

    from autograder.catalogue import Catalogue
    from autograder.paths import find_root, state_folder
    from classroom.grade import course_key, grade_class, local, number_of_students, on_cluster
    from classroom.journal import Journal, JournalError
    from classroom.reports import Class, write_all
    from classroom.submissions import shown, strays
    from classroom.tasks import Setting, Task

    if isolation not in ("strict", "best-effort", "none"):
        raise _fail("--isolation is strict, best-effort or none")
    mode = cast(Mode, isolation)
    root = find_root()
    catalogue = Catalogue(root)
    try:
        names = (
            [catalogue.find_exercise(name.strip()).name for name in exercises.split(",")]
            if exercises
            else list(catalogue.exercises)
        )
        total = number_of_students(folder) * len(names)
        secret = course_key(key or state_folder(root) / "course.key")
    except (LookupError, NotADirectoryError, ValueError, OSError) as error:
        raise _fail(str(error.args[0] if isinstance(error, LookupError) else error)) from error
    if total == 0:
        raise _fail(f"{folder} holds no folder and no zip of a student")
    if not (root / "solutions").is_dir():
        raise _fail("This is a student's copy of the course: a class is graded with the full kit.")
    target = out or folder.resolve().with_name(f"{folder.resolve().name}-grades")
    _insist_on_isolation(mode)
    try:
        journal = Journal(target / "journal.sqlite")
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            line = bar.add_task("grading", total=total)

            def step(task: Task, graded: bool) -> None:
                bar.update(line, advance=1, description=f"grading {escape(task.student[:20])}")

            run = on_cluster(scheduler) if scheduler else local(processes or os.cpu_count() or 1)
            setting = Setting(str(root), mode)
            outcome = grade_class(folder, names, secret, setting, journal, run, attempt, again, step)
        students = Class.of(journal.latest())
        write_all(target, students, catalogue, outcome.changes, outcome.kept)
        journal.set_reported()
        journal.close()
    except JournalError as error:
        raise _fail(str(error), 3) from error
    except OSError as error:
        raise _fail(
            f"A report could not be written: {error}. The verdicts are safe in {target / 'journal.sqlite'}.", 3
        ) from error
    table = Table("student", *names, "total", box=None, header_style="dim")
    for student, reports in students.reports.items():
        cells = [f"{reports[n].earned:g}" if n in reports else "" for n in names]
        table.add_row(escape(student), *cells, f"{sum(r.earned for r in reports.values()):g}")
    if len(students.reports) <= 40:
        console.print(table)
    console.print(f"{outcome.graded} graded, {outcome.unchanged} unchanged, {outcome.failed} could not be graded.")
    for why in sorted(outcome.trouble)[:20]:
        console.print(f"not graded: {shown(why, 300)}", markup=False, soft_wrap=True)
    if left := strays(folder):
        console.print(
            f"not looked at, neither folder nor zip: {', '.join(left[:10])}{', ...' * (len(left) > 10)}", markup=False
        )
    if outcome.kept:
        console.print(
            f"{len(outcome.kept)} marks of earlier runs stand in the reports; class.html names them.", markup=False
        )
    for change in outcome.changes:
        console.print(
            f"changed: {change.student}, {change.exercise}: {change.before:g} -> {change.after:g} ({change.why})",
            markup=False,
        )
    console.print(
        f"Reports: {target / 'class.html'}, scores.csv, students/, instructor/, gradescope/, junit.xml",
        markup=False,
        soft_wrap=True,
    )
    raise typer.Exit(3 if outcome.failed else 0)


def _insist_on_isolation(mode: Mode) -> None:
    """Try one worker first: better one clear sentence than a class of gradings that could not be run."""
    from autograder.calls import InfrastructureError, Limits, Submission
    from autograder.sandbox.client import Sandbox

    try:
        with Sandbox(mode) as sandbox:
            runner = sandbox.open(Submission("", "probe.py"), Limits())
            runner.load()
            runner.close()
    except InfrastructureError as error:
        raise _fail(
            f"{error}\n--isolation best-effort grades with what this system has, and each report says what was open.", 3
        ) from error


def _fail(message: str, code: int = 2) -> typer.Exit:
    errors.print(message, style="red", markup=False, soft_wrap=True)
    return typer.Exit(code)


def release(
    assignment: Annotated[str, typer.Argument(help="Name of the assignment, such as week1.")],
    exercises: Annotated[str, typer.Option(help="Names, separated by commas.")],
    course: Annotated[Path, typer.Option(help="nbgrader's course folder; made if it is not there.")] = Path(
        "course-folder"
    ),
    course_id: Annotated[str, typer.Option(help="nbgrader's id of the course.")] = "anndl",
    words: Annotated[bool, typer.Option(help="End with a question in words, graded by a person.")] = True,
) -> None:
    """Write nbgrader's source notebooks for an assignment, and a configuration that grades them confined."""
    from autograder.catalogue import Catalogue
    from autograder.paths import find_root
    from classroom.release import release as write_release

    root = find_root()
    catalogue = Catalogue(root)
    if not assignment.replace("-", "").replace("_", "").replace(".", "").isalnum() or "+" in assignment:
        raise _fail(
            "An assignment's name has letters, digits, hyphens and underscores; nbgrader forbids the plus sign."
        )
    try:
        chosen = [catalogue.find_exercise(name.strip()) for name in exercises.split(",")]
        written = write_release(root, course, assignment, chosen, course_id, words)
    except LookupError as error:
        raise _fail(str(error.args[0])) from error
    except OSError as error:
        raise _fail(f"{error.filename} cannot be written: {error.strerror}", 3) from error
    for path in written:
        console.print(f"written: {path}", markup=False, soft_wrap=True)
    console.print(f"Next, in {course}: nbgrader generate_assignment {assignment}", markup=False, soft_wrap=True)


def bundle(
    out: Annotated[Path, typer.Option(help="The zip to write.")] = Path("anndl-students.zip"),
) -> None:
    """Write the students' kit: exercises, grading and notebooks, with recorded answers instead of solutions and reference."""
    from autograder.paths import find_root
    from classroom.bundle import bundle as write_bundle

    root = find_root()
    if not (root / "solutions").is_dir():
        raise _fail("This is a students' copy of the course already.")
    try:
        size = write_bundle(root, out, lambda name: console.print(f"recording {name}", style="dim"))
    except OSError as error:
        raise _fail(f"{error.filename or out} cannot be written: {error.strerror}", 3) from error
    console.print(f"written: {out} ({size / 1e6:.1f} MB)", markup=False, soft_wrap=True)


def attach(app: typer.Typer) -> None:
    """Add the instructor's commands."""
    app.add_typer(group, name="class", rich_help_panel=PANEL)
    app.command(rich_help_panel=PANEL)(release)
    app.command(rich_help_panel=PANEL)(bundle)
