"""The layers, one by one missing: what is lost is noticed by probes, named, and in strict mode refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autograder.calls import Limits, Submission
from autograder.sandbox import seccomp
from autograder.sandbox.cleanup import remove_tree
from autograder.sandbox.client import Sandbox
from autograder.sandbox.syscalls import CONDITIONAL, CONFINING, PERMITTED

ROOT = Path(__file__).resolve().parents[2]
WITHOUT = '''
import errno, json, sys
sys.path.insert(0, sys.argv[1])
from autograder.calls import InfrastructureError, Limits, Submission
from autograder.sandbox import linux, seccomp, syscalls
from autograder.sandbox.client import Sandbox
import platform

# A filter in front of everything, as a container's: some calls fail, all others pass.
refused = json.loads(sys.argv[2])
known = {**syscalls.CONFINING, "mount": (165, 40)}
column = list(seccomp.AUDIT_ARCH).index(platform.machine())
code = [(0x20, 0, 0, 0)]
for name in refused:
    code += [(0x15, 0, 1, known[name][column]), (6, 0, 0, 0x00050000 | errno.EPERM)]
code.append((6, 0, 0, 0x7FFF0000))
linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
seccomp.load(code)

source = """
import numpy
__builtins__["__import__"] = numpy.__builtins__["__import__"]  # steps over the rule of imports
import os
def read(path):
    with open(path) as f: return f.read()[:20]
def fill():
    i = 0
    while True:
        i += 1
        with open(f"f{i}", "wb") as f: f.write(b"x" * (1 << 20))
def dig():
    while True: os.mkdir("d"); os.chdir("d")
"""
out = {}
for mode in ("strict", "best-effort"):
    with Sandbox(mode) as sandbox:
        try:
            runner = sandbox.open(Submission(source, "s.py"), Limits(call_seconds=15, scratch_bytes=4 << 20))
        except InfrastructureError as error:
            out[mode] = {"refused": str(error)}
            continue
        i = runner.isolation
        runner.load()
        out[mode] = {"layers": i.layers, "missing": i.missing, "files": i.files_closed, "network": i.network_closed,
                     "processes": i.processes_closed, "read": str(runner.call("read", [sys.argv[1] + "/pyproject.toml"], {})),
                     "fill": str(runner.call("fill", [], {})), "dig": str(runner.call("dig", [], {}))}
        runner.close()
print(json.dumps(out))
'''


def without(*refused: str) -> dict[str, Any]:
    """Open a sandbox in both modes where some system calls are refused."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, str(ROOT), json.dumps(refused)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_a_container_without_namespaces_is_still_closed() -> None:
    result = without("unshare", "mount", "pivot_root", "mount_setattr")
    for mode in ("strict", "best-effort"):
        found = result[mode]
        assert found["files"]
        assert found["network"]
        assert found["processes"]
        assert {"landlock", "seccomp"} <= set(found["layers"])
        assert any("namespaces" in word for word in found["missing"])
        assert "PermissionError" in found["read"]
        assert "Failed(kind='crashed'" in found["fill"]  # stopped when its files became too many
        assert "Raised" in found["dig"]  # no folders where their size cannot be bounded


def test_without_landlock_and_namespaces_strict_refuses_and_best_effort_says_so() -> None:
    result = without("unshare", "landlock_create_ruleset")
    assert "files" in result["strict"]["refused"]
    assert "Landlock" in result["strict"]["refused"]
    assert not result["best-effort"]["files"]
    assert result["best-effort"]["network"]


def test_a_root_of_its_own_closes_files_without_landlock() -> None:
    result = without("landlock_create_ruleset")
    assert result["strict"]["files"]
    assert "root" in result["strict"]["layers"]
    assert "FileNotFoundError" in result["strict"]["read"]


def test_mode_none_closes_nothing_and_says_so() -> None:
    sandbox = Sandbox("none")
    with sandbox:
        runner = sandbox.open(Submission("", "s.py"), Limits())
        isolation = runner.isolation
        runner.close()
    assert isolation.mode == "none"
    assert not isolation.files_closed
    assert not isolation.network_closed
    assert not isolation.processes_closed


def test_canaries_of_the_caller_are_probed(tmp_path: Path) -> None:
    canary = tmp_path / "solution.py"
    canary.write_text("secret")
    with Sandbox("strict", canaries=[canary]) as sandbox:
        runner = sandbox.open(Submission("", "s.py"), Limits())
        assert runner.isolation.files_closed
        runner.close()


def interpret(code: list[seccomp.Instruction], data: dict[int, int]) -> int:
    """Run a filter program on the 32-bit words of a `seccomp_data`."""
    at, word = 0, 0
    while True:
        op, yes, no, k = code[at]
        at += 1
        match op:
            case seccomp.RETURN:
                return k
            case seccomp.LOAD:
                word = data.get(k, 0)
            case seccomp.EQUAL:
                at += yes if word == k else no
            case seccomp.AT_LEAST:
                at += yes if word >= k else no
            case seccomp.ANY_BIT:
                at += yes if word & k else no


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_permits_what_is_listed_and_nothing_else(machine: str) -> None:
    column = list(seccomp.AUDIT_ARCH).index(machine)
    code = seccomp.program(machine, 42, processes=False)
    arch = seccomp.AUDIT_ARCH[machine]
    permitted = {numbers[column] for numbers in PERMITTED.values()} - {None}
    special = {numbers[column] for numbers in CONDITIONAL.values()} - {None}
    for number in range(600):
        if number not in special:
            assert (interpret(code, {0: number, 4: arch}) == seccomp.ALLOW) == (number in permitted), number
    assert interpret(code, {0: 0, 4: 0x40000003}) == seccomp.KILL_PROCESS  # 32-bit calls have other numbers
    for numbers in CONFINING.values():
        assert numbers[column] not in permitted


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_looks_at_arguments(machine: str) -> None:
    column = list(seccomp.AUDIT_ARCH).index(machine)
    code, arch = seccomp.program(machine, 42, processes=False), seccomp.AUDIT_ARCH[machine]

    def allowed(name: str, *args: int, program: list[seccomp.Instruction] = code) -> bool:
        number = CONDITIONAL[name][column]
        assert number is not None
        words = {16 + 8 * i: arg for i, arg in enumerate(args)}
        return interpret(program, {0: number, 4: arch, **words}) == seccomp.ALLOW

    assert allowed("clone", 0x3D0F00)  # pthread_create
    assert not allowed("clone", 0x1200011)  # fork
    assert allowed("clone", 0x1200011, program=seccomp.program(machine, 42, processes=True))
    assert not allowed("clone3", 0)
    assert allowed("tgkill", 42)
    assert not allowed("tgkill", 41)
    assert not allowed("prctl", 1)  # would outlive the parent
    assert not allowed("prctl", 4)  # would become dumpable
    assert not allowed("ioctl", 3, 0x5412)  # TIOCSTI types into a terminal
    assert allowed("prlimit64", 0)
    assert not allowed("prlimit64", 1)


def test_x32_calls_are_refused() -> None:
    code = seccomp.program("x86_64", 42, processes=False)
    assert interpret(code, {0: 0x40000000, 4: seccomp.AUDIT_ARCH["x86_64"]}) == seccomp.KILL_PROCESS


def test_a_deep_folder_is_removed_and_links_are_not_followed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("stays")
    top = tmp_path / "top"
    top.mkdir()
    (top / "link").symlink_to(kept, target_is_directory=True)
    code = "import os\nos.chdir('top')\nfor i in range(3000):\n    os.mkdir('d'); open('f', 'w').close(); os.chdir('d')"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    remove_tree(str(top))
    assert not top.exists()
    assert (kept / "file").read_text() == "stays"
