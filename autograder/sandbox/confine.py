"""Puts the layers of confinement on a worker right after its fork, and on the server that it comes from.

Landlock, seccomp and no_new_privs bind the calling thread and what it starts, so all of this runs while there is one thread.
A layer that cannot be had is named, never silently left out; whether the rest suffices is decided by probes.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass, field

from autograder.sandbox import linux, seccomp

NOBODY = 65534
FIRST_USER = 0x70000000  # numbers from here to 2^31 are assigned to nobody on any system
USERS = 64  # that one server's workers take in turn
SYSTEM_FILES = ("/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu", "/etc/ld.so.cache", "/dev/urandom")
HIDDEN = {"site-packages", "dist-packages", "test", "idlelib", "ensurepip", "__phello__"}


@dataclass
class Held:
    """Layers that hold, and what could not be had, in words."""

    layers: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def readable_paths(packages: Sequence[str]) -> list[str]:
    """Return what a submission may read: the standard library, the packages loaded so far, system libraries.

    Site-packages as a whole is not in the list: the kit itself may be installed there.
    """
    standard = os.path.dirname(os.__file__)
    paths = [os.path.join(standard, name) for name in sorted(os.listdir(standard)) if name not in HIDDEN]
    for folder in packages:
        # NumPy's and torch's wheels keep their shared libraries in folders called <package>.libs
        loaded = {name.partition(".")[0] for name in sys.modules} | {"nvidia"}
        for entry in sorted(os.listdir(folder)):
            stem = entry.removesuffix(".py").removesuffix(".libs").partition(".")[0]
            if stem in loaded and not entry.endswith((".dist-info", ".pth")):
                paths.append(os.path.join(folder, entry))
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    libraries = [f"/lib/{multiarch}", f"/usr/lib/{multiarch}"] if multiarch else []
    paths += sorted({os.path.realpath(path) for path in (*libraries, "/lib64", "/usr/lib64")})
    return [path for path in (*paths, *SYSTEM_FILES) if os.path.exists(path)]


def first_user() -> int:
    """Return the first of this process's own users for workers, NOBODY where a container has no such numbers.

    Each worker gets one of its own, so that none can reach another, and the kernel counts the threads of each by itself.
    """
    first = FIRST_USER + (os.getpid() % (1 << 22)) * USERS
    with open("/proc/self/uid_map") as file:
        for inside, _, length in (map(int, line.split()) for line in file):
            if inside <= first and first + USERS <= inside + length:
                return first
    return NOBODY


def become(held: Held, user: int | None) -> None:
    """Change from root to a user without files, and give up all capabilities.

    Args:
        held: is added to.
        user: None where that user cannot read Python's own files, which may lie in a private home.
    """
    if os.geteuid() == 0:
        if user is not None:
            try:
                os.setgroups([])
                os.setresgid(NOBODY, NOBODY, NOBODY)
                os.setresuid(user, user, user)
                held.layers.append("uid")
            except OSError as error:
                held.missing.append(f"another user ({error.strerror})")
        else:
            held.missing.append("another user (Python lies in a folder that only root can read)")
    linux.drop_capabilities()
    held.layers.append("capabilities")


def other_tasks(own_user: bool) -> int | None:
    """Return how many threads of others a bound on this process's threads has to allow for; None where it has no effect.

    The kernel counts the threads of a user in a user namespace. Where the user is not this worker's alone, the namespace is
    made so; where neither can be had, what the user runs at this moment is counted. Root is not bound.
    """
    if os.geteuid() == 0:
        return None
    if own_user:
        return 0
    try:
        linux.unshare(linux.CLONE_NEWUSER)
    except OSError:
        return _tasks_of(os.getuid())
    linux.drop_bounding_set()  # a new namespace brings all rights over itself
    linux.drop_capabilities()
    return 0


def _tasks_of(user: int) -> int | None:
    found = 0
    try:
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                with contextlib.suppress(OSError):  # it has ended meanwhile
                    if os.stat(f"/proc/{entry}").st_uid == user:
                        found += len(os.listdir(f"/proc/{entry}/task"))
    except OSError:
        return None
    return found or None


def close_kernel(
    held: Held, readable: Sequence[int], scratch: int, bounded: bool, allow_processes: bool, allow_threads: bool
) -> None:
    """No new rights, not dumpable, Landlock, no descriptor but 0 to 3, seccomp, in this order.

    Args:
        held: is added to.
        readable: descriptors of what may be read.
        scratch: descriptor of the scratch folder; `bounded` where the kernel bounds its size. Otherwise its size is
            looked at now and then, for which it has to be flat.
        bounded: see `scratch`.
        allow_processes: whether forking is permitted.
        allow_threads: whether threads are; not where their number cannot be bounded.
    """
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    linux.prctl(linux.PR_SET_DUMPABLE, 0)
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)  # after the change of user, which clears it
    held.layers.append("no-new-privileges")
    try:
        linux.Landlock().restrict(readable, scratch, folders=bounded)
        held.layers.append("landlock")
    except OSError as error:
        held.missing.append(f"Landlock ({error.strerror})")
    os.closerange(4, max(scratch, *readable, 64) + 64)
    try:
        seccomp.install(allow_processes, allow_threads)
        held.layers.append("seccomp")
    except OSError as error:
        held.missing.append(f"seccomp ({error.strerror})")


def private_scratch(path: str, size: int, owner: int) -> None:
    """Mount an empty file system of `size` bytes on `path`, visible to this process only."""
    linux.unshare(linux.CLONE_NEWNS)
    options = f"size={size},nr_inodes=1024,mode=0700,uid={owner},gid={owner}"
    linux.mount("scratch", path, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC, options)


def nobody_can_read(paths: Sequence[str]) -> bool:
    """Tell, by trying it in a child, whether the user that a worker becomes can read `paths`."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            os._exit(0 if all(os.access(path, os.R_OK) for path in paths) else 1)
        finally:
            os._exit(2)
    return os.waitpid(child, 0)[1] == 0


def enter_namespaces(held: Held) -> bool:
    """Give this process, and all it starts, namespaces of its own; the caller must fork to enter that of processes.

    Rehearsed in a child first, because a failure half-way leaves a process that can do less than before.
    Returns whether it was possible; the mounts are private then.
    """
    reason = ""
    for flags in (0, linux.CLONE_NEWUSER) if os.geteuid() == 0 else (linux.CLONE_NEWUSER,):
        child = os.fork()
        if child == 0:
            code = errno.EPERM
            try:
                _namespaces(flags)
                private_scratch("/tmp", 1 << 20, os.geteuid())
                code = 0
            except OSError as error:
                code = error.errno or errno.EPERM
            finally:
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code == 0:
            _namespaces(flags)
            held.layers.append("namespaces")
            return True
        reason = os.strerror(abs(code))
    held.missing.append(f"namespaces ({reason})")
    return False


def _namespaces(flags: int) -> None:
    uid, gid = os.geteuid(), os.getegid()
    linux.unshare(
        flags | linux.CLONE_NEWPID | linux.CLONE_NEWNS | linux.CLONE_NEWNET | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS
    )
    if flags:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    linux.mount("none", "/", "", linux.MS_REC | linux.MS_PRIVATE)
