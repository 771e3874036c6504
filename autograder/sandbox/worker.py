"""Loads a submission and answers calls, in the process made for it; on every system.

From the moment the source is executed nothing in here can be trusted, and nothing is: the client takes every message for
data that may be wrong, and bounds its time and size itself.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograder import wire
from autograder.calls import Failed, Limits, Loaded, Outcome, Raised, Returned, Submission
from autograder.host import Host
from autograder.stubs import Answered, Place

BROKEN = 70  # exit status of a worker whose own loop failed


def serve(receive: Callable[[int], bytes], send: Callable[[memoryview], int], report: Mapping[str, Any]) -> None:
    """Say hello with `report`, then answer requests until the other side closes. Does not return.

    Args:
        receive: takes a number of bytes, returns at most as many, none at the end.
        send: takes bytes, returns how many it sent.
        report: what the probes found.
    """
    stream = _Channel(receive, send)
    stream.write(wire.encode(dict(report), Limits()))
    _rehearse()
    served: _Served | None = None
    while True:
        request = wire.decode(stream, Limits() if served is None else served.limits)
        if request["op"] == "load":
            served = _Served(stream, request)
        assert served is not None
        served.answer(request)


def _rehearse() -> None:
    """Go through a load and a call once while there is time: what runs a second time need not be paged in."""
    source = "import numpy as np\n\n\ndef f(x):\n    return x @ x\n"
    nowhere = _Channel(lambda n: b"", len)
    served = _Served(
        nowhere, {"name": "rehearsal.py", "source": source, "opaque": {}, "framework": "numpy", "memory": 0}
    )
    served.answer({"op": "load", "id": 0})
    call = {"op": "call", "id": 0, "function": "f", "args": [np.zeros(2)], "kwargs": {}}
    served.answer(wire.decode(wire.encode(call, served.limits), served.limits))
    served.host.forget()


class _Channel:
    """The socket as a stream of bytes, read in large pieces."""

    def __init__(self, receive: Callable[[int], bytes], send: Callable[[memoryview], int]) -> None:
        self.receive, self.send = receive, send
        self.ahead = b""

    def read(self, n: int, /) -> bytes | bytearray:
        if len(self.ahead) >= n:
            data, self.ahead = self.ahead[:n], self.ahead[n:]
            return data
        parts = bytearray(self.ahead)
        while len(parts) < n:
            more = self.receive(max(1 << 16, min(n - len(parts), 1 << 20)))
            if not more:
                os._exit(0)
            missing = n - len(parts)
            parts += more[:missing]
            self.ahead = more[missing:]
        return parts

    def write(self, data: bytes) -> None:
        """Send all of a message."""
        view = memoryview(data)
        while view:
            view = view[self.send(view) :]


class _Served:
    """A submission in its host, and the requests about it."""

    def __init__(self, stream: _Channel, request: Mapping[str, Any]) -> None:
        self.stream = stream
        self.limits = Limits(**{name: request[name] for name in ("reply_bytes", "printed_chars") if name in request})
        self.submission = Submission(
            request["source"], request["name"], (), request["framework"], opaque=request["opaque"]
        )
        self.host = Host(self.submission, self.limits.printed_chars, request["memory"], alone=True)
        self.number = 0
        self.asking = threading.Lock()  # threads of the submission take turns

    def answer(self, request: Mapping[str, Any]) -> None:
        """Do what one request asks for and send the reply."""
        self.number = request["id"]
        who = request.get("function", "The module")
        outcome: Loaded | Outcome
        if request["op"] == "load":
            outcome = self.host.load()
        elif request["op"] == "replace":
            self.host.replace(request["functions"], self.ask)
            outcome = Returned(None, ([], {}))
        else:
            outcome = self.host.call(who, request["args"], request["kwargs"])
        self.stream.write(self.host.packed(who, outcome, self.reply))

    def reply(self, outcome: Loaded | Outcome) -> bytes:
        """Encode an outcome."""
        return wire.encode({"id": self.number, **_fields(outcome)}, self.limits)

    def ask(self, function: str, args: list[Any], kwargs: dict[str, Any], gradients: list[Place]) -> Answered:
        """Let the grader answer a call that the submission makes."""
        ask = {"kind": "asks", "function": function, "args": args, "kwargs": kwargs, "gradients": gradients}
        with self.asking:
            self.stream.write(wire.encode({"id": self.number, **ask}, self.limits))
            answer = wire.decode(self.stream, self.limits)
        kind = answer["kind"]
        if kind == "returned":
            return Answered(Returned(answer["value"], ([], {})), answer["gradients"])
        if kind == "raised":
            return Answered(Raised(answer["type"], answer["message"]))
        return Answered(Failed("not-data", answer["message"]))


def _fields(outcome: Loaded | Outcome) -> dict[str, Any]:
    """Return what of an outcome is sent; `autograder.sandbox.replies` reads it."""
    if isinstance(outcome, Failed):
        return {"kind": "failed", "failure": outcome.kind, "message": outcome.message, "printed": ""}
    if isinstance(outcome, Loaded):
        return {"kind": "loaded", "functions": dict(outcome.functions), "printed": outcome.printed}
    if isinstance(outcome, Raised):
        return {
            "kind": "raised",
            "type": outcome.type,
            "message": outcome.message,
            "bases": list(outcome.bases),
            "line": outcome.line,
            "traceback": outcome.traceback,
            "printed": outcome.printed,
        }
    args, kwargs = outcome.arguments
    return {"kind": "returned", "value": outcome.value, "args": args, "kwargs": kwargs, "printed": outcome.printed}
