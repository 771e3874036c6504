"""Secret seeds, and that nothing a submission can say about an input gets into anything that a student is given."""

from __future__ import annotations

import hashlib
import itertools
import os
import stat
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from autograder import wire
from autograder.calls import Limits, Outcome, Submission
from autograder.catalogue import Catalogue
from autograder.grading import Grader, secret_key
from autograder.inprocess import InProcess
from classroom.grade import course_key, tasks_of
from tests.classroom.class_runs import KEY, ROOT, hand_in, source

# Everything here says LEAK while it runs: exceptions, their names, results, names of results, what is printed.
CRIES = """
import numpy as np

def said(*args):
    return "LE" + "AK" + repr(args)
"""
VOICES = {
    "raises": "    raise ValueError(said(args, kwargs))",
    "named": "    raise type(said(args)[:50], (Exception,), {})(said())",
    "unfinished": "    raise NotImplementedError(said(args, kwargs))",
    "prints": "    print(said(args)); return 7",
    "text": "    return said(args)",
    "keys": "    return {said(args): 1.0}",
    "numbers": "    return np.asarray(args[0], float) + 12345678.0",
    "exits": "    print(said(args)); exit(said(args))",
    "ends": "    print(said(args)); type(exit)('', '')(said(args))",
    "refused": "    raise TypeError('predict() takes 1 positional argument ' + said(args))",
    "syntax": "    raise SyntaxError(said(args))",
    "name": "    raise NameError(f'name {said(args)!r} is not defined')",
}


def loud(how: str) -> dict[str, str]:
    names = {
        "hebbian": ("predict", "hebbian_update", "train"),
        "output_size": ("output_size", "conv_parameters", "network_shapes"),
    }
    return {
        exercise: CRIES + "\n".join(f"def {name}(*args, **kwargs):\n{VOICES[how]}\n" for name in functions)
        for exercise, functions in names.items()
    }


class Listening(InProcess):
    """Grades in this process and notes the inputs of every call."""

    heard: list[str]

    def call(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Outcome:
        packed = wire.encode([function, list(args), dict(kwargs)], Limits())
        self.heard.append(hashlib.sha256(packed).hexdigest())
        return super().call(function, args, kwargs)


def inputs(key: bytes) -> set[str]:
    """Return the hashes of all inputs that a right solution is called with under one key."""
    heard: list[str] = []

    def opener(submission: Submission, limits: Limits) -> Listening:
        runner = Listening(submission)
        runner.heard = heard
        return runner

    report = Grader(ROOT, opener).grade("hebbian", source("hebbian", "right"), key=key)
    assert report.state == "passed"
    return set(heard)


def test_students_attempts_and_courses_get_other_inputs_and_the_same_one_the_same() -> None:
    keys = [
        secret_key(KEY, "ann", "hebbian", 1),
        secret_key(KEY, "bob", "hebbian", 1),
        secret_key(KEY, "ann", "hebbian", 2),
        secret_key(KEY[::-1], "ann", "hebbian", 1),
        b"public",
    ]
    found = [inputs(key) for key in keys]
    assert inputs(keys[0]) == found[0]
    for one, other in itertools.combinations(found, 2):
        assert len(one - other) > len(one) / 4, "most inputs are drawn; the few that are not can be worked out by hand"


def test_a_seed_tells_apart_what_names_run_together() -> None:
    parts = [("ann", "b", 1), ("an", "nb", 1), ("ann", "b", 11), ("annb", "", 1), ("ann", "lstm", 1)]
    assert len({secret_key(KEY, *part) for part in parts}) == len(parts)


def test_names_of_any_bytes_have_a_seed(tmp_path: Path) -> None:
    os.mkdir(os.fsencode(tmp_path) + b"/\xff\xfe")
    assert len({task.key for task in tasks_of(tmp_path, ["hebbian", "lstm"], KEY, 1, Catalogue(ROOT))}) == 2


def test_the_key_is_made_once_and_only_for_this_user(tmp_path: Path) -> None:
    path = tmp_path / "new" / "course.key"
    old = os.umask(0)
    try:
        key = course_key(path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert course_key(path) == key
    assert course_key(tmp_path / "other.key") != key
    path.chmod(0o640)
    with pytest.raises(ValueError, match="chmod 600"):
        course_key(path)
    path.chmod(0o600)
    path.write_text("short")
    with pytest.raises(ValueError, match="fewer than 32"):
        course_key(path)


def test_nothing_that_a_submission_says_is_written_anywhere(tmp_path: Path) -> None:
    folder, out, key = tmp_path / "class", tmp_path / "grades", tmp_path / "course.key"
    for how in VOICES:
        hand_in(folder, how, loud(how))
    hand_in(folder, "import", {"hebbian": "raise ValueError('at load')", "output_size": "def (x"})
    hand_in(folder, "[red]=1+1", {"hebbian": "raise type('Own', (SyntaxError,), {})('at load, too')"})
    command = [sys.executable, "-c", "from autograder.cli import main; main()", "class", "grade", str(folder)]
    options = ["--exercises", "hebbian,output_size", "--out", str(out), "--key", str(key), "--processes", "1"]
    ran = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode in (0, 3), ran.stdout + ran.stderr
    assert "14 students" in (out / "class.html").read_text()
    written = [path for path in tmp_path.rglob("*") if path.is_file() and folder not in path.parents]
    assert len(written) > 40
    secret = key.read_text().strip()
    assert "at load" in (out / "students" / "import.html").read_text(), (
        "no input was known then: the student may read it"
    )
    for_instructors = {path for path in written if path.parent.name == "instructor" or "journal.sqlite" in path.name}
    assert any(b"LEAK" in path.read_bytes() for path in for_instructors), "the instructor sees all"
    for path in set(written) - for_instructors:
        content = path.read_bytes()
        assert b"LEAK" not in content, path
        assert b"12345678" not in content.replace(secret.encode(), b""), path
        assert path == key or secret.encode() not in content, path
    assert secret not in ran.stdout + ran.stderr
    quoted = [line for line in ran.stdout.splitlines() if "LEAK" in line and not line.startswith("not graded: ")]
    assert quoted == [], "only the instructor's own screen says what kept a test from running"
