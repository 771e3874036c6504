"""Regrades whenever a file is saved. One warm process, so that the answer is there before the eye is.

Gradings run in a thread of their own, so that a save or a key is noticed at once. A new save ends the grading under way: its
worker is closed, and at its next call of the submission the old thread gives up.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from autograder.calls import Answer, Failed, Limits, Loaded, Outcome, Raised, Runner, Submission
from autograder.catalogue import Exercise
from autograder.desk import Desk
from autograder.errors import KitError
from autograder.overview import next_exercise, print_overview
from autograder.records import Report
from autograder.render import print_report

PAUSE = 0.03  # seconds between two looks at the files
Work = Callable[[], Callable[[], None]]  # done in a thread; what it returns prints what came of it
KEYS = "n next · h hint · s show · d debug · a all details · o overview · q quit"


class Abandoned(BaseException):
    """The work under way is no longer wanted; nothing on the way up may take this for a fault of the submission."""


class Job:
    """Something that takes a while, in a thread; `tell` prints what came of it, in the thread that asks."""

    def __init__(self, work: Callable[[Job], Callable[[], None]]) -> None:
        self.cancelled = False
        self._runners: list[Runner] = []
        self._tell: Callable[[], None] | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def _run(self, work: Callable[[Job], Callable[[], None]]) -> None:
        try:
            self._tell = work(self)
        except BaseException as error:  # what an ended worker made of it is of no interest any more
            self._error = error

    def opened(self, runner: Runner) -> Runner:
        """Return a runner that ends with this job."""
        self._runners.append(runner)
        return _Abandonable(self, runner)

    def cancel(self) -> None:
        """Give up: a call that is under way ends with its worker, and no other is made."""
        self.cancelled = True
        for runner in self._runners:
            with contextlib.suppress(Exception):
                runner.close()

    @property
    def running(self) -> bool:
        """Whether the thread is still at work."""
        return self._thread.is_alive()

    def tell(self) -> None:
        """Print what came of the work, or raise what went wrong."""
        if self.cancelled:
            return
        if self._error is not None:
            raise self._error
        if self._tell is not None:
            self._tell()


class _Abandonable:
    """A runner that makes no call for a job that was cancelled."""

    def __init__(self, job: Job, runner: Runner) -> None:
        self._job, self._runner = job, runner
        self.isolation = runner.isolation

    def _go_on(self) -> None:
        if self._job.cancelled:
            raise Abandoned

    def load(self) -> Loaded | Raised | Failed:
        self._go_on()
        return self._runner.load()

    def call(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Outcome:
        self._go_on()
        return self._runner.call(function, args, kwargs)

    def begin(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Callable[[], Outcome | None]:
        self._go_on()
        return self._runner.begin(function, args, kwargs)

    def replace(self, functions: Sequence[str], answer: Answer) -> None:
        self._runner.replace(functions, answer)

    def close(self) -> None:
        self._runner.close()


class Watch:
    """Watches the learner's files and the keyboard."""

    def __init__(self, desk: Desk, exercises: Sequence[Exercise], console: Console) -> None:
        self.desk, self.exercises, self.console = desk, list(exercises), console
        self.current = self.exercises[0]
        self.reports: dict[str, Report] = {}
        self._stamps: dict[str, tuple[int, int]] = {}
        self._keyboard = True
        self._grading: Job | None = None  # one at a time, since suites and answers are shared
        self._waiting: Work | None = None  # begins as soon as the thread before has ended or given up
        self._drawing: list[Job] = []
        self._opener = desk.grader.opener
        self._opening = threading.local()  # the job that a thread works for
        desk.grader.opener = self._open

    def _open(self, submission: Submission, limits: Limits) -> Runner:
        return self._opening.job.opened(self._opener(submission, limits))  # type: ignore[no-any-return]

    def run(self) -> int:
        """Watch until `q` or Ctrl-C. Returns the exit status: 0 if all is passed."""
        self._stamps = {e.name: self._stamp(e) for e in self.exercises}
        if len(self.exercises) == 1:
            self._grade(self.current)
        else:
            self._overview()
        with contextlib.suppress(KeyboardInterrupt), _single_keys():
            self.console.print(f"\nWatching. {KEYS}", style="dim")
            while True:
                self._look()
                self._hear()
                if not self._key(self._pressed()):
                    break
        for job in (self._grading, *self._drawing):
            if job is not None:
                job.cancel()
        known = {e.name: self.reports.get(e.name) or self.desk.known(e) for e in self.exercises}
        return 0 if all(report and report.state == "passed" for report in known.values()) else 1

    def _look(self) -> None:
        for exercise in self.exercises:
            stamp = self._stamp(exercise)
            if stamp != self._stamps.get(exercise.name):
                self._stamps[exercise.name] = stamp
                self.current = exercise
                self._grade(exercise)

    def _hear(self) -> None:
        """Tell what has been finished, and start what was waiting for a thread to give up."""
        for job in [job for job in self._drawing if not job.running]:
            self._drawing.remove(job)
            self._told(job)
        if self._grading is not None and not self._grading.running:
            job, self._grading = self._grading, None
            self._told(job)
        if self._grading is None and self._waiting is not None:
            self._grading, self._waiting = self._started(self._waiting), None

    def _told(self, job: Job) -> None:
        try:
            job.tell()
        except KitError as error:
            self.console.print(str(error), style="red", markup=False)

    def _stamp(self, exercise: Exercise) -> tuple[int, int]:
        try:
            found = os.stat(self.desk.file(exercise))
        except OSError:
            return (0, 0)
        return (found.st_mtime_ns, found.st_size)

    def _grade(self, exercise: Exercise) -> None:
        """Grade a file as it is now, whatever was being graded."""
        old = " (above: the version before)" if exercise.name in self.reports else ""
        self.console.print(f"\ngrading {exercise.name} ...{old}", style="dim", markup=False)
        if self._grading is not None:
            self._grading.cancel()

        def graded() -> Callable[[], None]:
            start = time.perf_counter()
            report = self.desk.judge(exercise)
            took = time.perf_counter() - start
            return lambda: self._show_report(report, took)

        self._waiting = graded

    def _started(self, work: Work) -> Job:
        def working(job: Job) -> Callable[[], None]:
            self._opening.job = job
            return work()

        return Job(working)

    def _show_report(self, report: Report, took: float | None = None, everything: bool = False) -> None:
        if took is not None:
            self.desk.learner.remember(report)
            self.reports[report.exercise] = report
        if self.console.is_terminal:
            self.console.clear()
        print_report(self.console, report, self.desk.catalogue, everything)
        self.console.print(f"\n{f'{took * 1000:.0f} ms · ' if took is not None else ''}{KEYS}", style="dim")

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
        actions = {
            "a": self._details, "o": self._overview, "n": self._next, "h": self._hint, "s": self._show, "d": self._repro,
        }  # fmt: skip
        if key in actions:
            actions[key]()
        return True

    def _details(self) -> None:
        report = self.reports.get(self.current.name) or self.desk.known(self.current)
        if report is not None:
            self._show_report(report, everything=True)

    def _overview(self) -> None:
        standing = {e.name: self.reports.get(e.name) or self.desk.standing(e) for e in self._all()}
        print_overview(self.console, self.desk.catalogue, self.desk.learner, standing)

    def _all(self) -> list[Exercise]:
        return list(self.desk.catalogue.exercises.values())

    def _next(self) -> None:
        following = next_exercise(self.desk.catalogue, {e.name: self.desk.known(e) for e in self._all()})
        if following is None:
            self.console.print("All exercises are passed.")
            return
        if self._grading is not None:
            self._grading.cancel()
        if following.name not in {e.name for e in self.exercises}:
            self.exercises.append(following)
            self._stamps[following.name] = self._stamp(following)
        self.current = following
        self.console.print(
            f"Next: exercises/{following.chapter}/{following.name}.py. Save it, and it is graded here.", markup=False
        )

    def _hint(self) -> None:
        hints = self.current.hints
        number = self.desk.learner.take_hint(self.current.name, len(hints))
        self.console.print(f"\n{number}/{len(hints)}  {hints[number - 1].strip()}", style="bold", markup=False)

    def _show(self) -> None:
        from autograder.picture import draw

        def drawn() -> Callable[[], None]:
            target = draw(self.desk, exercise)
            link = Text(str(target), style=f"link {target.as_uri()}")
            return lambda: self.console.print(Text.assemble("Written to ", link), soft_wrap=True)

        exercise = self.current
        self.console.print(f"drawing {exercise.name} ...", style="dim", markup=False)
        self._drawing.append(self._started(drawn))

    def _repro(self) -> None:
        from autograder.repro import write_script

        def written() -> Callable[[], None]:
            script = write_script(self.desk, exercise)
            return lambda: self.console.print(script.told(self.desk.root), markup=False, soft_wrap=True)

        exercise = self.current
        self.console.print(f"looking for the call of {exercise.name} that fails ...", style="dim", markup=False)
        self._waiting = written


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
