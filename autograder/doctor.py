"""`anndl doctor`: finds what is wrong with an installation, or with a folder of submissions, before it costs anybody time."""

from __future__ import annotations

import importlib.metadata
import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.text import Text

from autograder.errors import KitError
from autograder.wording import runnable

REQUIRED = re.compile(r"^([A-Za-z0-9_.-]+)==(\S+)")
NEEDED = ("numpy", "torch", "pytest", "nbgrader", "streamlit", "typer", "rich", "pydantic", "PyYAML", "matplotlib")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    level: Literal["good", "note", "bad"]
    what: str
    remedy: str = ""


def examine(root: Path | None) -> Iterator[Finding]:
    """Look at Python, packages, course data, stubs, the state folder and what confinement this system offers.

    Without a course folder the rest is looked at all the same.
    """
    yield _python()
    yield from _packages(root)
    if root is not None:
        yield from _course(root)
        yield _state(root)
    yield from _confinement()


def _python() -> Finding:
    return Finding("good", f"Python {platform.python_version()}")  # an older one does not get this far: pip refuses


def _packages(root: Path | None) -> Iterator[Finding]:
    file = root / "constraints.txt" if root else None
    tested = {}
    if file and file.is_file():
        lines = file.read_text(encoding="utf-8").splitlines()
        tested = {m.group(1).lower(): m.group(2) for line in lines if (m := REQUIRED.match(line))}
    for name in NEEDED:
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding(
                "bad", f"{name} is not installed", "Run `make grade` again, or `pip install -c constraints.txt -e .`"
            )
            continue
        wanted = tested.get(name.lower())
        if wanted and version.partition("+")[0] != wanted:
            yield Finding("note", f"{name} {version}; the kit was tested with {wanted}")
        else:
            yield Finding("good", f"{name} {version}")


def _course(root: Path) -> Iterator[Finding]:
    from autograder.catalogue import Catalogue
    from autograder.sync import sync

    try:
        catalogue = Catalogue(root)
        counts = f"{len(catalogue.exercises)} exercises, {len(catalogue.misconceptions)} misconceptions"
        yield Finding("good", f"course data: {counts}")
        if (root / "solutions").is_dir():
            changed = [path for path in sync(root, write=False) if path.is_relative_to(root / "solutions")]
            if changed:
                yield Finding("note", "a solution's first line is not its card", "`anndl author sync` writes it.")
        for exercise in catalogue.exercises.values():
            if not exercise.stub(root).is_file():
                yield Finding(
                    "bad",
                    f"exercises/{exercise.chapter}/{exercise.name}.py is missing",
                    f"`anndl reset {exercise.name}`",
                )
            if not exercise.suite.is_file():
                yield Finding("bad", f"the tests of {exercise.name} are missing", "Get the course folder anew.")
    except KitError as error:
        yield Finding("bad", str(error), "Until it is corrected, nothing can be graded.")
    except OSError as error:
        yield Finding("bad", f"{error.filename} cannot be read: {error.strerror}")


def _state(root: Path) -> Finding:
    from autograder.learner import write_whole
    from autograder.paths import state_folder

    try:
        probe = state_folder(root) / "probe"
        write_whole(probe, "")
        probe.unlink()
    except OSError as error:
        return Finding(
            "bad",
            f"{root / '.anndl'} cannot be written to: {error.strerror}",
            "Progress cannot be kept; check rights and free space.",
        )
    return Finding("good", "progress can be kept")


def _confinement() -> Iterator[Finding]:
    from autograder.calls import InfrastructureError, Limits, Submission
    from autograder.sandbox.client import Sandbox

    try:
        with Sandbox("best-effort") as sandbox:
            runner = sandbox.open(Submission("def f():\n    return 1\n", "probe.py", ("f",)), Limits())
            runner.load()
            isolation = runner.isolation
            runner.close()
    except InfrastructureError as error:
        yield Finding(
            "bad",
            f"submissions cannot be run in a worker process: {error}",
            "`anndl grade --in-process` works meanwhile.",
        )
        return
    yield Finding("good", f"workers are confined by {', '.join(isolation.layers) or 'nothing'}")
    for name, closed in (
        ("files", isolation.files_closed),
        ("network", isolation.network_closed),
        ("processes", isolation.processes_closed),
    ):
        if not closed:
            yield Finding(
                "note",
                f"{name} stay open to submissions here",
                "Fine for your own code; class grading in strict mode refuses.",
            )
    for missing in isolation.missing:
        yield Finding("note", missing)


def examined(console: Console) -> int:
    """Print what is found; returns the exit status: 1 where something is bad."""
    from autograder.paths import find_root

    findings: list[Finding] = []
    root = None
    try:
        root = find_root()
    except (KitError, OSError) as error:
        findings.append(Finding("bad", str(error)))
    worst = 0
    for finding in chain(findings, examine(root)):
        sign, style = {"good": ("ok  ", "green"), "note": ("note", "yellow"), "bad": ("BAD ", "red")}[finding.level]
        remedy = runnable(finding.remedy)
        console.print(Text.assemble((sign, style), "  ", finding.what, ("  " + remedy, "cyan")), soft_wrap=True)
        worst = max(worst, finding.level == "bad")
    return int(worst)
