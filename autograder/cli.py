"""The `anndl` command. A learner's commands are here; those of other rooms are attached when they are called."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text
from typer.models import CommandInfo

from autograder.errors import KitError
from autograder.wording import rejoined, runnable

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for plugins costs a tenth of a cold start

if TYPE_CHECKING:
    from autograder.catalogue import Exercise
    from autograder.desk import Desk
    from autograder.records import Report

OK, NOT_YET, USAGE, OURS = 0, 1, 2, 3

app = typer.Typer(
    help="Exercises for a course on neural networks: fill in, save, know at once. Start with `anndl grade`.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

LEARN = "Learn"  # the sections of --help; other rooms name theirs
COMMANDS = "anndl.commands"  # entry points: the first word of a command -> a function that adds it to the app


def complete(incomplete: str) -> list[str]:
    """Return the exercises and chapters that a word may become, for the shell's completion."""
    from autograder.catalogue import Catalogue
    from autograder.paths import find_root

    try:
        exercises = Catalogue(find_root()).exercises
    except KitError:
        return []
    known = dict.fromkeys([*exercises, *(e.chapter for e in exercises.values())])
    return [name for name in known if name.startswith(incomplete)]


Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME]...",
        help="Exercises or chapters; the beginning of a name is enough.",
        autocompletion=complete,
    ),
]
Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="An exercise; the beginning of its name is enough.", autocompletion=complete),
]
TrackName = Annotated[str, typer.Option("--track", help="The exercises of a track, such as `essentials`.")]


def fail(message: str, code: int = USAGE) -> typer.Exit:
    """Print one sentence to stderr and return the exit to raise."""
    errors.print(runnable(message), style="red", markup=False, soft_wrap=True)
    return typer.Exit(code)


def say(message: str, style: str = "") -> None:
    """Print something for people, wrapped at the terminal's width."""
    console.print(runnable(message), style=style, markup=False)


def desk(in_process: bool = False) -> Desk:
    """Return the desk of the course folder that the command was called in."""
    from autograder.desk import Desk
    from autograder.paths import find_root

    found = Desk(find_root(), in_process)
    try:
        _ = found.learner
    except OSError as error:
        raise fail(
            f"{error.filename} cannot be written ({error.strerror}): progress could not be kept.", OURS
        ) from error
    if found.learner.warning:
        errors.print(found.learner.warning, style="yellow", markup=False)
    return found


def choose(desk: Desk, names: Sequence[str] | None, track: str) -> tuple[list[Exercise], bool]:
    """Return the exercises that are meant, and whether each was called by its own name."""
    catalogue = desk.catalogue
    if track:
        return catalogue.of_track(track), False
    if not names:
        return list(catalogue.exercises.values()), False
    groups = [catalogue.choose(name) for name in names]
    chosen = {exercise.name: exercise for group in groups for exercise in group}
    return list(chosen.values()), all(len(group) == 1 for group in groups)


@app.command(rich_help_panel=LEARN)
def grade(
    names: Names = None,
    track: TrackName = "",
    file: Annotated[Path | None, typer.Option(help="Grade this file as the exercise; nothing is remembered.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the reports as JSON.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Write the reports as JUnit XML.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show every failed test in full.")] = False,
    in_process: Annotated[
        bool, typer.Option("--in-process", help="Run your code in this process, for breakpoint() and print.")
    ] = False,
) -> None:
    """Grade exercises: all of them, a chapter or a track as a table, or the named ones in full.

    Exit status: 0 everything is right, 1 something is not yet, 2 wrong use, 3 a fault of the kit.
    """
    from autograder.records import junit as to_junit
    from autograder.render import print_report

    here = desk(in_process)
    chosen, one_by_one = choose(here, names, track)
    if file is not None and not (one_by_one and len(chosen) == 1):
        raise fail("--file needs the name of one exercise, as in `anndl grade hebbian --file mine.py`")
    if file is not None and not file.is_file():
        raise fail(f"{file} is missing")
    in_full = one_by_one or as_json or junit is not None
    reports: dict[str, Report] = {}
    for exercise in chosen:
        if not in_full and here.untouched(exercise):
            continue  # the table says so without reading its tests
        busy = console.is_terminal and not as_json and not in_process  # a debugger needs the terminal for itself
        with console.status(f"grading {exercise.name}") if busy else nullcontext():
            reports[exercise.name] = here.judge_file(exercise, file) if file else here.grade(exercise)
    if junit is not None:
        junit.write_text(to_junit(list(reports.values())), encoding="utf-8")
    if as_json:
        print(json.dumps([report.to_dict() for report in reports.values()], indent=1))
    elif one_by_one:
        for report in reports.values():
            print_report(console, report, here.catalogue, everything)
    else:
        _table(here, chosen, reports, bool(names) or bool(track))
    states = {report.state for report in reports.values()}
    finished = states <= {"passed"} and len(reports) == len(chosen)
    raise typer.Exit(OURS if "not graded" in states else OK if finished else NOT_YET)


def _table(here: Desk, chosen: Sequence[Exercise], reports: Mapping[str, Report | None], unfold: bool) -> None:
    from autograder.overview import print_overview

    every = len(chosen) == len(here.catalogue.exercises)
    unfolded = {e.chapter for e in chosen} if unfold else set()
    names = [] if every else [e.name for e in chosen]
    print_overview(console, here.catalogue, here.learner, reports, unfolded, names)


@app.command(rich_help_panel=LEARN)
def status(
    names: Names = None,
    track: TrackName = "",
    everything: Annotated[bool, typer.Option("--all", help="List the exercises of every chapter.")] = False,
) -> None:
    """Show where you stand, without running anything: by chapter, or the exercises of the named ones."""
    here = desk()
    chosen, _ = choose(here, names, track)
    _table(here, chosen, {e.name: here.standing(e) for e in chosen}, bool(names) or bool(track) or everything)


@app.command(name="next", rich_help_panel=LEARN)
def next_(track: TrackName = "") -> None:
    """Name the next exercise, the easiest that you have the prerequisites for, and show its assignment."""
    import ast

    from autograder.overview import finale, next_exercise

    here = desk()
    chosen, _ = choose(here, None, track)
    known = {e.name: here.known(e) for e in here.catalogue.exercises.values()}
    exercise = next_exercise(here.catalogue, known, [e.name for e in chosen])
    if exercise is None:
        console.print("All exercises are passed.")
        say(finale(here.catalogue, here.learner))
        return
    say(rejoined(ast.get_docstring(ast.parse(here.stub(exercise))) or ""))
    say(f"\nOpen exercises/{exercise.chapter}/{exercise.name}.py, then `anndl watch {exercise.name}`.")


@app.command(rich_help_panel=LEARN)
def hint(name: Name) -> None:
    """Give the next of three hints: a question, then the idea, then the key line."""
    here = desk()
    exercise = here.catalogue.find_exercise(name)
    taken = here.learner.take_hint(exercise.name, len(exercise.hints))
    for number, text in enumerate(exercise.hints[:taken], 1):
        say(f"{number}/{len(exercise.hints)}  {text.strip()}", style="bold" if number == taken else "dim")
    if taken == len(exercise.hints):
        say(f"That was the last one. `anndl solution {exercise.name} --give-up` shows the solution.", style="dim")


@app.command(rich_help_panel=LEARN)
def show(
    name: Name,
    out: Annotated[Path | None, typer.Option(help="Where to write the picture (.png, .svg or .pdf).")] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open it when it is drawn.")] = False,
) -> None:
    """Draw your code at work, beside the reference."""
    from autograder.picture import draw

    here = desk()
    exercise = here.catalogue.find_exercise(name)
    with console.status("drawing"):
        target = draw(here, exercise, out)
    link = Text(str(target), style=f"link {target.resolve().as_uri()}")
    console.print(Text.assemble(exercise.figure.strip(), "\nWritten to ", link), soft_wrap=True)
    if open_ and typer.launch(str(target)) != 0:
        raise fail(f"Nothing here opens pictures; the file is {target}", OURS)


@app.command(rich_help_panel=LEARN)
def repro(
    name: Name,
    debug: Annotated[bool, typer.Option("--debug", help="Step through the call: pdb stops in your function.")] = False,
) -> None:
    """Write the first call that fails as a short script: exact inputs, the expected value, ready to run."""
    from autograder import repro as scripts

    here = desk()
    exercise = here.catalogue.find_exercise(name)
    script = scripts.write_script(here, exercise)
    console.print(script.told(here.root), markup=False, soft_wrap=True)
    if debug:
        scripts.debug(script)


@app.command(rich_help_panel=LEARN)
def reset(name: Name) -> None:
    """Put the stub back; your version is kept in .anndl/backups."""
    from autograder.learner import write_whole

    here = desk()
    exercise = here.catalogue.find_exercise(name)
    path = here.file(exercise)
    if path.is_file():
        kept = here.learner.back_up(path)
        console.print(f"Your version is kept as {kept.relative_to(here.root)}", markup=False, soft_wrap=True)
    write_whole(path, here.stub(exercise))
    console.print(f"{path.relative_to(here.root)} is the stub again. Your progress stays.", markup=False)


@app.command(rich_help_panel=LEARN)
def solution(
    name: Name,
    give_up: Annotated[bool, typer.Option("--give-up", help="Show it although you have not passed.")] = False,
) -> None:
    """Show the worked solution, once you have passed or with --give-up."""
    here = desk()
    exercise = here.catalogue.find_exercise(name)
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
    text = path.read_text(encoding="utf-8")
    if not console.is_terminal:
        print(text, end="")  # into a file or a pipe as it is
        return
    from rich.syntax import Syntax

    console.print(Syntax(text, "python", background_color="default", word_wrap=True))


@app.command(rich_help_panel=LEARN)
def watch(names: Names = None, track: TrackName = "") -> None:
    """Grade on every save, from a warm process. Keys: n next, h hint, s show, d debug, a all details, q quit."""
    from autograder.watch import Watch

    here = desk()
    chosen, _ = choose(here, names, track)
    raise typer.Exit(Watch(here, chosen, console).run())


@app.command(rich_help_panel=LEARN)
def doctor(
    folder: Annotated[
        Path | None, typer.Argument(help="A course folder of nbgrader's, to look at what was handed in.")
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Repair submissions (the originals are kept).")] = False,
) -> None:
    """Find what is wrong: with this installation, or with the notebooks handed in to FOLDER."""
    from autograder.doctor import examined

    if folder is not None:
        raise typer.Exit(importlib.import_module("classroom.doctor").report(folder, fix, console))
    raise typer.Exit(examined(console))


def attach(word: str | None) -> None:
    """Add the commands of other rooms that begin with `word`; all of them where there is none, as for --help.

    A room announces each by an entry point, and is imported only then, so that `anndl grade` stays quick.
    """
    if word is not None and word in {command.name or _called(command) for command in app.registered_commands}:
        return
    from importlib.metadata import entry_points

    found = entry_points(group=COMMANDS)
    for value in dict.fromkeys(point.value for point in found if word in (None, point.name)):
        next(point for point in found if point.value == value).load()(app)


def _called(command: CommandInfo) -> str:
    return command.callback.__name__ if command.callback else ""


def main() -> None:
    """Entry point: whatever the kit can say in one sentence is said so, and never ends in a traceback."""
    attach(next((word for word in sys.argv[1:] if not word.startswith("-")), None))
    try:
        app()
    except KitError as error:
        sys.exit(fail(str(error), error.exit_code).exit_code)
    except OSError as error:
        if error.filename is None:
            raise
        sys.exit(fail(f"{error.filename}: {error.strerror}", OURS).exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
