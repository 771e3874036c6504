"""`anndl author`: for whoever adds or changes an exercise."""

from __future__ import annotations

import typer
from rich.console import Console

from autograder.grading import Grader
from autograder.paths import find_root
from autograder.sync import sync
from autograder.variants import single_variants

author = typer.Typer(
    help="For authors: bring stubs up to date, and see whether a suite tells mistakes apart.", no_args_is_help=True
)
console = Console(highlight=False)


@author.command(name="sync")
def sync_() -> None:
    """Write cards and stubs from the exercises' YAML files and solutions."""
    root = find_root()
    for path in sync(root):
        console.print(f"written: {path.relative_to(root)}", markup=False)


@author.command()
def check(names: list[str] = typer.Argument(None, metavar="[NAME]...")) -> None:
    """Grade the solution and every wrong version: the first must get all points, each other must fail and be named."""
    root = find_root()
    grader = Grader(root)
    chosen = [grader.catalogue.find_exercise(name) for name in names] if names else grader.catalogue.exercises.values()
    bad = 0
    for exercise in chosen:
        bench = grader.bench(exercise.name)
        report = grader.grade(exercise.name, bench.solution)
        wrong = [f"{record.test}: {record.message}" for record in report.records if record.status != "pass"]
        console.print(
            f"{exercise.name}: solution {report.earned:g} / {report.points:g}", style="red" if wrong else "green"
        )
        for line in wrong:
            console.print(f"  {line}", markup=False)
        bad += len(wrong)
        for variant in single_variants(bench.solution, bench.suite.wrong):
            report = grader.grade(exercise.name, variant.source)
            named = set(report.misconceptions) == set(variant.misconceptions)
            verdict = "named" if named else f"taken for {', '.join(report.misconceptions) or 'nothing known'}"
            if report.earned == report.points:
                verdict = "NOT CAUGHT"
            style = "green" if named and report.earned < report.points else "red"
            console.print(
                f"  {', '.join(variant.misconceptions)}: {report.earned:g} / {report.points:g}, {verdict}", style=style
            )
            bad += style == "red"
    raise typer.Exit(1 if bad else 0)


def attach(app: typer.Typer) -> None:
    """Add the command group."""
    app.add_typer(author, name="author")
