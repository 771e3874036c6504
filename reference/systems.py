"""The registry of systems: everything that `anndl train NAME` can train and that closes a row of the syllabus.

A system is a function in `reference/<chapter>/systems.py` with the decorator `@system(...)`. It is handed a `Run` and
returns a `Result`: the number that it reached on its metric, details, a figure. How to write one: docs/reference.md.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import torch
from matplotlib.figure import Figure
from torch import nn

from reference import train
from reference.checkpoint import seed_everything

CHAPTERS = (
    "learning",
    "feedforward",
    "training",
    "convolutional",
    "vision",
    "generative",
    "recurrent",
    "attention",
    "embeddings",
)
CPU = torch.device("cpu")
COMPARISONS = {">=": operator.ge, "<=": operator.le, "==": operator.eq}


@dataclass(frozen=True)
class Run:
    """One run of a system: what the command line chose.

    Attributes:
        quick: seconds instead of minutes: less data, fewer epochs, the quick target.
        directory: where checkpoints, metrics and other files of this run go.
    """

    quick: bool = False
    device: torch.device = CPU
    seed: int = 0
    directory: Path | None = None
    precision: train.Precision = "float32"
    compile: bool = False
    resume: bool = False
    progress: bool = False

    def choose(self, full: Any, quick: Any) -> Any:
        """`quick` in a quick run, else `full`."""
        return quick if self.quick else full

    def settings(self, epochs: int, **others: Any) -> train.Settings:
        """Settings for the training loop with this run's device, seed, precision and so on."""
        chosen: dict[str, Any] = {
            "device": self.device,
            "seed": self.seed,
            "precision": self.precision,
            "compile": self.compile,
            "resume": self.resume,
            "progress": self.progress,
        }
        return train.Settings(epochs, **(chosen | others))

    def folder(self, name: str) -> Path | None:
        """A folder for each model that a system trains; None in quick runs, which keep nothing to go on from."""
        return self.directory / name if self.directory is not None and not self.quick else None

    def generator(self) -> torch.Generator:
        """A generator on the CPU with this run's seed."""
        return torch.Generator().manual_seed(self.seed)


@dataclass(frozen=True)
class Result:
    """What a system reached on its metric, further numbers, and a figure."""

    reached: float
    details: Mapping[str, float | int | str] = field(default_factory=dict)
    figure: Figure | None = None
    model: nn.Module | None = None


@dataclass(frozen=True)
class System:
    """An entry of the registry.

    Attributes:
        topics: ids of course/syllabus.yaml, in the chapter of the module.
        metric: what `reached` measures, in words and with its unit.
        target: the result holds when `reached comparison target`; quick_target likewise in quick runs.
        code: the modules that the system shows at work, relative to the repository.
        cpu_only: nothing is computed on the run's device: it only counts, or compares with what runs on a CPU only.
    """

    name: str
    chapter: str
    topics: tuple[str, ...]
    title: str
    data: str
    metric: str
    comparison: Literal[">=", "<=", "=="]
    target: float
    quick_target: float
    code: tuple[str, ...]
    run: Callable[[Run], Result]
    cpu_only: bool = False

    def holds(self, reached: float, *, quick: bool) -> bool:
        """Whether `reached` meets the target."""
        return bool(COMPARISONS[self.comparison](reached, self.quick_target if quick else self.target))

    def __call__(self, run: Run) -> Result:
        """Seed the generators and run."""
        seed_everything(run.seed)
        return self.run(replace(run, device=self.device(run)))

    def device(self, run: Run) -> torch.device:
        """Where the run computes."""
        return CPU if self.cpu_only else torch.device(run.device)


_REGISTRY: dict[str, System] = {}


def system(
    name: str,
    *,
    topics: Sequence[str],
    title: str,
    data: str,
    metric: str,
    comparison: Literal[">=", "<=", "=="],
    target: float,
    quick_target: float | None = None,
    code: Sequence[str],
    cpu_only: bool = False,
) -> Callable[[Callable[[Run], Result]], Callable[[Run], Result]]:
    """Register the function below as a system; its module's package is the chapter. See `System` for the arguments.

    Raises:
        ValueError: the name is taken by another function.
    """

    def register(function: Callable[[Run], Result]) -> Callable[[Run], Result]:
        known = _REGISTRY.get(name)
        if known is not None and known.run.__module__ != function.__module__:
            raise ValueError(f"two systems are called {name!r}: in {known.run.__module__} and {function.__module__}")
        _REGISTRY[name] = System(
            name,
            function.__module__.split(".")[1],
            tuple(topics),
            title,
            data,
            metric,
            comparison,
            target,
            target if quick_target is None else quick_target,
            tuple(code),
            function,
            cpu_only,
        )
        return function

    return register


def all_systems(chapter: str | None = None) -> list[System]:
    """Every system (of one chapter), in the order of the chapters and, within one, of its file."""
    for name in CHAPTERS if chapter is None else [chapter]:
        if importlib.util.find_spec(f"reference.{name}") and importlib.util.find_spec(f"reference.{name}.systems"):
            importlib.import_module(f"reference.{name}.systems")
    wanted = [entry for entry in _REGISTRY.values() if chapter in (None, entry.chapter)]

    def place(entry: System) -> tuple[int, str, int]:  # not the order of imports, which differs from process to process
        return CHAPTERS.index(entry.chapter), entry.run.__module__, inspect.unwrap(entry.run).__code__.co_firstlineno

    return sorted(wanted, key=place)


def find(name: str) -> System:
    """The system of that name.

    Raises:
        KeyError: there is none; the message lists names that are near.
    """
    systems = {entry.name: entry for entry in all_systems()}
    if name in systems:
        return systems[name]
    import difflib

    near = difflib.get_close_matches(name, systems, n=3) or sorted(systems)
    raise KeyError(f"no system is called {name!r}; there are: {', '.join(near)}")
