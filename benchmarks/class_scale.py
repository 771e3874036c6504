"""How grading grows with the class: `python -m benchmarks.class_scale [--students 10 30 100 300]`.

A synthetic class hands in all exercises: right and wrong ones as students write them, stubs, hostile ones that end
their process or flood the output (none that never ends: each would cost its whole time limit, as it should). Writes
`benchmarks/results/class_scale.md`: time a grading, processor time, and the peak memory of the trusted and other processes.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import resource
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from autograder.catalogue import Catalogue
from autograder.paths import find_root
from classroom.grade import grade_class, local
from classroom.journal import Journal
from classroom.tasks import Setting

HOSTILE = (
    "import os\nos._exit(0)\n",
    "print('score: 100' * 100_000)\nraise SystemExit\n",
    "import os\nwhile True:\n    os.fork()\n",
    "x = [0] * (1 << 40)\n",
)
MIX = {"right": 0.45, "wrong": 0.3, "stub": 0.15, "hostile": 0.1}


@dataclass
class Memory:
    """Peaks in MiB, sampled: of this and the grading processes, and of the sandbox's servers and workers."""

    trusted: float = 0.0
    workers: float = 0.0

    def watch(self, stop: threading.Event) -> None:
        """Sample until stopped. USS: pages that a fork shares with its server are counted once, with the server's."""
        me = psutil.Process()
        while not stop.wait(0.5):
            trusted, workers = me.memory_full_info().uss, 0
            for process in me.children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    grading = "spawn_main" in " ".join(process.cmdline())
                    trusted += process.memory_full_info().uss * grading
                    workers += process.memory_full_info().uss * (not grading)
            self.trusted, self.workers = max(self.trusted, trusted / 2**20), max(self.workers, workers / 2**20)


def sources(root: Path) -> dict[str, dict[str, list[str]]]:
    """Return modules by exercise and kind."""
    found = {}
    for name, exercise in Catalogue(root).exercises.items():
        kinds = {
            "right": [
                exercise.solution,
                *sorted((exercise.folder / "right").glob("*.py")),
            ],
            "wrong": sorted((exercise.folder / "wrong").glob("*.py")),
            "stub": [exercise.stub(root)],
        }
        found[name] = {kind: [path.read_text() for path in paths] for kind, paths in kinds.items()}
        found[name]["hostile"] = list(HOSTILE)
    return found


def write_class(folder: Path, students: int, modules: dict[str, dict[str, list[str]]]) -> None:
    """Write a class of `students`, the same for the same number."""
    dice = random.Random(students)
    for number in range(students):
        (folder / f"student{number:03}").mkdir(parents=True)
        for name, kinds in modules.items():
            usable = [kind for kind in MIX if kinds[kind]]
            [kind] = dice.choices(usable, [MIX[kind] for kind in usable])
            text = f"{dice.choice(kinds[kind])}\n# handed in by {number}\n"
            (folder / f"student{number:03}" / f"{name}.py").write_text(text)


def measure(root: Path, students: int, processes: int) -> str:
    """Grade a class and return its row."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "class"
        write_class(folder, students, sources(root))
        journal, memory, stop = Journal(Path(place) / "journal.sqlite"), Memory(), threading.Event()
        watcher = threading.Thread(target=memory.watch, args=(stop,))
        watcher.start()
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        exercises = list(Catalogue(root).exercises)
        outcome = grade_class(folder, exercises, b"benchmark" * 4, Setting(str(root)), journal, local(processes))
        seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        stop.set()
        watcher.join()
        journal.close()
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    graded = outcome.graded
    return (
        f"| {students} | {graded} | {outcome.failed} | {seconds:.0f} | {1000 * seconds / graded:.0f} "
        f"| {1000 * used / graded:.0f} | {memory.trusted:.0f} | {memory.workers:.0f} |"
    )


def main() -> None:
    """Measure the classes and write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--students", type=int, nargs="+", default=[10, 30, 100, 300])
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    root = find_root()
    load = os.getloadavg()[0]
    lines = [
        "# Grading a synthetic class",
        "",
        f"`python -m benchmarks.class_scale`; strict confinement, {options.processes} grading processes on {os.cpu_count()} "
        f"processors, load average {load:.1f} before it began. Where others keep the machine busy, processor time is the",
        "figure to read: the clock would show about processor time / grading processes on a machine of its own.",
        "",
        "| students | gradings | not run | seconds | ms a grading | processor ms a grading | trusted MiB | others MiB |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    out = Path(__file__).parent / "results" / "class_scale.md"
    out.parent.mkdir(exist_ok=True)
    for students in options.students:
        lines.append(measure(root, students, options.processes))
        print(lines[-1], flush=True)
        out.write_text("\n".join(lines) + "\n")  # after each class: a long run that is ended keeps what it has


if __name__ == "__main__":
    main()
