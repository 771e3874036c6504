"""Linux calls that Python has no function for, by ctypes. Each raises OSError with the kernel's reason."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import struct
from collections.abc import Iterable
from typing import Any

from autograder.sandbox.syscalls import CONFINING

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP = 1, 4, 22, 24
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 36, 38, 47

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 1 << 12, 1 << 14, 1 << 18
MNT_DETACH = 2

_libc: Any = ctypes.CDLL(None, use_errno=True)
_column = {"x86_64": 0, "aarch64": 1}.get(platform.machine())


def syscall(name: str, *args: Any) -> int:
    """Call the kernel by the name of a system call."""
    number = CONFINING[name][_column] if _column is not None else None
    if number is None:
        raise OSError(38, f"{name} is not known for {platform.machine()}")
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in args]
    return _checked(_libc.syscall(ctypes.c_long(number), *wide), name)


def prctl(option: int, *args: int) -> None:
    """Set a property of this process."""
    wide = [ctypes.c_ulong(a) for a in (*args, 0, 0, 0, 0)[:4]]
    _checked(_libc.prctl(option, *wide), "prctl")


def unshare(flags: int) -> None:
    """Leave the namespaces named by `flags`; needs a right, or a user namespace among them."""
    _checked(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2)."""
    words = [text.encode() for text in (source, target, kind)]
    _checked(_libc.mount(*words, ctypes.c_ulong(flags), options.encode()), f"mount {target}")


def unmount(target: str) -> None:
    """Take a mount away as soon as nobody uses it."""
    _checked(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def read_only(target: str) -> None:
    """Make a mount and all below it read-only, and set-uid programs ineffective."""
    attributes = struct.pack("=QQQQ", 0x1 | 0x2, 0, 0, 0)  # MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID
    syscall("mount_setattr", -100, target.encode(), 0x8000, attributes, len(attributes))  # AT_RECURSIVE


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root; what was the root lies at `old` below it."""
    syscall("pivot_root", new.encode(), old.encode())


def drop_bounding_set() -> None:
    """Give up the right ever to gain a capability by running a program; needs the right to do so, so it comes early."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:  # EINVAL beyond the last one; EPERM without the right, and then no_new_privs does the same
            return


def drop_capabilities() -> None:
    """Give up every capability held now."""
    with contextlib.suppress(OSError):  # a kernel without ambient capabilities
        prctl(PR_CAP_AMBIENT, 4)  # PR_CAP_AMBIENT_CLEAR_ALL
    header, data = struct.pack("=Ii", 0x20080522, 0), struct.pack("=6I", *[0] * 6)
    syscall("capset", header, data)


class Landlock:
    """Rules that close the file system but for what is named, and with it TCP, signals and abstract sockets by ABI."""

    READ = 1 << 2 | 1 << 3  # read a file (which maps libraries, too), list a folder; nothing may be executed
    WRITE = 1 << 1 | 1 << 5 | 1 << 8  # write, remove and make files
    FOLDERS = 1 << 4 | 1 << 7  # remove and make folders
    FILE_ONLY = 1 << 1 | 1 << 2 | 1 << 14

    def __init__(self) -> None:
        self.abi = syscall("landlock_create_ruleset", None, 0, 1)

    def restrict(self, readable: Iterable[int], writable: int, folders: bool) -> None:
        """Confine the calling thread to what lies below descriptors of folders or files; needs no_new_privs.

        Args:
            readable: descriptors of what may be read.
            writable: descriptor of a folder in which files may be made.
            folders: whether folders may be made there, too.
        """
        truncate = 1 << 14 if self.abi >= 3 else 0
        handled = (1 << 13) - 1 | (1 << 13 if self.abi >= 2 else 0) | truncate | (1 << 15 if self.abi >= 5 else 0)
        attributes = struct.pack(
            "=QQQ", handled, 3 if self.abi >= 4 else 0, 3 if self.abi >= 6 else 0
        )  # files, TCP bind and connect, scoped abstract sockets and signals
        size = 24 if self.abi >= 6 else 16 if self.abi >= 4 else 8
        ruleset = syscall("landlock_create_ruleset", attributes, size, 0)
        try:
            for fd in readable:
                self._allow(ruleset, fd, self.READ)
            more = truncate | (self.FOLDERS if folders else 0)
            self._allow(ruleset, writable, self.READ | self.WRITE | more)
            syscall("landlock_restrict_self", ruleset, 0)
        finally:
            os.close(ruleset)

    def _allow(self, ruleset: int, fd: int, access: int) -> None:
        rule = struct.pack("=Qi", access, fd)
        try:
            syscall("landlock_add_rule", ruleset, 1, rule, 0)
        except OSError as error:
            if error.errno != 22:
                raise
            # EINVAL: a file, for which the folders' rights mean nothing
            syscall("landlock_add_rule", ruleset, 1, struct.pack("=Qi", access & self.FILE_ONLY, fd), 0)


def _checked(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return int(result)
