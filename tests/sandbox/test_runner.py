"""What a runner answers for honest, clumsy and broken submissions; and that the sandbox survives what happens to its parts."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from autograder.calls import Failed, Handle, InfrastructureError, Limits, Loaded, Raised, Returned, Submission
from autograder.sandbox.client import ConfinedRunner, Sandbox
from autograder.sandbox.freshserver import FreshServer

FREE = '__builtins__["__import__"] = np.__builtins__["__import__"]'  # steps over the rule of imports, which is no wall
SOURCE = f"""\
import numpy as np
{FREE}
def double(x): return x * 2
def halve_in_place(x, *, by=2.0): x /= by
def show(x): print("seen", x); return None
def wrong(x):
    y = x + 1
    raise ValueError("no such thing")
def library(x): return np.linalg.inv(x)
def forward(x): return x.sum(), {{"x": x}}
def backward(cache): return cache["x"]
def free(x): return object()
def loop():
    while True: pass
def crash():
    import os; os._exit(3)
def memory(): return np.ones(10**11)
def flood():
    for _ in range(1000): print("x" * 1000)
def large(): return np.zeros(10**6)
def disk():
    with open("a", "wb") as f: f.write(b"x" * 10**8)
def private(): import tempfile; return tempfile.mkdtemp() and None
def inspected(): import inspect; return inspect.getsource(double)
def _hidden(): pass
"""
LIMITS = Limits(call_seconds=20.0, total_seconds=60.0, reply_bytes=1 << 20, printed_chars=500)


def submission(source: str = SOURCE, **more: Any) -> Submission:
    return Submission(source, "exercises/some/thing.py", **more)


@pytest.fixture
def runner(sandbox: Sandbox) -> Any:
    runner = sandbox.open(submission(opaque={"forward": (1,), "free": ()}), LIMITS)
    assert isinstance(runner.load(), Loaded)
    yield runner
    runner.close()


def returned(outcome: Any) -> Returned:
    assert isinstance(outcome, Returned), outcome
    return outcome


def test_loading_names_public_functions_and_signatures(sandbox: Sandbox) -> None:
    runner = sandbox.open(submission(), LIMITS)
    loaded = runner.load()
    runner.close()
    assert isinstance(loaded, Loaded)
    assert loaded.functions["halve_in_place"] == "(x, *, by=2.0)"
    assert "_hidden" not in loaded.functions


def test_arrays_go_and_come(runner: ConfinedRunner) -> None:
    x = np.random.default_rng(1).normal(size=(3, 4)).T
    outcome = returned(runner.call("double", [x], {}))
    assert np.array_equal(outcome.value, x * 2)
    assert np.array_equal(outcome.arguments[0][0], x)


def test_changed_arguments_show_and_the_callers_own_do_not_change(runner: ConfinedRunner) -> None:
    x = np.arange(3.0)
    outcome = returned(runner.call("halve_in_place", [x], {"by": 4.0}))
    assert np.array_equal(outcome.arguments[0][0], x / 4)
    assert outcome.arguments[1] == {"by": 4.0}
    assert np.array_equal(x, np.arange(3.0))


def test_exceptions_point_into_the_submission(runner: ConfinedRunner) -> None:
    outcome = runner.call("wrong", [1], {})
    assert isinstance(outcome, Raised)
    assert (outcome.type, outcome.message, outcome.line) == ("ValueError", "no such thing", 8)
    assert outcome.source == 'raise ValueError("no such thing")'
    assert "Exception" in outcome.bases
    deep = runner.call("library", [np.zeros((2, 2))], {})
    assert isinstance(deep, Raised)
    assert (deep.type, deep.source) == ("LinAlgError", "def library(x): return np.linalg.inv(x)")
    assert "sandbox" not in deep.traceback  # the learner sees their own frames first


def test_syntax_errors_have_a_line(sandbox: Sandbox) -> None:
    runner = sandbox.open(submission("x = 1\ndef f(:\n"), LIMITS)
    outcome = runner.load()
    again = runner.call("f", [], {})
    runner.close()
    assert isinstance(outcome, Raised)
    assert (outcome.type, outcome.line) == ("SyntaxError", 2)
    assert again == outcome


def test_printing_is_kept_per_call_and_bounded(runner: ConfinedRunner) -> None:
    assert returned(runner.call("show", [7], {})).printed == "seen 7\n"
    assert len(returned(runner.call("flood", [], {})).printed) == 500
    assert returned(runner.call("double", [1], {})).printed == ""


def test_handles_stay_with_the_submission(runner: ConfinedRunner) -> None:
    x = np.arange(3.0)
    outcome = returned(runner.call("forward", [x], {}))
    assert isinstance(outcome.value[1], Handle)
    back = returned(runner.call("backward", [outcome.value[1]], {}))
    assert np.array_equal(back.value, x)
    assert back.arguments[0] == [outcome.value[1]]
    assert returned(runner.call("free", [1], {})).value is None


def test_a_lost_handle_is_told_apart(runner: ConfinedRunner) -> None:
    handle = returned(runner.call("forward", [np.ones(2)], {})).value[1]
    assert isinstance(runner.call("crash", [], {}), Failed)
    outcome = runner.call("backward", [handle], {})
    if isinstance(outcome, Returned):
        pytest.fail("a value outlived its worker")
    assert isinstance(outcome, Failed)
    assert "lost" in outcome.message


@pytest.mark.parametrize(
    ("function", "kind", "words"),
    [
        ("crash", "crashed", "exit status 3"),
        ("memory", "memory", "more memory than the"),
        ("large", "too-large", "at most 1 MB"),
    ],
)
def test_each_bound_has_its_own_sentence_and_the_next_call_works(
    runner: ConfinedRunner, function: str, kind: str, words: str
) -> None:
    outcome = runner.call(function, [], {})
    assert isinstance(outcome, Failed)
    assert outcome.kind == kind
    assert words in outcome.message
    assert returned(runner.call("double", [2], {})).value == 4


def test_calls_may_be_begun_ahead_and_answer_in_any_order_of_asking(runner: ConfinedRunner) -> None:
    waits = [runner.begin("double", [n], {}) for n in range(50)]
    big = runner.begin("double", [np.ones(20_000)], {})  # more than may be under way with others
    assert returned(big()).value.sum() == 40_000
    assert [returned(wait()).value for wait in reversed(waits)] == [2 * n for n in reversed(range(50))]
    assert returned(waits[7]()).value == 14


def test_a_crash_loses_only_what_comes_after_it(runner: ConfinedRunner) -> None:
    first, crash, lost = (
        runner.begin(name, args, {}) for name, args in (("double", [1]), ("crash", []), ("double", [3]))
    )
    assert lost() is None
    assert isinstance(crash(), Failed)
    assert returned(first()).value == 2
    assert returned(runner.call("double", [3], {})).value == 6


def test_what_crashed_twice_is_not_tried_again(runner: ConfinedRunner) -> None:
    messages = [runner.call("crash", [], {}).message for _ in range(4)]
    assert ["not tried again" in message for message in messages] == [False, False, True, True]
    assert returned(runner.call("double", [3], {})).value == 6


def test_time_is_bounded_per_call_and_in_total(sandbox: Sandbox) -> None:
    runner = sandbox.open(submission(), Limits(call_seconds=0.5, total_seconds=0.9))
    runner.load()
    start = time.monotonic()
    first, second, third = (runner.call("loop", [], {}) for _ in range(3))
    assert time.monotonic() - start < 5.0
    runner.close()
    assert isinstance(first, Failed)
    assert "within 0.5 seconds" in first.message
    assert isinstance(second, Failed)
    assert "0.9 seconds" in second.message
    assert isinstance(third, Failed)
    assert third.kind == "timeout"


def test_the_scratch_folder_is_private_and_small(runner: ConfinedRunner) -> None:
    assert returned(runner.call("private", [], {})).value is None
    outcome = runner.call("disk", [], {})
    assert isinstance(outcome, Raised)
    assert outcome.type == "OSError"


def test_source_can_be_inspected(runner: ConfinedRunner) -> None:
    assert returned(runner.call("inspected", [], {})).value == "def double(x): return x * 2\n"


def test_a_missing_function_is_an_attribute_error(runner: ConfinedRunner) -> None:
    outcome = runner.call("nothing", [], {})
    assert isinstance(outcome, Raised)
    assert outcome.type == "AttributeError"


def test_runners_do_not_see_each_other(sandbox: Sandbox) -> None:
    source = "import numpy as np\nstate = []\ndef f(x):\n    state.append(x); np.linalg.inv = None\n    open('mark', 'w').close()\n    return len(state)\n"
    look = f"import numpy as np\n{FREE}\nimport os\ndef f(x): return [len(os.listdir('.')), np.linalg.inv is None]\n"
    first, second = sandbox.open(submission(source), LIMITS), sandbox.open(submission(look), LIMITS)
    for runner in (first, second):
        runner.load()
    assert returned(first.call("f", [1], {})).value == 1
    assert returned(second.call("f", [1], {})).value == [0, False]
    first.close()
    second.close()


def test_several_threads_may_share_a_sandbox(sandbox: Sandbox) -> None:
    wrong: list[Any] = []

    def work(number: int) -> None:
        for _ in range(5):
            runner = sandbox.open(submission(), LIMITS)
            runner.load()
            outcome = runner.call("double", [np.full(3, number)], {})
            if not isinstance(outcome, Returned) or not np.array_equal(outcome.value, np.full(3, 2 * number)):
                wrong.append(outcome)
            runner.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_dead_server_is_replaced(sandbox: Sandbox) -> None:
    with Sandbox("strict") as own:
        runner = own.open(submission(), LIMITS)
        runner.load()
        os.kill(own._servers["numpy"].pid, signal.SIGKILL)  # type: ignore[attr-defined]
        time.sleep(0.2)
        with pytest.raises(InfrastructureError):  # its worker died with it, which is no fault of the submission
            runner.call("double", [1], {})
        assert returned(runner.call("double", [1], {})).value == 2
        runner.close()


def test_a_server_that_cannot_start_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with Sandbox("strict") as own, pytest.raises(InfrastructureError):
        own.open(submission(), LIMITS)


NO_ROOM = """
import os, resource, sys
from pathlib import Path
from autograder.grading import Grader
from autograder.sandbox.client import Sandbox

root = Path(sys.argv[1])
grader = Grader(root)
source = grader.bench("hebbian").solution
assert all(record.earned for record in grader.grade("hebbian", source).records)
if os.geteuid() == 0:
    os.setgroups([]); os.setresgid(54321, 54321, 54321); os.setresuid(54321, 54321, 54321)
resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
with Sandbox("strict") as sandbox:
    sandbox.start()
    grader.opener = sandbox.open
    records = grader.grade("hebbian", source).records
assert {record.status for record in records} == {"not-run"}, records
print(records[0].message)
"""


def test_without_room_for_a_process_nothing_is_graded_and_nothing_raises() -> None:
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run([sys.executable, "-c", NO_ROOM, root], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "no process can be started" in done.stdout


def test_a_server_without_room_for_a_worker_is_asked_again_a_moment_later() -> None:
    with Sandbox("strict") as own:
        own.open(submission(), LIMITS).close()  # brings up the server, and a worker that waits
        keeper = psutil.Process(own._servers["numpy"].pid)  # type: ignore[attr-defined]
        (server,) = keeper.children()
        _, most = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (3, most))  # 0 to 3 are taken
        own.open(submission(), LIMITS).close()
        with pytest.raises(InfrastructureError, match="no worker can be started"):
            own.open(submission(), LIMITS)
        threading.Timer(0.3, resource.prlimit, (server.pid, resource.RLIMIT_NOFILE, (most, most))).start()
        runner = own.open(submission(), LIMITS)
        assert isinstance(runner.load(), Loaded)
        runner.close()


THREADS = f"""\
import numpy as np
{FREE}
import threading
threading.stack_size(32768)
gate = threading.Event()
def bomb():
    for n in range(8000):
        try: threading.Thread(target=gate.wait, daemon=True).start()
        except RuntimeError as error: return n, str(error)
    return n, ""
def few(n):
    threads = [threading.Thread(target=lambda: None) for _ in range(n)]
    for t in threads: t.start()
    for t in threads: t.join()
    return n
"""


def test_threads_are_bounded_and_a_neighbour_keeps_its_own(sandbox: Sandbox) -> None:
    bad, good = (sandbox.open(submission(THREADS), LIMITS) for _ in range(2))
    for runner in (bad, good):
        runner.load()
    started, said = returned(bad.call("bomb", [], {})).value
    assert 8 <= started < LIMITS.threads
    assert "can't start new thread" in said
    assert returned(good.call("few", [40], {})).value == 40  # libraries' threads are few
    bad.close()
    good.close()


def test_what_came_from_the_submission_and_is_too_large_together_is_its_fault(runner: ConfinedRunner) -> None:
    most = [0] * 150_000
    outcome = runner.call("double", [[most, most]], {})
    assert isinstance(outcome, Failed)
    assert outcome.kind == "too-large"
    with pytest.raises(InfrastructureError, match="cannot be sent: a set"):
        runner.call("double", [{1}], {})
    assert returned(runner.call("double", [1], {})).value == 2


def test_nothing_of_a_client_that_is_killed_stays_behind() -> None:
    code = (
        "import sys\nfrom autograder.calls import *\nfrom autograder.sandbox.client import Sandbox\n"
        "s = Sandbox(); r = s.open(Submission('def f():\\n  while True: pass', 'f.py')); r.load()\n"
        "print(s._servers['numpy'].pid, s._servers['numpy'].base, flush=True)\nr.call('f', [], {})\n"
    )
    client = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert client.stdout is not None
    pid, base = client.stdout.readline().split()
    client.kill()
    client.wait()
    client.stdout.close()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and (os.path.exists(base) or os.path.exists(f"/proc/{pid}")):
        time.sleep(0.05)
    assert not os.path.exists(base)
    assert not os.path.exists(f"/proc/{pid}")


def test_a_process_per_submission_answers_alike_and_says_what_is_open() -> None:
    sandbox = Sandbox("best-effort")
    sandbox._new_server = FreshServer  # what macOS and Windows use
    with sandbox:
        runner = sandbox.open(submission(), LIMITS)
        assert isinstance(runner.load(), Loaded)
        assert np.array_equal(returned(runner.call("double", [np.ones(2)], {})).value, [2.0, 2.0])
        assert isinstance(runner.call("crash", [], {}), Failed)
        assert returned(runner.call("double", [1], {})).value == 2
        isolation = runner.isolation
        runner.close()
    assert not isolation.files_closed
    assert not isolation.network_closed
    assert not isolation.processes_closed
    assert "Linux" in isolation.missing[0]


def test_importing_the_client_is_quick() -> None:
    code = "import sys, autograder.sandbox.client; sys.exit('torch' in sys.modules or 'pytest' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
