"""Each way in which a submission can go wrong has its own plain sentence, in both modes."""

import pytest

from autograder.calls import Limits
from autograder.grading import Grader, in_process
from autograder.sandbox.client import Sandbox

RIGHT = """
import numpy as np

def softmax(scores, axis=-1):
    e = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)
"""
REST = """
def attention_weights(Q, K, mask=None):
    raise NotImplementedError("write attention_weights here")

def attention(Q, K, V, mask=None):
    raise NotImplementedError("write attention here")
"""
WAYS = {
    "syntax": ("def softmax(scores:\n    return scores\n", "error", "line 1 is not yet Python"),
    "indentation": ("def softmax(scores, axis=-1):\nreturn scores\n", "error", "line 2 is not yet Python"),
    "import": ("import nowhere_to_be_found\n", "error", "may not be imported here"),
    "exception at import": ("x = 1 / 0\n", "error", "line 1: importing your file raised ZeroDivisionError"),
    "missing function": (REST, "error", "there is no function softmax in your file"),
    "wrong signature": ("def softmax(scores, axis, keep):\n    return scores\n" + REST, "error", "softmax cannot be called as the assignment says, with (scores, axis)"),
    "no argument at all": ("def softmax():\n    return 1\n" + REST, "error", "cannot be called as the assignment says"),
    "None": ("def softmax(scores, axis=-1):\n    pass\n" + REST, "fail", "None was returned"),
    "NaN": ("def softmax(scores, axis=-1):\n    return scores * float('nan')\n" + REST, "fail", "contains NaN"),
    "text": ("def softmax(scores, axis=-1):\n    return 'done'\n" + REST, "fail", "the text 'done' was returned where an array belongs"),
    "exception": ("def softmax(scores, axis=-1):\n    return scores[99]\n" + REST, "error", "softmax raised IndexError in line 2"),
    "unwritten": ("def softmax(scores, axis=-1):\n    raise NotImplementedError\n" + REST, "fail", "softmax still raises NotImplementedError"),
    "object": ("def softmax(scores, axis=-1):\n    return {1, 2}\n" + REST, "fail", "neither a number nor an array"),
    "lambda": ("softmax = lambda scores, axis=-1: scores * 0\n" + REST, "fail", "the values differ"),
    "exit": ("def softmax(scores, axis=-1):\n    raise SystemExit(0)\n" + REST, "error", "SystemExit"),
}  # fmt: skip
# the rule of imports is one of the assignment, not what protects: os can be had all the same
EXIT = "_exit = next(c for c in object.__subclasses__() if c.__name__ == '_wrap_close').__init__.__globals__['_exit']\n"
WORKER_ONLY = {
    "endless loop": ("def softmax(scores, axis=-1):\n    while True:\n        pass\n" + REST, "timeout", "second"),
    "endless import": ("while True:\n    pass\n", "timeout", "could not be loaded"),
    "hard exit": (EXIT + "def softmax(scores, axis=-1):\n    _exit(0)\n" + REST, "crashed", "softmax"),
    "huge output": ("import numpy as np\ndef softmax(scores, axis=-1):\n    return np.zeros((4000, 4000))\n" + REST, "crashed|fail", "softmax"),
    "deep recursion": ("def softmax(scores, axis=-1):\n    return softmax(scores)\n" + REST, "error", "RecursionError"),
}  # fmt: skip


def first_record(root, opener, source):
    grader = Grader(root, opener, Limits(call_seconds=0.5, total_seconds=20))
    report = grader.grade("attention", source)
    assert report.earned == 0
    assert report.complete
    return report.records[0], report


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox("best-effort") as sandbox:
        yield sandbox


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mode", ["in process", "worker"])
def test_plain_sentences(root, sandbox, way, mode):
    source, status, said = WAYS[way]
    record, _report = first_record(root, in_process if mode == "in process" else sandbox.open, source)
    assert record.status == status
    assert said in record.message
    assert "Traceback" not in record.message


@pytest.mark.parametrize("way", WORKER_ONLY)
def test_what_only_a_worker_survives(root, sandbox, way):
    source, status, said = WORKER_ONLY[way]
    record, _report = first_record(root, sandbox.open, source)
    assert record.status in status.split("|")
    assert said in record.message


def test_one_bad_function_does_not_spoil_the_others(root, sandbox):
    source = (
        RIGHT
        + EXIT
        + "def attention_weights(Q, K, mask=None):\n    _exit(3)\ndef attention(Q, K, V, mask=None):\n    pass\n"
    )
    report = Grader(root, sandbox.open, Limits()).grade("attention", source)
    assert report.earned == 4  # softmax's, and that it leaves its argument as it is
    assert {record.status for record in report.records} == {"pass", "crashed", "fail"}


def test_what_was_printed_is_shown(root, sandbox):
    source = RIGHT.replace("return e /", "print('e is', e.shape)\n    return 2 * e /") + REST
    record, _ = first_record(root, sandbox.open, source)
    assert "e is (2,)" in record.detail.printed
    assert "2 times the expected" in " ".join(record.hints)


def test_a_fault_of_ours_costs_nothing(root):
    from autograder.calls import InfrastructureError

    def broken(submission, limits):
        raise InfrastructureError("the disk is full")

    report = Grader(root, broken).grade("attention", RIGHT)
    assert {record.status for record in report.records} == {"not-run"}
    assert all(record.earned is None for record in report.records)
    assert report.state == "not graded"
    assert not report.complete


def test_hidden_reports_say_nothing_of_the_inputs(root, sandbox):
    source = "def softmax(scores, axis=-1):\n    raise ValueError('leak ' + repr(scores))\n" + REST
    report = Grader(root, sandbox.open, Limits()).grade("attention", source, key=b"secret").hidden()
    text = report.to_json()
    assert "leak array" not in text
    assert "1.098" not in text
    assert all(record.detail is None for record in report.records)


def test_a_value_that_breaks_a_test_is_the_submissions_fault(root, sandbox):
    class_ = "def attention_weights(Q, K, mask=None):\n    return 'text'\ndef attention(Q, K, V, mask=None):\n    return 'text'\n"
    report = Grader(root, sandbox.open, Limits()).grade("attention", RIGHT + class_, key=b"mark")
    assert report.complete
    assert report.earned == 4  # what softmax earns, which leaves its argument alone


def test_doing_nothing_earns_nothing(root):
    source = (
        "def softmax(scores, axis=-1):\n    return 0.0\nattention_weights = attention = lambda *args, **kwargs: 0.0\n"
    )
    report = Grader(root).grade("attention", source)
    assert report.earned == 0


def test_the_graders_own_time_is_not_the_students(root, sandbox):
    grader = Grader(root, sandbox.open, Limits(total_seconds=1.0))
    report = grader.grade("attention", grader.bench("attention").solution, key=b"another seed, so that torch is asked")
    assert report.state == "passed"


def test_a_submission_that_loads_only_once_is_graded_to_the_end(root, sandbox):
    source = EXIT + "def softmax(scores, axis=-1):\n    _exit(1)\n" + REST
    report = Grader(root, _twice_broken(sandbox.open), Limits()).grade("attention", source)
    assert report.complete
    assert report.earned == 0
    assert len(report.records) == 12


def _twice_broken(opener):
    """The second time the module is opened, it crashes while it is loaded."""
    from dataclasses import replace

    opened = []

    def open_(submission, limits):
        opened.append(submission)
        if len(opened) > 1:
            submission = replace(submission, source="import os\nos._exit(2)\n")
        return opener(submission, limits)

    return open_
