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
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeVar

from autograder import wire
from autograder.asks import answered
from autograder.calls import (
    Answer,
    Failed,
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
from autograder.sandbox.process import Busy, Server
from autograder.sandbox.replies import Asked, asks, read_ask, read_outcome, written
from autograder.stubs import Answered

Mode = Literal["none", "best-effort", "strict"]
HELLO_SECONDS = 30.0
CPU_SLACK = 10
PAUSE = 1.0  # seconds before a worker is asked for once more where the system had no room for a process
IN_VAIN = 10  # a function that builds on an endless one gets this part of the time: it may do without it
ASKS = 20_000  # calls that the grader answers within one call of the submission
AHEAD_BYTES = (
    32 << 10
)  # of calls sent before earlier ones are answered: less than a socket holds, so that sending never waits
ANY_SIZE = Limits(reply_bytes=sys.maxsize)
T = TypeVar("T")


class _Dead(InfrastructureError):
    """A server is gone, or starts workers that end at once."""

    def __init__(self, server: Server, message: str) -> None:
        super().__init__(message)
        self.server = server


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
        with self._lock, contextlib.suppress(Busy):  # the first use tries again, and says so
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
            memory_bytes=limits.memory_bytes,
            cpu_seconds=math.ceil(limits.total_seconds) + CPU_SLACK,
            scratch_bytes=limits.scratch_bytes,
            processes=limits.processes,
            threads=limits.threads,
        )
        try:
            server, connection, worker, report = self._spawned(framework, bounds)
        except Busy:
            time.sleep(PAUSE)
            server, connection, worker, report = self._spawned(framework, bounds)
        except _Dead as dead:
            with self._lock:
                if self._servers.get(framework) is dead.server:
                    self._servers.pop(framework).close()
            server, connection, worker, report = self._spawned(framework, bounds)
        isolation = self._isolation(report)
        if self.mode == "strict":
            _insist(isolation, lambda: _end(server, connection, worker))
        return server, connection, worker, isolation

    def _spawned(self, framework: str, bounds: Bounds) -> tuple[Server, Connection, int, Mapping[str, Any]]:
        with self._lock:
            server = self._server(framework)
        try:
            ours, worker = server.spawn(bounds)
            connection = Connection(ours)
            return server, connection, worker, self._hello(server, connection, worker)
        except Busy:
            raise
        except InfrastructureError as error:
            raise _Dead(server, str(error)) from error

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


@dataclass(eq=False)
class _Asked:
    """A request to the worker. Once it has left the queue without an outcome, the worker ended before it came to it."""

    kind: type[Loaded] | type[Returned]  # of an outcome that is no fault
    who: str
    args: int = 0
    names: frozenset[str] = frozenset()
    number: int = 0
    size: int = 0
    outcome: Any = None


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
        self._failures: dict[str, list[Failed]] = {}
        self._queue: deque[_Asked] = deque()  # what is under way, the oldest first
        self._replaced: frozenset[str] = frozenset()
        self._answer: Answer | None = None
        self._answering = 0.0  # seconds that answers took, which are not the submission's
        self._open()

    def load(self) -> Loaded | Raised | Failed:
        """Execute the module in the worker."""
        asked = _Asked(Loaded, "The module")
        if given_up := self._given_up(asked.who):
            return given_up
        if self._connection is None:
            self._open()
        request = {
            "op": "load",
            "name": self._submission.name,
            "source": self._submission.source,
            "opaque": dict(self._submission.opaque),
            "framework": self._submission.framework,
            "reply_bytes": self._limits.reply_bytes,
            "printed_chars": self._limits.printed_chars,
            "memory": self._limits.memory_bytes,
        }
        loaded: Loaded | Raised | Failed = self._exchange(asked, request)
        if isinstance(loaded, Loaded):
            loaded = self._install() or loaded
        self._loaded = loaded
        return loaded

    def replace(self, functions: Sequence[str], answer: Answer) -> None:
        """From now on answer the submission's own calls of these functions (see `Runner.replace`)."""
        self._replaced, self._answer = frozenset(functions), answer
        while self._queue:
            self._receive()
        if self._connection is not None and isinstance(self._loaded, Loaded):
            self._loaded = self._install() or self._loaded

    def call(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Outcome:
        """Call one function of the submission."""
        outcome = self.begin(function, args, kwargs)()
        return self.call(function, args, kwargs) if outcome is None else outcome

    def begin(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Callable[[], Outcome | None]:
        """Send a call; what is returned waits for the outcome, None where the worker ended at an earlier call."""
        asked = _Asked(Returned, function, len(args), frozenset(kwargs))
        request = {"op": "call", "function": function, "args": list(args), "kwargs": dict(kwargs)}
        try:
            message = self._message(asked, request)
        except wire.TooLarge as error:  # no suite's own arguments are: they came from the submission
            asked.outcome = Failed("too-large", f"{function} cannot be handed what your functions return: {error}.")
            return partial(self._wait, asked)
        ahead = 0 if self._replaced else AHEAD_BYTES  # a worker that asks has to be heard first
        while self._queue and sum(other.size for other in self._queue) + asked.size > ahead:
            self._receive()
        if given_up := self._given_up(function):
            asked.outcome = given_up
            return partial(self._wait, asked)
        if self._connection is None or self._loaded is None:
            self.load()
        if not isinstance(self._loaded, Loaded):
            asked.outcome = self._loaded
        elif any(self._handles.get(value) != self._generation for value in _handles(args, kwargs)):
            lost = f"{function} needs a value that was lost when the worker holding it ended."
            asked.outcome = Failed("crashed", lost)
        else:
            self._send(asked, message)
        return partial(self._wait, asked)

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
        self._queue.clear()
        connection, self._connection = getattr(self, "_connection", None), None
        if connection is None:
            return None
        return _end(self._server, connection, self._worker, grace)

    def _install(self) -> Failed | None:
        """Put the stubs into a worker; returns what went wrong."""
        if not self._replaced:
            return None
        asked = _Asked(Returned, "The module")
        outcome = self._exchange(asked, {"op": "replace", "functions": sorted(self._replaced)})
        return outcome if isinstance(outcome, Failed) else None

    def _exchange(self, asked: _Asked, request: Mapping[str, Any]) -> Any:
        self._send(asked, self._message(asked, request))
        return self._wait(asked)

    def _message(self, asked: _Asked, request: Mapping[str, Any]) -> bytes:
        self._number += 1
        asked.number = self._number
        try:
            message = wire.encode({**request, "id": asked.number}, ANY_SIZE)
        except wire.NotData as error:
            raise InfrastructureError(f"the arguments of {asked.who} cannot be sent: {error}") from error
        asked.size = len(message)
        return message

    def _send(self, asked: _Asked, message: bytes) -> None:
        """Send a request and put it into the queue; where that fails, give it its outcome."""

        def step(connection: Connection, deadline: float) -> None:
            if not self._queue and connection.talks():
                raise wire.WireError(f"{asked.who} was not asked yet, and the submission answered already.")
            try:
                connection.send(message, deadline)
            except (Late, Ended):
                if not self._queue:
                    raise
                while self._queue:  # the fault is the oldest call's that is not answered
                    self._receive()
                self._drop(grace=False)

        asked.outcome = self._attempt(asked.who, step)
        if asked.outcome is None and self._connection is not None:
            self._queue.append(asked)

    def _wait(self, asked: _Asked) -> Any:
        while asked in self._queue:
            self._receive()
        return asked.outcome

    def _receive(self) -> None:
        """Wait for the reply to the oldest request under way."""
        asked = self._queue.popleft()
        asked.outcome = self._attempt(asked.who, partial(self._reply, asked))
        if isinstance(asked.outcome, Failed) and asked.outcome.kind != "not-data":
            self._failures.setdefault(asked.who, []).append(asked.outcome)

    def _given_up(self, who: str) -> Failed | None:
        failures = self._failures.get(who, [])
        if len(failures) >= self._limits.tries:
            return replace(failures[-1], message=f"{failures[-1].message.rstrip('.')} (not tried again).")
        return None

    def _stuck(self, who: str) -> str:
        """Return the function without end that another one builds on; empty where there is none."""
        for helper in self._submission.helpers.get(who, ()):
            late = [failed for failed in self._failures.get(helper, []) if failed.kind == "timeout"]
            if late and helper not in self._replaced:
                return helper
        return ""

    def _reply(self, asked: _Asked, connection: Connection, deadline: float) -> Loaded | Outcome:
        start, answering = time.monotonic(), self._answering
        reply = connection.receive(self._limits, deadline)
        if asks(reply):
            reply = self._answered(asked, reply, connection, deadline)
        seconds = time.monotonic() - start - (self._answering - answering)
        outcome = read_outcome(reply, asked.number, self._submission.source, seconds)
        if isinstance(outcome, Loaded | Returned) and type(outcome) is not asked.kind:
            raise wire.WireError(f"{asked.who} answered something that was not asked.")
        if isinstance(outcome, Returned):
            if len(outcome.arguments[0]) != asked.args or outcome.arguments[1].keys() != asked.names:
                raise wire.WireError("The reply is about other arguments.")  # a check relies on these
            self._handles.update(dict.fromkeys(_handles([outcome.value], {}), self._generation))
        return outcome

    def _answered(self, asked: _Asked, reply: Any, connection: Connection, deadline: float) -> Any:
        """Answer what the submission asks in the course of one call; returns the reply to the call itself."""
        already, received, count = self._answering, connection.received, 0
        while asks(reply):
            ask = read_ask(reply, asked.number, self._replaced)
            count += 1
            if count > ASKS:
                raise wire.WireError(f"{asked.who} asked for more than {ASKS:,} calls.")
            if connection.received - received > self._limits.reply_bytes:
                raise wire.WireError(
                    f"{asked.who} asked with more than {self._limits.reply_bytes >> 20} MB of arguments."
                )
            if self._answering > self._limits.total_seconds:
                raise Late
            connection.send(self._reply_to(ask, asked.number), deadline + self._answering - already)
            reply = connection.receive(self._limits, deadline + self._answering - already)
        return reply

    def _reply_to(self, ask: Asked, number: int) -> bytes:
        assert self._answer is not None
        start = time.monotonic()
        framework = self._submission.framework
        try:
            found = answered(self._answer, framework, ask.function, ask.args, ask.kwargs, ask.gradients)
            try:
                return wire.encode({"op": "answer", "id": number, **written(found)}, ANY_SIZE)
            except wire.WireError as error:
                failed = Answered(Failed("not-data", f"{ask.function} returns {error}."))
                return wire.encode({"op": "answer", "id": number, **written(failed)}, ANY_SIZE)
        except BaseException:  # the worker waits in vain
            self._drop(grace=False)
            raise
        finally:
            took = time.monotonic() - start
            self._answering += took
            self._spent -= took

    def _attempt(self, who: str, step: Callable[[Connection, float], T]) -> T | Failed:
        """Take one step of an exchange, given the connection and a deadline; what goes wrong in it is an outcome."""
        limits, start = self._limits, time.monotonic()
        left = limits.total_seconds - self._spent
        if left <= 0:
            self._drop(grace=False)
            return Failed("timeout", f"The submission used up its {limits.total_seconds:g} seconds.")
        assert self._connection is not None
        try:
            seconds = min(limits.call_seconds, left)
            stuck = self._stuck(who)
            return step(self._connection, start + (seconds / IN_VAIN if stuck else seconds))
        except Late:
            self._drop(grace=False)
            message = f"{who} did not finish either: it builds on {stuck}." if stuck else _too_long(who, limits, left)
            return Failed("timeout", message, time.monotonic() - start)
        except Ended:
            status = self._drop(grace=True)
            return Failed("crashed", _ending(who, status), time.monotonic() - start)
        except wire.WireError as error:
            self._drop(grace=False)
            message = f"{error} The submission wrote to the grader's channel."
            return Failed("protocol", message, time.monotonic() - start)
        finally:
            self._spent += time.monotonic() - start


def _kind_of_server() -> Callable[[str, str, Sequence[str]], Server]:
    """Fork where that is safe and can be confined; imports only what this system has."""
    if sys.platform == "linux":
        from autograder.sandbox.forkserver import ForkServer

        return ForkServer
    from autograder.sandbox.freshserver import FreshServer

    return FreshServer


def _end(server: Server, connection: Connection, worker: int, grace: bool = False) -> int | None:
    connection.close()
    try:
        return server.end(worker, grace)
    except InfrastructureError:  # the worker has died with its server
        if grace:
            raise  # and is not to blame
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
    return f"{who} did not finish within {limits.call_seconds:g} seconds: it has a loop that never ends, or is far too slow."


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
