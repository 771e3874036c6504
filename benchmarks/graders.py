"""This grader beside cold pytest and stock nbgrader: `python -m benchmarks.graders`.

One assignment of three NumPy questions (the Hebbian perceptron), the same twenty right hand-ins, one run on one machine.
Writes `benchmarks/results/graders.md`: seconds by the clock and of processor time, and how many times ours they are.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from autograder.catalogue import Catalogue
from autograder.grading import PUBLIC, Grader, secret_key
from autograder.paths import find_root
from autograder.sandbox.client import Sandbox
from benchmarks.nbgrader_autograde import handed_in, nbgrader, without_ours
from benchmarks.sandbox import processor_seconds

STUDENTS, EXERCISE = 20, "hebbian"
# What an instructor writes without a kit: the solution imported beside the submission, three questions, drawn inputs.
COLD_TESTS = """
import copy
import numpy as np
import solution, submission

def draws():
    rng = np.random.default_rng(0)
    for _ in range(20):
        X = np.c_[np.ones(8), rng.normal(size=(8, 2))]
        yield rng.normal(size=3), X, np.where(rng.random(8) < 0.5, -1, 1)

def test_predict():
    for w, X, t in draws():
        assert submission.predict(w, X[0]) == solution.predict(w, X[0])

def test_update():
    for w, X, t in draws():
        ours, theirs = (m.hebbian_update(w.copy(), X[0], t[0], 0.1) for m in (solution, submission))
        np.testing.assert_allclose(ours, theirs)

def test_train():
    for w, X, t in draws():
        ours, theirs = (m.train(w.copy(), X, t, 0.1, 5) for m in (solution, submission))
        np.testing.assert_allclose(ours[0], theirs[0])
        assert ours[1:] == theirs[1:]
"""


def children() -> float:
    """Return the processor time of all ended children."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed(work: Callable[[], object], processor: Callable[[], float]) -> tuple[float, float]:
    """Return seconds by the clock and of processor time for each of the hand-ins."""
    start, before = time.perf_counter(), processor()
    work()
    return (time.perf_counter() - start) / STUDENTS, (processor() - before) / STUDENTS


def ours(root: Path, text: str) -> tuple[float, float]:
    """Grade confined, each student with inputs of their own; all is warm, as it is from the second hand-in on."""
    with Sandbox("strict") as sandbox:
        grader = Grader(root, sandbox.open)
        for key in (PUBLIC, secret_key(b"benchmark" * 4, "somebody", EXERCISE, 1)):
            grader.grade(EXERCISE, text, key)

        def work() -> None:
            for number in range(STUDENTS):
                key = secret_key(b"benchmark" * 4, f"student{number}", EXERCISE, 1)
                assert grader.grade(EXERCISE, f"{text}\n# {number}\n", key).state == "passed"

        return timed(work, lambda: processor_seconds(sandbox))


def cold_pytest(text: str) -> tuple[float, float]:
    """Start one pytest a hand-in."""

    def work() -> None:
        for number in range(STUDENTS):
            with tempfile.TemporaryDirectory() as place:
                for name, content in (
                    ("solution.py", text),
                    ("submission.py", f"{text}\n# {number}\n"),
                    ("test_it.py", COLD_TESTS),
                ):
                    Path(place, name).write_text(content)
                command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"]
                subprocess.run(command, cwd=place, check=True, capture_output=True)

    return timed(work, children)


def stock_nbgrader(root: Path) -> tuple[float, float]:
    """Autograde all in one batch with nbgrader's own execution."""
    with tempfile.TemporaryDirectory() as place:
        course = Path(place) / "course"
        handed_in(root, course, EXERCISE, STUDENTS)
        without_ours(course)
        return timed(lambda: nbgrader(course, "autograde", "week1", "--force"), children)


def main() -> None:
    """Measure the three and write the table."""
    os.environ["OMP_NUM_THREADS"] = "1"
    root = find_root()
    text = Catalogue(root).exercises[EXERCISE].solution.read_text(encoding="utf-8")
    load = os.getloadavg()[0]
    found = {
        "this grader, confined (strict), warm": ours(root, text),
        "pytest, one cold process each": cold_pytest(text),
    }
    found["nbgrader autograde, one batch"] = stock_nbgrader(root)
    first = next(iter(found.values()))
    lines = [
        "# Three graders, one assignment",
        "",
        f"`python -m benchmarks.graders`: {STUDENTS} right hand-ins of three NumPy questions, in one run; load average "
        f"{load:.1f} on {os.cpu_count()} processors before it began, so that processor time is the fairer column.",
        "",
        "| grader | s a hand-in | times ours | processor s a hand-in | times ours |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {name} | {clock:.4f} | {clock / first[0]:.0f} | {processor:.4f} | {processor / first[1]:.0f} |"
        for name, (clock, processor) in found.items()
    ]
    out = Path(__file__).parent / "results" / "graders.md"
    out.parent.mkdir(exist_ok=True)
    out.write_text("\n".join(lines) + "\n")
    print(out.read_text())


if __name__ == "__main__":
    main()
