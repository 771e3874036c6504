"""Each way in which a hand-in spoils: found, said, repaired, and the original kept."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_output
from rich.console import Console

from autograder.extract import notebook_source
from autograder.grading import Bench, Grader
from classroom.bundle import HIDDEN, SOLUTION
from classroom.doctor import report
from classroom.notebooks import source_notebook
from tests.classroom.rounds import ROOT, cell

EXERCISE = "hebbian"
FUNCTIONS = ("predict", "hebbian_update", "train")


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Grader(ROOT).bench(EXERCISE)


@pytest.fixture
def course(tmp_path: Path, bench: Bench) -> Path:
    """A course folder with one solved hand-in."""
    released = source_notebook(bench)
    solved = nbformat.from_dict(json.loads(nbformat.writes(released)))
    for item in released.cells:
        item.source = HIDDEN.sub("", SOLUTION.sub(r"\1raise NotImplementedError", item.source))
    for path, notebook in (
        (tmp_path / "release" / "week1", released),
        (tmp_path / "submitted" / "ada" / "week1", solved),
    ):
        path.mkdir(parents=True)
        (path / f"{EXERCISE}.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
    (tmp_path / "submitted" / "ada" / "week1" / "timestamp.txt").write_text("2026-11-20 12:00:00.0 UTC")
    return tmp_path


def run(course: Path, fix: bool = False) -> tuple[int, str]:
    console = Console(file=io.StringIO(), width=300)
    status = report(course, fix, console)
    return status, console.file.getvalue()  # type: ignore[attr-defined]


def hand_in(course: Path) -> Path:
    return course / "submitted" / "ada" / "week1" / f"{EXERCISE}.ipynb"


def edited(change: Callable[[nbformat.NotebookNode], object]) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        notebook = nbformat.read(path, as_version=4)
        change(notebook)
        path.write_text(json.dumps(notebook), encoding="utf-8")

    return spoil


def half(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: int(len(text) * 0.9)], encoding="utf-8")


def conflict(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    path.write_text(f"<<<<<<< HEAD\n{text}\n=======\n{{}}\n>>>>>>> other\n", encoding="utf-8")


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "byte order mark": (lambda p: p.write_bytes(b"\xef\xbb\xbf" + p.read_bytes()), "byte order mark"),
    "utf-16": (lambda p: p.write_bytes(p.read_text(encoding="utf-8").encode("utf-16")), "byte order mark"),
    "half written": (half, "no whole JSON"),
    "merge conflict": (conflict, "merge conflict"),
    "wrong name": (lambda p: p.rename(p.with_name("hebbian (1).ipynb")), "was handed in as hebbian (1).ipynb"),
    "no timestamp": (lambda p: p.with_name("timestamp.txt").unlink(), "timestamp.txt is missing"),
    "copied cell": (edited(lambda n: n.cells.append(dict(cell(n, "hebbian-grade")))), "a copy of the cell hebbian-grade"),
    "missing cell": (edited(lambda n: n.cells.remove(cell(n, "hebbian-grade"))), "hebbian-grade was missing"),
    "lost metadata": (edited(lambda n: [c.metadata.clear() for c in n.cells]), "had lost its metadata"),
    "other type": (edited(lambda n: cell(n, "hebbian-predict").update(cell_type="markdown")), "has its type back"),
    "kernel": (edited(lambda n: n.metadata.update(kernelspec={"name": "julia", "display_name": "J"})), "its kernel is julia"),
    "output": (
        edited(lambda n: n.cells[1].update(outputs=[new_output("stream", text="x" * (2 << 20))])),
        "more than 1 MiB of output",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILT)
def test_what_spoils_is_found_said_and_repaired(course: Path, bench: Bench, name: str) -> None:
    spoil, said = SPOILT[name]
    assert run(course) == (0, "Nothing here would cost marks.\n")
    spoil(hand_in(course))
    spoilt = {p.name: p.read_bytes() for p in hand_in(course).parent.iterdir()}
    status, text = run(course)
    assert status == 1
    assert said in text
    assert {p.name: p.read_bytes() for p in hand_in(course).parent.iterdir()} == spoilt, "looking changes nothing"
    assert run(course, fix=True)[0] == 0
    assert run(course)[0] == 0
    kept = [p.read_bytes() for p in hand_in(course).parent.iterdir()]
    assert all(content in kept for content in spoilt.values()), "originals stay"
    notebook = nbformat.read(hand_in(course), as_version=4)
    nbformat.validate(notebook)
    code = notebook_source([c.source for c in notebook.cells if c.cell_type == "code"], FUNCTIONS)
    assert Grader(ROOT).grade(EXERCISE, code).earned == bench.suite.points


def test_what_only_the_student_can_mend(course: Path) -> None:
    hand_in(course).write_bytes(b"")
    status, text = run(course, fix=True)
    assert status == 1
    assert "only the student has the notebook" in text
    hand_in(course).write_text("[1, 2]")
    assert "no cell of it can be read" in run(course)[1] or "no notebook" in run(course)[1]
    hand_in(course).unlink()
    assert "was not handed in" in run(course)[1]


def test_another_folder(tmp_path: Path) -> None:
    assert run(tmp_path)[0] == 2
