"""The author's side: `anndl author new` begins an exercise, `anndl author check` judges it.

checklist   what a check is, and the list of them
written     checks that read files only
graded      checks that grade a few submissions once
measures    what takes minutes, kept in proof.json
scaffold    a new exercise, every field explained where it stands
"""

import typer


def attach(app: typer.Typer) -> None:
    """Add the command group."""
    from autograder.authoring.cli import attach as add

    add(app)
