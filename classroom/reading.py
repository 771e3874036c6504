"""Reads the file of a notebook, whatever happened to it: half a file, marks of a merge, another encoding, another format."""

# mypy: allow-untyped-calls
# (nbformat has no types)

from __future__ import annotations

import json
import re
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.errors import KitError

OUTPUT_BYTES = 1 << 20  # of one cell; a plot has a tenth of that
CONFLICT = re.compile(r"^<{7}[^\n]*\n(.*?)^={7}\n(.*?)^>{7}[^\n]*\n?", re.MULTILINE | re.DOTALL)
CELLS = re.compile(r'"cells"\s*:\s*\[')


class Unreadable(KitError):
    """Nothing of a notebook can be saved; the text says why."""


def code_cells(notebook: NotebookNode) -> list[str]:
    """Return the texts of the code cells, in the order of the notebook."""
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def read(raw: bytes) -> tuple[NotebookNode, list[tuple[str, str]]]:
    """Read a notebook, whatever happened to its file; say what was wrong, and what was done about it.

    Raises:
        Unreadable: not even one cell can be saved.
    """
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
    bare = "metadata" not in notebook
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
    if not said and bare:
        said.append(("has no metadata", "It gets an empty one."))
    return said
