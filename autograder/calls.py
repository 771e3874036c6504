"""What can come of running a submission: the vocabulary shared by the in-process runner and the confined worker.

A `Runner` holds one submission. It is asked for calls and answers with an outcome; it never raises for anything that the
submission did. `InfrastructureError` is the one exception it may raise, and means that the fault is ours.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, Protocol

from autograder.errors import KitError

SUBMISSION = "anndl_submission"  # how the name of a submission's module begins, wherever it runs
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
    """The submission raised. `line`, `source` and `function` point into it, where the traceback allows it."""

    type: str  # the class's name, "ValueError"
    message: str
    bases: tuple[str, ...] = ()  # names of the base classes, so that "except ValueError" can be decided
    line: int | None = None
    source: str = ""
    traceback: str = ""
    printed: str = ""
    seconds: float = 0.0
    function: str = ""  # the function at the module's top level in which the line lies
    cell: tuple[int, int] | None = None  # of a notebook: the number of its cell, and of the line in it


@dataclass(frozen=True)
class Failed:
    """No usable answer: `message` is one plain sentence for the learner."""

    kind: FailureKind
    message: str
    seconds: float = 0.0


Outcome = Returned | Raised | Failed
Answer = Callable[
    [str, Sequence[Any], Mapping[str, Any]], Outcome
]  # what makes a call: a runner's own, or a stand-in's

GIB = 1 << 30


@lru_cache(maxsize=1)
def worker_memory() -> int:
    """Return the bytes that one submission may use here: a quarter of the machine's memory, from 1 to 4 GiB.

    A module that imports torch and trains a small network needs the least of these.
    """
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows does not say
        return 4 * GIB
    return min(4 * GIB, max(GIB, total // 4))


@dataclass(frozen=True)
class Limits:
    """Bounds on one submission; each has its own plain message when it is reached."""

    call_seconds: float = 10.0
    total_seconds: float = 60.0
    memory_bytes: int = field(default_factory=worker_memory)
    reply_bytes: int = 64 << 20
    scratch_bytes: int = 16 << 20
    printed_chars: int = 4000
    processes: int = 0
    threads: int = 64  # of the whole worker, its first one included
    tries: int = 2  # a function that ran out of time or crashed this often is not called again


HOME = Limits(
    call_seconds=2.0, total_seconds=10.0, tries=1
)  # a learner waits: the first endless loop ends the attempts


@dataclass(frozen=True)
class Submission:
    """A student's module as data. `name` is what tracebacks show, such as `exercises/attention/attention.py`."""

    source: str
    name: str
    functions: tuple[str, ...] = ()
    framework: Literal["numpy", "torch"] = "numpy"
    # function -> elements of its result that stay with the submission as handles; () = the result is free and dropped
    opaque: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    helpers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # function -> all those that it builds on


class Runner(Protocol):
    """One loaded submission."""

    isolation: Isolation

    def load(self) -> Loaded | Raised | Failed: ...

    def call(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Outcome: ...

    def begin(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Callable[[], Outcome | None]:
        """Start a call and return what gives its outcome, so that both sides may work at once.

        Calls are made in the order in which they are begun. None: the submission ended at an earlier call.
        """

    def replace(self, functions: Sequence[str], answer: Answer) -> None:
        """From now on answer the submission's own calls of these functions, after `load` and again after a crash.

        Arguments come as data and never as stand-ins, but for tensors whose gradient the submission needs: each of those
        comes as a `Recipe("leaf", ...)`, whose gradient is read from the outcome's `arguments`. What `Returned` holds goes
        to the submission; `Raised` and `Failed` are raised there. `answer` runs in the trusted process with arguments that
        the submission chose, of up to `Limits.reply_bytes` within one call: an answer whose cost grows with them needs
        bounds of its own, as another confined runner has. Its time is not the submission's, up to `total_seconds`.
        """

    def close(self) -> None: ...
