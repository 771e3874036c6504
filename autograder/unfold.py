"""Runs a notebook's cells for the functions that are graded; part of the host, so next to the submission.

What a function needs are the statements that can change a name that it reads, in the order of the notebook; they run before
the function is first called, one by one. One that fails, waits or never ends costs only the functions that need it, and a name
that it should have given is missed only where it is read.
"""

from __future__ import annotations

import types
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from autograder.statements import CLOSE, NOTEBOOK, Statement, statements

STATEMENTS = 20_000
AFTER = 1 << 40  # a position behind every statement


class Notebook:
    """The statements of a notebook, and which of them have run.

    Args:
        text: the notebook (see the module's docstring).
        filename: the name under which its lines are known.
        space: the names of the module in which statements run.
    """

    def __init__(self, text: str, filename: str, space: dict[str, Any]) -> None:
        first, _, _ = text.partition("\n")
        wanted = first.removeprefix(NOTEBOOK).removesuffix(CLOSE).split(", ")
        self.statements = list(statements(text, filename, wanted))
        if len(self.statements) > STATEMENTS:
            raise ValueError(f"the notebook has more than {STATEMENTS:,} statements")
        self.space = space
        space.update(display=_nothing, get_ipython=_nothing)  # what only IPython has
        self._done: set[int] = set()
        self._fixed: set[str] = set()  # names that keep what they have
        self._failed: dict[str, tuple[BaseException, types.TracebackType | None]] = {}
        self._stars = [i for i, s in enumerate(self.statements) if s.star]
        self._defined = {s.function for s in self.statements if s.function} | set(wanted)
        self._changing = self._changes(wanted)
        self.functions = {name for name in wanted if name in self._changing}
        self._plan()

    def ready(self, function: str) -> None:
        """Run what a function needs.

        Raises:
            BaseException: what kept the function from being defined.
        """
        for index in self._needed.get(function, ()):
            if index not in self._done:
                self._done.add(index)
                self._run(self.statements[index])
        if function not in self.space and function in self._failed:
            raise self._failure(function)

    def fix(self, names: Collection[str]) -> None:
        """Keep these names as they are from now on, whatever statements say."""
        self._fixed |= set(names)
        self._plan()

    def cause(self, error: BaseException) -> BaseException:
        """Return what kept a name from being defined, for the NameError that came of it; any other exception as it is."""
        name = getattr(error, "name", None)
        if not isinstance(error, NameError) or isinstance(error, UnboundLocalError) or name in self.space:
            return error
        if name in self._failed:
            return self._failure(name)
        if "*" in self._failed:
            star = self._failure("*")
            error.args = (f"{error} (and a star import failed: {type(star).__name__}: {star})",)
        return error

    def _failure(self, name: str) -> BaseException:
        error, where = self._failed[name]
        return error.with_traceback(where)  # without the frames of those who were told before

    def _changes(self, wanted: Collection[str]) -> dict[str, list[int]]:
        """Return the statements that change each name."""
        changing: dict[str, list[int]] = defaultdict(list)
        modules = {name for s in self.statements if s.module for name in s.binds}
        written = {s.function for s in self.statements if s.function and not s.unwritten}
        touched = _touched(self.statements)
        for index, statement in enumerate(self.statements):
            if statement.unwritten and statement.function in written:
                continue  # a stub never replaces something written
            for name in (statement.calls - set(wanted)) & touched.keys():
                statement.alters |= touched[name]
            for name in statement.binds | (statement.alters - modules):
                changing[name].append(index)
        return changing

    def _plan(self) -> None:
        """Find out what each function needs."""
        self._needed = {name: self._needed_by(name) for name in self.functions - self._fixed}
        if self._reused():  # what one function needs would run too late for another: keep to the notebook's order
            everything = sorted(set().union(*self._needed.values()))
            self._needed = dict.fromkeys(self._needed, everything)

    def _reused(self) -> bool:
        """Whether a name is given another meaning after something that is needed has read it."""
        chosen = set().union(*self._needed.values())
        bound = {n: i for i in sorted(chosen) if not self.statements[i].module for n in self.statements[i].binds}
        return any(bound.get(name, -1) > index for index in chosen for name in self.statements[index].reads)

    def _needed_by(self, wanted: str) -> list[int]:
        """Return the statements that a function needs, in order."""
        chosen: set[int] = set()
        seen: dict[str, int] = {}  # name -> the position before which its changes are in already
        todo = [(wanted, AFTER)]
        while todo:
            name, before = todo.pop()
            if seen.get(name, -1) >= before:
                continue
            seen[name] = before
            if name in self._fixed:
                continue
            for index in self._changing.get(name, () if name in self.space else self._stars):
                if index >= before or index in chosen:
                    continue
                chosen.add(index)
                statement = self.statements[index]
                todo += [(read, index) for read in statement.reads | statement.alters]
                todo += [(read, AFTER) for read in statement.later]
        return sorted(chosen)

    def _run(self, statement: Statement) -> None:
        held = {name: self.space[name] for name in statement.binds & self._defined & self.space.keys()}
        space = dict(self.space) if statement.star else self.space
        try:
            statement.run(space)
        except BaseException as error:
            cause = self.cause(error)
            for name in (*statement.binds, *("*" * statement.star)):
                self._failed[name] = cause, cause.__traceback__
        else:
            for name in statement.binds:
                self._failed.pop(name, None)
        if statement.star:  # never over what the notebook itself defines
            new = {k: v for k, v in space.items() if k in statement.binds or k not in self._changing}
            self.space.update(new)
        for name, value in held.items():  # `loss = loss(Y, T)` in a cell for trying things out
            if name in self._fixed or not callable(self.space.get(name)):
                self.space[name] = value


def _touched(statements: Iterable[Statement]) -> dict[str, set[str]]:
    """Return which globals a call of each function of the notebook changes, itself or by functions that it calls."""
    functions: dict[str, list[Statement]] = defaultdict(list)
    for statement in statements:
        if statement.function:
            functions[statement.function].append(statement)
    touched = {name: set().union(*(s.touches for s in group)) for name, group in functions.items()}
    for _ in range(8):  # calls of calls; deeper set-up is not to be expected
        before = sum(map(len, touched.values()))
        for name, group in functions.items():
            for other in set().union(*(s.later for s in group)) & touched.keys():
                touched[name] |= touched[other]
        if sum(map(len, touched.values())) == before:
            break
    return {name: names for name, names in touched.items() if names}


def _nothing(*args: Any, **kwargs: Any) -> None:
    """Stands for what only IPython has."""
