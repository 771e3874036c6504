"""What one worker may use, and the limits that every Unix sets on a process."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Bounds:
    """What one worker may use: bytes, seconds of its processors, bytes, children, threads."""

    memory_bytes: int
    cpu_seconds: int
    scratch_bytes: int
    processes: int
    threads: int


def size_now() -> int:
    """Return the size of this process's address space in bytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def limit_resources(bounds: Bounds, base_bytes: int, base_tasks: int | None = None) -> bool:
    """Limit this process. Returns False where no limits exist.

    Args:
        bounds: what it may use.
        base_bytes: what the libraries occupy already.
        base_tasks: threads that count against this process's user without being its own; None leaves their number free.
    """
    if resource is None:
        return False
    memory = base_bytes + bounds.memory_bytes
    limits = {
        "RLIMIT_CPU": bounds.cpu_seconds,
        "RLIMIT_FSIZE": bounds.scratch_bytes,
        "RLIMIT_NOFILE": 64,
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
        "RLIMIT_AS": memory,
    }
    if base_tasks is not None:
        limits["RLIMIT_NPROC"] = base_tasks + bounds.threads + bounds.processes
    for name, value in limits.items():
        which = getattr(resource, name, None)
        if which is None:
            continue
        hard = resource.getrlimit(which)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS knows some of them and refuses to set them
            resource.setrlimit(which, (value, value))
    return True
