"""One host: a submission gives the same in this process and confined, and its mistakes are told in the same words."""

from __future__ import annotations

import os
import pty
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from autograder import calls, imports
from autograder.calls import Failed, InfrastructureError, Limits, Loaded, Raised, Returned, Runner, Submission
from autograder.inprocess import InProcess
from autograder.location import function_at
from autograder.reference import Reference
from autograder.sandbox.client import Sandbox
from autograder.scene import NO_DEBUGGER

Open = Callable[..., Runner]
DRAWS = """\
import random
import numpy as np
state = np.random.rand()

def drawn(x):
    import statistics
    return [state, np.random.randn(3) + x, random.random(), random.gauss(0, 1), np.random.randint(9, size=2)]

def seeded():
    np.random.seed(7); random.seed(7)
    return [np.random.rand(), random.random()]

def careless():
    np.seterr(all="raise")
    return np.float64(1.0)

def divided(): return np.ones(1) / 0
"""
MISTAKES = """\
import numpy as np

class Box:
    def open(self): raise KeyError("lid")

def outer(x):
    def inner(y):
        return y / 0
    return inner(x)

async def later(): return 1

shout = lambda: [][3]

def boxed(): return Box().open()
def pair(): return Box()
def kept(): return {1: 2}
def stops(): breakpoint()
def asks(): return input("name? ")
def traced():
    import pdb; pdb.set_trace()
def deep():
    x = 1.0
    for _ in range(40): x = [x]
    return x
def leaves(): raise SystemExit(3)
def lonely(): return np.ones(3).view(np.recarray)
def nasty():
    class Nasty(Exception):
        def __str__(self): raise SystemExit
    raise Nasty
"""


@pytest.fixture(params=["in process", "confined"])
def opened(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Open]:
    """Opens and loads a submission where the parameter says."""
    runners: list[Runner] = []

    def open_(source: str, **more: Any) -> Runner:
        submission = Submission(source, "exercises/some/thing.py", **more)
        confined = request.param == "confined"
        runners.append(sandbox.open(submission, Limits()) if confined else InProcess(submission))
        assert isinstance(runners[-1].load(), Loaded)
        return runners[-1]

    yield open_
    for runner in runners:
        runner.close()


def plain(outcome: Any) -> Any:
    """Return an outcome without what differs from run to run."""
    if isinstance(outcome, Returned):
        return repr(outcome.value), outcome.printed
    if isinstance(outcome, Raised):
        return outcome.type, outcome.message, outcome.bases, outcome.line, outcome.source, outcome.function
    return outcome.kind, outcome.message


def both(sandbox: Sandbox, source: str, asked: list[tuple[str, list[Any]]], framework: Any = "numpy") -> list[Any]:
    """Return what a submission answers in this process; confined it must be the same."""
    submission = Submission(source, "exercises/some/thing.py", (), framework)
    found = []
    for runner in (InProcess(submission), sandbox.open(submission, Limits(call_seconds=60))):
        runner.load()
        found.append([plain(runner.call(function, args, {})) for function, args in asked])
        runner.close()
        random.random(), np.random.rand()  # others draw in this process, too
    assert found[0] == found[1]
    return found[0]


def test_draws_without_a_seed_are_the_same_in_this_process_and_confined(sandbox: Sandbox) -> None:
    asked = [("drawn", [1.0]), ("drawn", [2.0]), ("seeded", []), ("drawn", [1.0])]
    first, second = both(sandbox, DRAWS, asked), both(sandbox, DRAWS, asked)
    assert first == second
    assert first[0] != first[3]  # they go on from call to call


def test_sets_have_the_same_order_in_every_worker() -> None:
    source = "def f():\n    return list({c * 3 for c in 'abcdefghij'})\n"
    found = []
    for _ in range(3):
        with Sandbox("best-effort") as own:
            runner = own.open(Submission(source, "exercises/some/thing.py"), Limits())
            runner.load()
            found.append(plain(runner.call("f", [], {})))
            runner.close()
    assert found[0] == found[1] == found[2]


def test_draws_of_torch_are_the_same_too(sandbox: Sandbox) -> None:
    source = "import torch\nstart = torch.rand(2)\ndef f():\n    return [start, torch.randn(2), torch.nn.Linear(2, 1).weight]\n"
    torch.rand(5)
    assert both(sandbox, source, [("f", []), ("f", [])], "torch") == both(
        sandbox, source, [("f", []), ("f", [])], "torch"
    )


def test_what_a_submission_sets_is_its_own(sandbox: Sandbox) -> None:
    before, state = np.geterr(), random.getstate()
    numbers = np.random.get_bit_generator()
    found = both(sandbox, DRAWS, [("divided", []), ("careless", []), ("divided", []), ("seeded", [])])
    assert found[2][0] == "FloatingPointError"
    assert np.geterr() == before
    assert np.random.get_bit_generator() is numbers
    random.setstate(state)
    source = "import torch\ntorch.set_default_dtype(torch.float64)\ntorch.set_grad_enabled(False)\ndef f(): return str(torch.ones(1).dtype)"
    assert "float64" in both(sandbox, source, [("f", [])], "torch")[0][0]
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()


def test_a_grading_that_draws_gets_the_same_points_wherever_it_runs(sandbox: Sandbox) -> None:
    from autograder.grading import Grader, in_process

    root = Path(__file__).resolve().parents[2]
    grader = Grader(root, in_process)
    source = grader.bench("attention").solution + (
        "\n\ndef softmax(s, axis=-1):\n    e = np.exp(s - s.max(axis=axis, keepdims=True))\n"
        "    return e / e.sum(axis=axis, keepdims=True) * (1 if np.random.rand() < 0.8 else 2)\n"
    )
    reports = [Grader(root, opener).grade("attention", source) for opener in (in_process, in_process, sandbox.open)]
    earned = [[record.earned for record in report.records] for report in reports]
    assert earned[0] == earned[1] == earned[2]
    assert 0 < sum(earned[0]) < 16


def test_mistakes_are_told_in_the_same_words(sandbox: Sandbox) -> None:
    names = [
        "boxed",
        "pair",
        "kept",
        "stops",
        "asks",
        "deep",
        "leaves",
        "lonely",
        "nasty",
        "shout",
        "nothing",
    ]
    found = dict(zip(names, both(sandbox, MISTAKES, [(name, []) for name in names]), strict=True))
    assert found["pair"] == ("not-data", "pair returned a Box, which is neither a number nor an array.")
    assert found["kept"][0] == "not-data"
    assert found["deep"] == ("too-large", "deep returned a value nested more than 32 levels deep.")
    assert found["nasty"][1] == "(its message cannot be shown)"
    assert "--in-process" in found["stops"][1]
    assert found["asks"][0] == "EOFError"


def test_a_debugger_without_a_terminal_says_where_it_works(sandbox: Sandbox) -> None:
    runner = sandbox.open(Submission(MISTAKES, "thing.py"))
    runner.load()
    outcome = runner.call("traced", [], {})
    runner.close()
    assert isinstance(outcome, Raised)
    assert (outcome.type, outcome.message) == ("BdbQuit", NO_DEBUGGER)


@pytest.mark.parametrize(
    ("function", "args", "place"),
    [("outer", [1.0], "outer"), ("boxed", [], ""), ("shout", [], ""), ("nothing", [], "")],
)
def test_an_exception_has_the_function_in_which_it_arose(
    opened: Open, function: str, args: list[Any], place: str
) -> None:
    outcome = opened(MISTAKES).call(function, args, {})
    assert isinstance(outcome, Raised)
    assert outcome.function == place


def test_places_are_found_by_line() -> None:
    assert [function_at(MISTAKES, line) for line in (1, 4, 6, 8, 11, 13, 10**6)] == [
        "",
        "",
        "outer",
        "outer",
        "later",
        "",
        "",
    ]
    assert function_at("def f(:", 1) == ""
    assert function_at("def f(): pass\n" + "x = 1\n" * 50_000, 1) == ""


@pytest.mark.parametrize("framework", ["numpy", "torch"])
@pytest.mark.parametrize(
    "statement", ["import scipy", "from os import path", "import sklearn.linear_model as l", "import nump"]
)
def test_one_rule_of_imports_in_one_sentence(opened: Open, statement: str, framework: Any) -> None:
    outcome = opened(f"def f():\n    {statement}\n", framework=framework).call("f", [], {})
    name = statement.split()[1].partition(".")[0]
    assert isinstance(outcome, Raised)
    assert (outcome.type, outcome.message, outcome.line) == ("ImportError", imports.refusal(name, framework), 2)


def test_an_import_that_is_never_used_costs_nothing(opened: Open) -> None:
    source = "import os\nimport sys\ndef f(x):\n    return 2 * x\ndef g(x):\n    return os.cpu_count()\n"
    runner = opened(source)
    assert isinstance(runner.call("f", [1.0], {}), Returned)
    outcome = runner.call("g", [1.0], {})
    assert isinstance(outcome, Raised)
    assert (outcome.type, outcome.message, outcome.line) == ("ImportError", imports.refusal("os", "numpy"), 6)


def test_torch_belongs_to_torch_exercises(opened: Open) -> None:
    source = "def f():\n    import torch\n    return torch.ones(1)\n"
    assert isinstance(opened(source, framework="numpy").call("f", [], {}), Raised)
    assert isinstance(opened(source, framework="torch").call("f", [], {}), Returned)


def test_what_numpy_imports_for_itself_is_not_refused(opened: Open) -> None:
    source = "\n".join(f"import {name}" for name in sorted(imports.STANDARD) if name != "__future__")
    source += "\nimport numpy as np\ndef f(x):\n    import numpy.testing\n    return np.polynomial.polynomial.polyval(x, [1, 2])\n"
    assert isinstance(opened(source).call("f", [np.ones(2)], {}), Returned)


def test_the_rule_is_one_sentence_for_a_stub() -> None:
    assert imports.sentence("numpy").startswith(
        "You may import NumPy and the harmless part of the standard library (math"
    )
    assert "PyTorch and NumPy" in imports.sentence("torch")


def test_the_debugger_and_print_reach_the_terminal_on_request() -> None:
    """Drives a real terminal: print, stop at a breakpoint, look at a variable, go on."""
    code = (
        "from autograder.inprocess import InProcess\nfrom autograder.calls import Submission\n"
        'source = \'def f(x):\\n    print("HEL" + "LO")\\n    breakpoint()\\n    return x + 1\\n\'\n'
        "runner = InProcess(Submission(source, 'thing.py'), debug=True)\nrunner.load()\n"
        "print('value', runner.call('f', [41], {}).value)\n"
        "try: runner.call('f', [1], {})\nexcept KeyboardInterrupt: print('left the debugger')\n"
    )
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-c", code])
    seen = b""
    for command in (b"p x * 100\n", b"c\n", b"q\n"):
        while not seen.rpartition(b"\n")[2].startswith(b"(Pdb) "):
            seen += os.read(terminal, 1000)
        os.write(terminal, command)
        seen += b"\n"
    try:
        while more := os.read(terminal, 1000):
            seen += more
    except OSError:  # a terminal ends so
        pass
    os.close(terminal)
    assert os.waitpid(child, 0)[1] == 0
    for word in (b"HELLO", b"4100", b"value 42", b"left the debugger"):
        assert word in seen


def test_with_raising_exceptions_pass() -> None:
    runner = InProcess(Submission("def f(): return 1 / 0\n", "thing.py"), raising=True)
    runner.load()
    with pytest.raises(ZeroDivisionError):
        runner.call("f", [], {})


def test_a_learner_waits_for_one_endless_loop_of_a_function(sandbox: Sandbox) -> None:
    home = calls.HOME
    assert (home.call_seconds, home.total_seconds, home.tries) == (2.0, 10.0, 1)
    runner = sandbox.open(Submission("def f():\n    while True: pass\ndef g(): return 1\n", "thing.py"), home)
    runner.load()
    first, second = runner.call("f", [], {}), runner.call("f", [], {})
    assert isinstance(first, Failed)
    assert first.message.endswith("never ends, or is far too slow.")
    assert isinstance(second, Failed)
    assert second.message.endswith("far too slow (not tried again).")
    assert isinstance(runner.call("g", [], {}), Returned)
    runner.close()


def test_memory_follows_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for gigabytes, expected in ((2, 1), (8, 2), (64, 4)):
        pages = {"SC_PHYS_PAGES": gigabytes << 18, "SC_PAGE_SIZE": 4096}
        monkeypatch.setattr(os, "sysconf", pages.__getitem__)
        assert calls.worker_memory.__wrapped__() == expected << 30


REFERENCE = "import torch\nfrom reference.attention.attention import softmax\ndef twice(x): return 2 * softmax(x), x.dtype == torch.float64\n"


def test_a_reference_may_lie_anywhere_and_import_the_kits(tmp_path: Path) -> None:
    path = tmp_path / "elsewhere.py"
    path.write_text(REFERENCE)
    outcome = Reference(path, {}).call("twice", [np.array([0.0, 0.0])], {})
    assert isinstance(outcome, Returned)
    assert np.array_equal(outcome.value[0], [1.0, 1.0])
    assert outcome.value[1] is True


def test_the_kits_own_reference_is_the_same_module_by_file_and_by_name() -> None:
    import reference.attention.attention as own

    runner = Reference(Path(own.__file__), {})
    runner.load()
    assert runner._host.module is own


def test_a_reference_that_cannot_be_loaded_says_so_each_time(tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text("import nowhere_to_be_found\n")
    runner = Reference(path, {})
    for ask in (runner.load, runner.load, lambda: runner.call("f", [], {})):
        with pytest.raises(InfrastructureError, match="No module named 'nowhere_to_be_found'"):
            ask()
    path.write_text("def f(): return missing\n")
    with pytest.raises(InfrastructureError, match="has no function g"):
        runner.call("g", [], {})
    outcome = runner.call("f", [], {})
    assert isinstance(outcome, Raised)
    assert "missing" in outcome.message
