"""A small course of its own, so that tests break when the kit breaks and not when an exercise changes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.sync import strip

collect_ignore = ["small_course"]  # a course that tests work on, not tests
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """The attention exercise alone, in a folder that a test may change."""
    for file in (
        "course/syllabus.yaml",
        "course/attention/attention.yaml",
        "solutions/attention/attention.py",
        "exercises/attention/attention.py",
        "autograder/suites/attention/attention/test_attention.py",
        "autograder/suites/attention/attention/wrong.py",
        "reference/attention/attention.py",
    ):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """All exercises, without the questions, in a folder that a test may change."""
    to = tmp_path / "whole"
    for folder in ("solutions", "exercises", "reference", "autograder/suites"):
        shutil.copytree(ROOT / folder, to / folder, ignore=shutil.ignore_patterns("__pycache__", "systems", "data"))
    for card in ((ROOT / "course").glob("*.yaml"), (ROOT / "course").glob("*/*.yaml")):
        for path in card:
            (to / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, to / path.relative_to(ROOT))
    for exercise in (to / "solutions").glob("*/*.py"):  # whoever works in this checkout may have begun
        stub = to / "exercises" / exercise.relative_to(to / "solutions")
        stub.write_text(strip(exercise.read_text(), exercise))
    return to


@pytest.fixture
def anndl(course):
    """Run the command in a process of its own; a traceback fails the test."""

    def run(*words, code=None, root=course, environment=None):
        environment = {**os.environ, "ANNDL_ROOT": str(root), "COLUMNS": "100", "NO_COLOR": "1", **(environment or {})}
        command = [sys.executable, "-P", "-m", "autograder.cli", *words]
        done = subprocess.run(command, capture_output=True, text=True, cwd=course, env=environment, timeout=120)
        assert "Traceback" not in done.stderr, done.stderr
        if code is not None:
            assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    run.course = course
    return run


@pytest.fixture
def solve(course):
    """Write the solution of the attention exercise into the learner's file, with one change."""

    def write(old="", new=""):
        text = (course / "solutions/attention/attention.py").read_text()
        assert old in text
        (course / "exercises/attention/attention.py").write_text(text.replace(old, new))

    return write
