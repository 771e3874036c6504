"""`anndl doctor`: finds what is wrong with an installation, or with a folder of submissions, before it costs anybody time."""

from __future__ import annotations

import importlib
import importlib.metadata
import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.text import Text

REQUIRED = re.compile(r"^([A-Za-z0-9_.-]+)==(\S+)")
NEEDED = ("numpy", "torch", "pytest", "nbgrader", "streamlit", "typer", "rich", "pydantic", "PyYAML", "matplotlib")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    level: Literal["good", "note", "bad"]
    what: str
    remedy: str = ""


def examine(root: Path) -> Iterator[Finding]:
    """Look at Python, packages, course data, stubs, the state folder and what confinement this system offers."""
    yield _python()
    yield from _packages(root)
    yield from _course(root)
    yield _state(root)
    yield from _confinement()


def _python() -> Finding:
    return Finding("good", f"Python {platform.python_version()}")  # an older one does not get this far: pip refuses


def _packages(root: Path) -> Iterator[Finding]:
    file = root / "constraints.txt"
    tested = {}
    if file.is_file():
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
    from autograder.yamlfile import CourseError

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
    except CourseError as error:
        yield Finding("bad", str(error), "Correct that line.")


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


def attach(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def doctor(
        folder: Annotated[
            Path | None, typer.Argument(help="A course folder of nbgrader's, to look at what was handed in.")
        ] = None,
        fix: Annotated[bool, typer.Option("--fix", help="Repair submissions (the originals are kept).")] = False,
    ) -> None:
        """Find what is wrong: with this installation, or with the notebooks handed in to FOLDER."""
        from autograder.paths import find_root

        console = Console(highlight=False)
        if folder is not None:
            raise typer.Exit(importlib.import_module("classroom.doctor").report(folder, fix, console))
        worst = 0
        for finding in examine(find_root()):
            sign, style = {"good": ("ok  ", "green"), "note": ("note", "yellow"), "bad": ("BAD ", "red")}[finding.level]
            console.print(
                Text.assemble((sign, style), "  ", finding.what, ("  " + finding.remedy, "cyan")), soft_wrap=True
            )
            worst = max(worst, finding.level == "bad")
        raise typer.Exit(int(worst))
