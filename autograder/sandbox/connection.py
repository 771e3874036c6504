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
        self.received = 0  # bytes of messages so far
        sock.setblocking(False)
        self._poller: select.poll | None = None
        if hasattr(
            select, "poll"
        ):  # not on Windows; select() fails beyond descriptor 1023, which a class grader may reach
            self._poller = select.poll()
            self._poller.register(sock, select.POLLIN)

    def talks(self) -> bool:
        """Tell whether the other side said something without having been asked (or has closed, which `send` finds)."""
        if self._ahead:
            return True
        if not self._wait(0.0):
            return False
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
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Late from None
                self._wait(left, writing=True)
            except OSError as error:
                raise Ended from error

    def receive(self, limits: Limits, deadline: float) -> Any:
        """Return the value of the next message. Raises `Late`, `Ended`, or `WireError` for what is no message."""
        self._deadline = deadline
        return wire.decode(self, limits)

    def read(self, n: int, /) -> bytes | bytearray:
        """Return exactly n bytes, for `wire.decode`; memory grows with what arrives, not with what is announced."""
        self.received += n
        if len(self._ahead) >= n:
            data, self._ahead = self._ahead[:n], self._ahead[n:]
            return data
        parts = bytearray(self._ahead)
        while len(parts) < n:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise Late
            if not self._wait(left):
                continue
            try:
                more = self._sock.recv(max(READ_BYTES, min(n - len(parts), 1 << 20)))
            except BlockingIOError:
                continue
            except OSError as error:
                raise Ended from error
            if not more:
                raise Ended
            missing = n - len(parts)
            parts += more[:missing]
            self._ahead = more[missing:]
        return parts

    def close(self) -> None:
        """Close this end."""
        self._sock.close()

    def _wait(self, seconds: float, writing: bool = False) -> bool:
        """Wait until something can be read or written, or the other side has closed; False where the time passed."""
        if self._poller is None:
            return any(select.select([] if writing else [self._sock], [self._sock] if writing else [], [], seconds))
        if writing:
            self._poller.modify(self._sock, select.POLLOUT)
        try:
            return bool(self._poller.poll(seconds * 1000))
        finally:
            if writing:
                self._poller.modify(self._sock, select.POLLIN)
