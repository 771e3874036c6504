"""Where things lie: the folder that a command works on, and the courses whose exercises it knows.

A course is a folder with `course/`, `solutions/`, `autograder/suites/` and `reference/`, like the kit's own. A folder works with
itself, unless `$ANNDL_ROOT` lists several courses, or a file `anndl.yaml` in it does (`courses: [., ../shared-course, kit]`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from autograder.errors import KitError
from autograder.yamlfile import CourseError, read

MARK = Path("course") / "syllabus.yaml"
PLACE = "anndl.yaml"
KIT = "kit"  # in a list of courses: the one that this package came with


class NoCourse(KitError, FileNotFoundError):
    """There is no course to work on; the text says what was looked for."""

    exit_code = 2


ABOVE = Path(__file__).resolve().parent.parent  # the checkout, or the folder that packages are installed in
DATA = "anndl_kit"  # what the wheel calls the course's folder


def kit_root() -> Path:
    """Return the kit's own course: the checkout that this package lies in, or the data that its wheel installed."""
    return ABOVE if (ABOVE / MARK).is_file() else ABOVE / DATA


def find_root(start: Path | None = None) -> Path:
    """Return the folder to work on: the first of `$ANNDL_ROOT`, else the nearest one upwards from `start` that is one.

    Falls back to the checkout that this package lies in, so that `anndl` works from anywhere; the data of an installed wheel
    is nobody's place to work.

    Raises:
        NoCourse: there is none.
    """
    named = _named()
    here = named[0] if named else (start or Path.cwd())
    candidates = [here] if named else [here, *here.parents, ABOVE]
    for folder in candidates:
        if (folder / MARK).is_file() or (folder / PLACE).is_file():
            return folder.resolve()
    raise NoCourse(
        f"No course here: {here} holds no {MARK} and no {PLACE}. Change into the folder with your exercises; "
        "`anndl init FOLDER` makes one."
    )


def courses(root: Path) -> tuple[Path, ...]:
    """Return the courses that a folder works with; where two know the same name, the first wins.

    Raises:
        CourseError: its `anndl.yaml` is not as it must be.
        NoCourse: one that is listed is none.
    """
    named = _named()
    if named and named[0].resolve() == root.resolve():
        found: Sequence[Path] = named
    elif (root / PLACE).is_file():
        found = _listed(root)
    else:
        found = (root,)
    for folder in found:
        if not (folder / "course").is_dir():
            raise NoCourse(f"{folder} holds no course: there is no folder course/ in it")
    return tuple(dict.fromkeys(folder.resolve() for folder in found))


def _named() -> list[Path]:
    names = [name for name in os.environ.get("ANNDL_ROOT", "").split(os.pathsep) if name]
    return [kit_root() if name == KIT else Path(name) for name in names]


def _listed(root: Path) -> list[Path]:
    document = read(root / PLACE)
    data = document.data if isinstance(document.data, dict) else {}
    names = data.get("courses")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise CourseError(document.path, 1, "this file lists the courses to work with, as in `courses: [., kit]`")
    return [kit_root() if name == KIT else root / name for name in names]


def state_folder(root: Path) -> Path:
    """Return `.anndl/` of the folder: reports, progress, backups. Git ignores it, so a pull never touches it."""
    folder = root / ".anndl"
    folder.mkdir(exist_ok=True)
    return folder
