"""Runs one submission where it is: executes its module, calls its functions, keeps what stays with it, describes its errors.

Written once and used by all that run code: the learner's own process (`inprocess`), the confined worker (`sandbox.worker`), the
reference (`reference`). So the same submission gives the same result in each. Needs the standard library and NumPy only; torch
is used where the submission has imported it.
"""

from __future__ import annotations

import contextlib
import contextvars
import inspect
import itertools
import linecache
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any, TypeVar

from autograder import imports, recipes, stubs, wire
from autograder.calls import (
    SUBMISSION,
    Failed,
    Handle,
    Limits,
    Loaded,
    Outcome,
    Raised,
    Recipe,
    Returned,
    Submission,
)
from autograder.draws import Draws
from autograder.scene import NO_DEBUGGER, Printed, Scene
from autograder.statements import is_notebook
from autograder.unfold import Notebook

MESSAGE_CHARS, TRACEBACK_CHARS = 2000, 6000
KIT = os.path.dirname(os.path.abspath(__file__)) + os.sep  # its own frames are not shown
Live = tuple[list[Any], dict[str, Any]]
T = TypeVar("T")
P = TypeVar("P")
_serial = itertools.count()


class Host:
    """The submission's module and what it keeps between calls.

    Args:
        submission: whose source is executed.
        printed_chars: how much of what each call prints is kept.
        memory_bytes: the bound that a message about memory names; 0 where there is none.
        terminal: whether printing and the debugger reach the terminal.
        passes: exceptions that are no outcome but leave `load` and `call`.
        alone: whether nothing else in this process uses torch, which `sandbox.warm` has seeded.
    """

    def __init__(
        self,
        submission: Submission,
        printed_chars: int,
        memory_bytes: int = 0,
        terminal: bool = False,
        passes: tuple[type[BaseException], ...] = (),
        alone: bool = False,
    ) -> None:
        self.submission, self.memory_bytes, self.passes = submission, memory_bytes, passes
        self.module = ModuleType(f"{SUBMISSION}_{next(_serial)}")
        self._printed = Printed(printed_chars)
        self._scene: contextlib.AbstractContextManager[None] = Scene(self._printed)
        if terminal:
            self._scene = contextlib.nullcontext()
        self._draws = Draws(submission.source, submission.framework == "torch" and not alone)
        self._context = contextvars.Context()  # np.errstate and the like: one submission's choice is nobody else's
        self._kept: dict[int, Any] = {}
        self._notebook: Notebook | None = None

    def load(self) -> Loaded | Raised | Failed:
        """Execute the module."""
        name, source, module = self.submission.name, self.submission.source, self.module
        module.__file__ = name
        vars(module)["__builtins__"] = imports.guarded(self.submission.framework, self._draws.imported)
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        sys.modules[module.__name__] = module
        try:
            with self._draws, self._scene:
                if is_notebook(source):
                    self._notebook = self._context.run(Notebook, source, name, vars(module))
                else:
                    self._context.run(exec, compile(source, name, "exec"), vars(module))
        except self.passes:
            raise
        except BaseException as error:
            return self._raised(error, "The module")
        functions = {n: _signature(f) for n, f in vars(module).items() if callable(f) and n[:1] != "_"}
        if self._notebook is not None:
            functions = dict.fromkeys(self._notebook.functions, "(...)")  # they are defined when they are first called
        return Loaded(functions, self._printed.take())

    def call(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Outcome:
        """Call one function with arguments that are the host's own; the outcome holds live values (see `packed`)."""
        if self._notebook is not None:
            try:
                with self._draws, self._scene:
                    self._context.run(self._notebook.ready, function)
            except self.passes:
                raise
            except BaseException as error:
                return self._raised(error, function)
        target = getattr(self.module, function, None)
        if not callable(target):
            return Raised("AttributeError", f"there is no function {function}", ("Exception",))
        try:
            live = [self.live(a) for a in args], {k: self.live(v) for k, v in kwargs.items()}
        except KeyError:
            return Failed("protocol", f"{function} was handed a value that this process does not have.")
        built = any(isinstance(value, Recipe) for value in (*args, *kwargs.values()))
        if built:
            live = recipes.build_arguments(*live)
        try:
            with self._draws, self._scene:
                value = self._context.run(target, *live[0], **live[1])
                if built:
                    recipes.fill_gradients(value, *live)
        except self.passes:
            raise
        except BaseException as error:
            return self._raised(error if self._notebook is None else self._notebook.cause(error), function)
        if built:
            live = recipes.read_arguments(*live)
        after = self._after(live)  # first: an argument that is itself what will be kept still goes back as data
        return Returned(self._keep(function, value), after, self._printed.take())

    def packed(self, who: str, outcome: T, pack: Callable[[T | Failed], P]) -> P:
        """Return what `pack` makes of an outcome or, where its value may not leave, of the reason."""
        try:
            return pack(outcome)
        except wire.TooLarge as error:
            return pack(Failed("too-large", f"{who} returned {error}."))
        except wire.NotData as error:
            return pack(Failed("not-data", f"{who} {_refused(outcome, error)}."))
        except MemoryError as error:
            return pack(self._memory(who, error))

    def replace(self, functions: Sequence[str], ask: stubs.Ask) -> None:
        """Put stubs in place of functions: each calls `ask`, whose answer is data."""
        for name in functions:
            stub = stubs.stub(name, ask, self.live)
            stub.__module__ = self.module.__name__
            setattr(self.module, name, stub)
        if self._notebook is not None:
            self._notebook.fix(functions)

    def forget(self) -> None:
        """Take the module out of what later code can see."""
        sys.modules.pop(self.module.__name__, None)
        linecache.cache.pop(self.submission.name, None)

    def live(self, value: Any) -> Any:
        """Replace handles by what they stand for, and tensors' numbers by tensors.

        Raises:
            KeyError: a handle that stands for nothing here.
        """
        if isinstance(value, Handle):
            return self._kept[value.id]
        if isinstance(value, wire.Tensor):
            torch = sys.modules.get("torch")
            return value if torch is None else torch.from_numpy(value.array)
        if isinstance(value, list | tuple):
            return type(value)(self.live(item) for item in value)
        if isinstance(value, dict):
            return {key: self.live(item) for key, item in value.items()}
        return value

    def _after(self, live: Live) -> Live:
        """Return arguments as they are after a call, with handles for what is kept here."""
        if not self._kept:
            return live
        handles = {id(value): Handle(number) for number, value in self._kept.items()}
        return [_stored(a, handles) for a in live[0]], {k: _stored(v, handles) for k, v in live[1].items()}

    def _keep(self, function: str, value: Any) -> Any:
        """Keep the elements of a result that stay here, and return the result with handles in their places."""
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

    def _memory(self, who: str, error: BaseException) -> Failed:
        detail = str(error)[:200]
        bound = f"the {self.memory_bytes / (1 << 30):.3g} GB allowed" if self.memory_bytes else "there is"
        return Failed("memory", f"{who} needed more memory than {bound}{detail and f' ({detail})'}.")

    def _raised(self, error: BaseException, who: str) -> Raised | Failed:
        """Describe an exception by where it arose in the submission."""
        printed, message = self._printed.take(), _message(error)
        if isinstance(error, MemoryError) or (type(error) is RuntimeError and "can't allocate memory" in message):
            return self._memory(who, error)
        if isinstance(error, SystemExit):
            message = f"{who} ended the program ({message or 'exit'}) where it should return a result"
        elif isinstance(error, KeyboardInterrupt):
            message = f"{who} raised KeyboardInterrupt, as if Ctrl-C had been pressed"
        elif type(error).__name__ == "BdbQuit":
            message = NO_DEBUGGER
        name, line = self.submission.name, None
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == name or KIT not in f.filename]
        own = [i for i, frame in enumerate(frames) if frame.filename == name]
        if isinstance(error, SyntaxError) and error.filename == name:
            line, message = error.lineno, error.msg or message
        elif own:
            line = frames[own[-1]].lineno
        return Raised(
            type=type(error).__name__,
            message=message[:MESSAGE_CHARS],
            bases=tuple(base.__name__ for base in type(error).__mro__[1:-1])[:16],
            line=line,
            traceback="".join(traceback.format_list(frames[own[0] :]))[-TRACEBACK_CHARS:] if own else "",
            printed=printed,
        )


def _refused(outcome: Any, error: wire.NotData) -> str:
    """Say which part of an outcome is no data."""
    if isinstance(outcome, Returned):
        try:
            wire.copied(outcome.value, Limits())
        except wire.WireError as found:
            return f"returned {found}, which is neither a number nor an array"
    return "put something into its arguments that is neither number nor array"


def _stored(value: Any, handles: Mapping[int, Handle]) -> Any:
    """Replace what is kept by its handle, in an argument that goes back."""
    if id(value) in handles:
        return handles[id(value)]
    if type(value) in (list, tuple):
        return type(value)(_stored(item, handles) for item in value)
    if type(value) is dict:
        return {key: _stored(item, handles) for key, item in value.items()}
    return value


def _message(error: BaseException) -> str:
    try:
        return "".join((str(error),))  # a string and no subclass of it
    except BaseException:  # SystemExit, too: it comes from the submission's own __str__
        return "(its message cannot be shown)"


def _signature(function: Any) -> str:
    try:
        return str(inspect.signature(function))[:500]
    except (TypeError, ValueError):
        return "(...)"
