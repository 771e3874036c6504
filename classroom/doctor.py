"""`anndl doctor FOLDER`: finds what would cost marks in notebooks that were handed in to nbgrader, and repairs it.

Works on a course folder: what was handed in (`submitted/<student>/<assignment>/`) is compared with what was handed out
(`release/<assignment>/`). A repaired file's original stays beside it, as `<name>.orig`.
"""

# mypy: allow-untyped-calls
# (nbformat has no types)

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from rich.console import Console
from rich.text import Text

from autograder.errors import KitError
from autograder.learner import write_whole
from classroom.mending import mend

OUTPUT_BYTES = 1 << 20  # of one cell; a plot has a tenth of that
CONFLICT = re.compile(r"^<{7}[^\n]*\n(.*?)^={7}\n(.*?)^>{7}[^\n]*\n?", re.MULTILINE | re.DOTALL)
CELLS = re.compile(r'"cells"\s*:\s*\[')


class Unreadable(KitError):
    """Nothing of a notebook can be saved; the text says why."""


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
        notebook, said = _read(source)
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


def _read(path: Path) -> tuple[NotebookNode, list[tuple[str, str]]]:
    """Read a notebook, whatever happened to its file; say what was wrong.

    Raises:
        Unreadable: not even one cell can be saved.
    """
    raw = path.read_bytes()
    if not raw.strip(b"\0 \t\r\n"):
        raise Unreadable("is an empty file; only the student has the notebook")
    text, said = _text(raw)
    if "<<<<<<<" in text and CONFLICT.search(text):
        sides = [CONFLICT.sub(rf"\g<{side}>", text) for side in (1, 2)]
        text = next((s for s in sides if _parses(s)), sides[0])
        said.append(("holds both sides of a merge conflict of git's", "The first side that is a notebook is taken."))
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = _salvage(text)
        cells = len(data["cells"])
        said.append(("is no whole JSON file", f"The {cells} cells that can be read are kept."))
    try:
        notebook = nbformat.from_dict(data)
        if notebook.get("nbformat", 4) != 4:
            said.append((f"is of notebook format {notebook.nbformat}", "It is converted to format 4."))
            notebook = nbformat.convert(notebook, 4)
        if not isinstance(notebook.get("cells"), list):
            raise Unreadable("is JSON, but no notebook")
        faults = _normalise(notebook)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Unreadable(f"is JSON, but no notebook ({error})") from error
    return notebook, said + faults


def _text(raw: bytes) -> tuple[str, list[tuple[str, str]]]:
    marks = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
    for mark, encoding in marks:
        if raw.startswith(mark):
            text = raw.decode(encoding, errors="replace")
            return text, [("begins with a byte order mark", "It is saved as plain UTF-8.")]
    try:
        return raw.decode(), []
    except UnicodeDecodeError:
        return raw.decode("latin-1"), [("is no UTF-8 text", "It is read as Latin-1 and saved as UTF-8.")]


def _parses(text: str) -> bool:
    try:
        return isinstance(json.loads(text).get("cells"), list)
    except (ValueError, AttributeError, RecursionError):
        return False


def _salvage(text: str) -> dict[str, Any]:
    """Return a notebook with the cells of a damaged file that are whole."""
    match = CELLS.search(text)
    cells: list[Any] = []
    decoder = json.JSONDecoder()
    position = match.end() if match else len(text)
    while position < len(text):
        position = next((i for i in range(position, len(text)) if text[i] not in " \t\r\n,"), len(text))
        try:
            cell, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            break
        cells.append(cell)
    cells = [cell for cell in cells if isinstance(cell, dict)]
    if not cells:
        raise Unreadable("is no JSON file, and no cell of it can be read")
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def _normalise(notebook: NotebookNode) -> list[tuple[str, str]]:
    """Bring cells into the form that nbformat's schema asks for, and cut outputs that are too long."""
    before = copy.deepcopy(notebook)
    notebook.setdefault("metadata", NotebookNode())
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 5
    cells, large = [], 0
    for cell in notebook.cells:
        if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown", "raw"):
            continue
        source = cell.get("source", "")
        cell["source"] = "".join(map(str, source)) if isinstance(source, list) else str(source)
        if not isinstance(cell.get("metadata"), dict):
            cell["metadata"] = NotebookNode()
        if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", str(cell.get("id", ""))):
            cell["id"] = nbformat.v4.new_markdown_cell().id
        if cell["cell_type"] == "code":
            cell.setdefault("execution_count", None)
            if len(json.dumps(cell.get("outputs", []))) > OUTPUT_BYTES:
                cell["outputs"] = []
                large += 1
            cell.setdefault("outputs", [])
        else:
            cell.pop("outputs", None)
            cell.pop("execution_count", None)
        cells.append(cell)
    dropped = len(notebook.cells) - len(cells)
    notebook.cells = cells
    said = [(f"{large} cells with more than 1 MiB of output", "Their outputs are cleared.")] if large else []
    if dropped:
        said.append((f"{dropped} cells that are none", "They are left out."))
    if not said and "metadata" not in before:
        said.append(("has no metadata", "It gets an empty one."))
    return said


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
