"""`Sandbox`: opens submissions in confined workers, and keeps the clock. The trusted side of the worker.

with Sandbox("strict") as sandbox:
    runner = sandbox.open(submission, Limits())
    runner.load()
    outcome = runner.call("softmax", [scores], {})
    runner.close()
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from autograder import wire
from autograder.calls import (
    Failed,
    FailureKind,
    Handle,
    InfrastructureError,
    Isolation,
    Limits,
    Loaded,
    Outcome,
    Raised,
    Returned,
    Submission,
)
from autograder.sandbox.connection import Connection, Ended, Late
from autograder.sandbox.limits import Bounds
from autograder.sandbox.process import Server

Mode = Literal["none", "best-effort", "strict"]
HELLO_SECONDS = 30.0
CPU_SLACK = 10
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Sandbox:
    """Warm servers and the workers forked from them; may be used from several threads.

    Args:
        mode: "strict" refuses to run anything unless files, network and processes are closed to the submission;
            "best-effort" confines with what the system has and says what is missing; "none" only separates and times.
        canaries: files that a submission must not be able to read, besides one of the sandbox's own.
    """

    def __init__(self, mode: Mode = "strict", canaries: Sequence[Path] = ()) -> None:
        self.mode = mode
        # A file of the kit itself stands for all of it, the suites included.
        self._canaries = [str(Path(__file__).resolve()), *(str(path.resolve()) for path in canaries)]
        self._servers: dict[str, Server] = {}
        self._new_server: Callable[[str, str, Sequence[str]], Server] = _kind_of_server()
        self._owner = os.getpid()
        self._lock = threading.Lock()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self, framework: str = "numpy") -> None:
        """Start the server for a framework without waiting for it, so that it imports while the caller does, too."""
        with self._lock:
            self._server(framework)

    def open(self, submission: Submission, limits: Limits | None = None) -> ConfinedRunner:
        """Fork and confine a worker for a submission.

        Raises:
            InfrastructureError: no worker can be had, or in strict mode none that is closed.
        """
        return ConfinedRunner(self, submission, limits or Limits())

    def close(self) -> None:
        """End all servers and workers."""
        with self._lock:
            if self._owner == os.getpid():
                for server in self._servers.values():
                    server.close()
            self._servers.clear()

    def spawn(self, framework: str, limits: Limits) -> tuple[Server, Connection, int, Isolation]:
        """Return a worker that has reported its isolation; a server that has died is replaced once.

        Raises:
            InfrastructureError: no worker can be had, or in strict mode none that is closed.
        """
        bounds = Bounds(
            limits.memory_bytes, math.ceil(limits.total_seconds) + CPU_SLACK, limits.scratch_bytes, limits.processes
        )
        with self._lock:
            server = self._server(framework)
        try:
            ours, worker = server.spawn(bounds)
            connection = Connection(ours)
            report = self._hello(server, connection, worker)
        except InfrastructureError:
            with self._lock:
                if self._servers.get(framework) is server:
                    self._servers.pop(framework).close()
                server = self._server(framework)
            ours, worker = server.spawn(bounds)
            connection = Connection(ours)
            report = self._hello(server, connection, worker)
        isolation = self._isolation(report)
        if self.mode == "strict":
            _insist(isolation, lambda: _end(server, connection, worker))
        return server, connection, worker, isolation

    def _server(self, framework: str) -> Server:
        if self._owner != os.getpid():  # after a fork the servers are the parent's
            self._owner, self._servers = os.getpid(), {}
        if framework not in self._servers:
            self._servers[framework] = self._new_server(framework, self.mode, self._canaries)
        return self._servers[framework]

    @staticmethod
    def _hello(server: Server, connection: Connection, worker: int) -> Mapping[str, Any]:
        try:
            report: Mapping[str, Any] = connection.receive(Limits(), time.monotonic() + HELLO_SECONDS)
        except (Late, Ended, wire.WireError) as error:
            status = _end(server, connection, worker, grace=True)
            raise InfrastructureError(f"a worker ended before it was confined (status {status})") from error
        return report

    def _isolation(self, report: Mapping[str, Any]) -> Isolation:
        return Isolation(
            mode=self.mode,
            layers=tuple(report["layers"]),
            files_closed=not report["files"],
            network_closed=not report["network"],
            processes_closed=not report["processes"],
            missing=tuple(report["missing"]) if self.mode != "none" else ("nothing was closed, as asked",),
        )


class ConfinedRunner:
    """One submission in a worker of its own; a worker that dies is replaced at the next call."""

    isolation: Isolation

    def __init__(self, sandbox: Sandbox, submission: Submission, limits: Limits) -> None:
        self._sandbox, self._submission, self._limits = sandbox, submission, limits
        self._number = 0
        self._spent = 0.0
        self._loaded: Loaded | Raised | Failed | None = None
        self._generation = 0
        self._handles: dict[Handle, int] = {}  # handle -> generation of the worker that holds it
        self._closed = False
        self._open()

    def load(self) -> Loaded | Raised | Failed:
        """Execute the module in the worker."""
        if self._connection is None:
            self._open()
        request = {
            "op": "load",
            "name": self._submission.name,
            "source": self._submission.source,
            "opaque": dict(self._submission.opaque),
            "reply_bytes": self._limits.reply_bytes,
            "printed_chars": self._limits.printed_chars,
            "memory": self._limits.memory_bytes,
        }
        outcome = self._exchange(request, "The module")
        if isinstance(outcome, Returned):
            outcome = self._broken("The module answered a call that was not made.", outcome.seconds)
        self._loaded = outcome
        return outcome

    def call(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Outcome:
        """Call one function of the submission."""
        if self._connection is None or self._loaded is None:
            loaded = self.load()
            if not isinstance(loaded, Loaded):
                return loaded
        elif not isinstance(self._loaded, Loaded):
            return self._loaded
        if any(self._handles.get(value) != self._generation for value in _handles(args, kwargs)):
            return Failed("crashed", f"{function} needs a value that was lost when the worker holding it ended.")
        request = {"op": "call", "function": function, "args": list(args), "kwargs": dict(kwargs)}
        outcome = self._exchange(request, function)
        if isinstance(outcome, Loaded):
            return self._broken(f"{function} answered as if it had been loaded.", outcome.seconds)
        if isinstance(outcome, Returned):
            self._handles.update(dict.fromkeys(_handles([outcome.value], {}), self._generation))
        return outcome

    def close(self) -> None:
        """End the worker and all it started."""
        self._closed = True
        self._drop(grace=False)

    def _open(self) -> None:
        if self._closed:
            raise InfrastructureError("this runner is closed")
        self._generation += 1
        self._server, connection, self._worker, self.isolation = self._sandbox.spawn(
            self._submission.framework, self._limits
        )
        self._connection: Connection | None = connection

    def _drop(self, grace: bool) -> int | None:
        connection, self._connection = getattr(self, "_connection", None), None
        if connection is None:
            return None
        return _end(self._server, connection, self._worker, grace)

    def _exchange(self, request: dict[str, Any], who: str) -> Loaded | Outcome:
        connection, limits = self._connection, self._limits
        assert connection is not None
        left = limits.total_seconds - self._spent
        if left <= 0:
            self._drop(grace=False)
            return Failed("timeout", f"The submission used up its {limits.total_seconds:g} seconds.")
        self._number += 1
        start = time.monotonic()
        try:
            message = wire.encode({**request, "id": self._number}, Limits(reply_bytes=sys.maxsize))
        except wire.WireError as error:
            raise InfrastructureError(f"the arguments of {who} cannot be sent: {error}") from error
        start = time.monotonic()
        try:
            if connection.talks():
                return self._broken(f"{who} was not asked yet, and the submission answered already.", 0.0)
            deadline = start + min(limits.call_seconds, left)
            connection.send(message, deadline)
            reply = connection.receive(limits, deadline)
            seconds = time.monotonic() - start
            outcome = _outcome(reply, self._number, self._submission.source, seconds)
            if isinstance(outcome, Returned) and not _echoes(outcome, request):
                raise wire.WireError("The reply is about other arguments.")
            return outcome
        except Late:
            self._drop(grace=False)
            return Failed("timeout", _too_long(who, limits, left), time.monotonic() - start)
        except Ended:
            status = self._drop(grace=True)
            return Failed("crashed", _ending(who, status), time.monotonic() - start)
        except wire.WireError as error:
            return self._broken(str(error), time.monotonic() - start)
        finally:
            self._spent += time.monotonic() - start

    def _broken(self, message: str, seconds: float) -> Failed:
        """Give up on a worker that does not keep to the protocol."""
        self._drop(grace=False)
        return Failed("protocol", f"{message} The submission wrote to the grader's channel.", seconds)


def _kind_of_server() -> Callable[[str, str, Sequence[str]], Server]:
    """Fork where that is safe and can be confined; imports only what this system has."""
    if sys.platform == "linux":
        from autograder.sandbox.forkserver import ForkServer

        return ForkServer
    from autograder.sandbox.freshserver import FreshServer

    return FreshServer


def _end(server: Server, connection: Connection, worker: int, grace: bool = False) -> int | None:
    connection.close()
    with contextlib.suppress(InfrastructureError):  # then the worker has died with its server
        return server.end(worker, grace)
    return None


def _insist(isolation: Isolation, end: Any) -> None:
    open_ = [
        name
        for name, closed in (
            ("files", isolation.files_closed),
            ("the network", isolation.network_closed),
            ("processes", isolation.processes_closed),
        )
        if not closed
    ]
    if open_:
        end()
        lacking = "; ".join(isolation.missing) or "no reason known"
        raise InfrastructureError(
            f"a submission could reach {' and '.join(open_)} on this machine (missing here: {lacking}); "
            "nothing is run in strict mode"
        )


def _outcome(reply: Any, number: int, source: str, seconds: float) -> Loaded | Outcome:
    """Turn a reply into an outcome, believing only its form.

    Raises:
        WireError: it has another form.
    """
    if type(reply) is not dict or type(reply.get("id")) is not int or reply["id"] != number:
        raise wire.WireError("The reply belongs to no request.")
    printed = _typed(reply, "printed", str)
    kind = reply.get("kind")
    if kind == "loaded":
        functions = _typed(reply, "functions", dict)
        if any(type(signature) is not str for signature in functions.values()):
            raise wire.WireError("The reply has an unknown form.")
        return Loaded(functions, printed, seconds)
    if kind == "returned":
        if "value" not in reply:
            raise wire.WireError("The reply has an unknown form.")
        arguments = _typed(reply, "args", list), _typed(reply, "kwargs", dict)
        return Returned(reply["value"], arguments, printed, seconds)
    if kind == "raised":
        return _raised(reply, source, printed, seconds)
    if kind == "failed":
        failure: dict[str, FailureKind] = {
            name: name
            for name in ("memory", "too-large", "protocol", "not-data")  # type: ignore[misc]
        }
        name = _typed(reply, "failure", str)
        if name not in failure:
            raise wire.WireError("The reply has an unknown form.")
        return Failed(failure[name], _typed(reply, "message", str)[:1000], seconds)
    raise wire.WireError("The reply has an unknown form.")


def _echoes(outcome: Returned, request: Mapping[str, Any]) -> bool:
    """Tell whether as many arguments came back as were sent, by the same names: a check relies on that."""
    args, kwargs = outcome.arguments
    return len(args) == len(request.get("args", ())) and kwargs.keys() == request.get("kwargs", {}).keys()


def _raised(reply: Mapping[str, Any], source: str, printed: str, seconds: float) -> Raised:
    line, lines = reply.get("line"), source.splitlines()
    text = ""
    if type(line) is int and 1 <= line <= len(lines):
        text = lines[line - 1].strip()
    else:
        line = None
    bases = _typed(reply, "bases", list)
    if any(type(base) is not str for base in bases):
        raise wire.WireError("The reply has an unknown form.")
    return Raised(
        type=_typed(reply, "type", str)[:100],
        message=_typed(reply, "message", str)[:4000],
        bases=tuple(bases),
        line=line,
        source=text,
        traceback=_typed({"traceback": "", **reply}, "traceback", str)[:10_000],
        printed=printed,
        seconds=seconds,
    )


def _typed(reply: Mapping[str, Any], key: str, kind: type) -> Any:
    value = reply.get(key)
    if type(value) is not kind:
        raise wire.WireError("The reply has an unknown form.")
    return _printable(value) if type(value) is str else value


def _printable(text: str) -> str:
    """Take out what would steer a terminal."""
    return text if text.isprintable() else _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def _handles(args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Handle]:
    found: list[Handle] = []
    for value in (*args, *kwargs.values()):
        if type(value) is Handle:
            found.append(value)
        elif type(value) in (list, tuple):
            found += _handles(value, {})
        elif type(value) is dict:
            found += _handles((), value)
    return found


def _too_long(who: str, limits: Limits, left: float) -> str:
    if left < limits.call_seconds:
        return f"{who} did not finish before the submission's {limits.total_seconds:g} seconds were used up."
    return f"{who} did not finish within {limits.call_seconds:g} seconds; is there a loop that never ends?"


def _ending(who: str, status: int | None) -> str:
    if status is None:
        return f"{who} cut the connection to the grader."
    if status >= 0:
        return f"{who} ended the whole process with exit status {status}, as os._exit does; it should return a result."
    if -status == signal.SIGSEGV:
        return f"{who} crashed Python itself (segmentation fault): a recursion without end, or memory overwritten."
    if -status == getattr(signal, "SIGKILL", 9):
        return f"{who} was stopped by the system: its processor time, its disk space or the memory was used up."
    with contextlib.suppress(ValueError):
        return f"{who} crashed Python itself (signal {signal.Signals(-status).name})."
    return f"{who} crashed Python itself (signal {-status})."


__all__ = ["ConfinedRunner", "Sandbox"]
