"""What a submission may import: one rule, enforced alike at home, in the confined worker and in the mark.

A rule of the assignment, not a wall: code that wants to get round it can, and then stands before the sandbox's own walls.
It binds the submission's own `import` statements only; what NumPy and torch import for themselves is theirs.

`import os` at the top of a file that never uses it costs nothing: the rest of the standard library is refused where it is used.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

# The harmless part of the standard library: it computes, and reaches neither files, network, processes nor the interpreter.
# pdb is among it because one steps through one's own code with it.
HARMLESS = """
    __future__ abc array bisect calendar cmath collections contextlib copy dataclasses datetime decimal enum fractions
    functools heapq itertools math numbers operator pdb pprint random re reprlib statistics string struct textwrap time
    timeit types typing unicodedata warnings
"""
STANDARD = frozenset(HARMLESS.split())
PACKAGES: Mapping[str, tuple[str, ...]] = {"numpy": ("numpy",), "torch": ("numpy", "torch")}
NAMES = {"numpy": "NumPy", "torch": "PyTorch"}
EXAMPLES = "math, itertools, random, ..."


def sentence(framework: str) -> str:
    """Return what may be imported, as every stub says it."""
    return f"You may import {_packages(framework)} and the harmless part of the standard library ({EXAMPLES})."


def refusal(name: str, framework: str) -> str:
    """Return why `name` is not imported, in the same words wherever a submission runs."""
    done = f"this exercise is done with {_packages(framework)} and the standard library ({EXAMPLES})"
    return f"{name} may not be imported here: {done}"


def guarded(framework: str, imported: Callable[[str], None]) -> dict[str, Any]:
    """Return the `__builtins__` of a submission's module: Python's own, whose import follows the rule.

    Args:
        framework: "numpy" or "torch".
        imported: is told the top-level name of each module after it was imported.
    """
    allowed = STANDARD.union(PACKAGES[framework])

    def guarded_import(
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        top = name.partition(".")[0]
        if level == 0 and top not in allowed:
            if fromlist or "." in name or top not in sys.stdlib_module_names:
                raise ImportError(refusal(top, framework), name=top)
            return _Unused(top, refusal(top, framework))
        module = builtins.__import__(name, globals, locals, fromlist or (), level)
        imported(top)
        return module

    return {**vars(builtins), "__import__": guarded_import}


class _Unused(ModuleType):
    """What `import os` gives: nothing happens until it is used, which raises the refusal where that is."""

    def __init__(self, name: str, refusal: str) -> None:
        super().__init__(name)
        self.__refusal = refusal

    def __getattr__(self, attribute: str) -> Any:
        if attribute[:2] == "__":
            raise AttributeError(attribute)
        raise ImportError(self.__refusal, name=self.__name__)


def _packages(framework: str) -> str:
    return " and ".join(NAMES[name] for name in reversed(PACKAGES[framework]))
