"""A few grading processes on this machine. One that dies costs one task, which is tried once more elsewhere."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from classroom.tasks import Setting, Task, carry_out

TRIES = 2
_context = multiprocessing.get_context("spawn")  # a forked child would hold its siblings' pipes open


@dataclass
class _Hand:
    process: BaseProcess
    pipe: Connection
    task: Task | None = None


def run(tasks: Iterable[Task], setting: Setting, processes: int) -> Iterator[tuple[Task, dict[str, Any] | None]]:
    """Carry out the tasks on `processes` processes and yield each with its report as it falls.

    A report of None means that the process died twice over this task: our fault, not the student's.
    """
    source = iter(tasks)
    again: deque[Task] = deque()
    tries: dict[int, int] = {}
    hands: list[_Hand] = []

    def following() -> Task | None:
        return again.popleft() if again else next(source, None)

    def hand_out(hand: _Hand) -> bool:
        hand.task = following()
        if hand.task is not None:
            hand.pipe.send(hand.task)
        return hand.task is not None

    try:
        for _ in range(processes):
            hand = _start(setting)
            if not hand_out(hand):
                _end(hand)
                break
            hands.append(hand)
        while busy := [hand for hand in hands if hand.task is not None]:
            for pipe in wait([hand.pipe for hand in busy]):
                hand = next(h for h in busy if h.pipe is pipe)
                task = hand.task
                assert task is not None
                try:
                    report = hand.pipe.recv()
                except (EOFError, OSError):
                    _end(hand)
                    hands.remove(hand)
                    tries[id(task)] = tries.get(id(task), 0) + 1
                    if tries[id(task)] < TRIES:
                        again.append(task)
                    else:
                        yield task, None
                    replacement = _start(setting)
                    if hand_out(replacement):
                        hands.append(replacement)
                    else:
                        _end(replacement)
                    continue
                hand_out(hand)
                yield task, report
    finally:
        for hand in hands:
            _end(hand)


def _start(setting: Setting) -> _Hand:
    ours, theirs = _context.Pipe()
    process = _context.Process(target=_serve, args=(theirs, setting), daemon=True)
    process.start()
    theirs.close()
    return _Hand(process, ours)


def _end(hand: _Hand) -> None:
    hand.pipe.close()  # the process sees the end of its pipe and leaves, closing its sandbox
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
