"""The system call filter of a worker: what is not needed by numerical code is refused by the kernel.

A classic BPF program over `struct seccomp_data` (nr at 0, arch at 4, args from 16, eight bytes each); see seccomp(2). A refused
call fails with EPERM, as it would for lack of a right, so that the submission gets an exception with a line number.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Sequence

from autograder.sandbox import linux
from autograder.sandbox.syscalls import CONDITIONAL, PERMITTED, Numbers

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32_BIT = 0x40000000  # x86-64's second ABI reuses the numbers: refused

ALLOW = 0x7FFF0000
KILL_PROCESS = 0x80000000
ERRNO = 0x00050000

LOAD, EQUAL, ANY_BIT, AT_LEAST, RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
NUMBER, ARCH, ARGS = 0, 4, 16

CLONE_THREAD = 0x00010000
PRCTL = (3, 15, 16, 21, 23, 0x53564D41)  # get dumpable, set/get name, get seccomp, read bounding set, name a mapping
FCNTL = (0, 1, 2, 3, 4, 1030)  # dup, get/set descriptor flags, get/set status flags, dup with close-on-exec
IOCTL = (0x5401, 0x5413, 0x5450, 0x5451, 0x541B, 0x5421)  # terminal? window size? close-on-exec, bytes ready, blocking

Instruction = tuple[int, int, int, int]


def install(processes: bool = False, threads: bool = True) -> None:
    """Filter this process from now on, its later threads included; `processes` and `threads` permit these.

    Raises:
        OSError: the kernel has no filters, or refuses this one.
    """
    machine = platform.machine()
    if machine not in AUDIT_ARCH:
        raise OSError(errno.ENOSYS, f"no system call table for {machine}")
    load(program(machine, os.getpid(), processes, threads))


def load(code: Sequence[Instruction]) -> None:
    """Hand a filter to the kernel; it holds for this process and what it starts, beside the filters already there.

    Raises:
        OSError: the kernel has no filters, or refuses this one.
    """
    raw = b"".join(struct.pack("=HBBI", *instruction) for instruction in code)
    buffer = ctypes.create_string_buffer(raw, len(raw))
    header = ctypes.create_string_buffer(struct.pack("@HP", len(code), ctypes.addressof(buffer)))
    linux.prctl(linux.PR_SET_SECCOMP, 2, ctypes.addressof(header))  # 2: SECCOMP_MODE_FILTER


def program(machine: str, pid: int, processes: bool, threads: bool = True) -> list[Instruction]:
    """Return the filter for one machine type and process."""
    column = list(AUDIT_ARCH).index(machine)

    def number(numbers: Numbers) -> int | None:
        return numbers[column]

    code: list[Instruction] = [
        (LOAD, 0, 0, ARCH),
        (EQUAL, 1, 0, AUDIT_ARCH[machine]),
        (RETURN, 0, 0, KILL_PROCESS),
        (LOAD, 0, 0, NUMBER),
    ]
    if machine == "x86_64":
        code += [(AT_LEAST, 0, 1, X32_BIT), (RETURN, 0, 0, KILL_PROCESS)]
    conditional = {
        "ioctl": _one_of(1, IOCTL),
        "fcntl": _one_of(1, FCNTL),
        "prctl": _one_of(0, PRCTL),
        "prlimit64": _one_of(0, (0,)),  # its own limits only
        "tgkill": _one_of(0, (pid,)),  # abort() and threads signal the process itself
        "clone": [(RETURN, 0, 0, ALLOW)] if processes else _thread_only() if threads else [],
        "clone3": [(RETURN, 0, 0, ERRNO | errno.ENOSYS)],  # its flags lie in memory: libc falls back to clone
    }
    for name, body in conditional.items():
        nr = number(CONDITIONAL[name])
        if nr is not None:
            code += [(EQUAL, 0, len(body), nr), *body]
    permitted = sorted(nr for nr in map(number, PERMITTED.values()) if nr is not None)
    for first, last in _ranges(permitted):
        if first == last:
            code += [(EQUAL, 0, 1, first), (RETURN, 0, 0, ALLOW)]
        else:
            code += [(AT_LEAST, 0, 2, first), (AT_LEAST, 1, 0, last + 1), (RETURN, 0, 0, ALLOW)]
    return [*code, (RETURN, 0, 0, ERRNO | errno.EPERM)]


def _one_of(argument: int, values: Sequence[int]) -> list[Instruction]:
    """Allow when the low half of an argument is one of `values`: the kernel takes these arguments as 32 bits."""
    code: list[Instruction] = [(LOAD, 0, 0, ARGS + 8 * argument)]
    for value in values:
        code += [(EQUAL, 0, 1, value & 0xFFFFFFFF), (RETURN, 0, 0, ALLOW)]
    return [*code, (RETURN, 0, 0, ERRNO | errno.EPERM)]


def _thread_only() -> list[Instruction]:
    return [
        (LOAD, 0, 0, ARGS),
        (ANY_BIT, 0, 1, CLONE_THREAD),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, ERRNO | errno.EPERM),
    ]


def _ranges(numbers: Sequence[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for n in numbers:
        if ranges and ranges[-1][1] == n - 1:
            ranges[-1] = (ranges[-1][0], n)
        else:
            ranges.append((n, n))
    return ranges
