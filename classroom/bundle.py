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
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat

from autograder.calls import Failed, Limits, Outcome, Raised
from autograder.catalogue import Catalogue
from autograder.check import Check
from autograder.grading import PUBLIC, Bench, Session, in_process
from autograder.oracle import Arguments, Oracle, Target
from autograder.paths import state_folder
from autograder.sync import strip
from autograder.variants import to_record
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
    r"__pycache__|\.pyc$|/\.|suites/\w+/\w+/(?!test_)|^course/(answers|stubs)/|^course/exams|^course/\w+/[\w-]+/"
)
SOLUTION = re.compile(r"^( *)### BEGIN SOLUTION$.*?^ *### END SOLUTION$", re.MULTILINE | re.DOTALL)
HIDDEN = re.compile(r"^### BEGIN HIDDEN TESTS$.*?^### END HIDDEN TESTS$\n?", re.MULTILINE | re.DOTALL)


class Recorder(Check):
    """Asks every wrong version whatever it checks, so that the answers are known where the versions are not."""

    def __init__(
        self,
        begin: Callable[[str, Sequence[Any], Mapping[str, Any]], Callable[[], Outcome]],
        oracle: Oracle,
        signatures: Mapping[str, Sequence[str]],
        pairs: bool,
    ) -> None:
        super().__init__(begin, oracle, signatures)
        self._asked, self._pairs = oracle, pairs

    def raises(self, exception: type[Exception], target: Target, *args: Any, **kwargs: Any) -> None:
        """Record, then check."""
        self._record(target, (args, kwargs))
        super().raises(exception, target, *args, **kwargs)

    def unchanged(self, function: str, *args: Any, **kwargs: Any) -> None:
        """Record, then check."""
        self._record(function, (args, kwargs), after=True)
        super().unchanged(function, *args, **kwargs)

    def _compare(self, target: Target, arguments: Arguments, outcome: Outcome, expected: Any) -> None:
        self._record(target, arguments)
        super()._compare(target, arguments, outcome, expected)

    def _stop(self, target: Target, arguments: Arguments, outcome: Raised | Failed) -> None:
        self._record(target, arguments)
        super()._stop(target, arguments, outcome)

    def _record(self, target: Target, arguments: Arguments, after: bool = False) -> None:
        for variant in self._asked.singles:
            self._asked.variant(variant, target, arguments, after)
        # pairs share most answers with single versions, but in scenarios, which run more than one function, none
        size = sum(getattr(answer, "nbytes", 0) for answer in self._asked.answers.values())
        if self._pairs and isinstance(target, str) and size < PAIR_BYTES:
            for variant in self._asked.pairs:
                self._asked.variant(variant, target, arguments, after)


class Recording(Session):
    """A grading that records."""

    def check(self, ahead: bool = False) -> Check:
        """Return checks that record, and judge at once."""
        plain = super().check()
        return Recorder(
            plain._begin, self.oracle, self.bench.signatures, self._submission.source == self.bench.solution
        )


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
    for source in (bench.solution, *(variant.source for variant in singles)):
        session = Recording(bench, bench.submission(source), PUBLIC, in_process, Limits(total_seconds=3600))
        try:
            session.run()
        finally:
            session.close()
    for variant in singles:
        bench.profile(variant)  # which tests it fails decides between versions that give the same result
    oracle = bench.oracle(public=True)
    oracle.save()
    name = bench.exercise.name
    (folder / f"{name}.digest").write_text(bench.digest + "\n", encoding="utf-8")
    listed = {"singles": to_record(singles), "pairs": to_record(pairs)}
    (folder / f"{name}.variants").write_text(json.dumps(listed, separators=(",", ":")), encoding="utf-8")


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
