"""The learner's commands, as a learner runs them: another process, real files, exit statuses."""

import json
import os
import pty
import select
import subprocess
import sys
import time
from xml.etree import ElementTree

import pytest

STUB = "exercises/attention/attention.py"
SOLUTION = "solutions/attention/attention.py"


@pytest.fixture
def anndl(course):
    def run(*words, code=None):
        root = course / "nowhere" if "ANNDL_NOWHERE" in os.environ else course
        environment = {**os.environ, "ANNDL_ROOT": str(root), "COLUMNS": "100", "NO_COLOR": "1"}
        command = [sys.executable, "-P", "-m", "autograder.cli", *words]
        done = subprocess.run(command, capture_output=True, text=True, cwd=course, env=environment, timeout=60)
        assert "Traceback" not in done.stderr, done.stderr
        if code is not None:
            assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    run.course = course
    return run


def solve(course, old="", new=""):
    text = (course / SOLUTION).read_text()
    assert old in text
    (course / STUB).write_text(text.replace(old, new))


def test_the_way_of_a_learner(anndl):
    course = anndl.course
    fresh = anndl("grade", code=1)
    assert "0 of 1 exercises passed" in fresh
    assert "anndl watch attention" in fresh
    assert "Not started" in anndl("grade", "att", code=1)
    assert "1/3" in anndl("hint", "attention", code=0)
    second = anndl("hint", "attention", code=0)
    assert "2/3" in second
    assert "np.swapaxes(K" in anndl("hint", "attention", code=0)
    assert "You have not passed" in anndl("solution", "attention", code=1)

    solve(course, " / np.sqrt(Q.shape[-1])")
    wrong = anndl("grade", "attention", code=1)
    assert "attention-unscaled" in wrong
    assert "plain dot products" in wrong
    assert "attention-unscaled" in anndl("status", code=0)

    solve(course)
    assert "All of it is right" in anndl("grade", "attention", code=0)
    assert "1 of 1 exercises passed" in anndl("status", code=0)
    assert "BEGIN SOLUTION" in anndl("solution", "attention", code=0)
    assert "All exercises are passed" in anndl("next", code=0)

    said = anndl("reset", "attention", code=0)
    kept = next((course / ".anndl/backups").iterdir())
    assert kept.name in said
    assert kept.read_text() == (course / SOLUTION).read_text()
    assert "NotImplementedError" in (course / STUB).read_text()
    progress = json.loads((course / ".anndl/progress.json").read_text())["attention"]
    assert progress["passed"]
    assert progress["hints"] == 3
    assert progress["misconceptions"] == {"attention-unscaled": 1}


def test_machine_readable_output(anndl):
    solve(anndl.course, " / np.sqrt(Q.shape[-1])")
    reports = json.loads(anndl("grade", "attention", "--json", "--junit", "out.xml", code=1))
    assert reports[0]["exercise"] == "attention"
    assert 0 < reports[0]["earned"] < reports[0]["points"]
    assert reports[0]["misconceptions"] == ["attention-unscaled"]
    assert ElementTree.parse(anndl.course / "out.xml").getroot()[0].get("name") == "attention.attention"


def test_wrong_use_is_told_in_a_sentence(anndl, tmp_path):
    assert "there is no exercise 'nothing'" in anndl("grade", "nothing", code=2)
    (anndl.course / "course/attention/attention.yaml").write_text("title: [\n")
    assert "attention.yaml:2: no valid YAML" in anndl("grade", code=3)


def test_no_command_ends_in_a_traceback(anndl, monkeypatch):
    """`anndl` itself fails the test where stderr holds a traceback."""
    course = anndl.course
    assert "there is no exercise 'attenshun'; did you mean attention?" in anndl("author", "check", "attenshun", code=2)
    solve(course)
    assert "is missing" in anndl("show", "attention", code=1)  # this course has no figures
    next(course.rglob("test_attention.py")).unlink()
    assert "this suite is missing" in anndl("grade", "attention", code=3)
    assert "this suite is missing" in anndl("author", "check", code=3)
    assert "the tests of attention are missing" in anndl("doctor", code=1)
    monkeypatch.setenv("ANNDL_NOWHERE", "1")
    assert "No course here" in anndl("status", code=2)
    doctor = anndl("doctor", code=1)
    assert "No course here" in doctor
    assert "numpy" in doctor
    assert "workers are confined by" in doctor


def test_an_unknown_misconception_is_named_and_the_report_stays(anndl):
    wrong = next(path for path in anndl.course.rglob("*wrong*.py") if "attention-unscaled" in path.read_text())
    wrong.write_text(wrong.read_text().replace("attention-unscaled", "attention-nowhere"))
    solve(anndl.course, " / np.sqrt(Q.shape[-1])")
    said = anndl("grade", "attention", code=1)
    assert "attention-nowhere" in said
    assert "/ 16" in said
    root = str(anndl.course)
    html = "from autograder.notebook import *; from autograder.learner import Learner; from pathlib import Path;"
    html += f"print(to_html(Learner(Path({root!r})).report('attention'), Catalogue(Path({root!r}))))"
    done = subprocess.run([sys.executable, "-c", html], capture_output=True, text=True)
    assert "attention-nowhere" in done.stdout, done.stderr


def test_a_file_that_is_gone_or_no_text(anndl):
    (anndl.course / STUB).unlink()
    assert "is missing" in anndl("grade", "attention", code=1)
    (anndl.course / STUB).write_bytes(b"\xff\xfe\x00")
    assert "no UTF-8 text" in anndl("grade", "attention", code=1)


def test_broken_progress_is_kept_and_told(anndl):
    (anndl.course / ".anndl").mkdir()
    (anndl.course / ".anndl/progress.json").write_text('{"attention": {"hints"')
    assert "was kept as progress.broken" in anndl("status", code=0)
    assert list((anndl.course / ".anndl").glob("progress.broken-*.json"))


def test_in_process_mode_gives_the_same_report(anndl):
    solve(anndl.course, "weights @ V, weights", "weights @ K, weights")
    worker = json.loads(anndl("grade", "attention", "--json", code=1))[0]
    here = json.loads(anndl("grade", "attention", "--json", "--in-process", code=1))[0]
    for record in (*worker["records"], *here["records"]):
        record["seconds"] = 0
    assert worker["records"] == here["records"]
    assert worker["misconceptions"] == here["misconceptions"] == ["attention-context-from-the-keys"]


def test_plain_pytest_runs_a_suite(root, tmp_path):
    wrong = tmp_path / "attention.py"
    solution = (root / SOLUTION).read_text()
    wrong.write_text(solution.replace(" / np.sqrt(Q.shape[-1])", ""))

    def run(file, mode):
        environment = {**os.environ, "ANNDL_SUBMISSION": str(file), "ANNDL_MODE": mode}
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-k",
            "attention",
            "-p",
            "no:cacheprovider",
            "autograder/suites/attention",
        ]
        return subprocess.run(command, capture_output=True, text=True, cwd=root, env=environment, timeout=120)

    for mode in ("in-process", "worker"):
        failed = run(wrong, mode)
        assert failed.returncode == 1, failed.stdout
        assert "attention-unscaled" in failed.stdout
        passed = run(root / SOLUTION, mode)
        assert passed.returncode == 0, passed.stdout


def test_watch_grades_on_save_and_obeys_keys(course):
    environment = {**os.environ, "ANNDL_ROOT": str(course), "TERM": "dumb", "COLUMNS": "100"}
    ours, theirs = pty.openpty()
    command = [sys.executable, "-P", "-m", "autograder.cli", "watch", "attention"]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, close_fds=True)
    os.close(theirs)
    seen = ""

    def wait_for(text, seconds=30):
        nonlocal seen
        end = time.monotonic() + seconds
        while text not in seen:
            assert time.monotonic() < end, f"{text!r} never came:\n{seen}"
            if select.select([ours], [], [], 0.1)[0]:
                seen += os.read(ours, 65536).decode(errors="replace")
        before, _, seen = seen.partition(text)
        return before

    try:
        assert "Not started" in wait_for("Watching")
        solve(course, " / np.sqrt(Q.shape[-1])")
        wait_for("attention-unscaled")
        solve(course)
        wait_for("All of it is right")
        os.write(ours, b"h")
        wait_for("1/3")
        os.write(ours, b"q")
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        os.close(ours)
