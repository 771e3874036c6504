"""Calls of the submission that the grader answers: right ones, with gradients, after a crash, and hostile ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.calls import (
    Failed,
    Handle,
    InfrastructureError,
    Limits,
    Loaded,
    Outcome,
    Raised,
    Recipe,
    Returned,
    Runner,
    Submission,
)
from autograder.inprocess import InProcess
from autograder.reference import Reference
from autograder.sandbox import client
from autograder.sandbox.client import Sandbox
from autograder.wire import Tensor

from .test_runner import FREE

ROOT = Path(__file__).resolve().parents[2]
LIMITS = Limits(call_seconds=20.0)
SOURCE = f"""\
import numpy as np
{FREE}
def part(x, by=1): return None
def whole(x): return part(x, by=3) + 1
def many(n): return sum(part(i) for i in range(n))
def rescued():
    try: part(1)
    except ZeroDivisionError as error: return str(error)
    except RuntimeError as error: return "runtime: " + str(error)
def crash():
    import os; os._exit(3)
def strange(): return part({{1, 2}})
def slow():
    part(1)
    while True: pass
"""
Open = Callable[..., Runner]


def triple(function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Outcome:
    """Answer part(x, by) by x times by."""
    return Returned(args[0] * kwargs.get("by", 1), (args, kwargs))


@pytest.fixture(params=["in process", "confined"])
def opened(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Open]:
    runners: list[Runner] = []

    def open_(source: str = SOURCE, limits: Limits = LIMITS, **more: Any) -> Runner:
        submission = Submission(source, "exercises/some/thing.py", **more)
        runners.append(sandbox.open(submission, limits) if request.param == "confined" else InProcess(submission))
        assert isinstance(runners[-1].load(), Loaded)
        return runners[-1]

    yield open_
    for runner in runners:
        runner.close()


def value(outcome: Any) -> Any:
    assert isinstance(outcome, Returned), outcome
    return outcome.value


def test_the_submissions_own_calls_are_answered(opened: Open) -> None:
    runner = opened()
    runner.replace(["part"], triple)
    assert np.array_equal(value(runner.call("whole", [np.arange(3.0)], {})), [1.0, 4.0, 7.0])
    assert value(runner.call("many", [500], {})) == 500 * 499 / 2
    assert value(runner.begin("whole", [2], {})()) == 7


def test_a_function_that_is_missing_can_be_answered(opened: Open) -> None:
    runner = opened("def whole(x): return part(x) + 1\n")
    runner.replace(["part"], triple)
    assert value(runner.call("whole", [1], {})) == 2


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Raised("ZeroDivisionError", "by nought"), "by nought"),
        (Raised("LinAlgError", "singular"), "runtime: LinAlgError: singular"),
        (Raised("SystemExit", "0"), "runtime: SystemExit: 0"),
        (Raised("UnicodeDecodeError", "odd"), "runtime: UnicodeDecodeError: odd"),
        (Failed("timeout", "It took too long."), "runtime: It took too long."),
        (Returned(Handle(1), ([], {})), "runtime: part returns something that stays with the grader."),
    ],
)
def test_an_answer_may_be_an_exception(opened: Open, answer: Outcome, said: str) -> None:
    runner = opened()
    runner.replace(["part"], lambda *call: answer)
    assert value(runner.call("rescued", [], {})) == said


def test_what_is_no_data_is_not_asked_about(opened: Open) -> None:
    runner = opened()
    runner.replace(["part"], triple)
    outcome = runner.call("strange", [], {})
    assert isinstance(outcome, Raised)
    assert (outcome.type, outcome.function) == ("TypeError", "strange")
    assert "part was handed a set" in outcome.message


def test_a_new_worker_has_the_same_stubs(sandbox: Sandbox) -> None:
    runner = sandbox.open(Submission(SOURCE, "thing.py"), LIMITS)
    runner.replace(["part"], triple)  # before it is loaded is as good
    assert isinstance(runner.call("crash", [], {}), Failed)
    assert value(runner.call("whole", [2], {})) == 7
    begun = [runner.begin("whole", [n], {}) for n in range(3)]
    assert [value(wait()) for wait in begun] == [1, 4, 7]
    runner.close()


def test_the_time_of_an_answer_is_not_the_submissions_and_its_own_is(sandbox: Sandbox) -> None:
    def slowly(*call: Any) -> Outcome:
        time.sleep(0.4)
        return triple(*call)

    runner = sandbox.open(Submission(SOURCE, "thing.py"), Limits(call_seconds=0.3, total_seconds=2.0))
    runner.replace(["part"], slowly)
    outcome = runner.call("whole", [1], {})
    assert value(outcome) == 4
    assert outcome.seconds < 0.3
    late = runner.call("slow", [], {})
    assert isinstance(late, Failed)
    assert late.kind == "timeout"
    start = time.monotonic()
    late = runner.call("many", [1000], {})
    assert isinstance(late, Failed)
    assert late.kind == "timeout"
    assert time.monotonic() - start < 4.0
    runner.close()


def test_an_answer_that_cannot_be_had_is_our_fault_and_the_next_call_works(sandbox: Sandbox) -> None:
    answers = [InfrastructureError("no reference")]

    def fails(*call: Any) -> Outcome:
        if answers:
            raise answers.pop()
        return triple(*call)

    runner = sandbox.open(Submission(SOURCE, "thing.py"), LIMITS)
    runner.replace(["part"], fails)
    with pytest.raises(InfrastructureError, match="no reference"):
        runner.call("whole", [1], {})
    assert value(runner.call("whole", [1], {})) == 4
    runner.close()


GRADIENTS = """\
import torch
def loss(a, b, flag=False): return None
def total(a, b): return loss(a, b, flag=True) * 3 + (a * 0.5).sum()
def free(a, b):
    with torch.no_grad(): return loss(a, b)
def vector(a): return loss(a, a).sum()
"""


SOFTLY = "import torch\ndef loss(a, b, flag=False):\n    return (torch.sin(a) * b).sum() if flag else a * b\n"


def test_gradients_come_with_the_answer(opened: Open) -> None:
    teacher = InProcess(Submission(SOFTLY, "teacher.py", framework="torch"))
    teacher.load()
    asked: list[Sequence[Any]] = []

    def answer(function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Outcome:
        asked.append(args)
        return teacher.call(function, args, kwargs)

    runner = opened(GRADIENTS, framework="torch")
    runner.replace(["loss"], answer)
    a, b = np.array([0.3, -1.2]), np.array([2.0, 0.7])
    outcome = runner.call("total", [Recipe("leaf", {"array": a}), Tensor(b)], {})
    assert np.allclose(value(outcome).array, 3 * (np.sin(a) * b).sum() + a.sum() / 2)
    assert np.allclose(outcome.arguments[0][0]["grad"], 3 * np.cos(a) * b + 0.5)
    assert isinstance(asked[0][0], Recipe)
    assert isinstance(asked[0][1], Tensor)  # nobody wants its gradient
    assert isinstance(value(runner.call("free", [Recipe("leaf", {"array": a}), Tensor(b)], {})), Tensor)
    assert isinstance(asked[1][0], Tensor)
    refused = runner.call("vector", [Recipe("leaf", {"array": a})], {})
    assert isinstance(refused, Raised)
    assert "only where the result is one number" in refused.message


@pytest.mark.parametrize("by", ["solution", "reference", "confined solution"])
def test_a_round_with_answered_losses_equals_the_solutions(opened: Open, sandbox: Sandbox, by: str) -> None:
    solution = (ROOT / "solutions" / "generative" / "gan.py").read_text(encoding="utf-8")
    text = Submission(solution, "gan.py", framework="torch")
    alone = InProcess(text)
    answers: dict[str, Callable[[], Runner]] = {
        "solution": lambda: InProcess(text),
        "reference": lambda: Reference(ROOT / "reference" / "generative" / "gan.py", {}),
        "confined solution": lambda: sandbox.open(text, LIMITS),
    }
    answerer = answers[by]()
    alone.load(), answerer.load()
    spoilt = solution.replace("return -log_real.mean() - log_fake.mean()", "return log_real.mean() * 7")
    spoilt = spoilt.replace("return -torch.nn.functional.logsigmoid(fake_logits).mean()", "return fake_logits.mean()")
    assert spoilt.count("log_real.mean() * 7") == spoilt.count("return fake_logits.mean()") == 1
    runner = opened(spoilt, framework="torch")
    runner.replace(["discriminator_loss", "generator_loss"], answerer.call)
    rng = np.random.default_rng(4)

    def module(*sizes: int) -> Recipe:
        state = {}
        for index, (n, m) in enumerate(pairwise(sizes)):
            state |= {f"{2 * index}.weight": rng.normal(size=(m, n)), f"{2 * index}.bias": rng.normal(size=m)}
        layers: list[Any] = [("linear", sizes[0], sizes[1]), ("tanh",), ("linear", sizes[1], sizes[2])]
        return Recipe("module", {"layers": layers, "state": state})

    arguments = [
        module(3, 5, 2),
        module(2, 4, 1),
        Recipe("optimizer", {"name": "adam", "of": 0}),
        Recipe("optimizer", {"name": "sgd", "of": 1, "options": {"lr": 0.1}}),
        Recipe("batches", {"arrays": [rng.normal(size=(6, 2)) for _ in range(3)]}),
        Recipe("noise", {"arrays": [rng.normal(size=(6, 3)) for _ in range(3)]}),
        2,
    ]
    expected, found, wrong = (
        r.call("train_round", arguments, {}) for r in (alone, runner, opened(spoilt, framework="torch"))
    )
    for player in (0, 1):
        right, state = expected.arguments[0][player], found.arguments[0][player]
        assert right.keys() == state.keys()
        for name in right:
            np.testing.assert_allclose(state[name], right[name], rtol=1e-9, atol=1e-12)
    assert not np.allclose(wrong.arguments[0][1]["0.weight"], expected.arguments[0][1]["0.weight"])
    answerer.close()


HOSTILE = f"""\
import numpy as np
{FREE}
import json, os, struct
def part(x): return 0
def frame(fields, payload=b"", table=()):
    raw = json.dumps({{"v": {{"d": fields}}, "a": list(table)}}).encode()
    return struct.pack("<4sIQ", b"ANW1", len(raw), len(payload)) + raw + payload
def ask(i=3, **kw):
    fields = {{"id": i, "kind": "asks", "function": "part", "args": [1.0], "kwargs": {{"d": {{}}}}, "gradients": [], **kw}}
    return frame(fields)
def say(*messages):
    for message in messages:
        while message: message = message[os.write(3, message):]
def right(x): return x
"""
ATTACKS = {
    "not replaced": "say(ask(function='right'))",
    "of no form": "say(frame({'id': 3, 'kind': 'asks'}))",
    "function is a list": "say(ask(function=[]))",
    "arguments are no list": "say(ask(args=1))",
    "another number": "say(ask(i=2))",
    "a truth for a number": "say(ask(i=True))",
    "gradient of a number": "say(ask(gradients=[0]))",
    "gradient of nothing": "say(ask(gradients=[7]))",
    "gradient of a list": "say(ask(gradients=[[]]))",
    "gradient by truth": "say(ask(gradients=[True]))",
    "handle": "say(ask(args=[{'h': 0}])); os.read(3, 1000)",
    "recipe": "say(ask(args=[{'r': ['module', {'d': {}}]}])); os.read(3, 1000)",
    "never listening": "say(*[ask()] * 100_000)",
    "many at once": "say(ask() * 300); os.read(3, 10**6)",
    "many": "\n    while True: say(ask()); os.read(3, 1000)",
    "half a message": "say(ask()[:-3]); os._exit(0)",
    "garbage": "say(b'x' * 100)",
    "ends while we answer": "say(ask()); os._exit(0)",
    "afterwards": "\n    import threading; threading.Timer(0.05, lambda: say(ask(), ask())).start()",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_asks_fail_the_check_and_nothing_else(
    sandbox: Sandbox, attack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "ASKS", 200)
    source = f"{HOSTILE}def attack():\n    {ATTACKS[attack]}\n    return 'done'\n"
    runner = sandbox.open(Submission(source, "thing.py"), Limits(call_seconds=1.5, total_seconds=6.0))
    assert isinstance(runner.load(), Loaded)
    calls: list[str] = []

    def answer(function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Outcome:
        assert args == [1.0]
        calls.append(function)
        return Returned(0.0, (args, kwargs))

    runner.replace(["part"], answer)
    outcome = runner.call("attack", [], {})
    assert isinstance(outcome, Failed) or outcome.value == "done"
    time.sleep(0.1)
    after = runner.call("right", [5], {})
    assert (isinstance(after, Returned) and after.value == 5) or (
        isinstance(after, Failed) and after.kind == "protocol"
    )
    runner.close()
    assert set(calls) <= {"part"}
    assert len(calls) <= 201
    if attack not in ("handle", "recipe", "afterwards", "many at once"):
        assert isinstance(outcome, Failed)


def test_asks_of_many_bytes_end(sandbox: Sandbox) -> None:
    runner = sandbox.open(
        Submission("import numpy as np\ndef part(x): 0\ndef f():\n    while True: part(np.ones(50_000))\n", "thing.py"),
        Limits(call_seconds=20.0, reply_bytes=4 << 20),
    )
    runner.load()
    runner.replace(["part"], lambda *call: Returned(None, (call[1], call[2])))
    outcome = runner.call("f", [], {})
    assert isinstance(outcome, Failed)
    assert "more than 4 MB of arguments" in outcome.message
    runner.close()
