"""The reference as a runner: arrays go in as tensors of the same dtype and come out as arrays."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from autograder import wire
from autograder.calls import (
    Answer,
    Failed,
    InfrastructureError,
    Isolation,
    Limits,
    Loaded,
    Outcome,
    Raised,
    Returned,
    Submission,
)
from autograder.host import Host

PACKAGE = "reference"  # the kit's own, which references elsewhere may import


class _ReferenceHost(Host):
    """A host whose module is not executed but imported, and works on tensors."""

    def __init__(self, source: Path | str, opaque: Mapping[str, tuple[int, ...]]) -> None:
        name = str(source)
        super().__init__(Submission("", name, (), "torch", opaque), Limits().printed_chars, passes=(KeyboardInterrupt,))
        self._source = source
        self._imported: ModuleType | None = None

    def load(self) -> Loaded | Raised | Failed:
        if self._imported is None:
            try:
                with self._draws, self._scene:
                    self._imported = imported(self._source)
            except Exception as error:
                said = f"the reference {self._source} cannot be loaded ({type(error).__name__}: {error})"
                raise InfrastructureError(said) from error
            self.module = self._imported
        return Loaded({})

    def live(self, value: Any) -> Any:
        import torch

        if isinstance(value, np.ndarray):
            return torch.from_numpy(value)
        return super().live(value)


class Reference:
    """The reference of one exercise.

    Args:
        source: its file, or the name of its module.
        opaque: as on the exercise's card: which elements of a function's result stay with it.
    """

    isolation = Isolation("none")

    def __init__(self, source: Path | str, opaque: Mapping[str, tuple[int, ...]]) -> None:
        self._name, self._host = str(source), _ReferenceHost(source, opaque)

    def load(self) -> Loaded | Raised | Failed:
        """Import the reference, and torch with it.

        Raises:
            InfrastructureError: it cannot be imported; so each time.
        """
        return self._host.load()

    def call(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Outcome:
        """Call one function of the reference.

        Raises:
            InfrastructureError: the reference cannot be imported, lacks the function, or is handed what is no data.
        """
        self.load()
        if not callable(getattr(self._host.module, function, None)):
            raise InfrastructureError(f"the reference {self._name} has no function {function}")
        try:
            given, named = wire.copied([list(args), dict(kwargs)], Limits())
        except wire.WireError as error:
            raise InfrastructureError(f"the reference {self._name} cannot be handed this: {error}") from error
        outcome = self._host.call(function, given, named)
        if not isinstance(outcome, Returned):
            return outcome
        args_after, kwargs_after = outcome.arguments
        return replace(outcome, value=_arrays(outcome.value), arguments=(_arrays(args_after), _arrays(kwargs_after)))

    def begin(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Callable[[], Outcome]:
        """Call one function at once; what is returned gives the outcome."""
        outcome = self.call(function, args, kwargs)
        return lambda: outcome

    def replace(self, functions: Sequence[str], answer: Answer) -> None:
        """The reference is right as it is.

        Raises:
            InfrastructureError: always.
        """
        raise InfrastructureError(f"no function of the reference {self._name} is replaced")

    def close(self) -> None:
        """Nothing is held open."""


def imported(source: Path | str) -> ModuleType:
    """Import a reference by its file, or by its module's name."""
    if isinstance(source, str):
        return importlib.import_module(source)
    path = source.resolve()
    package = importlib.util.find_spec(PACKAGE)
    for folder in (package.submodule_search_locations or ()) if package else ():
        if path.is_relative_to(Path(folder).resolve()):
            parts = path.relative_to(Path(folder).resolve()).with_suffix("").parts
            return importlib.import_module(".".join((PACKAGE, *parts)))
    name = f"anndl_reference_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _arrays(value: Any) -> Any:
    """Return tensors as arrays of their own, at any depth."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, wire.Tensor):
        return value.array
    if isinstance(value, tuple):
        return tuple(_arrays(item) for item in value)
    if isinstance(value, list):
        return [_arrays(item) for item in value]
    if isinstance(value, dict):
        return {key: _arrays(item) for key, item in value.items()}
    if hasattr(value, "detach"):
        return np.array(value.detach().cpu().numpy())
    return value
