"""A worker forked from the warm server: puts on its confinement, tries it, and serves. Linux only."""

from __future__ import annotations

import os
import signal
from functools import partial
from typing import TYPE_CHECKING

from autograder.sandbox import confine, linux, probes, worker
from autograder.sandbox.limits import Bounds, limit_resources

if TYPE_CHECKING:
    from autograder.sandbox.server import Site

CHANNEL = 3  # descriptor of the socket to the client


def confined(fd: int, place: Site, folder: str, bounds: Bounds, serial: int) -> None:
    """Run as a worker forked from the server; `fd` is the socket to the client. Does not return."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.dup2(fd, CHANNEL)
    held = confine.Held(list(place.held.layers), list(place.held.missing)) if place.held else confine.Held()
    if place.mode == "none":
        limit_resources(bounds, place.size)
        os.chdir(folder)
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
        os.closerange(4, max(place.readable) + 64)
    else:
        _confine(place, folder, bounds, held, serial)
    if os.getppid() != place.server:
        os._exit(0)  # it died before its death could end this process
    report = {
        "layers": sorted(set(held.layers)),
        "missing": held.missing,
        "files": probes.files_open(place.canaries, place.base),
        "network": probes.network_open(place.port, place.unix, assume=not place.conclusive),
        "processes": probes.processes_open(),
    }
    worker.serve(partial(os.read, CHANNEL), partial(os.write, CHANNEL), report)


def _confine(place: Site, folder: str, bounds: Bounds, held: confine.Held, serial: int) -> None:
    own_user = place.nobody and place.first_user != confine.NOBODY
    user = place.first_user + serial % confine.USERS if own_user else confine.NOBODY
    owner = user if place.nobody else os.geteuid()
    if place.scratch:
        confine.private_scratch(folder, bounds.scratch_bytes, owner)
    elif place.nobody:
        os.chown(folder, owner, owner)
    scratch = os.open(folder, os.O_PATH | os.O_CLOEXEC)
    os.chdir(folder)
    os.environ.update(TMPDIR=folder, HOME=folder)
    confine.become(held, user if place.nobody else None)
    others = confine.other_tasks(own_user)
    confine.close_kernel(held, place.readable, scratch, bool(place.scratch), bounds.processes > 0, others is not None)
    limit_resources(bounds, place.size, others)  # last: fewer descriptors are permitted than were just open
    held.layers.append("rlimits")
