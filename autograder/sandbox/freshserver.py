"""Workers where there is no Linux: a process started for each submission, reached over a loopback connection."""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict

from autograder.calls import InfrastructureError
from autograder.sandbox.cleanup import remove_tree
from autograder.sandbox.limits import Bounds
from autograder.sandbox.process import Server, package_folders, started

START_SECONDS = 120.0
GRACE = 0.5


class FreshServer(Server):
    """Starts a process per submission; the import of NumPy or torch is paid each time."""

    def __init__(self, framework: str, mode: str, canaries: Sequence[str]) -> None:
        self._framework, self._canaries = framework, list(canaries)
        self._serial = itertools.count(1)
        self._workers: dict[int, tuple[subprocess.Popen[bytes], str]] = {}

    def spawn(self, bounds: Bounds) -> tuple[socket.socket, int]:
        """Start a worker.

        Raises:
            Busy: the system has no room for it.
            InfrastructureError: it does not come up.
        """
        token, base = secrets.token_hex(16), tempfile.mkdtemp(prefix="anndl-")
        scratch = os.path.join(base, "scratch")
        os.mkdir(scratch)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            settings = {
                "role": "fresh",
                "port": listener.getsockname()[1],
                "token": token,
                "framework": self._framework,
                "scratch": scratch,
                "canaries": self._canaries,
                "packages": package_folders(self._framework),
                "bounds": asdict(bounds),
            }
            process = started(settings, base, subprocess.DEVNULL, scratch=scratch)
            worker = next(self._serial)
            self._workers[worker] = (process, base)
            try:
                return _accept(listener, process, token), worker
            except OSError as error:
                self.end(worker, grace=False)
                raise InfrastructureError(f"the worker does not come up ({error})") from error

    def end(self, worker: int, grace: bool) -> int | None:
        """End a worker and, where the system has process groups, what it started."""
        process, base = self._workers.pop(worker)
        status = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = process.wait(GRACE if grace else 0)
        if sys.platform != "win32":
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()
        remove_tree(base)
        return status

    def close(self) -> None:
        """End all workers."""
        for worker in list(self._workers):
            self.end(worker, grace=False)


def _accept(listener: socket.socket, process: subprocess.Popen[bytes], token: str) -> socket.socket:
    """Return the connection of the process that knows the token; others on the machine may try the port, too."""
    deadline = time.monotonic() + START_SECONDS
    listener.settimeout(0.2)
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise OSError(f"it ended with status {process.returncode}")
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        connection.settimeout(5.0)
        said = b""
        with contextlib.suppress(OSError):
            while len(said) < len(token):
                more = connection.recv(len(token) - len(said))
                if not more:
                    break
                said += more
        if secrets.compare_digest(said, token.encode()):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
        connection.close()
    raise OSError("it took too long")
