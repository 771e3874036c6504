"""The warm server: imports NumPy or torch once, then forks one worker per submission and reaps it. Linux only.

Two processes: a keeper that enters the namespaces, waits and removes the scratch folder; and below it, first in its process
namespace, the server. When the client goes away, its end of the control socket closes, the server ends, and the kernel ends
every worker with it. Requests are JSON lines, one at a time; the answer to `open` brings the socket to a worker.
"""

from __future__ import annotations

import contextlib
import gc
import json
import math
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.sandbox import confine, forked, linux, probes, root, warm, worker
from autograder.sandbox.cleanup import remove_tree
from autograder.sandbox.confine import Held
from autograder.sandbox.limits import Bounds, size_now

GRACE = 0.2  # seconds in which a worker that closed its socket may end by itself, so that the cause is known
POLL = 0.1  # seconds between two looks at scratch folders that the kernel does not bound
MOMENT = 0.001  # seconds between two looks at workers that were killed


@dataclass
class Site:
    """What every worker of a server needs to know."""

    mode: str
    base: str  # folder of the scratch folders, of the canary and of the listener
    canaries: list[str]
    listeners: tuple[socket.socket, ...]
    port: int
    unix: str
    conclusive: bool  # the listener could be reached before confinement
    namespaces: bool = False
    first_user: int = confine.NOBODY  # of the users that workers become, with `nobody`
    nobody: bool = False
    readable: tuple[int, ...] = ()
    size: int = 0
    scratch: str = ""  # where each worker mounts its own, with namespaces
    server: int = 0  # process id of the workers' parent
    held: Held | None = None


def main(settings: Mapping[str, Any]) -> None:
    """Serve until the client goes away."""
    base = settings["base"]
    os.chmod(base, 0o711)
    place = _place(settings)
    place.first_user = confine.first_user()
    held = Held()
    if settings["mode"] != "none":
        place.namespaces = confine.enter_namespaces(held)
    place.held = held
    server = os.fork()
    if server == 0:
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
        code = 1
        try:
            _serve(settings, place)
            code = 0
        except BaseException:
            traceback.print_exc()  # the client reads it where the start failed
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.close(settings["control"])
    os.waitpid(server, 0)
    remove_tree(base)


def _place(settings: Mapping[str, Any]) -> Site:
    """Lay out the canary and the listener, and see that both can be reached from here."""
    base = settings["base"]
    canary = os.path.join(base, "canary")
    with open(canary, "w") as file:
        file.write("a submission that can read this could read the solutions")
    os.chmod(canary, 0o644)
    tcp = socket.create_server(("127.0.0.1", 0))
    unix = os.path.join(base, "listener")
    named = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    named.bind(unix)
    os.chmod(unix, 0o777)
    named.listen()
    for listener in (tcp, named):
        listener.setblocking(False)
    port = tcp.getsockname()[1]
    return Site(
        mode=settings["mode"],
        base=base,
        canaries=[canary, *settings["canaries"]],
        listeners=(tcp, named),
        port=port,
        unix=unix,
        conclusive=probes.network_open(port, unix, False),
    )


def _serve(settings: Mapping[str, Any], place: Site) -> None:
    control = socket.socket(fileno=settings["control"])
    linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)
    warm.load(settings["framework"])
    warm.tidy()
    place.size = size_now()
    readable = confine.readable_paths(settings["packages"])
    if place.namespaces:
        _leave_root(place, readable)
    while os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC) <= forked.CHANNEL:
        pass  # the worker's own descriptors must not fall on one of these
    place.readable = tuple(os.open(path, os.O_PATH | os.O_CLOEXEC) for path in readable)
    place.nobody = os.geteuid() == 0 and confine.nobody_can_read([os.__file__, str(sys.modules["numpy"].__file__)])
    place.server = os.getpid()
    linux.drop_bounding_set()  # inherited by the workers; what this process holds it keeps
    gc.collect()
    gc.freeze()  # a collection in a worker would otherwise copy every page of the libraries
    Server(control, place).run()


def _leave_root(place: Site, readable: list[str]) -> None:
    """Go where nothing lies but Python; one folder is kept, on which each worker mounts its own scratch space."""
    assert place.held is not None
    place.scratch = os.path.join(place.base, "scratch")
    os.mkdir(place.scratch, 0o711)
    try:
        root.enter(readable, [place.scratch])
        readable[:] = ["/"]  # everything that is left
        place.held.layers.append("root")
    except OSError as error:
        place.held.missing.append(f"a root folder of its own ({error.strerror})")


@dataclass(frozen=True)
class Worker:
    """A process forked for one submission; `channel` is the client's end of the socket to it."""

    pid: int
    bounds: Bounds
    folder: str
    channel: socket.socket


class Server:
    """The loop, and the workers that are alive.

    One worker more than asked for is kept, confined and waiting, so that the next submission need not wait for a fork. Nothing
    of any submission is in it: it is forked from this process like all others.
    """

    def __init__(self, control: socket.socket, place: Site) -> None:
        self.control, self.place = control, place
        self.workers: dict[int, Worker] = {}
        self.dying: list[Worker] = []
        self.spare: Worker | None = None
        self.serial = 0

    def run(self) -> None:
        """Answer requests until the control socket closes."""
        self._answer({"ready": True})
        pending = b""
        while True:
            self._bury()
            watch = bool(self.workers) and not self.place.scratch
            patience = MOMENT if self.dying else POLL if watch else None
            if not select.select([self.control], [], [], patience)[0]:
                self._bound_scratch()
                continue
            data = self.control.recv(1 << 16)
            if not data:
                return
            pending += data
            if not pending.endswith(b"\n"):
                continue
            requests, pending = pending.splitlines(), b""
            for request in map(json.loads, requests):
                if request["op"] == "open":
                    self._open(Bounds(**request["bounds"]))
                else:
                    self._close(self.workers.pop(request["worker"]), request["grace"])

    def _answer(self, reply: Mapping[str, Any], fds: Sequence[int] = ()) -> None:
        data = json.dumps(reply).encode() + b"\n"
        if fds:
            socket.send_fds(self.control, [data], fds)
        else:
            self.control.sendall(data)

    def _open(self, bounds: Bounds) -> None:
        """Hand out a worker, then fork the next one while this one is at work."""
        spare, self.spare = self.spare, None
        if spare is not None and spare.bounds != bounds:
            spare.channel.close()
            self._stop(spare)
            spare = None
        try:
            worker = spare or self._fork(bounds)
        except OSError as error:  # no more processes, or no more descriptors: a matter of moments
            self._answer({"busy": f"{error.strerror}"})
            return
        self.workers[worker.pid] = worker
        with worker.channel:
            self._answer({"worker": worker.pid}, [worker.channel.fileno()])
        with contextlib.suppress(OSError):  # no more processes: the next request will say so
            self.spare = self._fork(bounds)

    def _fork(self, bounds: Bounds) -> Worker:
        for listener in self.place.listeners:
            with contextlib.suppress(BlockingIOError):
                while True:  # a full queue would let the probe of an open network fail
                    listener.accept()[0].close()
        self.serial += 1
        folder = self.place.scratch
        if not folder:
            folder = os.path.join(self.place.base, f"scratch-{self.serial}")
            os.mkdir(folder, 0o700)
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                child = os.fork()
            except OSError:
                ours.close()
                if not self.place.scratch:
                    os.rmdir(folder)
                raise
            if child == 0:
                try:
                    forked.confined(theirs.fileno(), self.place, folder, bounds, self.serial)
                finally:
                    os._exit(worker.BROKEN)
        return Worker(child, bounds, folder, ours)

    def _close(self, ended: Worker, grace: bool) -> None:
        """Stop a worker; with `grace`, say how it ended by itself, None where it did not."""
        status = self._wait(ended.pid, GRACE) if grace else None
        self._stop(ended, dead=status is not None)
        if grace:
            self._answer({"status": status})

    def _stop(self, ended: Worker, dead: bool = False) -> None:
        """Kill a worker and all that it started. The kernel needs a moment to take it down; nobody waits for that."""
        if not dead:
            os.kill(ended.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.killpg(ended.pid, signal.SIGKILL)
        self.dying.append(ended)

    def _bury(self) -> None:
        """Clear away what is left of workers that have gone."""
        for ended in list(self.dying):
            with contextlib.suppress(ChildProcessError):
                if not os.waitpid(ended.pid, os.WNOHANG)[0]:
                    continue
            with contextlib.suppress(OSError):  # orphans come to their subreaper or the first of their namespace: here
                while os.waitpid(-ended.pid, os.WNOHANG)[0]:
                    pass
            if not self.place.scratch:
                remove_tree(ended.folder)
            self.dying.remove(ended)

    @staticmethod
    def _wait(child: int, seconds: float) -> int | None:
        deadline = time.monotonic() + seconds
        while True:
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            if time.monotonic() >= deadline:
                return None
            time.sleep(0.001)

    def _bound_scratch(self) -> None:
        for busy in self.workers.values():
            if _occupied(busy.folder) > busy.bounds.scratch_bytes:
                os.kill(busy.pid, signal.SIGKILL)


def _occupied(folder: str) -> float:
    """Return the bytes that files below a folder occupy; infinite where it is too deep to look into."""
    total, pending = 0, [folder]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    total += 4096 + entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
        except FileNotFoundError:
            continue
        except OSError:  # a path longer than the system allows
            return math.inf
    return total
