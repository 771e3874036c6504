"""The `anndl` command. A learner's commands are here; those of instructors and authors are attached when they are called."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for plugins costs a tenth of a cold start

if TYPE_CHECKING:
    from autograder.catalogue import Exercise
    from autograder.desk import Desk

OK, NOT_YET, USAGE, OURS = 0, 1, 2, 3

app = typer.Typer(
    help="Exercises for a course on neural networks: fill in, save, know at once. Start with `anndl grade`.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

# Commands of other rooms: imported only when one of their names is on the command line, so that `anndl grade` stays quick.
ATTACHED = {
    "author": "autograder.authoring",
    "bank": "drills.cli",
    "drills": "drills.cli",
    "class": "classroom.cli",
    "release": "classroom.cli",
    "bundle": "classroom.cli",
    "doctor": "autograder.doctor",
    "evidence": "reference.cli",
    "train": "reference.cli",
}

Names = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help="Exercises; the beginning of a name is enough.")
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="An exercise; the beginning of its name is enough.")]


def fail(message: str, code: int = USAGE) -> typer.Exit:
    """Print one sentence to stderr and return the exit to raise."""
    errors.print(message, style="red", markup=False, soft_wrap=True)
    return typer.Exit(code)


def desk(in_process: bool = False) -> Desk:
    """Return the desk of the course folder that the command was called in."""
    from autograder.desk import Desk
    from autograder.paths import find_root

    try:
        found = Desk(find_root(), in_process)
        _ = found.learner
    except FileNotFoundError as error:
        raise fail(str(error)) from error
    except OSError as error:
        raise fail(
            f"{error.filename} cannot be written ({error.strerror}): progress could not be kept.", OURS
        ) from error
    if found.learner.warning:
        errors.print(found.learner.warning, style="yellow", markup=False)
    return found


def pick(desk: Desk, name: str) -> Exercise:
    """Return the exercise that a learner means."""
    try:
        return desk.catalogue.find_exercise(name)
    except LookupError as error:
        raise fail(str(error.args[0])) from error


@app.command()
def grade(
    names: Names = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the reports as JSON.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Write the reports as JUnit XML.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show every failed test in full.")] = False,
    in_process: Annotated[
        bool, typer.Option("--in-process", help="Run your code in this process, for breakpoint() and print.")
    ] = False,
) -> None:
    """Grade exercises: all of them as a table, or the named ones in full.

    Exit status: 0 everything is right, 1 something is not yet, 2 wrong use, 3 a fault of the kit.
    """
    from autograder.records import junit as to_junit
    from autograder.render import print_overview, print_report

    here = desk(in_process)
    chosen = [pick(here, name) for name in names] if names else list(here.catalogue.exercises.values())
    reports = {}
    for exercise in chosen:
        if not names and not as_json and console.is_terminal:
            with console.status(f"grading {exercise.name}"):
                reports[exercise.name] = here.grade(exercise)
        else:
            reports[exercise.name] = here.grade(exercise)
    if junit is not None:
        junit.write_text(to_junit(list(reports.values())), encoding="utf-8")
    if as_json:
        print(json.dumps([report.to_dict() for report in reports.values()], indent=1))
    elif names:
        for report in reports.values():
            print_report(console, report, here.catalogue, everything)
    else:
        print_overview(console, here.catalogue, reports)
    states = {report.state for report in reports.values()}
    raise typer.Exit(OURS if "not graded" in states else OK if states <= {"passed"} else NOT_YET)


@app.command()
def status() -> None:
    """Show where you stand, without running anything."""
    from autograder.render import print_overview

    here = desk()
    exercises = here.catalogue.exercises.values()
    print_overview(console, here.catalogue, {e.name: here.known(e) or here.learner.report(e.name) for e in exercises})


@app.command(name="next")
def next_() -> None:
    """Name the next exercise and show its assignment."""
    from autograder.render import next_exercise

    here = desk()
    known = {e.name: here.known(e) for e in here.catalogue.exercises.values()}
    exercise = next_exercise(here.catalogue, known)
    if exercise is None:
        console.print("All exercises are passed.")
        return
    import ast

    statement = ast.get_docstring(ast.parse(here.stub(exercise))) or ""
    console.print(statement, markup=False)
    console.print(
        f"\nOpen exercises/{exercise.chapter}/{exercise.name}.py, then `anndl watch {exercise.name}`.", markup=False
    )


@app.command()
def hint(name: Name) -> None:
    """Give the next of three hints: a question, then the idea, then the key line."""
    here = desk()
    exercise = pick(here, name)
    progress = here.learner.of(exercise.name)
    progress.hints = min(progress.hints + 1, len(exercise.hints))
    here.learner.save()
    for number, text in enumerate(exercise.hints[: progress.hints], 1):
        style = "bold" if number == progress.hints else "dim"
        console.print(f"{number}/{len(exercise.hints)}  {text.strip()}", style=style, markup=False)
    if progress.hints == len(exercise.hints):
        console.print(
            f"That was the last one. `anndl solution {exercise.name} --give-up` shows the solution.", style="dim"
        )


@app.command()
def show(
    name: Name,
    out: Annotated[Path | None, typer.Option(help="Where to write the picture (.png, .svg or .pdf).")] = None,
) -> None:
    """Draw your code at work, beside the reference."""
    from autograder.picture import PictureError, draw

    here = desk()
    exercise = pick(here, name)
    target = out or here.learner.folder / "figures" / f"{exercise.name}.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with console.status("drawing"):
            draw(here, exercise, target)
    except PictureError as error:
        raise fail(str(error), NOT_YET) from error
    console.print(f"{exercise.figure.strip()}\nWritten to {target}", markup=False, soft_wrap=True)


@app.command()
def reset(name: Name) -> None:
    """Put the stub back; your version is kept in .anndl/backups."""
    from autograder.learner import write_whole

    here = desk()
    exercise = pick(here, name)
    path = here.file(exercise)
    if path.is_file():
        kept = here.learner.back_up(path)
        console.print(f"Your version is kept as {kept.relative_to(here.root)}", markup=False, soft_wrap=True)
    write_whole(path, here.stub(exercise))
    console.print(f"{path.relative_to(here.root)} is the stub again. Your progress stays.", markup=False)


@app.command()
def solution(
    name: Name,
    give_up: Annotated[bool, typer.Option("--give-up", help="Show it although you have not passed.")] = False,
) -> None:
    """Show the worked solution, once you have passed or with --give-up."""
    here = desk()
    exercise = pick(here, name)
    path = exercise.solution
    if not path.is_file():
        raise fail("This copy of the course comes without solutions; ask your instructor.")
    progress = here.learner.of(exercise.name)
    if progress.passed is None and not give_up:
        raise fail(
            f"You have not passed {exercise.name} yet. `anndl hint {exercise.name}` helps; --give-up shows it anyway.",
            NOT_YET,
        )
    if progress.passed is None:
        from datetime import UTC, datetime

        progress.gave_up = datetime.now(UTC).isoformat(timespec="seconds")
        here.learner.save()
    from rich.syntax import Syntax

    console.print(Syntax(path.read_text(encoding="utf-8"), "python", background_color="default"))


@app.command()
def watch(names: Names = None) -> None:
    """Grade on every save, from a warm process. Keys: n next, h hint, s show, a all details, q quit."""
    from autograder.watch import Watch

    here = desk()
    chosen = [pick(here, name) for name in names] if names else list(here.catalogue.exercises.values())
    raise typer.Exit(Watch(here, chosen, console).run())


def attach(names: set[str]) -> None:
    """Add the commands of other rooms; each such module has a function `attach(app)`."""
    for module in dict.fromkeys(ATTACHED[name] for name in ATTACHED if name in names):
        importlib.import_module(module).attach(app)


def main() -> None:
    """Entry point: course data that is broken ends in one sentence with file and line, not in a traceback."""
    from autograder.yamlfile import CourseError

    words = {word for word in sys.argv[1:] if not word.startswith("-")}
    attach(words & set(ATTACHED) or (set() if words else set(ATTACHED)))
    try:
        app()
    except CourseError as error:
        sys.exit(fail(str(error), OURS).exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
