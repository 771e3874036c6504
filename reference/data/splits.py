"""Training, validation and test parts of a data set, and the one rule by which they are made.

The rule is by position and free of chance: within each class, in the package's own order, examples 0, 1, 2 of every
five are for training, the fourth for validation, the fifth for testing. It never changes, so results stay comparable.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import torch
from torch import Tensor


class MissingDataError(RuntimeError):
    """The package that holds a data set is not installed; the message says how to get it."""


def require(module: str, package: str) -> ModuleType:
    """Import `module`, or say which package to install.

    Raises:
        MissingDataError: the package is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise  # the package is there and lacks something itself: its own message says what
        raise _missing(package) from error


def package_folder(module: str, package: str) -> Path:
    """The folder of an installed package whose files are read without importing it.

    Raises:
        MissingDataError: the package is not installed.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise _missing(package)
    return Path(spec.origin).parent


def _missing(package: str) -> MissingDataError:
    return MissingDataError(
        f"this data set comes with the package {package!r}: install it with `pip install {package}` "
        "(or all data with `pip install 'anndl[data]'`)"
    )


@dataclass(frozen=True)
class Part:
    """Inputs and targets of one part, row i of the one belonging to row i of the other."""

    x: Tensor
    y: Tensor

    def __len__(self) -> int:
        return len(self.x)

    def to(self, device: torch.device | str, dtype: torch.dtype | None = None) -> Part:
        """Both on `device`; floating-point ones in `dtype`, labels stay as they are."""

        def move(values: Tensor) -> Tensor:
            return values.to(device, dtype if values.is_floating_point() else None)

        return Part(move(self.x), move(self.y))

    def first(self, count: int) -> Part:
        """The first `count` rows; the loaders interleave the classes, so that this is a balanced sample."""
        return Part(self.x[:count], self.y[:count])


@dataclass(frozen=True)
class Splits:
    """A data set in its three parts, with the names of its classes (empty for regression)."""

    train: Part
    validation: Part
    test: Part
    classes: tuple[str, ...] = ()

    def to(self, device: torch.device | str, dtype: torch.dtype | None = None) -> Splits:
        """All parts on `device`."""
        return replace(
            self,
            train=self.train.to(device, dtype),
            validation=self.validation.to(device, dtype),
            test=self.test.to(device, dtype),
        )

    def standardized(self, *, per_feature: bool = False) -> Splits:
        """Every part less the mean and over the deviation of the TRAINING inputs.

        Args:
            per_feature: one mean and deviation per feature or pixel instead of per channel (axis 1 of images); a
                feature that is constant in the training data is only shifted.
        """
        x = self.train.x
        axes = (0,) if per_feature or x.ndim == 2 else (0, *range(2, x.ndim))
        mean = x.mean(axes, keepdim=True)
        deviation = x.std(axes, keepdim=True, correction=0)
        deviation = torch.where(deviation > 0, deviation, torch.ones_like(deviation))

        def scale(part: Part) -> Part:
            return Part((part.x - mean) / deviation, part.y)

        return replace(self, train=scale(self.train), validation=scale(self.validation), test=scale(self.test))

    def small(self, count: int) -> Splits:
        """At most `count` training rows and half as many in the other parts, for quick runs."""
        return replace(
            self,
            train=self.train.first(count),
            validation=self.validation.first(count // 2),
            test=self.test.first(count // 2),
        )


def split_by_class(x: Tensor, y: Tensor, classes: tuple[str, ...]) -> Splits:
    """The rule above; afterwards each part takes the classes in turns, so that any prefix is balanced."""
    chosen: dict[str, list[Tensor]] = {"train": [], "validation": [], "test": []}
    ranks: dict[str, list[Tensor]] = {"train": [], "validation": [], "test": []}
    for label in range(len(classes)):
        rows = torch.nonzero(y == label).flatten()
        place = torch.arange(len(rows)) % 5
        for name, mask in (("train", place < 3), ("validation", place == 3), ("test", place == 4)):
            chosen[name].append(rows[mask])
            ranks[name].append(torch.arange(int(mask.sum())))
    parts = {}
    for name, rows_of in chosen.items():
        rows, rank = torch.cat(rows_of), torch.cat(ranks[name])
        order = rows[torch.argsort(rank, stable=True)]
        parts[name] = Part(x[order], y[order])
    return Splits(parts["train"], parts["validation"], parts["test"], classes)
