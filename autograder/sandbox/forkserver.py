"""The client's end of a warm server: starts it, asks it for workers, notices when it is gone."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from autograder.calls import InfrastructureError
from autograder.sandbox.cleanup import remove_tree
from autograder.sandbox.limits import Bounds
from autograder.sandbox.process import Busy, Server, package_folders, started

START_SECONDS = 120.0  # a cold disk may need long for torch
ANSWER_SECONDS = 20.0


class ForkServer(Server):
    """A process that imports `framework` once and forks workers. Starts at once, waits at the first use."""

    def __init__(self, framework: str, mode: str, canaries: Sequence[str]) -> None:
        self._lock = threading.Lock()
        self._ready = False
        self._channels: list[socket.socket] = []  # sockets to workers that came with an answer
        self.base = tempfile.mkdtemp(prefix="anndl-")
        self._control, theirs = socket.socketpair()
        settings = {
            "role": "server",
            "control": theirs.fileno(),
            "framework": framework,
            "mode": mode,
            "base": self.base,
            "canaries": list(canaries),
            "packages": package_folders(framework),
        }
        with theirs:
            self._process = started(settings, self.base, subprocess.PIPE, fds=[theirs.fileno()])

    @property
    def pid(self) -> int:
        """The keeper's process id, above the server and all workers."""
        return self._process.pid

    def spawn(self, bounds: Bounds) -> tuple[socket.socket, int]:
        """Fork a worker; returns the socket to it and its name towards the server.

        Raises:
            Busy: no more processes can be had at the moment.
            InfrastructureError: the server cannot be started or does not answer.
        """
        with self._lock:
            if not self._ready:
                self._receive(START_SECONDS)
                self._ready = True
            answer = self._ask({"op": "open", "bounds": asdict(bounds)})
            if "busy" in answer:
                raise Busy(f"no worker can be started ({answer['busy']})")
            return self._channels.pop(), int(answer["worker"])

    def end(self, worker: int, grace: bool) -> int | None:
        """End a worker; returns its exit status where it ended by itself (`grace`: is about to), negative for a signal.

        Raises:
            InfrastructureError: the server does not answer; its worker dies with it.
        """
        request = {"op": "close", "worker": worker, "grace": grace}
        with self._lock:
            if not grace:
                self._tell(request)
                return None
            status = self._ask(request).get("status")
            return None if status is None else int(status)

    def close(self) -> None:
        """End the server and all its workers."""
        self._control.close()
        try:
            self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()
        remove_tree(self.base)

    def _ask(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        self._tell(request)
        return self._receive(ANSWER_SECONDS)

    def _tell(self, request: Mapping[str, Any]) -> None:
        try:
            self._control.settimeout(ANSWER_SECONDS)
            self._control.sendall(json.dumps(request).encode() + b"\n")
        except OSError as error:
            raise InfrastructureError(f"the process that starts workers is gone ({error})") from error

    def _receive(self, seconds: float) -> Mapping[str, Any]:
        data = b""
        try:
            self._control.settimeout(seconds)
            while not data.endswith(b"\n"):
                more, fds, _, _ = socket.recv_fds(self._control, 1 << 16, 1, socket.MSG_CMSG_CLOEXEC)
                self._channels += [socket.socket(fileno=fd) for fd in fds]
                if not more:
                    raise InfrastructureError(f"the process that starts workers ended: {self._last_words()}")
                data += more
        except OSError as error:
            raise InfrastructureError(f"the process that starts workers does not answer ({error})") from error
        answer: Mapping[str, Any] = json.loads(data)
        return answer

    def _last_words(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired, OSError, ValueError):
            self._process.wait(5.0)
            if self._process.stderr:
                return self._process.stderr.read().decode(errors="replace").strip()[-500:] or "without a word"
        return "without a word"
