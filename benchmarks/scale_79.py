"""Do the two commands stay short when the course is complete? Its exercises, copied under new names up to 79, in a
course of their own.

`python -m benchmarks.scale_79` measures cold `anndl grade` and `anndl status` with nothing started and with all
begun, and what the quick tests cost for each exercise, and writes benchmarks/results/scale_79.md. Everything counts
in processor time too, which other work on the machine does not stretch.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import yaml

from autograder.catalogue import Catalogue, Exercise
from autograder.paths import find_root
from autograder.sync import sync

WANTED = 79
RUNS = 5
LOADED = "; taken under load, so read processor seconds and ratios, not the clock"
RESULT = Path(__file__).parent / "results" / "scale_79.md"
QUICK = "not slow and not browser and not postgres and not evidence and not load"


@dataclass(frozen=True)
class Cost:
    """Medians of several runs of one command, in seconds."""

    clock: float
    processor: float


def copied(root: Path, target: Path, count: int) -> None:
    """Make a course of `count` exercises: the kit's, then copies of them under numbered names."""
    for part in ("course", "solutions", "reference", "autograder/suites"):
        shutil.copytree(root / part, target / part, ignore=shutil.ignore_patterns("__pycache__"))
    originals = list(Catalogue(target).exercises.values())
    for number in range(len(originals), count):
        _copy(originals[number % len(originals)], f"{originals[number % len(originals)].name}_{number}")
    sync(target)


def _copy(exercise: Exercise, name: str) -> None:
    card = yaml.safe_load(exercise.description.read_text(encoding="utf-8"))
    card.pop("misconceptions", None)  # the copy's wrong versions are of the original's
    card["after"] = []
    exercise.description.with_name(f"{name}.yaml").write_text(yaml.safe_dump(card), encoding="utf-8")
    for path in (exercise.solution, exercise.reference):
        shutil.copyfile(path, path.with_name(f"{name}.py"))
    folder = exercise.folder.with_name(name)
    shutil.copytree(exercise.folder, folder, ignore=shutil.ignore_patterns("__pycache__", "proof.json"))
    (folder / f"test_{exercise.name}.py").rename(folder / f"test_{name}.py")


def measured(folder: Path, *words: str) -> Cost:
    """Run one command several times, each in a process of its own."""
    clock, processor = [], []
    for _ in range(RUNS):
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "autograder.cli", *words], cwd=folder, stdout=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        clock.append(time.perf_counter() - start)
        processor.append(usage.ru_utime + usage.ru_stime)
        if os.waitstatus_to_exitcode(status) not in (0, 1):
            raise SystemExit(f"anndl {' '.join(words)} failed; this would measure something else")
    return Cost(statistics.median(clock), statistics.median(processor))


def begin(folder: Path) -> None:
    """Write one wrong line into every stub, as a learner would who has begun everything, and grade it once."""
    for path in (folder / "exercises").rglob("*.py"):
        path.write_text(
            re.sub(r"raise NotImplementedError\(.*\)", "return None", path.read_text(encoding="utf-8"), count=1)
        )
    subprocess.run([sys.executable, "-P", "-m", "autograder.cli", "grade"], cwd=folder, stdout=subprocess.DEVNULL)


def tests(root: Path, names: list[str]) -> Counter[str]:
    """Return the processor seconds of the quick tests of each exercise; under "" what belongs to none."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "times.json"
        command = [sys.executable, "-m", "pytest", "tests/exercises", "-q", "-n", "2", "-m", QUICK]
        environment = {**os.environ, "PROCESSOR_TIME": str(file)}
        done = subprocess.run(
            [*command, "-p", "benchmarks.processor_time"], cwd=root, env=environment, capture_output=True, text=True
        )
        print(done.stdout.splitlines()[-1])
        times = json.loads(file.read_text(encoding="utf-8"))
    spent: Counter[str] = Counter()
    for test, seconds in times.items():
        words = set(re.split(r"\W+", test.partition("[")[2]))
        spent[next((name for name in names if name in words), "")] += seconds
    return spent


def main() -> None:
    """Measure, print and write the result."""
    root = find_root(Path(__file__).parent)
    names = list(Catalogue(root).exercises)
    load = os.getloadavg()[0]
    rows = []
    for count in (len(names), WANTED):
        with tempfile.TemporaryDirectory() as folder:
            course = Path(folder) / "course-folder"
            copied(root, course, count)
            for words in (("grade",), ("status",)):
                rows.append((f"`anndl {words[0]}`, nothing started", count, measured(course, *words)))
            begin(course)
            rows.append(("`anndl status`, everything begun", count, measured(course, "status")))
    spent = tests(root, names)
    each = [spent[name] for name in names]
    text = f"""# The two commands at {WANTED} exercises

{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; made by
`python -m benchmarks.scale_79`. Medians of {RUNS} processes, nothing kept warm between them.
Load at the beginning: {load:.1f}{LOADED if load > 0.5 else ""}.

| command | exercises | seconds | processor seconds |
|---|---|---|---|
"""
    text += "".join(f"| {what} | {count} | {cost.clock:.2f} | {cost.processor:.2f} |\n" for what, count, cost in rows)
    text += f"""
Quick tests (`tests/exercises`) in processor seconds: {spent.total():.0f} for {len(names)} exercises, of which
{spent[""]:.0f} belong to no single one.

| exercise | processor seconds |
|---|---|
"""
    text += "".join(f"| {name} | {spent[name]:.1f} |\n" for name in sorted(names, key=lambda n: -spent[n]))
    mean = statistics.mean(each)
    text += f"""
{mean:.1f} on average, so {WANTED} of them take {mean * WANTED / 60:.0f} minutes of one processor,
{mean * WANTED / 120:.0f} minutes by the clock on two.
"""
    RESULT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
