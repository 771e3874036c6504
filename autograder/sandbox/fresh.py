"""A worker without Linux: a process started for one submission, with the limits that the system has.

Neither macOS nor Windows lets an ordinary program close files, network and processes to itself, and NumPy's libraries on
macOS do not survive a fork; so nothing is closed here, and the report says so.
"""

from __future__ import annotations

import os
import platform
import socket
from collections.abc import Mapping
from typing import Any

from autograder.sandbox import probes, warm, worker
from autograder.sandbox.limits import Bounds, limit_resources


def main(settings: Mapping[str, Any]) -> None:
    """Connect to the client, limit this process and serve."""
    channel = socket.create_connection(("127.0.0.1", settings["port"]))
    channel.sendall(settings["token"].encode())
    warm.load(settings["framework"])
    warm.tidy()
    os.chdir(settings["scratch"])
    os.environ.update(TMPDIR=settings["scratch"], TEMP=settings["scratch"], HOME=settings["scratch"])
    bounds = Bounds(**settings["bounds"])
    limited = limit_resources(bounds, bounds.memory_bytes)  # the libraries may occupy as much again
    report = {
        "layers": ["rlimits"] if limited else [],
        "missing": [f"closed files, network and processes ({platform.system()} has none of Linux's layers)"],
        "files": probes.files_open(settings["canaries"], os.path.dirname(settings["scratch"])),
        "network": True,
        "processes": True,
    }
    worker.serve(channel.recv, channel.send, report)
