"""Loads a submission and answers calls, in the process made for it; on every system.

From the moment the source is executed nothing in here can be trusted, and nothing is: the client takes every message for
data that may be wrong, and bounds its time and size itself.
"""

from __future__ import annotations

import inspect
import linecache
import os
import random
import sys
import traceback
import types
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograder import recipes, wire
from autograder.calls import Handle, Limits, Recipe

BROKEN = 70  # exit status of a worker whose own loop failed
MESSAGE_CHARS, TRACEBACK_CHARS = 2000, 6000


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
    host: _Host | None = None
    tensor: Callable[[np.ndarray], Any] = wire.Tensor
    if "torch" in sys.modules:
        tensor = sys.modules["torch"].from_numpy
    limits = Limits()
    while True:
        request = wire.decode(stream, limits, tensor)
        if request["op"] == "load":
            limits = Limits(reply_bytes=request["reply_bytes"])
            host = _Host(request, limits)
            reply = host.load()
        else:
            assert host is not None
            reply = host.call(request["function"], request["args"], request["kwargs"])
        stream.write(host.message(request["id"], reply, request.get("function", "")))


def _rehearse() -> None:
    """Go through a load and a call once while there is time: what runs a second time need not be paged in."""
    out, err = sys.stdout, sys.stderr
    source = "import numpy as np\n\n\ndef f(x):\n    return x @ x\n"
    request = {"name": "rehearsal.py", "source": source, "opaque": {}, "memory": 0, "printed_chars": 0}
    host = _Host(request, Limits())
    host.load()
    call = wire.decode(wire.encode({"args": [np.zeros(2)], "kwargs": {}}, Limits()), Limits())
    host.message(0, host.call("f", call["args"], call["kwargs"]), "f")
    host.forget()
    sys.stdout, sys.stderr = out, err


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
        view = memoryview(data)
        while view:
            view = view[self.send(view) :]


class _Printed:
    """A text stream that keeps the first characters and forgets the rest, so that a flood costs nothing."""

    encoding, errors, closed = "utf-8", "replace", False

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.kept: list[str] = []
        self.size = 0

    def write(self, text: str) -> int:
        room = self.limit - self.size
        if room > 0:
            self.kept.append(text[:room])
            self.size += len(self.kept[-1])
        return len(text)

    def writelines(self, lines: Sequence[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Nothing is buffered."""

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def fileno(self) -> int:
        return 1

    def take(self) -> str:
        """Return what was printed since the last time."""
        text = "".join(self.kept)
        self.kept, self.size = [], 0
        return text


class _Host:
    """The submission's module and what it keeps between calls."""

    def __init__(self, request: Mapping[str, Any], limits: Limits) -> None:
        self.name, self.source, self.limits = request["name"], request["source"], limits
        self.opaque: Mapping[str, tuple[int, ...]] = request["opaque"]
        self.memory = request["memory"]
        self.kept: dict[int, Any] = {}
        self.printed = _Printed(request["printed_chars"])
        stem = os.path.splitext(os.path.basename(self.name.replace("\\", "/")))[0]
        self.module = types.ModuleType(stem if stem.isidentifier() else "submission")

    def load(self) -> dict[str, Any]:
        """Execute the module."""
        sys.stdout = sys.stderr = self.printed
        warnings.simplefilter("ignore")  # what overflows shows in the result
        random.seed(0)
        np.random.seed(0)  # the same mark each time, also where a submission draws without a seed
        linecache.cache[self.name] = (len(self.source), None, self.source.splitlines(True), self.name)
        self.module.__file__ = self.name
        sys.modules[self.module.__name__] = self.module
        try:
            exec(compile(self.source, self.name, "exec"), vars(self.module))
        except BaseException as error:
            return self._raised(error, "The module")
        functions = {n: _signature(f) for n, f in vars(self.module).items() if callable(f) and n[:1] != "_"}
        return {"kind": "loaded", "functions": functions}

    def forget(self) -> None:
        """Take the module out of what later code can see."""
        sys.modules.pop(self.module.__name__, None)
        linecache.cache.pop(self.name, None)

    def call(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Call one function."""
        target = getattr(self.module, function, None)
        if not callable(target):
            return {
                "kind": "raised",
                "type": "AttributeError",
                "message": f"there is no function {function}",
                "bases": ["Exception"],
            }
        try:
            live = [self._live(a) for a in args], {k: self._live(v) for k, v in kwargs.items()}
        except KeyError:
            return _failed("protocol", f"{function} was handed a value that this process does not have.")
        built = any(isinstance(value, Recipe) for value in (*args, *kwargs.values()))
        if built:
            live = recipes.build_arguments(*live)
        try:
            value = target(*live[0], **live[1])
            if built:
                recipes.backward(value, *live)
        except BaseException as error:
            return self._raised(error, function)
        if built:
            live = recipes.read_arguments(*live)
        kept = {id(value): Handle(number) for number, value in self.kept.items()}
        after = [_stored(a, kept) for a in live[0]], {k: _stored(v, kept) for k, v in live[1].items()}
        return {"kind": "returned", "value": self._keep(function, value), "args": after[0], "kwargs": after[1]}

    def message(self, number: int, reply: dict[str, Any], function: str) -> bytes:
        """Encode a reply, or the reason why it cannot be."""
        reply |= {"id": number, "printed": self.printed.take()}
        try:
            return wire.encode(reply, self.limits)
        except wire.TooLarge as error:
            failed = _failed("too-large", f"{function} returned {error}.")
        except wire.NotData:
            failed = self._not_data(reply, function)
        except MemoryError as error:
            failed = self._memory(function, error)
        return wire.encode({**failed, "id": number, "printed": ""}, self.limits)

    def _not_data(self, reply: Mapping[str, Any], function: str) -> dict[str, Any]:
        try:
            wire.encode(reply["value"], self.limits)
        except wire.WireError as error:
            return _failed("not-data", f"{function} returned {error}, which is neither a number nor an array.")
        return _failed("not-data", f"{function} put something into its arguments that is neither number nor array.")

    def _live(self, value: Any) -> Any:
        """Replace handles by what they stand for."""
        if isinstance(value, Handle):
            return self.kept[value.id]
        if isinstance(value, list | tuple):
            return type(value)(self._live(item) for item in value)
        if isinstance(value, dict):
            return {key: self._live(item) for key, item in value.items()}
        return value

    def _keep(self, function: str, value: Any) -> Any:
        elements = self.opaque.get(function)
        if elements == ():
            return None  # what the function returns is free
        if elements is None or not isinstance(value, tuple | list):
            return value
        kept = list(value)
        for element in elements:
            if element < len(kept):
                handle = Handle(len(self.kept))
                self.kept[handle.id] = kept[element]
                kept[element] = handle
        return tuple(kept)

    def _memory(self, who: str, error: BaseException) -> dict[str, Any]:
        detail = str(error)[:200]
        allowed = f"{self.memory / (1 << 30):.3g} GB"
        return _failed("memory", f"{who} needed more memory than the {allowed} allowed{detail and f' ({detail})'}.")

    def _raised(self, error: BaseException, who: str) -> dict[str, Any]:
        """Describe an exception by where it arose in the submission."""
        message = _message(error)
        if isinstance(error, MemoryError) or (type(error) is RuntimeError and "can't allocate memory" in message):
            return self._memory(who, error)
        if isinstance(error, SystemExit):
            message = f"{who} ended the program ({message or 'exit'}) where it should return a result"
        elif isinstance(error, KeyboardInterrupt):
            message = f"{who} raised KeyboardInterrupt, as if Ctrl-C had been pressed"
        line = None
        frames = traceback.extract_tb(error.__traceback__)
        own = [i for i, frame in enumerate(frames) if frame.filename == self.name]
        if isinstance(error, SyntaxError) and error.filename == self.name:
            line, message = error.lineno, error.msg or message
        elif own:
            line = frames[own[-1]].lineno
        return {
            "kind": "raised",
            "type": type(error).__name__,
            "message": message[:MESSAGE_CHARS],
            "bases": [base.__name__ for base in type(error).__mro__[1:-1]][:16],
            "line": line,
            "traceback": "".join(traceback.format_list(frames[own[0] :]))[-TRACEBACK_CHARS:] if own else "",
        }


def _failed(kind: str, message: str) -> dict[str, Any]:
    return {"kind": "failed", "failure": kind, "message": message}


def _stored(value: Any, kept: Mapping[int, Handle]) -> Any:
    """Replace what is kept here by its handle, in an argument that goes back."""
    if not kept:
        return value
    if id(value) in kept:
        return kept[id(value)]
    if type(value) in (list, tuple):
        return type(value)(_stored(item, kept) for item in value)
    if type(value) is dict:
        return {key: _stored(item, kept) for key, item in value.items()}
    return value


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "(its message cannot be shown)"


def _signature(function: Any) -> str:
    try:
        return str(inspect.signature(function))[:500]
    except (TypeError, ValueError):
        return "(...)"
