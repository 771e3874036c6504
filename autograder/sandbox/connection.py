"""A socket to a worker with a deadline on every message: nothing that the other side does can make it wait longer."""

from __future__ import annotations

import select
import socket
import time
from typing import Any

from autograder import wire
from autograder.calls import Limits

READ_BYTES = 1 << 16  # a small message arrives in one piece


class Late(Exception):
    """The deadline passed."""


class Ended(Exception):
    """The other side closed."""


class Connection:
    """Whole messages over a stream socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._deadline = 0.0
        self._ahead = b""  # read already, belongs to the next part
        sock.setblocking(False)

    def talks(self) -> bool:
        """Tell whether the other side said something without having been asked (or has closed, which `send` finds)."""
        if self._ahead:
            return True
        try:
            return bool(self._sock.recv(1, socket.MSG_PEEK))
        except OSError:
            return False

    def send(self, data: bytes, deadline: float) -> None:
        """Send a message. Raises `Late` or `Ended`."""
        view = memoryview(data)
        while view:
            try:
                view = view[self._sock.send(view) :]
            except BlockingIOError:
                self._wait(writing=True, deadline=deadline)
            except OSError as error:
                raise Ended from error

    def receive(self, limits: Limits, deadline: float) -> Any:
        """Return the value of the next message. Raises `Late`, `Ended`, or `WireError` for what is no message."""
        self._deadline = deadline
        return wire.decode(self, limits)

    def read(self, n: int, /) -> bytearray:
        """Return exactly n bytes, for `wire.decode`; memory grows with what arrives, not with what is announced."""
        data = bytearray(self._ahead[:n])
        self._ahead = self._ahead[n:]
        while len(data) < n:
            try:
                more = self._sock.recv(max(READ_BYTES, min(n - len(data), 1 << 20)))
            except BlockingIOError:
                self._wait(writing=False, deadline=self._deadline)
                continue
            except OSError as error:
                raise Ended from error
            if not more:
                raise Ended
            missing = n - len(data)
            data += more[:missing]
            self._ahead = more[missing:]
        return data

    def close(self) -> None:
        """Close this end."""
        self._sock.close()

    def _wait(self, writing: bool, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise Late
        if not hasattr(select, "poll"):  # Windows
            select.select([] if writing else [self._sock], [self._sock] if writing else [], [], left)
            return
        poller = select.poll()  # select() fails beyond descriptor 1023, which a class grader may reach
        poller.register(self._sock, select.POLLOUT if writing else select.POLLIN)
        poller.poll(left * 1000)
