"""`anndl bank ...`, the question bank, and `anndl drills ...`, a learner's data and printed exams."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
import yaml

from autograder.paths import find_root
from drills.bank import Bank, read_bank
from drills.exports import SUFFIXES, export
from drills.items import Item, to_data
from drills.lint import lint, lint_generators, lint_instances

ME = "me"  # the learner's name while nobody logs in

bank = typer.Typer(no_args_is_help=True, help="The question bank: check, export, import.")
drills = typer.Typer(no_args_is_help=True, help="Your drills: back up, restore, print an exam.")

Learner = Annotated[str, typer.Option(help="Whose data, where several learners share the database.")]


def attach(app: typer.Typer) -> None:
    """Adds both groups to the `anndl` command."""
    app.add_typer(bank, name="bank", rich_help_panel="Authors")
    app.add_typer(drills, name="drills", rich_help_panel="Learn")


@contextmanager
def told() -> Iterator[None]:
    """Errors that the user can do something about end in their message, not in a traceback."""
    from drills.store import StoreError

    try:
        yield
    except (StoreError, FileNotFoundError, ImportError, KeyError, ValueError) as error:
        typer.echo(str(error.args[0] if isinstance(error, KeyError) else error), err=True)
        raise typer.Exit(2) from error


@bank.command("lint")
def lint_command(
    chapter: Annotated[str, typer.Argument(help="Only this chapter, as in `recurrent`.")] = "",
    generated: Annotated[int, typer.Option(help="Items of each generator to check.")] = 20,
) -> None:
    """Check every item of the bank and of the generators; exit status 1 when something is wrong."""
    items = read_bank()
    problems = lint(items)
    if chapter:
        with told():
            topics = _topics(items, chapter)
        mine = (
            f"course/{chapter}/",
            f"course/{chapter}:",
            *(f"course/syllabus.yaml:0: topic {topic} " for topic in topics),
        )
        problems = [problem for problem in problems if str(problem).startswith(mine)]
    else:
        problems += [*lint_instances(items), *lint_generators(generated)]
    for problem in problems:
        typer.echo(str(problem))
    typer.echo(f"{len(items.items)} items read, {len(problems)} problems.", err=True)
    raise typer.Exit(1 if problems else 0)


@bank.command("export")
def export_command(
    form: Annotated[str, typer.Argument(help=", ".join(SUFFIXES))],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file to write.")] = None,
    chapter: Annotated[str, typer.Option(help="Only this chapter.")] = "",
    topic: Annotated[str, typer.Option(help="Only this topic.")] = "",
    generated: Annotated[int, typer.Option(help="Items of each generator to add.")] = 0,
) -> None:
    """Write the bank for Moodle (gift, moodle), Anki (anki), Canvas (qti) or scripts (json)."""
    with told():
        items = read_bank()
        wanted = {topic} if topic else set(_topics(items, chapter)) if chapter else set(items.catalogue.topics)
        chosen: list[Item] = [item for item in items.items.values() if item.topic in wanted]
        if generated:
            from drills.generators import load_generators

            families = [family for family in load_generators().values() if family.topic in wanted]
            chosen += [family(seed) for family in families for seed in range(generated)]
        if not chosen:
            raise ValueError("There is nothing to export: no item of that chapter or topic.")
        file = output or Path(f"questions{SUFFIXES.get(form, '')}")
        file.write_bytes(export(chosen, form))
    typer.echo(f"{len(chosen)} items in {file}", err=True)


@bank.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="A GIFT (.gift, .txt) or JSON (.json) file.")],
    topic: Annotated[str, typer.Option(help="The topic of GIFT items, as in `lstm`.")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The YAML file to write.")] = None,
) -> None:
    """Read items into a YAML file, to be finished by hand and moved to course/CHAPTER/TOPIC/items.yaml."""
    from drills.exports.importing import from_gift
    from drills.exports.plain import from_json

    with told():
        text, problems = file.read_text(encoding="utf-8"), list[str]()
        if file.suffix == ".json":
            items = from_json(text)
        else:
            if topic not in read_bank().catalogue.topics:
                raise ValueError("Name the items' topic, one of course/syllabus.yaml, with --topic.")
            found = from_gift(text, topic, f"imported from {file.name}")
            items, problems = found.items, found.problems
        target = output or file.with_suffix(".yaml")
        if target.exists():
            raise ValueError(f"{target} exists; name another file with --output.")
        target.write_text(as_yaml(items), encoding="utf-8")
    for problem in problems:
        typer.echo(problem, err=True)
    typer.echo(f"{len(items)} items in {target}", err=True)
    raise typer.Exit(1 if problems else 0)


@drills.command("backup")
def backup_command(
    file: Annotated[Path | None, typer.Argument(help="The file to write.")] = None, learner: Learner = ME
) -> None:
    """Write everything you have answered to a JSON file."""
    from drills.backup import write_backup
    from drills.store import Store, open_database

    with told():
        target = file or Path(f"anndl-{datetime.now(UTC):%Y-%m-%d}.json")
        store = Store(open_database(), learner)
        write_backup(store, target)
        count = len(store.events())
    typer.echo(f"{count} rows in {target}", err=True)


@drills.command("restore")
def restore_command(file: Annotated[Path, typer.Argument(help="A backup.")], learner: Learner = ME) -> None:
    """Add what a backup holds and the database does not. Nothing is removed; restoring twice is the same as once."""
    from drills.backup import restore
    from drills.deck import Deck
    from drills.exams import load_profiles, rebuilt
    from drills.generators import load_generators
    from drills.store import Store, open_database

    with told():
        deck, profiles = Deck(read_bank(), load_generators()), load_profiles(find_root())
        store = Store(open_database(), learner)
        done = restore(store, file.read_bytes(), lambda paper: rebuilt(paper, deck, profiles))
    typer.echo(str(done), err=True)


@drills.command("exam")
def exam_command(
    profile: Annotated[str, typer.Argument(help="A profile of course/exams.yaml, as in `course`.")],
    seed: Annotated[int, typer.Option(help="The version: another number, other questions on the same topics.")] = 1,
    chapter: Annotated[list[str] | None, typer.Option(help="Only these chapters.")] = None,
    folder: Annotated[Path, typer.Option(help="Where to write.")] = Path("."),
) -> None:
    """Print a mock exam and its solutions as PDF."""
    from drills.deck import Deck
    from drills.exams import load_profiles, make_paper
    from drills.generators import load_generators

    with told():
        from drills.printing import print_paper

        profiles = load_profiles(find_root())
        if profile not in profiles:
            raise ValueError(f"There is no profile {profile}; there are {', '.join(profiles)}.")
        deck = Deck(read_bank(), load_generators())
        paper = make_paper(deck, profile, profiles[profile], seed, frozenset(chapter or ()))
        if not paper.questions:
            raise ValueError("The bank has no questions of that kind in these chapters.")
        for solutions, name in ((False, "paper"), (True, "solutions")):
            file = folder / f"{profile}-{seed}-{name}.pdf"
            file.write_bytes(print_paper(paper, solutions, deck.bank.figure))
            typer.echo(str(file))


def as_yaml(items: list[Item]) -> str:
    """Items as a file of the bank."""
    short = [{key: value for key, value in to_data(item).items() if value not in ({}, [])} for item in items]
    return yaml.safe_dump(short, sort_keys=False, allow_unicode=True, width=120)


def _topics(items: Bank, chapter: str) -> list[str]:
    chapters = items.catalogue.chapters
    if chapter not in chapters:
        raise ValueError(f"There is no chapter {chapter}; there are {', '.join(chapters)}.")
    return [topic.id for topic in chapters[chapter].topics]
