"""Folders apart from the kit: `anndl init` makes a learner's or a lecturer's, `anndl update` brings new assignments into one.

The kit can then be replaced by a newer one without a merge: what a learner writes never lies among its files.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from autograder.catalogue import Exercise
from autograder.cli import LEARN, OK, OURS, desk, say
from autograder.desk import Desk
from autograder.errors import KitError
from autograder.learner import write_whole
from autograder.paths import MARK, PLACE
from autograder.renewal import NotRenewed, renew

LEARNERS = {
    PLACE: "# The courses whose exercises are worked on here; `kit` is the one that is installed.\ncourses: [kit]\n",
    ".gitignore": ".anndl/\n__pycache__/\n.ipynb_checkpoints/\n",
    "README.md": """# My exercises

Each file in `exercises/` is one exercise: its docstrings say what to write. Run these in this folder:

| command | what it does |
|---|---|
| `anndl watch hebbian` | grades whenever you save |
| `anndl grade` | all exercises as a table |
| `anndl hint hebbian`, `anndl show hebbian` | a hint, a picture of your code at work |
| `anndl update` | after a new version of the kit: takes its new exercises and docstrings, and leaves what you wrote as it is |

Reports, progress and backups are in `.anndl/`; Git ignores it.
""",
}
COURSES = {
    PLACE: "# This course, and the kit's, whose topics and exercises it can build on. Of two with one name the first wins.\n"
    "courses: [., kit]\n",
    ".gitignore": ".anndl/\n__pycache__/\n.ipynb_checkpoints/\n",
    "README.md": """# My course

Exercises of your own beside those of the kit, in the same shape and with the same commands. Run these in this folder:

| command | what it does |
|---|---|
| `anndl author new CHAPTER/NAME` | writes every file that an exercise needs, with each field explained in place |
| `anndl author check NAME` | says what is missing or wrong, until nothing is |
| `anndl grade NAME` | what a student sees |

| folder | what lies there |
|---|---|
| `course/CHAPTER/` | cards with hints and misconceptions; topics with their questions |
| `solutions/` | worked solutions, from which the stubs in `exercises/` are made |
| `autograder/suites/CHAPTER/NAME/` | tests, wrong versions, figure, right and wrong samples |
| `reference/` | reference implementations, where you want them |

Chapters and topics are the kit's. A `course/syllabus.yaml` of your own adds to them.
""",
    "course/.gitkeep": "",
    "solutions/.gitkeep": "",
    "exercises/.gitkeep": "",
    "reference/.gitkeep": "",
    "autograder/suites/.gitkeep": "",
}


class NotMade(KitError):
    """A folder cannot be set up where it was asked for; the text says why."""

    exit_code = 2


def make(folder: Path, files: dict[str, str]) -> None:
    """Write what a new folder begins with; what is there already stays.

    Raises:
        NotMade: the folder is a course or a learner's folder already.
    """
    for mark in (PLACE, MARK):
        if (folder / mark).exists():
            raise NotMade(f"{folder} is set up already: it holds {mark}. `anndl update` in it brings it up to date.")
    if folder.exists() and not folder.is_dir():
        raise NotMade(f"{folder} is a file; give the name of a folder.")
    for name, text in files.items():
        if not (folder / name).exists():
            write_whole(folder / name, text)


@dataclass(frozen=True)
class Brought:
    """What became of one file."""

    path: Path
    changes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    backup: Path | None = None


def bring_up_to_date(here: Desk, exercise: Exercise) -> Brought:
    """Take a new assignment into the learner's file; a copy of the file as it was goes to `.anndl/backups/` first.

    Raises:
        NotRenewed: the file is not Python or no text; nothing is touched.
        OSError: it cannot be read or written; it is as it was.
    """
    path, stub = here.file(exercise), here.stub(exercise)
    shown = path.relative_to(here.root)
    if not path.exists():
        write_whole(path, stub)
        return Brought(shown, ("a new exercise",))
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotRenewed(
            f"{shown} is no UTF-8 text (byte {error.start}): save it as UTF-8. It stays as it is."
        ) from error
    windows = raw.count(b"\r\n") * 2 > raw.count(b"\n")
    try:
        renewed = renew(text.replace("\r\n", "\n").replace("\r", "\n"), stub)
    except NotRenewed as error:
        raise NotRenewed(f"{shown} stays as it is: {error}") from error
    if not renewed.changes:
        return Brought(shown, notes=renewed.notes)
    backup = here.learner.back_up(path)
    mark = "\ufeff" if raw.startswith(codecs.BOM_UTF8) else ""
    write_whole(path, mark + (renewed.text.replace("\n", "\r\n") if windows else renewed.text))
    return Brought(shown, renewed.changes, renewed.notes, backup)


def init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Made where it does not exist.")],
    course: Annotated[
        bool, typer.Option("--course", help="For a lecturer: a course of your own beside the kit.")
    ] = False,
) -> None:
    """Make a folder of your own, apart from the kit: exercises to solve, or with --course exercises to write."""
    make(folder, COURSES if course else LEARNERS)
    if course:
        say(f"{folder} is a course. In it, `anndl author new CHAPTER/NAME` begins an exercise.")
        return
    here = Desk(folder.resolve())
    exercises = list(here.catalogue.exercises.values())
    for exercise in exercises:
        if not here.file(exercise).exists():
            write_whole(here.file(exercise), here.stub(exercise))
    say(f"{folder} holds {len(exercises)} exercises. In it, `anndl next` shows where to begin.")


def update() -> None:
    """Take new docstrings and exercises from the kit; what you wrote stays as it is.

    Exit status: 0 all is up to date, 1 a file is not yet Python and stays as it is, 3 one cannot be read or written.
    """
    here = desk()
    status = OK
    quiet = True
    for exercise in here.catalogue.exercises.values():
        try:
            brought = bring_up_to_date(here, exercise)
        except (NotRenewed, OSError) as error:
            say(str(error), style="red")
            status, quiet = OURS if isinstance(error, OSError) else error.exit_code, False
            continue
        for change in brought.changes:
            say(f"{brought.path}: {change}")
        for note in brought.notes:
            say(f"{brought.path}: {note}. You may want to change it.", style="yellow")
        if brought.backup:
            say(f"{brought.path}: as it was, it is kept as {brought.backup.relative_to(here.root)}", style="dim")
        quiet = quiet and not brought.changes and not brought.notes
    if quiet:
        say("Everything is up to date.")
    raise typer.Exit(status)


def attach(app: typer.Typer) -> None:
    """Add the two commands."""
    app.command(rich_help_panel=LEARN)(init)
    app.command(rich_help_panel=LEARN)(update)
