"""`anndl author`: for whoever adds or changes an exercise."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from autograder import proof
from autograder.authoring.checklist import Context, Problem, Result
from autograder.authoring.graded import GRADED
from autograder.authoring.measures import measure
from autograder.authoring.scaffold import plan, write
from autograder.authoring.written import WRITTEN
from autograder.catalogue import Catalogue, Exercise
from autograder.errors import KitError
from autograder.grading import Grader
from autograder.paths import find_root
from autograder.sync import sync
from autograder.yamlfile import CourseError

READABLE = "the course can be read"
PAUSE = 0.3  # seconds between two looks at the files
MARKS = {"holds": ("green", "✓"), "fails": ("red", "✗"), "left out": ("dim", "-")}

author = typer.Typer(
    help="For authors: begin an exercise, bring stubs up to date, see whether a suite tells mistakes apart.",
    no_args_is_help=True,
)
console = Console(highlight=False, soft_wrap=True)


@author.command(name="sync")
def sync_() -> None:
    """Write cards and stubs from the exercises' YAML files and solutions."""
    root = find_root()
    for path in sync(root):
        console.print(f"written: {path.relative_to(root)}", markup=False)


@author.command()
def new(
    place: Annotated[str, typer.Argument(metavar="CHAPTER/NAME")],
    title: Annotated[str, typer.Option(prompt=True, help="As students read it.")],
    topic: Annotated[str, typer.Option(prompt=True, help="An id of course/syllabus.yaml.")],
    function: Annotated[
        list[str] | None, typer.Option(help='A signature, "f(x, y=1)"; several times. Else those of the reference.')
    ] = None,
    framework: Annotated[str, typer.Option(help="numpy or torch.")] = "numpy",
    difficulty: Annotated[int, typer.Option(min=1, max=5)] = 2,
    minutes: Annotated[int, typer.Option(min=1)] = 30,
) -> None:
    """Begin an exercise: write all its files, every field explained, every gap marked TODO."""
    root = find_root()
    catalogue = Catalogue(root)
    begun = plan(catalogue, place, title, topic, function or [], framework, difficulty, minutes)
    for path in (*write(begun, catalogue.courses[0]), *sync(root)):
        console.print(f"written: {path.relative_to(root)}", markup=False)
    console.print(f"\n`anndl author check {begun.name} --watch` lists what is to be done.", markup=False)


@author.command()
def check(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Exercises; all of them if none.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Leave out what takes minutes to prove.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Check again on every save, without what takes minutes.")
    ] = False,
) -> None:
    """Judge exercises: one line per thing that must hold, and one for each slip, with file and line.

    What takes minutes is kept in proof.json beside the suite, and only proven again when something it depends on changes.
    Exit status: 0 everything holds, 1 something does not, 2 wrong use.
    """
    root = find_root()
    if watch:
        _watch(root, names or [])
    good, results = True, []
    for name, found in _all(root, names or [], quick):
        good = good and all(result.state == "holds" for result in found)
        if as_json:
            results.append(_plain(root, name, found))
        else:
            _show(root, name, found)
    if as_json:
        print(json.dumps(results, indent=1, ensure_ascii=False))
    raise typer.Exit(0 if good else 1)


def checked(grader: Grader, exercise: Exercise, quick: bool = False) -> Iterator[Result]:
    """Run the whole checklist on one exercise, and prove what is not proven yet.

    Args:
        grader: of the course.
        exercise: one of its exercises.
        quick: only ask whether a proof is there, do not begin one.
    """
    context = Context(grader, exercise)
    failed = set()
    for result in WRITTEN.run(context):
        if result.state != "holds":
            failed.add(result.title)
        yield result
    needed = {
        item.title for item in WRITTEN.items if item.check.__name__ in ("complete", "signatures", "readable", "made")
    }
    blocked = {item.check.__name__ for item in WRITTEN.items if item.title in failed}
    if not quick and not failed & needed and proof.fresh(exercise) is None and _passes(context):
        with console.status(f"{exercise.name}: proving") as status:
            measure(context, lambda text: status.update(f"{exercise.name}: {text}")).save(exercise)
    yield from GRADED.run(context, blocked)


def _passes(context: Context) -> bool:
    report = context.grader.grade(context.exercise.name, context.bench.solution)
    return report.state == "passed"


def _all(root: Path, names: Sequence[str], quick: bool) -> Iterator[tuple[str, list[Result]]]:
    try:
        grader = Grader(root)
        catalogue = grader.catalogue
        if names:
            chosen = [catalogue.find_exercise(name) for name in names]
        else:
            chosen = [e for e in catalogue.exercises.values() if e.root == catalogue.courses[0]]
    except CourseError as error:
        yield "course", [Result(READABLE, "fails", [Problem(error.message, error.path, error.line)])]
        return
    except LookupError as error:
        console.print(str(error.args[0]), style="red", markup=False)
        raise typer.Exit(2) from error
    except KitError as error:
        yield "course", [Result(READABLE, "fails", [Problem(str(error))])]
        return
    for exercise in chosen:
        yield exercise.name, list(checked(grader, exercise, quick))


def _show(root: Path, name: str, results: Sequence[Result]) -> None:
    console.print(name, style="bold", markup=False)
    for result in results:
        style, mark = MARKS[result.state]
        more = ", because of what is told above" if result.state == "left out" else ""
        console.print(f"  {mark} {result.title}{more}", style=style, markup=False)
        for problem in result.problems:
            console.print(f"      {problem.text(root)}", markup=False)


def _plain(root: Path, name: str, results: Sequence[Result]) -> dict[str, Any]:
    return {
        "exercise": name,
        "holds": all(result.state == "holds" for result in results),
        "checks": [
            {
                "check": result.title,
                "state": result.state,
                "problems": [
                    {
                        "file": str(p.path) if p.path else None,
                        "line": p.line,
                        "message": p.message,
                        "text": p.text(root),
                    }
                    for p in result.problems
                ],
            }
            for result in results
        ],
    }


def _watch(root: Path, names: Sequence[str]) -> None:
    seen = None
    try:
        while True:
            stamps = _stamps(root)
            if stamps != seen:
                seen = stamps
                if console.is_terminal:
                    console.clear()
                for name, found in _all(root, names, quick=True):
                    _show(root, name, found)
                console.print("\nWatching. Ctrl-C ends it.", style="dim")
            time.sleep(PAUSE)
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def _stamps(root: Path) -> dict[Path, int]:
    folders = ("course", "solutions", "exercises", "reference", "autograder/suites")
    files = (path for folder in folders for path in (root / folder).rglob("*.*") if path.suffix in (".py", ".yaml"))
    return {path: path.stat().st_mtime_ns for path in files if path.is_file()}


def attach(app: typer.Typer) -> None:
    """Add the command group."""
    app.add_typer(author, name="author")
