"""The arena, run once for root and once for an ordinary user, both at the same time; and a warm sandbox."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.sandbox.client import Sandbox

ROOT = Path(__file__).resolve().parents[2]
USERS = ("root", "user") if os.geteuid() == 0 else ("user",)


class Arena:
    """The running arenas, one per user; `results` waits."""

    def __init__(self, folder: Path, users: tuple[str, ...], stage: str) -> None:
        self._stage = stage
        self._processes = {user: self._start(folder / user, user) for user in users}
        self._results: dict[str, dict[str, Any]] = {}

    def _start(self, folder: Path, user: str) -> subprocess.Popen[str]:
        project = folder / "project"
        for tree in ("autograder", "course", "solutions", "reference", "exercises"):
            shutil.copytree(ROOT / tree, project / tree, ignore=shutil.ignore_patterns("__pycache__", "runs"))
        (project / "solutions" / "secret.py").write_text("CANARY-" + "5f1d")
        for name in ("home", "tmp"):
            (folder / name).mkdir()
        return subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("arena.py")), str(folder), user, self._stage],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def results(self, user: str) -> dict[str, Any]:
        """Return what one arena found."""
        if user not in self._results:
            out, err = self._processes[user].communicate(timeout=1200)
            assert self._processes[user].returncode == 0, err[-3000:]
            self._results[user] = json.loads(out)
        return self._results[user]

    def close(self) -> None:
        """End what still runs."""
        for process in self._processes.values():
            process.kill()
            process.communicate()


@contextlib.contextmanager
def started(users: tuple[str, ...], stage: str) -> Iterator[Arena]:
    """Start arenas in a folder of their own: pytest's temporary folders are closed to other users, again and again."""
    with tempfile.TemporaryDirectory(prefix="anndl-arena-") as folder:
        os.chmod(folder, 0o711)
        arena = Arena(Path(folder), users, stage)
        try:
            yield arena
        finally:
            arena.close()


@pytest.fixture(scope="session")
def arena() -> Iterator[Arena]:
    with started(USERS, "runs") as arena:
        yield arena


@pytest.fixture
def graded() -> Iterator[Arena]:
    with started(("user",), "grades") as arena:
        yield arena


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox("strict") as sandbox:
        yield sandbox
