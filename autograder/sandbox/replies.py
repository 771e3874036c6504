"""Turns what a worker replied into an outcome, believing only its form."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder import wire
from autograder.calls import Failed, FailureKind, Loaded, Outcome, Raised, Returned
from autograder.location import located
from autograder.stubs import Answered, Place, arguments

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


@dataclass(frozen=True)
class Asked:
    """A call that the submission wants answered."""

    function: str
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    gradients: Sequence[Place]


def asks(reply: Any) -> bool:
    """Tell whether a reply is none, but asks."""
    return type(reply) is dict and reply.get("kind") == "asks"


def read_ask(reply: Mapping[str, Any], number: int, functions: Collection[str]) -> Asked:
    """Turn what asks into a call of one of `functions`, believing only its form.

    Raises:
        WireError: it has another form, or asks for another function.
    """
    if type(reply.get("id")) is not int or reply["id"] != number:
        raise wire.WireError("The submission asked while nothing was under way.")
    asked = Asked(*(_typed(reply, *field) for field in FIELDS))
    if asked.function not in functions:
        raise wire.WireError(f"The submission asked for a call that nobody answers ({asked.function[:60]}).")
    places = arguments(asked.args, asked.kwargs)
    for place in asked.gradients:
        tensor = places.get(place) if type(place) in (int, str) else None
        if type(tensor) is not wire.Tensor or tensor.array.dtype.kind != "f":
            raise wire.WireError("The submission asked for a gradient that there is none of.")
    if len(set(asked.gradients)) != len(asked.gradients):
        raise wire.WireError("The submission asked for a gradient twice.")
    return asked


FIELDS = (("function", str), ("args", list), ("kwargs", dict), ("gradients", list))


def written(answered: Answered) -> dict[str, Any]:
    """Return an answer as it is sent."""
    outcome = answered.outcome
    if isinstance(outcome, Returned):
        return {"kind": "returned", "value": outcome.value, "gradients": list(answered.gradients)}
    if isinstance(outcome, Raised):
        return {"kind": "raised", "type": outcome.type, "message": outcome.message}
    return {"kind": "failed", "message": outcome.message}


def _raised(reply: Mapping[str, Any], source: str, printed: str, seconds: float) -> Raised:
    line = reply.get("line")
    bases = _typed(reply, "bases", list)
    if any(type(base) is not str for base in bases):
        raise wire.WireError("The reply has an unknown form.")
    raised = Raised(
        type=_typed(reply, "type", str)[:100],
        message=_typed(reply, "message", str)[:4000],
        bases=tuple(bases),
        line=line if type(line) is int else None,
        traceback=_typed({"traceback": "", **reply}, "traceback", str)[:10_000],
        printed=printed,
        seconds=seconds,
    )
    return located(raised, source)


def _typed(reply: Mapping[str, Any], key: str, kind: type) -> Any:
    value = reply.get(key)
    if type(value) is not kind:
        raise wire.WireError("The reply has an unknown form.")
    return _printable(value) if type(value) is str else value


def _printable(text: str) -> str:
    """Take out what would steer a terminal."""
    return text if text.isprintable() else _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)
