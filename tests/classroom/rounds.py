"""nbgrader's own commands on a course folder of its own, and students' notebooks in every state."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[2]
# One server that has nbgrader imported; each command is a process of its own, forked from it: 2.4 s saved on each.
_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(
    ["nbgrader.apps.nbgraderapp", "nbgrader.apps", "nbgrader.converters", "nbgrader.exchange"]
)


def _command(arguments: list[str], folder: str, log: str, environment: dict[str, str]) -> None:
    """Be the command `nbgrader ARGUMENTS` in a process of its own."""
    from nbgrader.apps.nbgraderapp import main

    os.chdir(folder)
    os.environ.update(environment)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.argv = ["nbgrader", *arguments]
    main()


@dataclass
class Result:
    """How a command ended, and what it said."""

    status: int
    said: str


@dataclass
class Classroom:
    """A course folder, an exchange folder and students' home folders, all below `folder`."""

    folder: Path
    assignment: str = "week1"
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.exchange.mkdir(parents=True)
        self.exchange.chmod(0o777)
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
            self.environment[name] = str(self.folder / "jupyter" / name.lower())
        self.environment["OMP_NUM_THREADS"] = "1"
        self.environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # nbgrader calls `alembic`

    @property
    def course(self) -> Path:
        return self.folder / "course"

    @property
    def exchange(self) -> Path:
        return self.folder / "exchange"

    @property
    def key(self) -> Path:
        return self.folder / "course.key"

    @property
    def secret(self) -> bytes:
        """The course's key, once something has been graded."""
        return self.key.read_bytes().strip()

    def nbgrader(self, *arguments: str, at: Path | None = None, status: int | None = 0) -> Result:
        """Run one of nbgrader's commands and return how it ended; `status` is how it has to end, None: however."""
        log = self.folder / "command.log"
        process = _server.Process(
            target=_command, args=(list(arguments), str(at or self.course), str(log), self.environment)
        )
        process.start()
        process.join()
        said = log.read_text(encoding="utf-8", errors="replace")
        assert process.exitcode is not None
        if status is not None:
            assert process.exitcode == status, f"nbgrader {' '.join(arguments)}: {process.exitcode}\n{said}"
        return Result(process.exitcode, said)

    def configure(self, *lines: str) -> None:
        """Add lines to the course's configuration."""
        config = self.course / "nbgrader_config.py"
        config.write_text(config.read_text() + "\n".join(lines) + "\n")

    def home(self, student: str) -> Path:
        """Return a student's folder, with a configuration that knows only the exchange."""
        home = self.folder / "homes" / student
        if not home.exists():
            home.mkdir(parents=True)
            home.joinpath("nbgrader_config.py").write_text(
                "c = get_config()\n"
                f"c.Exchange.root = {str(self.exchange)!r}\nc.Exchange.cache = {str(home / 'cache')!r}\n"
                f"c.CourseDirectory.course_id = 'anndl'\nc.CourseDirectory.student_id = {student!r}\n"
            )
        return home

    def autograded(self, student: str, exercise: str) -> nbformat.NotebookNode:
        return nbformat.read(self.course / "autograded" / student / self.assignment / f"{exercise}.ipynb", as_version=4)

    def feedback(self, student: str, exercise: str) -> str:
        return (self.course / "feedback" / student / self.assignment / f"{exercise}.html").read_text(encoding="utf-8")

    def score(self, student: str, exercise: str, cell: str = "grade") -> float | None:
        """Return what the gradebook holds for one graded cell."""
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{self.course / 'gradebook.db'}") as gradebook:
            grade = gradebook.find_grade(f"{exercise}-{cell}", exercise, self.assignment, student)
            return None if grade.auto_score is None else float(grade.auto_score)


Notebook = nbformat.NotebookNode
Change = Callable[[Notebook], None]


def read(path: Path) -> Notebook:
    return nbformat.read(path, as_version=4)


def cell(notebook: Notebook, grade_id: str) -> Notebook:
    """Return the cell with a grade_id."""
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def solve(notebook: Notebook, source: Notebook, exercise: str, only: tuple[str, ...] | None = None) -> None:
    """Write the solution of a source notebook into the cells of a released one."""
    for written in source.cells:
        meta = written.metadata.get("nbgrader", {})
        name = str(meta.get("grade_id", "")).removeprefix(f"{exercise}-")
        if meta.get("solution") and written.cell_type == "code" and (only is None or name in only):
            lines = [line for line in written.source.splitlines() if "### " not in line]
            cell(notebook, meta["grade_id"]).source = "\n".join(lines)


def save(notebook: Notebook, path: Path) -> None:
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")
