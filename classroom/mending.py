"""Gives cells back what nbgrader needs and editors take away: metadata, type, place; nothing is lost by copying or moving."""

# mypy: allow-untyped-calls
# (nbformat has no types)

from __future__ import annotations

import re
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from classroom.notebooks import QUESTION, cell_id

GRADED = re.compile(r"^\s*(?:check|grade)\(\s*['\"](\w+)['\"]\s*\)", re.MULTILINE)


def mend(nb: NotebookNode, expected: dict[str, dict[str, Any]]) -> list[str]:
    """Give every expected cell exactly one place in the notebook; return what was done, one sentence each.

    Args:
        nb: the submitted notebook, changed in place.
        expected: by grade_id, the cell's `cell_type`, released `source` and nbgrader `metadata`.
    """
    done: list[str] = []
    by_id = {cell_id(name): name for name in expected}
    places: dict[str, list[int]] = {}
    untagged: dict[str, list[int]] = {}
    for index, cell in enumerate(nb.cells):
        cell.source = cell.source.encode("utf-8", "replace").decode("utf-8")  # half a character cannot be saved
        if cell.cell_type == "raw":
            # pages show raw cells as they are, scripts included
            nb.cells[index] = cell = _retyped(cell, "markdown", "    " + cell.source.replace("\n", "\n    "))
            done.append("a raw cell became text")
        meta = cell.metadata.pop("nbgrader", None)
        name = meta.get("grade_id") if isinstance(meta, dict) else None
        if isinstance(name, str) and name in expected:
            places.setdefault(name, []).append(index)
        elif name := by_id.get(cell.get("id", "")) or _by_text(cell, expected):
            untagged.setdefault(name, []).append(index)
    for name, wanted in expected.items():
        found = places.get(name, [])
        if not found and (found := untagged.get(name) or _by_neighbour(nb, wanted)):
            done.append(f"the cell {name} had lost its metadata")
        keep = _best(nb, found, wanted) if found else None
        done += [f"a copy of the cell {name} was taken for an ordinary cell" for index in found if index != keep]
        if keep is None:
            if wanted["cell_type"] == "code" and not wanted["metadata"]["grade"]:
                continue  # its functions are found by name, wherever they are
            build = new_code_cell if wanted["cell_type"] == "code" else new_markdown_cell
            nb.cells.append(build(wanted["source"]))
            keep = len(nb.cells) - 1
            done.append(f"the cell {name} was missing and is back")
        elif nb.cells[keep].cell_type != wanted["cell_type"]:
            nb.cells[keep] = _retyped(nb.cells[keep], wanted["cell_type"], nb.cells[keep].source)
            done.append(f"the cell {name} has its type back, {wanted['cell_type']}")
        nb.cells[keep].metadata["nbgrader"] = dict(wanted["metadata"])
    seen: set[str] = set()
    for cell in nb.cells:
        if cell.get("id") in seen:
            cell["id"] = new_markdown_cell().id
        seen.add(cell.get("id", ""))
    return done


def _retyped(cell: NotebookNode, cell_type: str, source: str) -> NotebookNode:
    build = new_code_cell if cell_type == "code" else new_markdown_cell
    fresh: NotebookNode = build(source)
    if "id" in cell:
        fresh["id"] = cell["id"]
    return fresh


def _best(nb: NotebookNode, found: list[int], wanted: dict[str, Any]) -> int:
    """Choose among copies: of the right type, then written on, then the last."""
    return max(
        found,
        key=lambda i: (
            nb.cells[i].cell_type == wanted["cell_type"],
            nb.cells[i].source.strip() not in ("", wanted["source"].strip()),
            i,
        ),
    )


def _by_neighbour(nb: NotebookNode, wanted: dict[str, Any]) -> list[int]:
    """Find the answer to be read by a person: the text that follows its question."""
    if wanted["cell_type"] != "markdown" or not wanted["metadata"]["solution"]:
        return []
    for index, cell in enumerate(nb.cells[:-1]):
        after = nb.cells[index + 1]
        if cell.source.startswith(QUESTION) and after.cell_type == "markdown" and "nbgrader" not in after.metadata:
            return [index + 1]
    return []


def _by_text(cell: NotebookNode, expected: dict[str, dict[str, Any]]) -> str | None:
    """Recognise a locked cell by its text."""
    match = GRADED.search(cell.source) if cell.cell_type == "code" else None
    for name, wanted in expected.items():
        if wanted["cell_type"] != "code" or not wanted["metadata"]["locked"]:
            continue
        if cell.cell_type == "code" and cell.source.strip() == wanted["source"].strip():
            return name
        if match and (own := GRADED.search(wanted["source"])) and own.group(1) == match.group(1):
            return name
    return None
