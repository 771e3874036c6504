"""Functions that are spoilt in ways that no solution needs: whatever the exercise, each must fail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.grading import Bench

HELPERS = '''

def _each(change, value):
    """Apply `change` to every number and array in a result."""
    if isinstance(value, dict):
        return {key: _each(change, item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(_each(change, item) for item in value)
    return value if value is None or isinstance(value, str) or callable(value) else change(value)


def _transpose(value):
    return value.T if getattr(value, "ndim", 0) >= 2 else -value


def _nan(value):
    return value * float("nan") if isinstance(value, float) or "float" in str(getattr(value, "dtype", "")) else value


def _overwrite(value):
    if isinstance(value, dict):
        for item in value.values():
            _overwrite(item)
    elif isinstance(value, list):
        value.reverse()
        value.append(7)
    elif hasattr(value, "shape") and value.shape:
        value[...] = 7


_right = {function}
'''
WAYS = {
    "identity": "def {function}(*args, **kwargs):\n    return args[0] if args else next(iter(kwargs.values()))\n",
    "nothing": "def {function}(*args, **kwargs):\n    return None\n",
    "zero": "def {function}(*args, **kwargs):\n    return _each(lambda a: a * 0, _right(*args, **kwargs))\n",
    "constant": "def {function}(*args, **kwargs):\n    return _each(lambda a: a * 0 + 1, _right(*args, **kwargs))\n",
    "transposed": "def {function}(*args, **kwargs):\n    return _each(_transpose, _right(*args, **kwargs))\n",
    "swapped arguments": "def {function}(a, b, *args, **kwargs):\n    return _right(b, a, *args, **kwargs)\n",
    "in place": (
        "def {function}(*args, **kwargs):\n    import copy\n    result = copy.deepcopy(_right(*args, **kwargs))\n"
        "    for argument in (*args, *kwargs.values()):\n        _overwrite(argument)\n    return result\n"
    ),
}
NAN = "def {function}(*args, **kwargs):\n    return _each(_nan, _right(*args, **kwargs))\n"
UNCHANGED = re.compile(r'check\.unchanged\(\s*"(\w+)"')


@dataclass(frozen=True)
class Spoilt:
    """A solution with one function spoilt."""

    function: str
    way: str
    source: str

    @property
    def key(self) -> str:
        """How it is called in `equivalent.yaml`."""
        return f"{self.function}: {self.way}"


def spoilt(bench: Bench) -> Iterator[Spoilt]:
    """Yield the solution with each function spoilt in each way that can show."""
    exercise = bench.exercise
    promised = set(UNCHANGED.findall(exercise.suite.read_text(encoding="utf-8")))
    for function in exercise.functions:
        free = exercise.opaque.get(function) == ()  # only what it does to its arguments counts
        for way, text in WAYS.items():
            if way == "in place" and function not in promised:
                continue
            if free and way in ("zero", "constant", "transposed"):
                continue
            if way == "swapped arguments" and len(bench.signatures.get(function, ())) < 2:
                continue
            yield Spoilt(function, way, with_wrapper(bench.solution, function, text))


def not_a_number(bench: Bench) -> str:
    """Return the solution with NaN for every float that it returns."""
    source = bench.solution
    for function in bench.exercise.functions:
        source = with_wrapper(source, function, NAN)
    return source


def with_wrapper(source: str, function: str, wrapper: str) -> str:
    """Put a wrapper of a function behind a module."""
    text = (HELPERS + "\n\n" + wrapper).replace("{function}", function)
    return source + text.replace("_right", f"_right_{function}")
