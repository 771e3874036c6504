"""`anndl doctor FOLDER`: finds what would cost marks in notebooks that were handed in to nbgrader, and repairs it.

Works on a course folder: what was handed in (`submitted/<student>/<assignment>/`) is compared with what was handed out
(`release/<assignment>/`). A repaired file's original stays beside it, as `<name>.orig`.
"""

# mypy: allow-untyped-calls
# (nbformat has no types)

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from rich.console import Console
from rich.text import Text

from autograder.learner import write_whole
from classroom.mending import mend
from classroom.reading import Unreadable, read


@dataclass(frozen=True)
class Finding:
    """One thing that would cost marks. `remedy` is empty where only the student can help."""

    place: str
    what: str
    remedy: str


def report(folder: Path, fix: bool, console: Console) -> int:
    """Print what is wrong with the hand-ins below `folder`, and with `fix` repair what can be.

    Returns:
        Exit status: 0 nothing is wrong (any more), 1 something is, 2 this is no course folder of nbgrader's.
    """
    course = folder.parent if folder.name == "submitted" else folder
    if not (course / "submitted").is_dir() or not (course / "release").is_dir():
        console.print(
            f"{folder} is no course folder of nbgrader's: it needs release/ (run `nbgrader generate_assignment` first) and "
            "submitted/.",
            markup=False,
            soft_wrap=True,
        )
        return 2
    found = list(examine(course, fix))
    for finding in found:
        sign = ("BAD   ", "red") if not finding.remedy else ("mended", "green") if fix else ("note  ", "yellow")
        line = Text.assemble(sign, "  ", finding.place, ": ", finding.what, ("  " + finding.remedy, "cyan"))
        console.print(line, soft_wrap=True)
    left = [finding for finding in found if not (fix and finding.remedy)]
    if not found:
        console.print("Nothing here would cost marks.")
    elif left and not fix:
        console.print(
            "`anndl doctor FOLDER --fix` does what is said after each line, and keeps the originals as .orig."
        )
    return int(bool(left))


def examine(course: Path, fix: bool) -> Iterator[Finding]:
    """Yield what is wrong with each hand-in; with `fix`, repair it on the way."""
    for hand_in in sorted(p for p in (course / "submitted").glob("*/*") if p.is_dir()):
        released = sorted((course / "release" / hand_in.name).glob("*.ipynb"))
        place = f"{hand_in.parent.name}/{hand_in.name}"
        if not released:
            yield Finding(place, "no such assignment was handed out", "")
            continue
        if not (hand_in / "timestamp.txt").is_file():
            yield _timestamp(hand_in, place, fix)
        for path in released:
            yield from _notebook(hand_in, path, released, place, fix)


def _timestamp(hand_in: Path, place: str, fix: bool) -> Finding:
    """Without a timestamp nbgrader cannot return feedback: take the newest notebook's."""
    newest = max((p.stat().st_mtime for p in hand_in.iterdir()), default=hand_in.stat().st_mtime)
    text = datetime.fromtimestamp(newest, UTC).strftime("%Y-%m-%d %H:%M:%S.%f %Z")
    if fix:
        write_whole(hand_in / "timestamp.txt", text)
    return Finding(place, "timestamp.txt is missing", f"It gets the time of the newest file, {text}.")


def _notebook(hand_in: Path, release: Path, released: list[Path], place: str, fix: bool) -> Iterator[Finding]:
    target = hand_in / release.name
    here = f"{place}/{release.name}"
    source = target
    if not target.is_file():
        others = _misnamed(hand_in, release, {p.name for p in released})
        if len(others) != 1:
            why = f"; could be any of {', '.join(p.name for p in others)}" if others else ""
            yield Finding(here, f"was not handed in{why}", "")
            return
        source = others[0]
        yield Finding(here, f"was handed in as {source.name}", "It is copied to the name that it should have.")
    wanted = nbformat.read(release, as_version=4)
    try:
        notebook, said = read(source.read_bytes())
    except (OSError, Unreadable) as error:
        yield Finding(here, str(error), "")
        return
    said += _repair(notebook, wanted)
    for what, remedy in said:
        yield Finding(here, what, remedy)
    if fix and (said or source != target):
        if target.exists():
            write_kept(target)
        write_whole(target, nbformat.writes(notebook) + "\n")


def write_kept(path: Path) -> Path:
    """Copy a file to `<name>.orig` (or .orig2, ...), never over another one, and return where it went."""
    number = 1
    while (kept := path.with_name(f"{path.name}.orig{number if number > 1 else ''}")).exists():
        number += 1
    kept.write_bytes(path.read_bytes())
    return kept


def _misnamed(hand_in: Path, release: Path, known: set[str]) -> list[Path]:
    """Return files that may be this notebook under another name: "hebbian (1).ipynb", "hebbian_final.ipynb.txt"."""
    return [
        path
        for path in sorted(hand_in.iterdir())
        if path.is_file()
        and path.name not in known
        and ".ipynb" in path.name.lower()
        and ".orig" not in path.name
        and re.match(rf"{re.escape(release.stem)}(?![a-z])", path.name.lower())
    ]


def _repair(notebook: NotebookNode, wanted: NotebookNode) -> list[tuple[str, str]]:
    """Make a notebook gradable; say what was wrong."""
    expected = {
        cell.metadata["nbgrader"]["grade_id"]: {
            "cell_type": cell.cell_type,
            "source": cell.source,
            "metadata": cell.metadata["nbgrader"],
        }
        for cell in wanted.cells
        if "nbgrader" in cell.metadata
    }
    said = [(sentence, "It is put right.") for sentence in mend(notebook, expected)]
    kernel = wanted.metadata.get("kernelspec")
    if kernel and notebook.metadata.get("kernelspec", {}).get("name") != kernel["name"]:
        name = notebook.metadata.get("kernelspec", {}).get("name", "none")
        notebook.metadata["kernelspec"] = kernel
        said.append((f"its kernel is {name}, not {kernel['name']}", "It gets the right one."))
    return said
