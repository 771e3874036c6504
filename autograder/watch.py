"""Regrades whenever a file is saved. One warm process, so that the answer is there before the eye is."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import time
from collections.abc import Iterator, Sequence

from rich.console import Console

from autograder.catalogue import Exercise
from autograder.desk import Desk
from autograder.records import Report
from autograder.render import next_exercise, print_overview, print_report

PAUSE = 0.03  # seconds between two looks at the files
KEYS = "n next · h hint · s show · a all details · o overview · q quit"


class Watch:
    """Watches the learner's files and the keyboard."""

    def __init__(self, desk: Desk, exercises: Sequence[Exercise], console: Console) -> None:
        self.desk, self.exercises, self.console = desk, list(exercises), console
        self.current = self.exercises[0]
        self.reports: dict[str, Report] = {}
        self._stamps: dict[str, tuple[int, int]] = {}
        self._keyboard = True

    def run(self) -> int:
        """Watch until `q` or Ctrl-C. Returns the exit status: 0 if all is passed."""
        self._stamps = {e.name: self._stamp(e) for e in self.exercises}
        if len(self.exercises) == 1:
            self._grade(self.current)
        else:
            for exercise in self.exercises:
                self.reports[exercise.name] = self.desk.grade(exercise)
            print_overview(self.console, self.desk.catalogue, self.reports)
        self.console.print(f"\nWatching. {KEYS}", style="dim")
        with contextlib.suppress(KeyboardInterrupt), _single_keys():
            while True:
                for exercise in self.exercises:
                    stamp = self._stamp(exercise)
                    if stamp != self._stamps.get(exercise.name):
                        self._stamps[exercise.name] = stamp
                        self.current = exercise
                        self._grade(exercise)
                if not self._key(self._pressed()):
                    break
        return 0 if all(r.state == "passed" for r in self.reports.values()) else 1

    def _stamp(self, exercise: Exercise) -> tuple[int, int]:
        try:
            found = os.stat(self.desk.file(exercise))
        except OSError:
            return (0, 0)
        return (found.st_mtime_ns, found.st_size)

    def _grade(self, exercise: Exercise, everything: bool = False) -> None:
        start = time.perf_counter()
        report = self.desk.grade(exercise)
        took = time.perf_counter() - start
        self.reports[exercise.name] = report
        if self.console.is_terminal:
            self.console.clear()
        print_report(self.console, report, self.desk.catalogue, everything)
        self.console.print(f"\n{took * 1000:.0f} ms · {KEYS}", style="dim")

    def _pressed(self) -> str:
        """Wait a moment for a key; where there is no keyboard, only wait."""
        key = _read_key(PAUSE) if self._keyboard else None
        if key is None:
            self._keyboard = False
            time.sleep(PAUSE)
        return key or ""

    def _key(self, key: str) -> bool:
        """Act on a key; False ends the watch."""
        if key == "q":
            return False
        if key == "a":
            self._grade(self.current, everything=True)
        elif key == "o":
            for exercise in self.exercises:
                if exercise.name not in self.reports:
                    self.reports[exercise.name] = self.desk.grade(exercise)
            print_overview(self.console, self.desk.catalogue, self.reports)
        elif key == "n":
            self._next()
        elif key == "h":
            progress = self.desk.learner.of(self.current.name)
            progress.hints = min(progress.hints + 1, len(self.current.hints))
            self.desk.learner.save()
            text = self.current.hints[progress.hints - 1].strip()
            self.console.print(f"\n{progress.hints}/{len(self.current.hints)}  {text}", style="bold", markup=False)
        elif key == "s":
            self._show()
        return True

    def _next(self) -> None:
        known = {e.name: self.desk.known(e) for e in self.desk.catalogue.exercises.values()}
        following = next_exercise(self.desk.catalogue, known)
        if following is None:
            self.console.print("All exercises are passed.")
            return
        if following.name not in {e.name for e in self.exercises}:
            self.exercises.append(following)
            self._stamps[following.name] = self._stamp(following)
        self.current = following
        self.console.print(
            f"Next: exercises/{following.chapter}/{following.name}.py. Save it, and it is graded here.", markup=False
        )

    def _show(self) -> None:
        from autograder.picture import PictureError, draw

        target = self.desk.learner.folder / "figures" / f"{self.current.name}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            draw(self.desk, self.current, target)
        except PictureError as error:
            self.console.print(str(error), style="red", markup=False)
            return
        self.console.print(f"Written to {target}", markup=False, soft_wrap=True)


@contextlib.contextmanager
def _single_keys() -> Iterator[None]:
    """Let a key act without Enter, where standard input is a terminal that can."""
    if not sys.stdin.isatty():
        yield
        return
    try:
        import termios
        import tty
    except ImportError:  # Windows has its own way, in _read_key
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _read_key(wait: float) -> str | None:
    """Return a key pressed within `wait` seconds, an empty text, or None where standard input has ended."""
    if sys.platform == "win32":
        import msvcrt

        time.sleep(wait)
        return msvcrt.getwch() if msvcrt.kbhit() else ""
    ready, _, _ = select.select([sys.stdin], [], [], wait)
    if not ready:
        return ""
    return os.read(sys.stdin.fileno(), 1).decode(errors="replace") or None
