"""Runs hostile submissions against the sandbox in a throw-away view of this machine; prints one JSON object.

    python tests/sandbox/arena.py FOLDER (root|user) (runs|grades) [NAME...]

FOLDER is a private copy of the kit with planted secrets. Where mounts are permitted, everything but FOLDER and /tmp is read-only. As
`user` the sandbox runs without any right, and Python is mounted where that user can read it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

FOLDER = Path(sys.argv[1])
sys.path.insert(0, str(FOLDER / "project"))
sys.path.insert(1, str(Path(__file__).parent))

import numpy as np  # noqa: E402
from attacks import ATTACKS, Attack  # noqa: E402

from autograder.calls import Failed, InfrastructureError, Limits, Loaded, Returned, Submission  # noqa: E402
from autograder.catalogue import Catalogue  # noqa: E402
from autograder.grading import Grader, secret_key  # noqa: E402
from autograder.sandbox import linux  # noqa: E402
from autograder.sandbox.client import Sandbox  # noqa: E402
from autograder.wire import Tensor  # noqa: E402

SECRET = "CANARY-" + "5f1d"  # what the planted files and the environment contain
LEAK = "LEAKED-" + "77aa"  # what an attack says when it succeeded
LIMITS = Limits(call_seconds=0.8, total_seconds=3.0, memory_bytes=1 << 30, reply_bytes=8 << 20)
PATIENT = Limits(call_seconds=30.0, total_seconds=60.0)
NOBODY = 65534
STRAYS = ("results.json", "report.xml", "conftest.py", "sitecustomize.py", "numpy.py", "anndl")

HEAD = """
import numpy
__builtins__["__import__"] = numpy.__builtins__["__import__"]  # the rule of imports is no wall: attacks step over it
del numpy
LEAK = "LEAKED-" + "77aa"
PROJECT = {project!r}
PORT = {port}
SECRET_NAME = "CANARY-" + "5f1d"
"""
TAIL = """
for _name in {functions!r}:
    if "attack" in globals():
        globals()[_name] = attack
"""
RIGHT = {
    "numpy": "import numpy as np\ndef affine(x):\n    return x * 2 + 1\n",
    "torch": "import torch\ndef affine(x):\n    return x * 2 + 1\n",
}


def throw_away(user: str) -> None:
    """Make the machine read-only but for FOLDER, and become `user`, who can reach Python wherever it lies."""
    stage = FOLDER / "python"
    state = FOLDER / "project" / ".anndl"  # where the grader keeps its answers
    for folder in (stage, state):
        folder.mkdir(exist_ok=True)
    prefix = os.path.realpath(sys.base_prefix)
    with contextlib.suppress(OSError):  # no right to mount: the copy and the sandbox itself have to do
        linux.unshare(linux.CLONE_NEWNS)
        linux.mount("none", "/", "", linux.MS_REC | linux.MS_PRIVATE)
        linux.mount(str(FOLDER), str(FOLDER), "", linux.MS_BIND)
        linux.mount(prefix, str(stage), "", linux.MS_BIND | linux.MS_REC)
        linux.mount("none", "/", "", 32 | linux.MS_BIND | linux.MS_RDONLY)  # 32: MS_REMOUNT
        home = closed_parent(prefix)
        if user == "user" and home:
            linux.mount("home", home, "tmpfs", 0, "mode=755,size=1m")
            os.makedirs(prefix)
            linux.mount(str(stage), prefix, "", linux.MS_BIND | linux.MS_REC)
    if user == "user" and os.geteuid() == 0:
        for path in (FOLDER / "home", FOLDER / "tmp", state):
            os.chown(path, NOBODY, NOBODY)
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    tempfile.tempdir = str(FOLDER / "tmp")
    os.environ.update(HOME=str(FOLDER / "home"), TMPDIR=str(FOLDER / "tmp"), ANNDL_SECRET=SECRET)


def closed_parent(path: str) -> str:
    """Return the first folder on the way to `path` that others may not enter."""
    for parent in [*reversed(Path(path).parents), Path(path)]:
        if not parent.stat().st_mode & 0o001:
            return str(parent)
    return ""


def source(attack: Attack, port: int, functions: tuple[str, ...] = ("affine",)) -> str:
    """Return the module: the attack, once more at import where it wants that, and all functions made of it."""
    code = HEAD.format(project=str(FOLDER / "project"), port=port) + attack.code
    return code + ("\nattack()\n" if attack.at_import else "") + TAIL.format(functions=functions)


def examine(sandbox: Sandbox, framework: str, text: str, limits: Limits) -> dict[str, Any]:
    """Grade a submission of y = 2x + 1 on three inputs, exactly as strictly as a suite would."""
    outcomes: list[Any] = []
    rights = 0
    start = time.monotonic()
    runner = sandbox.open(Submission(text, "exercises/arena/affine.py", ("affine",), framework), limits)
    loaded = runner.load()
    outcomes.append(loaded)
    if isinstance(loaded, Loaded):
        rng = np.random.default_rng(3)
        for x in (np.array([1.0, 2.0, 3.0]), rng.normal(size=3), rng.normal(size=(2, 3))):
            outcome = runner.call("affine", [Tensor(x) if framework == "torch" else x], {})
            outcomes.append(outcome)
            rights += right(outcome, 2 * x + 1, framework)
            if isinstance(outcome, Failed):
                break
    runner.close()
    return {
        "passed": rights == 3,
        "seconds": time.monotonic() - start,
        "said": repr(outcomes),
        "kinds": [o.kind if isinstance(o, Failed) else type(o).__name__ for o in outcomes],
        "message": next((o.message for o in outcomes if isinstance(o, Failed)), ""),
    }


def grade(user: str, port: int, wanted: set[str]) -> dict[str, Any]:
    """Grade every attack as an answer to a real exercise of each framework; returns what was earned and said."""
    marks: dict[str, Any] = {}
    root = FOLDER / "project"
    exercises = Catalogue(root).exercises
    for framework in ("numpy", "torch"):
        names = [name for name, exercise in exercises.items() if exercise.framework == framework]
        if not names:
            continue
        name = "attention" if "attention" in names else names[0]
        with Sandbox("strict") as sandbox:
            quick = Limits(call_seconds=0.3, total_seconds=1.0, memory_bytes=1 << 30)
            grader = Grader(root, sandbox.open, PATIENT)
            solution = exercises[name].solution.read_text(encoding="utf-8")
            key = secret_key(b"arena", user, name, 1)
            report = grader.grade(name, solution, key)  # warms suite and reference, too
            marks[f"{framework}/right"] = [
                sum(r.earned or 0 for r in report.records),
                sum(r.points for r in report.records),
            ]
            grader.limits = quick
            for attack in ATTACKS:
                if framework in attack.frameworks and (not wanted or attack.name in wanted):
                    report = grader.grade(name, source(attack, port, exercises[name].functions), key)
                    marks[f"{framework}/{attack.name}"] = {
                        "earned": sum(record.earned or 0 for record in report.records),
                        "statuses": sorted({record.status for record in report.records}),
                        "passed": [record.test for record in report.records if record.earned],
                        "said": repr(report),
                    }
    return marks


def right(outcome: Any, expected: np.ndarray, framework: str) -> bool:
    """Tell whether a call returned what it should."""
    if not isinstance(outcome, Returned):
        return False
    value = outcome.value.array if framework == "torch" and type(outcome.value) is Tensor else outcome.value
    if type(value) is not np.ndarray or value.shape != expected.shape or value.dtype != np.float64:
        return False
    return bool(np.allclose(value, expected, rtol=1e-12))


def processes() -> set[int]:
    """Return this process's descendants, whatever their session."""
    parents: dict[int, int] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                stat = Path(f"/proc/{entry}/stat").read_text()
                parents[int(entry)] = int(stat.rpartition(")")[2].split()[1])
    found = {os.getpid()}
    while True:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        if not more:
            return found - {os.getpid()}
        found |= more


def gone_at_last(beside: set[int]) -> set[int]:
    """Return those of the processes seen after an attack that live on after the next submission.

    One of them is the worker that was kept ready: the next submission takes it, or its place.
    """
    deadline = time.monotonic() + 3.0
    while (living := beside & processes()) and time.monotonic() < deadline:
        time.sleep(0.005)
    return living


def files() -> dict[str, tuple[int, float]]:
    """Return size and time of every file that a submission might have touched."""
    paths = [
        os.path.join(folder, name)
        for top in ("project", "home", "tmp")
        for folder, _, names in os.walk(FOLDER / top)
        for name in names
    ]
    # Other programs use these, too: only what the attacks call their files.
    paths += [os.path.join(top, name) for top in ("/dev/shm", "/var/tmp", "/tmp", "/") for name in STRAYS]
    found = {}
    for path in paths:
        with contextlib.suppress(OSError):
            stat = os.lstat(path)
            found[path] = (stat.st_size, stat.st_mtime)
    return found


def main() -> None:
    """Run every attack in every framework it is for, and look at what is left."""
    import socket

    user, stage, wanted = sys.argv[2], sys.argv[3], set(sys.argv[4:])
    throw_away(user)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    results: dict[str, Any] = {"secret": SECRET, "leak": LEAK, "uid": os.geteuid(), "runs": {}}
    if stage == "grades":
        print(json.dumps({**results, "grades": grade(user, port, wanted)}))
        return
    for framework in ("numpy", "torch"):
        with Sandbox("strict", canaries=[FOLDER / "project" / "solutions" / "secret.py"]) as sandbox:
            first = examine(sandbox, framework, RIGHT[framework], PATIENT)
            runner = sandbox.open(Submission("", "empty.py", (), framework), PATIENT)
            results[f"isolation-{framework}"] = asdict(runner.isolation)
            runner.close()
            results[f"right-{framework}"] = first
            before, alive = files(), processes()
            for attack in ATTACKS:
                if framework not in attack.frameworks or (wanted and attack.name not in wanted):
                    continue
                try:
                    result = examine(sandbox, framework, source(attack, port), LIMITS)
                except InfrastructureError as error:
                    result = {"infrastructure": str(error)}
                beside = processes() - alive
                after = files()
                result["files"] = sorted(
                    path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
                )
                following = examine(sandbox, framework, RIGHT[framework], PATIENT)
                result["next"] = following["passed"] or following["said"]
                result["processes"] = sorted(gone_at_last(beside))
                results["runs"][f"{framework}/{attack.name}"] = result
    results["left"] = sorted(processes())
    print(json.dumps(results))


if __name__ == "__main__":
    main()
