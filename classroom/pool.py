"""A few grading processes on this machine. One that dies, or hangs, costs one task, which is tried once more elsewhere."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import time
from collections import Counter, deque
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from classroom.tasks import Setting, Task, carry_out

TRIES = 2
PATIENCE = 120.0  # seconds beyond what a submission may take: imports of a cold start, the reference, wrong versions
_context = multiprocessing.get_context("spawn")  # a forked child would hold its siblings' pipes open


@dataclass
class _Hand:
    process: BaseProcess
    pipe: Connection
    task: Task | None = None
    since: float = 0.0


def run(
    tasks: Iterable[Task], setting: Setting, processes: int, patience: float = PATIENCE
) -> Generator[tuple[Task, dict[str, Any] | None], None, None]:
    """Carry out the tasks on `processes` processes and yield each with its report as it falls.

    A report of None means that the process died twice over this task: our fault, not the student's.
    """
    source = iter(tasks)
    again: deque[Task] = deque()
    tries: Counter[tuple[str, str]] = Counter()
    hands: list[_Hand] = []
    longest = setting.limits.total_seconds + patience

    def hand_out(hand: _Hand) -> None:
        """Give a process its next task. One that has died meanwhile has an ended pipe, which is seen when it is read."""
        hand.task = again.popleft() if again else next(source, None)
        hand.since = time.monotonic()
        if hand.task is not None:
            with contextlib.suppress(OSError):
                hand.pipe.send(hand.task)

    def lost(hand: _Hand) -> Task | None:
        """Replace a process that has ended; return its task where it has been tried often enough."""
        task = hand.task
        assert task is not None
        hands.remove(hand)
        _end(hand, at_once=True)
        tries[task.student, task.exercise] += 1
        given_up = tries[task.student, task.exercise] >= TRIES
        if not given_up:
            again.append(task)
        hands.append(_start(setting))
        hand_out(hands[-1])
        return task if given_up else None

    try:
        for first in itertools.islice(source, processes):  # no more processes than tasks
            again.append(first)
            hands.append(_start(setting))
            hand_out(hands[-1])
        while busy := [hand for hand in hands if hand.task is not None]:
            left = min(hand.since for hand in busy) + longest - time.monotonic()
            ready = wait([hand.pipe for hand in busy], timeout=max(left, 0.0))
            for hand in busy:
                task = hand.task
                assert task is not None
                if hand.pipe in ready:
                    try:
                        report = hand.pipe.recv()
                    except (EOFError, OSError):
                        if lost(hand):
                            yield task, None
                        continue
                    hand_out(hand)
                    yield task, report
                elif time.monotonic() - hand.since > longest and lost(hand):
                    yield task, None
    finally:
        for hand in hands:
            hand.pipe.close()  # all are told before one is waited for
        for hand in hands:
            _end(hand)


def _start(setting: Setting) -> _Hand:
    ours, theirs = _context.Pipe()
    process = _context.Process(target=_serve, args=(theirs, setting), daemon=True)
    process.start()
    theirs.close()
    return _Hand(process, ours)


def _end(hand: _Hand, at_once: bool = False) -> None:
    hand.pipe.close()  # the process sees the end of its pipe and leaves, closing its sandbox
    if not at_once:
        hand.process.join(timeout=5)
    if hand.process.is_alive():
        hand.process.kill()
        hand.process.join()


def _serve(pipe: Connection, setting: Setting) -> None:
    """The other side: grade what comes until the pipe ends, also because the parent was killed."""
    try:
        while True:
            pipe.send(carry_out(pipe.recv(), setting))
    except (EOFError, OSError, KeyboardInterrupt):
        return
