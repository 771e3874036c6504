"""The surroundings of a submission's code while it runs: what it prints is kept, nobody types, no debugger opens."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Sequence
from typing import Any

NO_DEBUGGER = "breakpoint() cannot stop in here; it works with `anndl grade NAME --in-process` or `pytest -s`"


class Printed:
    """A text stream that keeps the first characters and forgets the rest, so that a flood costs nothing."""

    encoding, errors, closed = "utf-8", "replace", False

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.kept: list[str] = []
        self.size = 0

    def write(self, text: str) -> int:
        room = self.limit - self.size
        if room > 0:
            self.kept.append(text[:room])
            self.size += len(self.kept[-1])
        return len(text)

    def writelines(self, lines: Sequence[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Nothing is buffered."""

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def fileno(self) -> int:
        return 1

    def take(self) -> str:
        """Return what was printed since the last time."""
        text = "".join(self.kept)
        self.kept, self.size = [], 0
        return text


class Typed:
    """A standard input at its end."""

    encoding, errors, closed = "utf-8", "replace", False

    def readline(self, size: int = -1) -> str:
        return ""

    read = readline

    def fileno(self) -> int:
        return 0

    def isatty(self) -> bool:
        return False


class Scene(contextlib.AbstractContextManager[None]):
    """While entered: standard streams that reach nobody, no warnings (what overflows shows in the result), no debugger."""

    def __init__(self, printed: Printed) -> None:
        self._printed, self._typed = printed, Typed()
        self._before: list[tuple[Any, ...]] = []  # a scene within itself leaves in the order in which it came

    def __enter__(self) -> None:
        quiet = warnings.catch_warnings()
        quiet.__enter__()
        self._before.append((sys.stdin, sys.stdout, sys.stderr, sys.breakpointhook, quiet))
        warnings.simplefilter("ignore")
        sys.stdin = self._typed  # type: ignore[assignment]
        sys.stdout = sys.stderr = self._printed  # type: ignore[assignment]
        sys.breakpointhook = _no_debugger

    def __exit__(self, *failure: object) -> None:
        sys.stdin, sys.stdout, sys.stderr, sys.breakpointhook, quiet = self._before.pop()
        quiet.__exit__()


def _no_debugger(*args: object, **kwargs: object) -> None:
    from bdb import BdbQuit

    raise BdbQuit(NO_DEBUGGER)
