"""What `make` installs: which build of torch, and every package at a pinned version."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.packaging.conftest import ROOT


@pytest.fixture(scope="module")
def install() -> ModuleType:
    spec = importlib.util.spec_from_file_location("anndl_install", ROOT / "tools" / "install.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("choice", "system", "driver", "cpu"),
    [
        ("auto", "Linux", False, True),
        ("auto", "Linux", True, False),
        ("auto", "Darwin", False, False),
        ("gpu", "Linux", False, False),
        ("cpu", "Linux", True, True),
    ],
)
def test_the_build_of_torch(install: ModuleType, choice: str, system: str, driver: bool, cpu: bool) -> None:
    assert install.cpu_build_wanted(choice, system, driver) is cpu


@pytest.mark.parametrize(("script", "found"), [("exit 0", True), ("exit 9", False)])
def test_a_driver_counts_only_if_it_answers(
    install: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, found: bool
) -> None:
    command = tmp_path / "nvidia-smi"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert install.has_nvidia_driver() is found
    command.unlink()
    assert install.has_nvidia_driver() is False


def test_an_index_that_never_answers_does_not_hold_up_the_installation(install: ModuleType) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start = time.monotonic()
        assert install.reached(f"http://127.0.0.1:{silent.getsockname()[1]}/torch/") is False
        assert time.monotonic() - start < install.PROBE_SECONDS + 5
    assert install.reached("http://127.0.0.1:9/torch/") is False
    assert install.cpu_index().startswith("https://")


def pins() -> dict[str, set[str]]:
    """Return the pinned versions by name."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), f"{line} is no pin"
            found.setdefault(canonicalize_name(requirement.name), set()).add(str(requirement.specifier)[2:])
    return found


def test_every_package_that_gets_installed_is_pinned() -> None:
    pinned, todo, seen, unpinned = pins(), [Requirement("anndl[dev]")], set[str](), set[str]()
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        key = f"{name}{sorted(requirement.extras)}"
        if key in seen:
            continue
        seen.add(key)
        if name != "anndl" and name not in pinned:
            unpinned.add(name)
        try:
            needs = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # its marker holds elsewhere only
        for text in needs:
            need = Requirement(text)
            if need.marker is None or any(
                need.marker.evaluate({"extra": extra}) for extra in ("", *requirement.extras)
            ):
                todo.append(need)
    assert len(seen) > 100
    assert unpinned == set()


def test_the_ranges_of_the_project_admit_the_pins() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    for requirement in map(Requirement, asked):
        if requirement.name != "anndl":
            assert any(v in requirement.specifier for v in pins()[canonicalize_name(requirement.name)]), requirement


def test_the_script_needs_nothing_but_python() -> None:
    command = [sys.executable, "-I", "-S", str(ROOT / "tools" / "install.py"), "--help"]
    assert "--torch" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
