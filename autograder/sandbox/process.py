"""How a process that runs submissions is started, warm or for one submission only; the client's side."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from autograder.calls import InfrastructureError
from autograder.sandbox.cleanup import remove_tree
from autograder.sandbox.limits import Bounds


class Busy(InfrastructureError):
    """No process can be started just now; a moment later one may."""


class Server(Protocol):
    """Where workers come from."""

    def spawn(self, bounds: Bounds) -> tuple[socket.socket, int]:
        """Start a worker; returns the socket to it and its name towards the server."""

    def end(self, worker: int, grace: bool) -> int | None:
        """End a worker; returns its exit status where it ended by itself (`grace`: is about to), negative for a signal."""

    def close(self) -> None:
        """End all workers."""


def command(settings: Mapping[str, Any]) -> list[str]:
    """Return the command line of `boot.py`, isolated from user site-packages and `.pth` files; see `environment`."""
    boot = Path(__file__).resolve().parent / "boot.py"
    return [sys.executable, "-P", "-s", "-S", "-B", str(boot), json.dumps(settings)]


def started(
    settings: Mapping[str, Any], base: str, stderr: int, fds: Sequence[int] = (), scratch: str = ""
) -> subprocess.Popen[bytes]:
    """Start a process as `settings` say; where that fails, remove its folder `base`.

    Raises:
        Busy: the system has no room for it.
    """
    try:
        return subprocess.Popen(
            command(settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            pass_fds=fds,
            env=environment(scratch or base),
            cwd="/" if sys.platform != "win32" else None,
            start_new_session=True,
        )
    except OSError as error:
        remove_tree(base)
        raise Busy(f"no process can be started ({error})") from error


def package_folders(framework: str) -> list[str]:
    """Return the site-packages folders of NumPy and, for torch exercises, of torch, found without importing either."""
    folders: list[str] = []
    for name in ("numpy", "torch")[: 2 if framework == "torch" else 1]:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise InfrastructureError(f"{name} is not installed for {sys.executable}")
        folder = os.path.dirname(os.path.dirname(os.path.abspath(spec.origin)))
        if folder not in folders:
            folders.append(folder)
    return folders


def environment(scratch: str) -> dict[str, str]:
    """Return all that the environment contains: no secret, one thread, where libraries and temporary files lie.

    Sets of strings have the same order in every worker, so that what a submission makes of one gets the same mark each time.
    """
    one = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ}
    return {**one, **kept, "PYTHONHASHSEED": "0", "LANG": "C.UTF-8", "PATH": "", "TMPDIR": scratch, "TEMP": scratch}
