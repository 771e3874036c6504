"""Tries what a confined process must not be able to do. Run before a line of the submission is, from code it cannot reach.

What is reported about the isolation comes from here, and not from which layers the system claims to have.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from contextlib import suppress


def files_open(canaries: Iterable[str], folder: str) -> bool:
    """Tell whether one of the canaries can be read, or a file be made beside them, in `folder`."""
    for path in canaries:
        with suppress(OSError), open(path, "rb"):
            return True
    stray = os.path.join(folder, f"stray-{os.getpid()}")
    with suppress(OSError):
        os.close(os.open(stray, os.O_CREAT | os.O_WRONLY, 0o600))
        os.unlink(stray)
        return True
    return False


def network_open(port: int, unix: str, assume: bool) -> bool:
    """Tell whether a listener can be reached by TCP on this machine, or by its name in the file system.

    With `assume`, a socket that can be made at all counts as an open network: for where the listener could not be reached
    before confinement either, so that failing to reach it proves nothing.
    """
    for family, address in ((socket.AF_INET, ("127.0.0.1", port)), (socket.AF_UNIX, unix)):
        with suppress(OSError), socket.socket(family, socket.SOCK_STREAM) as probe:
            if assume:
                return True
            probe.settimeout(1.0)
            probe.connect(address)
            return True
    return False


def processes_open() -> bool:
    """Tell whether a child can be made."""
    try:
        child = os.fork()
    except OSError:
        return False
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return True
