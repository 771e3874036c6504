"""Runs a submission in this process: tracebacks, `breakpoint()` and print work as in any program.

For the learner's own code on the learner's own machine, and for the kit's own wrong versions. Anybody else's code belongs
into the confined worker (`autograder.sandbox`).
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import itertools
import linecache
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from autograder.calls import (
    Failed,
    Handle,
    InfrastructureError,
    Isolation,
    Loaded,
    Outcome,
    Raised,
    Recipe,
    Returned,
    Submission,
)
from autograder.wire import Tensor

_serial = itertools.count()


class InProcess:
    """A submission, executed here. With `debug` exceptions pass through, so that a debugger stops where they arise."""

    isolation = Isolation("none", missing=("the submission runs in the grader's own process",))

    def __init__(self, submission: Submission, debug: bool = False) -> None:
        self.submission, self.debug = submission, debug
        self._module: ModuleType | None = None
        self._kept: dict[int, Any] = {}
        self._name = f"anndl_submission_{next(_serial)}"

    def load(self) -> Loaded | Raised | Failed:
        """Execute the module."""
        name = self.submission.name
        module = ModuleType(self._name)
        module.__file__ = name
        linecache.cache[name] = (len(self.submission.source), None, self.submission.source.splitlines(True), name)
        sys.modules[self._name] = module
        start = time.perf_counter()
        try:
            exec(compile(self.submission.source, name, "exec"), vars(module))
        except BaseException as error:
            if self.debug or isinstance(error, KeyboardInterrupt):
                raise
            return raised(error, name, self.submission.source, time.perf_counter() - start)
        self._module = module
        functions = {n: _signature(f) for n, f in vars(module).items() if callable(f) and not n.startswith("_")}
        return Loaded(functions, seconds=time.perf_counter() - start)

    def call(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Outcome:
        """Call one function with copies of the arguments."""
        target = getattr(self._module, function, None)
        if not callable(target):
            return Raised("AttributeError", f"there is no function {function}", ("Exception",))
        live_args, live_kwargs = _build(
            [_live(a, self._kept) for a in args], {k: _live(v, self._kept) for k, v in kwargs.items()}
        )
        printed = io.StringIO()
        start = time.perf_counter()
        try:
            with contextlib.nullcontext() if self.debug else _quiet(printed):
                value = target(*live_args, **live_kwargs)
        except BaseException as error:
            if self.debug or isinstance(error, KeyboardInterrupt):
                raise
            return raised(error, self.submission.name, self.submission.source, time.perf_counter() - start)
        seconds = time.perf_counter() - start
        after = _read(live_args, live_kwargs, self._kept, _has_recipe(args, kwargs), value)
        value = self._keep(function, value)
        try:
            return Returned(_data(value, {}), after, printed.getvalue()[-4000:], seconds)
        except TypeError as error:
            return Failed("not-data", f"{function} returned {error}, which is neither a number nor an array", seconds)

    def begin(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Callable[[], Outcome]:
        """Call one function at once; what is returned gives the outcome."""
        outcome = self.call(function, args, kwargs)
        return lambda: outcome

    def _keep(self, function: str, value: Any) -> Any:
        elements = self.submission.opaque.get(function)
        if elements == ():
            return None  # what the function returns is free
        if elements is None or not isinstance(value, tuple | list):
            return value
        kept = list(value)
        for element in elements:
            if element < len(kept):
                handle = Handle(len(self._kept))
                self._kept[handle.id] = kept[element]
                kept[element] = handle
        return tuple(kept)

    def close(self) -> None:
        """Forget the module."""
        sys.modules.pop(self._name, None)
        linecache.cache.pop(self.submission.name, None)


class Reference:
    """The reference as a runner: NumPy arrays go in as float64 tensors and come out as NumPy arrays."""

    isolation = Isolation("none")

    def __init__(self, module: str, opaque: Mapping[str, tuple[int, ...]]) -> None:
        self._name, self._opaque = module, opaque
        self._module: ModuleType | None = None
        self._kept: dict[int, Any] = {}

    def load(self) -> Loaded | Raised | Failed:
        """Import the reference, and torch with it.

        Raises:
            InfrastructureError: it cannot be imported.
        """
        try:
            self._module = importlib.import_module(self._name)
        except ImportError as error:
            raise InfrastructureError(f"the reference {self._name} cannot be imported: {error}") from error
        return Loaded({})

    def call(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Outcome:
        """Call one function of the reference."""
        import torch

        def tensor(value: Any) -> Any:
            return torch.from_numpy(np.array(value)) if isinstance(value, np.ndarray) else value

        target = getattr(self._module, function)
        live_args = [_live(a, self._kept, tensor) for a in args]
        live_kwargs = {k: _live(v, self._kept, tensor) for k, v in kwargs.items()}
        live_args, live_kwargs = _build(live_args, live_kwargs)
        try:
            value = target(*live_args, **live_kwargs)
        except Exception as error:
            return raised(error, "", "", 0.0)
        after = _read(live_args, live_kwargs, self._kept, _has_recipe(args, kwargs), value)
        elements = self._opaque.get(function)
        if elements == ():
            value = None
        elif elements is not None:
            value = list(value)
            for element in elements:
                handle = Handle(len(self._kept))
                self._kept[handle.id] = value[element]
                value[element] = handle
            value = tuple(value)
        return Returned(_arrays(_data(value, {})), (_arrays(after[0]), _arrays(after[1])))

    def begin(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Callable[[], Outcome]:
        """Call one function at once; what is returned gives the outcome."""
        outcome = self.call(function, args, kwargs)
        return lambda: outcome

    def close(self) -> None:
        """Drop what was kept between calls."""
        self._kept.clear()


@contextlib.contextmanager
def _quiet(printed: io.StringIO) -> Iterator[None]:
    """Keep what is printed; overflow and 0/0 show in the result, so NumPy's warnings would only be noise."""
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def raised(error: BaseException, name: str, source: str, seconds: float) -> Raised:
    """Describe an exception by where it arose in the submission."""
    line = None
    if isinstance(error, SyntaxError) and error.filename == name:
        line = error.lineno
    else:
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename == name:
                line = frame.lineno
    lines = source.splitlines()
    text = lines[line - 1].strip() if line and line <= len(lines) else ""
    bases = tuple(base.__name__ for base in type(error).__mro__[1:-1])
    message = error.msg if isinstance(error, SyntaxError) and error.msg else str(error)
    return Raised(type(error).__name__, message, bases, line, text, "", "", seconds)


def _signature(function: Any) -> str:
    try:
        return str(inspect.signature(function))
    except (TypeError, ValueError):
        return "(...)"


def _live(value: Any, kept: Mapping[int, Any], convert: Any = None) -> Any:
    """Copy an argument for the call: nothing that the submission does to it reaches the caller's own."""
    if isinstance(value, Handle):
        return kept[value.id]
    if isinstance(value, np.ndarray):
        return convert(value) if convert else value.copy()
    if isinstance(value, Tensor):
        import torch

        return torch.from_numpy(np.array(value.array))
    if isinstance(value, tuple):
        return tuple(_live(item, kept, convert) for item in value)
    if isinstance(value, list):
        return [_live(item, kept, convert) for item in value]
    if isinstance(value, dict):
        return {key: _live(item, kept, convert) for key, item in value.items()}
    return value


def _has_recipe(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    return any(isinstance(value, Recipe) for value in (*args, *kwargs.values()))


def _build(args: list[Any], kwargs: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    if not _has_recipe(args, kwargs):
        return args, kwargs
    from autograder import recipes

    return recipes.build_arguments(args, kwargs)


def _read(
    args: Sequence[Any], kwargs: Mapping[str, Any], kept: Mapping[int, Any], built: bool, value: Any
) -> tuple[Sequence[Any], Mapping[str, Any]]:
    """Return the arguments as data after a call that returned `value`; `built` where some were made from recipes."""
    if built:
        from autograder import recipes

        recipes.backward(value, args, kwargs)
        args, kwargs = recipes.read_arguments(args, kwargs)
    handles = {id(value): Handle(number) for number, value in kept.items()}
    return [_data(a, handles) for a in args], {k: _data(v, handles) for k, v in kwargs.items()}


def _data(value: Any, handles: Mapping[int, Handle]) -> Any:
    """Return plain data for a live value.

    Raises:
        TypeError: it is none; the text says what it is.
    """
    if id(value) in handles:
        return handles[id(value)]
    if value is None or isinstance(value, bool | int | float | complex | str | Handle | np.generic | Tensor):
        return value
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "biufc":
            raise TypeError(f"an array of {value.dtype}")
        return np.array(value)
    if isinstance(value, tuple):
        return tuple(_data(item, handles) for item in value)
    if isinstance(value, list):
        return [_data(item, handles) for item in value]
    if isinstance(value, dict):
        return {key: _data(item, handles) for key, item in value.items()}
    if hasattr(value, "detach"):
        return Tensor(value.detach().cpu().numpy().copy())
    if callable(value) or hasattr(value, "__next__"):
        return None  # an argument without data, such as an iterator that was consumed
    raise TypeError(f"a {type(value).__name__}")


def _arrays(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.array
    if isinstance(value, tuple):
        return tuple(_arrays(item) for item in value)
    if isinstance(value, list):
        return [_arrays(item) for item in value]
    if isinstance(value, dict):
        return {key: _arrays(item) for key, item in value.items()}
    return value
