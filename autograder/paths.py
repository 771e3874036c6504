"""Where things lie: the course folder that a command works on, and the files of an exercise in it."""

from __future__ import annotations

import os
from pathlib import Path

MARK = Path("course") / "syllabus.yaml"


def find_root(start: Path | None = None) -> Path:
    """Return the course folder: `$ANNDL_ROOT`, else the nearest folder upwards from `start` that holds a course.

    Falls back to the checkout that this package was installed from, so that `anndl` works from anywhere.

    Raises:
        FileNotFoundError: there is no course folder; the message says what was looked for.
    """
    named = os.environ.get("ANNDL_ROOT")
    here = Path(named) if named else (start or Path.cwd())
    candidates = [here] if named else [here, *here.parents, Path(__file__).resolve().parent.parent]
    for folder in candidates:
        if (folder / MARK).is_file():
            return folder.resolve()
    raise FileNotFoundError(
        f"No course here: {here} holds no {MARK}. Change into the folder that you cloned or unpacked."
    )


def state_folder(root: Path) -> Path:
    """Return `.anndl/` of the course folder: reports, progress, backups. Git ignores it, so a pull never touches it."""
    folder = root / ".anndl"
    folder.mkdir(exist_ok=True)
    return folder
