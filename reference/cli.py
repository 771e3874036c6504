"""`anndl train` and `anndl evidence`. Nothing heavy is imported before a command runs.

Under torchrun: `torchrun --nproc-per-node 2 -m reference.cli train NAME`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import torch

    from reference.systems import System

app = typer.Typer(help="Train the reference systems and collect the evidence.", no_args_is_help=True)

Device = Annotated[str, typer.Option(help="cpu, cuda, cuda:1")]
Quick = Annotated[bool, typer.Option("--quick", help="Seconds: less data, fewer epochs, a lower target.")]
Seed = Annotated[int, typer.Option(help="Seeds everything that is random.")]
Precision = Annotated[str, typer.Option(help="float32, bfloat16 or float16 (mixed precision)")]


@app.command()
def train(
    name: Annotated[str | None, typer.Argument(help="The system; --list shows them.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="Show all systems.")] = False,
    device: Device = "cpu",
    quick: Quick = False,
    seed: Seed = 0,
    precision: Precision = "float32",
    compile_: Annotated[bool, typer.Option("--compile", help="Compile the model with torch.compile.")] = False,
    directory: Annotated[Path | None, typer.Option(help="For checkpoint, metrics, figure; default runs/NAME.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Do not go on from an earlier checkpoint.")] = False,
) -> None:
    """Train one system; interrupted, the same command goes on where it stopped."""
    from reference import distributed, evidence
    from reference.checkpoint import CheckpointError
    from reference.data.splits import MissingDataError
    from reference.systems import Run

    if list_ or name is None:
        _show_list()
        return
    entry = _find(name)
    if precision not in ("float32", "bfloat16", "float16"):
        raise typer.BadParameter(f"{precision!r} is none of float32, bfloat16, float16", param_hint="--precision")
    folder = directory or Path("runs") / (f"{name}-quick" if quick else name)
    with distributed.process_group(_device(device)) as mine:
        run = Run(quick, mine, seed, folder, precision, compile_, not fresh, True)  # type: ignore[arg-type]
        try:
            record = evidence.measure(entry, run, folder)
        except (CheckpointError, MissingDataError) as error:
            typer.echo(f"{name}: {error}", err=True)
            raise typer.Exit(2) from error
        except KeyboardInterrupt as interrupt:
            typer.echo(f"{name}: {interrupt or 'interrupted'}; the same command goes on from here", err=True)
            raise typer.Exit(130) from interrupt
        if distributed.rank() == 0:
            _report(record)
            typer.echo(f"files in {folder}")
    if not record.holds:
        raise typer.Exit(1)


@app.command()
def evidence(
    names: Annotated[list[str] | None, typer.Argument(help="Systems; all when none is named.")] = None,
    chapter: Annotated[str | None, typer.Option(help="Only this chapter.")] = None,
    missing: Annotated[bool, typer.Option("--missing", help="Only systems without a record.")] = False,
    render: Annotated[bool, typer.Option("--render", help="Only write the pages from the records.")] = False,
    device: Device = "cpu",
    seed: Seed = 0,
) -> None:
    """Train systems to their targets and rewrite docs/evidence.md and docs/reference.md."""
    from reference import evidence as records
    from reference.systems import Run, all_systems

    failed, where = [], _device(device)
    if not render:
        chosen = [_find(name) for name in names] if names else all_systems(chapter)
        known = records.read()
        for entry in chosen:
            if missing and entry.name in known:
                continue
            typer.echo(f"{entry.name} ...", err=True)
            record = records.measure(entry, Run(False, where, seed, progress=True), records.FOLDER)
            _report(record)
            if not record.holds:
                failed.append(entry.name)
    for problem in records.render():
        typer.echo(problem, err=True)
    if failed:
        typer.echo(f"below target: {', '.join(failed)}", err=True)
        raise typer.Exit(1)


def _device(name: str) -> torch.device:
    """The device of that name, if the reference can compute on it."""
    import torch

    hint = "--device"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise typer.BadParameter(f"{name!r} is no device; there are cpu, cuda and cuda:1", param_hint=hint) from error
    if device.type not in ("cpu", "cuda"):
        reason = (
            "mps has no float64, in which the reference compares and counts" if device.type == "mps" else "untested"
        )
        raise typer.BadParameter(f"{name!r} is not supported ({reason}): use cpu or cuda", param_hint=hint)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise typer.BadParameter("torch finds no CUDA device here: use --device cpu", param_hint=hint)
    return device


def _report(record: object) -> None:
    from reference.evidence import Record, number

    assert isinstance(record, Record)
    verdict = "holds" if record.holds else "missed"
    typer.echo(
        f"{record.name}: {number(record.reached)}, target {record.comparison} {number(record.target)}: {verdict} "
        f"({record.seconds:.0f} s on {record.device})"
    )


def _find(name: str) -> System:
    from reference import systems

    try:
        return systems.find(name)
    except KeyError as error:
        raise typer.BadParameter(str(error.args[0])) from error


def _show_list() -> None:
    from reference.evidence import number
    from reference.systems import all_systems

    systems = all_systems()
    width = max((len(entry.name) for entry in systems), default=0)
    for entry in systems:
        goal = f"{entry.metric} {entry.comparison} {number(entry.target)}"
        typer.echo(f"{entry.chapter:14s}{entry.name:{width + 2}s}{entry.title} ({goal})")


if __name__ == "__main__":
    app()


def attach(root: typer.Typer) -> None:
    """Add the commands to the `anndl` command."""
    for command in app.registered_commands:
        command.rich_help_panel = "Authors"
        root.registered_commands.append(command)
