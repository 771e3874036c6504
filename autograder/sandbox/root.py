"""A root folder with nothing in it but what Python needs: names and contents of all else are gone, not only closed.

Built by the server in a mount namespace of its own from read-only bind mounts, at the paths that Python knows. Folders above
them are new and open to everybody, so that a worker can change its user even where Python lies in a private home.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from autograder.sandbox import linux

LINKS = ("/lib", "/lib64", "/usr/lib64")
PACKAGES = ("site-packages", "dist-packages")
DEVICES = ("/dev/null", "/dev/urandom", "/dev/zero")


def enter(readable: Sequence[str], folders: Sequence[str]) -> None:
    """Make a new root of `readable`, with empty folders at `folders`, and leave the old one for good.

    Raises:
        OSError: a mount is refused; the process still sees the old root.
    """
    linux.unshare(linux.CLONE_NEWNS)
    root = folders[0]  # any folder of ours can carry the mount
    linux.mount("root", root, "tmpfs", linux.MS_NOSUID, "size=1m,mode=0755")
    old = os.umask(0o022)
    try:
        for path in LINKS:
            if os.path.islink(path):
                _parents(root, path)
                os.symlink(os.readlink(path), root + path)
        standard = os.path.dirname(os.__file__)
        _bind(root, standard)
        for name in PACKAGES:  # the kit itself may be installed there: covered before single packages come back
            covered = root + os.path.join(standard, name)
            if os.path.isdir(covered):
                linux.mount("cover", covered, "tmpfs", linux.MS_NOSUID, "size=1m,mode=0755")
        for path in (*readable, *DEVICES):
            if not os.path.exists(root + path):
                _bind(root, path)
        for path in folders:
            os.makedirs(root + path, mode=0o711, exist_ok=True)
    finally:
        os.umask(old)
    linux.read_only(root)
    os.chdir(root)
    linux.pivot_root(".", ".")
    linux.unmount(".")
    os.chdir("/")


def _bind(root: str, path: str) -> None:
    """Show what is at `path` at the same place below `root`."""
    _parents(root, path)
    if os.path.isdir(path):
        os.mkdir(root + path)
    else:
        os.close(os.open(root + path, os.O_CREAT | os.O_WRONLY, 0o644))
    linux.mount(path, root + path, "", linux.MS_BIND | linux.MS_REC)


def _parents(root: str, path: str) -> None:
    os.makedirs(os.path.dirname(root + path), mode=0o755, exist_ok=True)
