"""`anndl bank ...`: the question bank from the command line."""

from typing import Annotated

import typer

from drills.bank import read_bank
from drills.lint import lint, lint_generators

app = typer.Typer(no_args_is_help=True, help="The question bank: check it, export it, import items.")


@app.callback()
def bank() -> None:
    """Makes `bank` a group, whatever the number of its commands."""


@app.command("lint")
def lint_command(
    chapter: Annotated[str, typer.Argument(help="Only this chapter, as in `recurrent`.")] = "",
    generated: Annotated[int, typer.Option(help="Items of each generator to check.")] = 20,
) -> None:
    """Check every item of the bank and of the generators; exit status 1 when something is wrong."""
    items = read_bank()
    problems = lint(items) + ([] if chapter else lint_generators(generated))
    if chapter:
        if chapter not in items.catalogue.chapters:
            raise typer.BadParameter(f"no chapter '{chapter}'; there are {', '.join(items.catalogue.chapters)}")
        topics = {topic.id for topic in items.catalogue.chapters[chapter].topics}
        mine = (f"course/questions/{chapter}/", *(f"course/syllabus.yaml:0: topic {topic} " for topic in topics))
        problems = [problem for problem in problems if str(problem).startswith(mine)]
    for problem in problems:
        typer.echo(str(problem))
    typer.echo(f"{len(items.items)} items read, {len(problems)} problems.", err=True)
    raise typer.Exit(1 if problems else 0)


def attach(root: typer.Typer) -> None:
    """Add the command group to the `anndl` command."""
    root.add_typer(app, name="bank")
