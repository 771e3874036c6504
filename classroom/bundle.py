"""`anndl bundle`: the students' kit as one zip. No solution, no reference, no wrong version: only their recorded answers.

A learner's inputs come from the public seed, so what the reference and every wrong version answer to them can be written
down once. Grading in the bundle compares with what was written down: offline, and without torch for NumPy exercises.
"""

# mypy: allow-untyped-calls
# (nbformat has no types)

from __future__ import annotations

import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat

from autograder.calls import Limits
from autograder.carrying import helped
from autograder.catalogue import Catalogue
from autograder.grading import PUBLIC, Bench, Session, failing, in_process
from autograder.oracle import Oracle
from autograder.paths import state_folder
from autograder.sync import strip
from autograder.variants import Variant, to_record
from classroom.mending import GRADED
from classroom.notebooks import source_notebook

FOLDER = "anndl"  # what the zip unpacks to
FILES = ("README.md", "LICENSE", "LICENSE-CONTENT", "Makefile", "constraints.txt", "pyproject.toml", "docs/student.md")
PAIR_BYTES = (
    4 << 20
)  # of an exercise's answers: beyond, two mistakes at once get no name in the bundle, one always does
TREES = ("autograder", "course")
# drills let the reference compute their keys, so they stay with the instructor's app; their questions do, too
LEFT_OUT = re.compile(
    r"__pycache__|\.pyc$|/\.|suites/\w+/\w+/(?!test_)|^autograder/(authoring|mutation)/"
    r"|^course/(answers|stubs)/|^course/(exams|alike|notation)|^course/\w+/[\w-]+/"
)
SOLUTION = re.compile(r"^( *)### BEGIN SOLUTION$.*?^ *### END SOLUTION$", re.MULTILINE | re.DOTALL)
HIDDEN = re.compile(r"^### BEGIN HIDDEN TESTS$.*?^### END HIDDEN TESTS$\n?", re.MULTILINE | re.DOTALL)


def record(bench: Bench, folder: Path) -> None:
    """Write into `folder` what the reference and the wrong versions of an exercise answer to the public seed.

    Every wrong version is graded too: a check may depend on what a submission returned before.
    """
    bench.answers_folder = folder
    kept = state_folder(bench.root) / "answers" / f"{bench.exercise.name}-{bench.digest[:16]}.answers"
    folder.mkdir(parents=True, exist_ok=True)
    if kept.is_file():
        shutil.copy(kept, folder / kept.name)
    singles, pairs = bench.variants
    oracle = bench.oracle(public=True)
    with oracle.recording():
        _record(bench, oracle, None)
        for variant in singles:
            _record(bench, oracle, variant)
    name = bench.exercise.name
    (folder / f"{name}.digest").write_text(bench.digest + "\n", encoding="utf-8")
    listed = {"singles": to_record(singles, bench.solution), "pairs": to_record(pairs, bench.solution)}
    (folder / f"{name}.variants").write_text(json.dumps(listed, separators=(",", ":")), encoding="utf-8")


def _record(bench: Bench, oracle: Oracle, wrong: Variant | None) -> None:
    """Grade a wrong version, or the solution, and let all versions answer what it was asked."""
    source = wrong.source if wrong else bench.solution
    limits = Limits(total_seconds=3600)
    session = Session(bench, bench.submission(source), PUBLIC, in_process, limits, diagnose=False)
    try:
        records = session.run()
        if wrong is None:  # what a right submission asks of the functions that it builds on
            for below, tests in helped(bench, session.traces).items():
                session.again(tests, below)
    finally:
        session.close()
    if wrong is not None:  # which tests it fails decides between versions that give the same result
        oracle.profile(wrong, lambda: failing(records))
    singles, pairs = bench.variants
    for call in (call for trace in session.traces.values() for call in trace):
        for variant in singles:
            oracle.variant(variant, call.target, call.arguments, call.after)
        # pairs share most answers with single versions, but in scenarios, which run more than one function, none
        if wrong is None and isinstance(call.target, str) and oracle.new_bytes < PAIR_BYTES:
            for variant in pairs:
                oracle.variant(variant, call.target, call.arguments, call.after)


def handed_out(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a source notebook as students get it outside nbgrader: nothing solved, nothing hidden."""
    for cell in notebook.cells:
        gap = 'raise NotImplementedError("write this function")' if cell.cell_type == "code" else "*Your answer.*"
        cell.source = HIDDEN.sub("", SOLUTION.sub(rf"\g<1>{gap}", cell.source)).rstrip()
        if GRADED.search(cell.source):
            cell.source = cell.source.replace("  # your points, and what each test says", "")
        cell.metadata.pop("nbgrader", None)
    return notebook


def build(root: Path, folder: Path, progress: Callable[[str], None] = lambda name: None) -> None:
    """Write the students' kit into an empty folder.

    Raises:
        CourseError, SuiteError: the course itself is broken.
        OSError: something cannot be written.
    """
    for path in _kept(root):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / path, target)
    for exercise in Catalogue(root).exercises.values():
        progress(exercise.name)
        bench = Bench(exercise, root)
        stub = strip(bench.solution, exercise.solution)
        for tree in (folder / "exercises", folder / "course" / "stubs"):
            (tree / exercise.chapter).mkdir(parents=True, exist_ok=True)
            (tree / exercise.chapter / f"{exercise.name}.py").write_text(stub, encoding="utf-8")
        notebook = folder / "notebooks" / exercise.chapter / f"{exercise.name}.ipynb"
        notebook.parent.mkdir(parents=True, exist_ok=True)
        notebook.write_text(nbformat.writes(handed_out(source_notebook(bench))) + "\n", encoding="utf-8")
        record(bench, folder / "course" / "answers")


def _kept(root: Path) -> Iterator[Path]:
    for name in FILES:
        if (root / name).is_file():
            yield Path(name)
    for tree in TREES:
        for path in sorted((root / tree).rglob("*")):
            relative = path.relative_to(root)
            if path.is_file() and not LEFT_OUT.search(relative.as_posix()):
                yield relative


def bundle(root: Path, out: Path, progress: Callable[[str], None] = lambda name: None) -> int:
    """Write the zip, whole or not at all, and return its number of bytes.

    Raises:
        CourseError, SuiteError: the course itself is broken.
        OSError: the zip cannot be written.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        folder = Path(scratch) / FOLDER
        build(root, folder, progress)
        half = Path(scratch) / "half.zip"
        with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    # a fixed date: the same course gives the same zip
                    entry = zipfile.ZipInfo(path.relative_to(scratch).as_posix(), (2000, 1, 1, 0, 0, 0))
                    entry.compress_type = zipfile.ZIP_DEFLATED
                    entry.external_attr = 0o644 << 16
                    archive.writestr(entry, path.read_bytes())
        shutil.move(half, out)
    return out.stat().st_size
