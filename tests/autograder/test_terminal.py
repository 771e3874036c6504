"""What only a terminal shows: the debugger, the watch, keys. Each test is a real pseudo-terminal."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time

import pytest

from autograder.calls import HOME, Limits
from autograder.grading import Grader
from autograder.sandbox.client import Sandbox
from autograder.watch import Job

STUB = "exercises/attention/attention.py"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b\].*?(?:\x07|\x1b\\)")


class Terminal:
    """`anndl` on a pseudo-terminal of 80 columns."""

    def __init__(self, course, *words):
        environment = {**os.environ, "ANNDL_ROOT": str(course), "TERM": "dumb", "COLUMNS": "80"}
        self.master, theirs = pty.openpty()
        command = [sys.executable, "-P", "-m", "autograder.cli", *words]
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd=course
        )
        os.close(theirs)
        self.seen = ""

    def wait_for(self, text, seconds=30):
        """Read until a text has come; returns what came before it."""
        end = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < end, f"{text!r} never came:\n{self.seen}"
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.seen += ESCAPES.sub("", os.read(self.master, 65536).decode(errors="replace"))
                except OSError:
                    raise AssertionError(f"it ended without {text!r}:\n{self.seen}") from None
        before, _, self.seen = self.seen.partition(text)
        return before

    def type(self, keys):
        os.write(self.master, keys.encode())

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)


@pytest.fixture
def terminal(course, anndl, solve):
    stub = (course / STUB).read_text()
    solve()
    anndl("grade", "attention", code=0)  # the reference's answers are known from here on
    (course / STUB).write_text(stub)
    shutil.rmtree(course / ".anndl/reports")
    opened = []

    def start(*words):
        opened.append(Terminal(course, *words))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def test_watch_grades_on_save_and_obeys_keys(terminal, solve):
    watch = terminal("watch", "attention")
    watch.wait_for("grading attention ...")
    watch.wait_for("Not started")
    solve(" / np.sqrt(Q.shape[-1])")
    watch.wait_for("(above: the version before)")
    watch.wait_for("attention-unscaled")
    watch.wait_for("with the same mistake")
    solve()
    watch.wait_for("All of it is right")
    watch.type("h")
    watch.wait_for("1/3")
    watch.type("q")
    assert watch.process.wait(timeout=10) == 0


def test_all_details_come_at_once(terminal, solve):
    solve(" / np.sqrt(Q.shape[-1])")
    watch = terminal("watch", "attention")
    watch.wait_for("more fail with the same mistake")
    watch.wait_for("quit")
    watch.type("a")
    details = watch.wait_for("quit")
    assert details.count("called") >= 4
    assert "more fail" not in details


def test_a_save_ends_the_grading_under_way(terminal, course, solve):
    loop = (course / STUB).read_text().replace('raise NotImplementedError("write softmax here")', "while True: pass")
    assert "while True" in loop
    watch = terminal("watch", "attention")
    watch.wait_for("Not started")
    (course / STUB).write_text(loop)
    watch.wait_for("grading attention ...")
    time.sleep(0.5)  # now it is in the loop
    solve()
    assert "never ends" not in watch.wait_for("All of it is right")


def test_a_cancelled_job_ends_with_its_worker(root):
    """Long before the limit of the call that it is in."""
    with Sandbox("best-effort") as sandbox:

        def work(job):
            grader = Grader(root, lambda *asked: job.opened(sandbox.open(*asked)), Limits(call_seconds=60))
            report = grader.grade("attention", "def softmax(scores, axis=-1):\n    while True: pass\n")
            return lambda: pytest.fail(f"nobody wants to know: {report}")

        job = Job(work)
        end = time.monotonic() + 30
        while not job._runners and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(1)
        assert job.running
        job.cancel()
        while job.running and time.monotonic() < end:
            time.sleep(0.05)
        assert not job.running
        job.tell()


@pytest.mark.parametrize("body", ["while True: pass", "while True: print('again')"])
def test_an_endless_function_costs_about_two_seconds(terminal, course, body):
    text = (course / STUB).read_text().replace('raise NotImplementedError("write softmax here")', body)
    (course / STUB).write_text(text)
    watch = terminal("watch", "attention")
    watch.wait_for("not written yet", 60)  # the first failure makes the answers of all wrong versions
    watch.wait_for("quit")
    (course / STUB).write_text(text + "\n# once more\n")
    watch.wait_for("grading attention ...")
    report = watch.wait_for("not written yet")
    assert int(re.findall(r"(\d+) ms", watch.wait_for("n next", 5))[-1]) < 6000  # 2 s for the call, on a busy machine
    assert "it has a loop that never ends" in " ".join(report.split())
    assert report.count("did not finish") == 1
    watch.type("q")
    assert watch.process.wait(timeout=10) == 1


def test_one_endless_function_is_waited_for_once(root):
    """What builds on it is not called in vain, and loses nothing."""
    text = (root / "solutions/attention/attention.py").read_text()
    head, rest = text.split("def softmax", 1)
    _, rest = rest.split("\ndef ", 1)
    loop = f"{head}def softmax(scores, axis=-1):\n    while True:\n        pass\n\n\ndef {rest}"
    with Sandbox("best-effort") as sandbox:
        report = Grader(root, sandbox.open, HOME).grade("attention", loop)
    lost = {record.status for record in report.records if not record.earned}
    assert lost == {"timeout"}
    assert {function for record in report.records for function in record.carried} == {"softmax"}
    assert sum(record.points - record.earned for record in report.records) <= 4  # softmax's three, and its arguments'
    assert sum(record.seconds for record in report.records) < 2 * HOME.call_seconds


def test_keys_act_while_a_grading_runs(terminal, course):
    text = (course / STUB).read_text().replace('raise NotImplementedError("write softmax here")', "while True: pass")
    (course / STUB).write_text(text)
    watch = terminal("watch", "attention")
    watch.wait_for("quit")
    watch.type("h")
    assert "never ends" not in watch.wait_for("1/3")
    watch.type("q")
    assert watch.process.wait(timeout=1.5) == 1


def test_a_broken_course_ends_no_watch(terminal, course, solve):
    watch = terminal("watch", "attention")
    watch.wait_for("Not started")
    suite = next(course.rglob("test_attention.py"))
    kept = suite.read_text()
    suite.unlink()
    solve()
    watch.wait_for("this suite is missing")
    suite.write_text(kept)
    watch.type("h")
    watch.wait_for("1/3")


def test_print_and_breakpoint_reach_the_terminal(terminal, course, solve):
    once = (
        "    if len(seen) == 0:\n        seen.append(1)\n        print('HELLO from the code')\n        breakpoint()\n"
    )
    solve("    scores = Q", once + "    scores = Q")
    path = course / STUB
    path.write_text(path.read_text() + "\n\nseen = []\n")
    grade = terminal("grade", "attention", "--in-process")
    grade.wait_for("HELLO from the code")
    grade.wait_for("(Pdb)")
    grade.type("p type(Q).__name__\n")
    grade.wait_for("'ndarray'")
    grade.type("c\n")
    grade.wait_for("All of it is right")
    assert grade.process.wait(timeout=10) == 0


def test_leaving_the_debugger_leaves_the_grading(terminal, solve):
    solve("    scores = ", "    breakpoint()\n    scores = ")
    grade = terminal("grade", "attention", "--in-process")
    grade.wait_for("(Pdb)")
    grade.type("q\n")
    assert grade.process.wait(timeout=10) == 130


def test_repro_debug_stops_in_the_function(terminal, solve):
    solve(" / np.sqrt(Q.shape[-1])")
    repro = terminal("repro", "attention", "--debug")
    repro.wait_for("attention.py(")
    repro.wait_for("attention_weights()")
    repro.wait_for("(Pdb)")
    repro.type("p K.shape\n")
    repro.wait_for("(2, 4)")
    repro.type("c\n")
    repro.wait_for("returned")
    repro.wait_for("[[0.75 0.25]]")
    assert repro.process.wait(timeout=10) == 0


def test_d_in_watch_writes_the_script(terminal, course, solve):
    solve(" / np.sqrt(Q.shape[-1])")
    watch = terminal("watch", "attention")
    watch.wait_for("with the same mistake")
    watch.wait_for("quit")
    watch.type("d")
    watch.wait_for("Written to .anndl/repro/attention.py")
    assert (course / ".anndl/repro/attention.py").is_file()
