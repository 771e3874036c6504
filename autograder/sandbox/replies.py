"""Turns what a worker replied into an outcome, believing only its form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from autograder import wire
from autograder.calls import Failed, FailureKind, Loaded, Outcome, Raised, Returned

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def read_outcome(reply: Any, number: int, source: str, seconds: float) -> Loaded | Outcome:
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
