"""What can come of running a submission: the vocabulary shared by the in-process runner and the confined worker.

A `Runner` holds one submission. It is asked for calls and answers with an outcome; it never raises for anything that the
submission did. `InfrastructureError` is the one exception it may raise, and means that the fault is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from autograder.errors import KitError

FailureKind = Literal["timeout", "crashed", "memory", "too-large", "protocol", "not-data"]


class InfrastructureError(KitError):
    """The grader, not the submission, failed: the record becomes `not-run` and costs no point."""


@dataclass(frozen=True)
class Handle:
    """Stands for a value that stays with the submission, such as the cache between `forward` and `backward`."""

    id: int


@dataclass(frozen=True)
class Recipe:
    """An argument that is no plain data: built from `data` next to the submission, read back as data after the call.

    Known kinds are in `autograder.recipes`: a torch module with given weights, an optimizer, an iterator of batches,
    a noise source that serves prepared arrays.
    """

    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Isolation:
    """What really held while the submission ran, from probes made inside the worker."""

    mode: Literal["none", "best-effort", "strict"] = "none"
    layers: tuple[str, ...] = ()  # such as "landlock", "seccomp", "namespaces", "rlimits", "uid"
    files_closed: bool = False
    network_closed: bool = False
    processes_closed: bool = False
    missing: tuple[str, ...] = ()  # in words, what could not be had here


@dataclass(frozen=True)
class Loaded:
    """The submission's module was executed; `functions` maps each public callable to its signature as text."""

    functions: Mapping[str, str]
    printed: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Returned:
    """A call returned. `arguments` are the positional and keyword arguments as they were after the call."""

    value: Any
    arguments: tuple[Sequence[Any], Mapping[str, Any]]
    printed: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Raised:
    """The submission raised. `line` and `source` point into the submission, where the traceback allows it."""

    type: str  # the class's name, "ValueError"
    message: str
    bases: tuple[str, ...] = ()  # names of the base classes, so that "except ValueError" can be decided
    line: int | None = None
    source: str = ""
    traceback: str = ""
    printed: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Failed:
    """No usable answer: `message` is one plain sentence for the learner."""

    kind: FailureKind
    message: str
    seconds: float = 0.0


Outcome = Returned | Raised | Failed


@dataclass(frozen=True)
class Limits:
    """Bounds on one submission; each has its own plain message when it is reached."""

    call_seconds: float = 10.0
    total_seconds: float = 60.0
    memory_bytes: int = 4 << 30
    reply_bytes: int = 64 << 20
    scratch_bytes: int = 16 << 20
    printed_chars: int = 4000
    processes: int = 0


@dataclass(frozen=True)
class Submission:
    """A student's module as data. `name` is what tracebacks show, such as `exercises/attention/attention.py`."""

    source: str
    name: str
    functions: tuple[str, ...] = ()
    framework: Literal["numpy", "torch"] = "numpy"
    # function -> elements of its result that stay with the submission as handles; () = the result is free and dropped
    opaque: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


class Runner(Protocol):
    """One loaded submission."""

    isolation: Isolation

    def load(self) -> Loaded | Raised | Failed: ...

    def call(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Outcome: ...

    def begin(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Callable[[], Outcome | None]:
        """Start a call and return what gives its outcome, so that both sides may work at once.

        Calls are made in the order in which they are begun. None: the submission ended at an earlier call.
        """

    def close(self) -> None: ...
