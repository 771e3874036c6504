"""nbgrader's own execution against the confined preprocessor: `python -m benchmarks.nbgrader_autograde`.

Twenty honest submissions each of a NumPy and of a torch notebook are autograded by `nbgrader autograde`, once as configured
by `anndl release` and once with nbgrader's Execute in the place of Confined. Prints seconds a submission and their ratio,
with and without nbgrader's start-up, and checks that both give the same marks.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from autograder.catalogue import Catalogue
from autograder.paths import find_root
from classroom.release import release


def nbgrader(course: Path, *arguments: str) -> float:
    """Run a command of nbgrader's and return its seconds."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments], cwd=course, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"nbgrader {' '.join(arguments)} failed:\n{done.stderr[-3000:]}")
    return time.perf_counter() - start


def hand_in(course: Path, exercise: str, students: int) -> None:
    """Solve the released notebook for every student."""
    source = nbformat.read(course / "source" / "week1" / f"{exercise}.ipynb", as_version=4)
    for cell in source.cells:
        lines = [line for line in cell.source.splitlines() if not line.strip().startswith("### ")]
        cell.source = "\n".join(lines)
    for number in range(students):
        folder = course / "submitted" / f"student{number:02d}" / "week1"
        folder.mkdir(parents=True)
        nbformat.write(source, folder / f"{exercise}.ipynb")


def marks(course: Path) -> dict[str, float]:
    """Return the exported scores by student."""
    nbgrader(course, "export")
    with (course / "grades.csv").open(newline="") as file:
        return {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}


def handed_in(root: Path, course: Path, exercise: str, students: int) -> None:
    """Make a course of one released assignment, with right hand-ins."""
    release(root, course, "week1", [Catalogue(root).exercises[exercise]], "anndl")
    nbgrader(course, "generate_assignment", "week1")
    hand_in(course, exercise, students)


def without_ours(course: Path) -> None:
    """Put nbgrader's own execution in the place of the confined one."""
    config = course / "nbgrader_config.py"
    text = config.read_text(encoding="utf-8").replace("    Confined,\n    Clear", "    Execute,\n    Clear")
    config.write_text("from nbgrader.preprocessors import Execute\n" + text, encoding="utf-8")


def measure(exercise: str, students: int) -> None:
    """Autograde the same hand-ins both ways and print what it took."""
    root = find_root()
    with tempfile.TemporaryDirectory() as scratch:
        course = Path(scratch) / "course"
        handed_in(root, course, exercise, students)
        start_up = nbgrader(course, "--version")
        seconds, found = {}, {}
        for way in ("confined", "stock"):
            if way == "stock":
                without_ours(course)
            shutil.rmtree(course / "autograded", ignore_errors=True)
            seconds[way] = nbgrader(course, "autograde", "week1", "--force")
            found[way] = marks(course)
    if found["stock"] != found["confined"]:
        raise SystemExit(f"{exercise}: the marks differ: {found}")
    per = {way: taken / students for way, taken in seconds.items()}
    net = {way: (taken - start_up) / students for way, taken in seconds.items()}
    print(
        f"{exercise}: {students} submissions, stock {per['stock']:.2f} s each, confined {per['confined']:.2f} s each: "
        f"{per['stock'] / per['confined']:.1f} times faster ({net['stock'] / net['confined']:.1f} times without the "
        f"{start_up:.1f} s start of nbgrader); same marks ({max(found['stock'].values()):g} at most)"
    )


def main() -> None:
    """Measure the notebooks named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "exercises", nargs="*", default=["hebbian", "gan"], help="default: hebbian (NumPy), gan (torch)"
    )
    parser.add_argument("--students", type=int, default=20)
    options = parser.parse_args()
    for exercise in options.exercises:
        measure(exercise, options.students)


if __name__ == "__main__":
    main()
