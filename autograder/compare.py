"""Compares what a submission returned with what was expected, and says in words how the two differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.calls import Handle

TOLERANCE = 1e-6  # relative to the largest expected value; float64 work is far inside, a wrong idea far outside
TOLERANCE_SINGLE = 2e-4  # float32 results


@dataclass(frozen=True)
class Difference:
    """Why a value is not the expected one.

    `kind` is safe to show for a hidden check; `detail` may quote values and is not.
    """

    kind: str
    detail: str = ""
    returned: str = ""
    expected: str = ""
    hints: tuple[str, ...] = ()


def is_array_like(value: Any) -> bool:
    """True for arrays, numbers, tensors that came as arrays, and (nested) lists of numbers."""
    return isinstance(value, np.ndarray | np.generic | int | float | complex) or hasattr(value, "array")


def as_array(value: Any) -> np.ndarray[Any, Any] | None:
    """Return a numeric array for `value`, or None where it is no rectangular block of numbers."""
    if hasattr(value, "array"):
        value = value.array
    if value is None or isinstance(value, str | bytes | dict | Handle):
        return None
    try:
        array = np.asarray(value)
    except (ValueError, TypeError):
        return None
    if array.dtype.kind in "biufc":
        return array
    return None


def difference(returned: Any, expected: Any, path: str = "") -> Difference | None:
    """Return the first difference, or None where `returned` is right.

    Arrays may come as lists, integers as NumPy integers, numbers as zero-dimensional arrays; tuples and lists may stand for
    each other. Shapes must agree, and so must the kind of number where an integer is expected.
    """
    where = f"{path}: " if path else ""
    if isinstance(expected, Handle):
        return None  # what stays with the submission is nobody else's to judge
    if returned is None and expected is not None:
        return Difference(
            f"{where}None was returned", hints=("Does every path through the function end in a `return`?",)
        )
    if expected is None or isinstance(expected, str):
        if type(returned) is type(expected) and returned == expected:
            return None
        return Difference(f"{where}{describe(returned)} was returned", "", brief(returned), brief(expected))
    if isinstance(expected, bool | np.bool_):
        if isinstance(returned, bool | np.bool_) or (
            isinstance(returned, np.ndarray) and returned.shape == () and returned.dtype == bool
        ):
            if bool(returned) == bool(expected):
                return None
            return Difference(f"{where}the truth value is the other one", "", str(bool(returned)), str(bool(expected)))
        return Difference(
            f"{where}{describe(returned)} was returned where True or False belongs",
            "",
            brief(returned),
            brief(expected),
        )
    if isinstance(expected, int | np.integer):
        return _integer(returned, int(expected), where)
    if isinstance(expected, Mapping):
        return _mapping(returned, expected, path)
    if isinstance(expected, tuple | list) and not (
        isinstance(expected, list) and as_array(expected) is not None and is_array_like(returned)
    ):
        return _sequence(returned, expected, path)
    return _array(returned, expected, where)


def _integer(returned: Any, expected: int, where: str) -> Difference | None:
    array = as_array(returned)
    if isinstance(returned, bool | np.bool_) or array is None or array.shape != () or array.dtype.kind not in "iuf":
        return Difference(
            f"{where}{describe(returned)} was returned where one integer belongs", "", brief(returned), str(expected)
        )
    if array.dtype.kind == "f":
        hints = ("`//` keeps integers, `/` always gives a float.",)
        return Difference(
            f"{where}a float was returned where an integer belongs", "", brief(returned), str(expected), hints
        )
    if int(array) != expected:
        return Difference(
            f"{where}the value differs", "", str(int(array)), str(expected), _scalar_hints(int(array), expected)
        )
    return None


def _scalar_hints(returned: float, expected: float) -> tuple[str, ...]:
    if expected and returned == -expected:
        return ("The sign is the other way round.",)
    if isinstance(returned, int) and isinstance(expected, int) and abs(returned - expected) == 1:
        return ("Off by one.",)
    if expected and returned and np.isfinite(returned) and abs(returned / expected - round(returned / expected)) < 1e-9:
        return (f"It is {round(returned / expected)} times the expected value.",)
    return ()


def _mapping(returned: Any, expected: Mapping[str, Any], path: str) -> Difference | None:
    where = f"{path}: " if path else ""
    if not isinstance(returned, Mapping):
        return Difference(f"{where}{describe(returned)} was returned where a dict with {', '.join(expected)} belongs")
    if missing := [key for key in expected if key not in returned]:
        return Difference(
            f"{where}the dict lacks {', '.join(missing)}", "", ", ".join(map(str, returned)), ", ".join(expected)
        )
    wrong = {key: found for key in expected if (found := difference(returned[key], expected[key], f"{path}[{key!r}]"))}
    if not wrong:
        if extra := [str(key) for key in returned if key not in expected]:
            return Difference(f"{where}the dict holds {', '.join(extra)}, which nobody asked for")
        return None
    first = next(iter(wrong.values()))
    if len(expected) > 1:
        right = [key for key in expected if key not in wrong]
        note = f"{'Only ' if right and len(wrong) < 3 else ''}{', '.join(wrong)} {'is' if len(wrong) == 1 else 'are'} wrong"
        note += f"; {', '.join(right)} {'is' if len(right) == 1 else 'are'} right." if right else "."
        return Difference(first.kind, first.detail, first.returned, first.expected, (note, *first.hints))
    return first


def _sequence(returned: Any, expected: Any, path: str) -> Difference | None:
    where = f"{path}: " if path else ""
    if hasattr(returned, "array"):
        returned = returned.array
    if not isinstance(returned, tuple | list | np.ndarray) or (isinstance(returned, np.ndarray) and returned.ndim == 0):
        belongs = f"{len(expected)} values belong" if isinstance(expected, tuple) else "a list belongs"
        return Difference(
            f"{where}{describe(returned)} was returned where {belongs}", "", brief(returned), brief(expected)
        )
    if len(returned) != len(expected):
        kind = f"{where}{len(returned)} values were returned where {len(expected)} belong"
        return Difference(kind, "", brief(returned), brief(expected))
    wrong: list[tuple[int, Difference]] = []
    for index, (one, other) in enumerate(zip(returned, expected, strict=True)):
        name = (
            f"{path}[{index}]" if path or not isinstance(expected, tuple) else f"output {index + 1} of {len(expected)}"
        )
        if found := difference(one, other, name):
            wrong.append((index, found))
    if not wrong:
        return None
    first = wrong[0][1]
    if (
        len(wrong) == 2 == len(expected)
        and not difference(returned[1], expected[0])
        and not difference(returned[0], expected[1])
    ):
        return Difference(
            first.kind, first.detail, first.returned, first.expected, ("The two outputs are in the wrong order.",)
        )
    if 1 < len(expected) <= 6 and isinstance(expected, tuple):
        others = (
            "the other outputs are right" if len(wrong) == 1 else f"{len(wrong)} of {len(expected)} outputs are wrong"
        )
        return Difference(
            first.kind, first.detail, first.returned, first.expected, (*first.hints, others.capitalize() + ".")
        )
    return first


def _array(returned: Any, expected: Any, where: str) -> Difference | None:
    want = as_array(expected)
    assert want is not None, f"the expected value is no array: {expected!r}"
    got = as_array(returned)
    if got is None:
        if isinstance(returned, list | tuple):
            kind = f"{where}the returned {type(returned).__name__} does not form an array"
            return Difference(kind, "", brief(returned), brief(want))
        return Difference(
            f"{where}{describe(returned)} was returned where an array belongs", "", brief(returned), brief(want)
        )
    if got.shape != want.shape:
        hints: tuple[str, ...] = ()
        if got.size == want.size and got.shape == want.shape[::-1]:
            hints = ("It is transposed.",) if close(got.T, want) else ("The axes look transposed.",)
        elif got.size == want.size and close(got.reshape(want.shape), want):
            hints = ("The values are right, only the shape is not.",)
        elif want.ndim and got.ndim == want.ndim - 1:
            hints = ("An axis is missing: was it summed or averaged away?",)
        kind = f"{where}the shape is {shape(got)}, expected {shape(want)}"
        return Difference(kind, "", brief(got), brief(want), hints)
    if got.dtype.kind == "c" and want.dtype.kind != "c":
        return Difference(f"{where}complex numbers were returned", "", brief(got), brief(want))
    if got.dtype.kind == "b" and want.dtype.kind != "b":
        return Difference(f"{where}truth values were returned where numbers belong", "", brief(got), brief(want))
    if np.isfinite(want).all() and not np.isfinite(got).all():
        bad = "NaN" if np.isnan(got).any() else "infinity"
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(got))[0])
        hints = (
            ("NaN comes from 0/0, inf - inf, log of a negative number; look at that entry.",) if bad == "NaN" else ()
        )
        detail = f"first at {list(index)}" if got.ndim else ""
        return Difference(f"{where}the result contains {bad}", detail, brief(got), brief(want), hints)
    if close(got, want):
        return None
    return _values(got, want, where)


def _values(got: np.ndarray[Any, Any], want: np.ndarray[Any, Any], where: str) -> Difference:
    gap = np.abs(got.astype(float, copy=False) - want)
    off = ~(gap <= tolerance(got) * _scale(want))  # so that NaN counts as a difference
    detail = ""
    if want.ndim:
        index = tuple(int(i) for i in np.argwhere(off)[0])
        share = f"{int(off.sum())} of {off.size} entries differ, first at {list(index)}"
        detail = f"{share}; largest difference {gap.max():.3g}"
    return Difference(f"{where}the values differ", detail, brief(got), brief(want), tuple(_value_hints(got, want)))


def _value_hints(got: np.ndarray[Any, Any], want: np.ndarray[Any, Any]) -> list[str]:
    if close(-got, want):
        return ["Exactly the negative of what is expected: a sign."]
    if not got.any() and want.any():
        return ["All zeros."]
    hints = []
    if want.ndim == 2 and want.shape[0] == want.shape[1] and close(got.T, want):
        hints.append("It is transposed.")
    nonzero = np.abs(want) > 1e-9 * _scale(want)
    if nonzero.any() and close(got[~nonzero], want[~nonzero]):
        ratios = got[nonzero] / want[nonzero]
        if np.ptp(ratios) < 1e-6 * max(1.0, float(np.abs(ratios).max())) and want.size > 1:
            hints.append(f"Every entry is {_number(float(ratios.mean()))} times the expected one: a factor.")
    if want.ndim and want.size > 1 and np.ptp(got - want) < 1e-9 * _scale(want):
        hints.append(f"Every entry is off by the same {_number(float((got - want).mean()))}: a missing or extra term.")
    for axis in range(want.ndim):
        if want.shape[axis] > 1 and not hints:
            if close(np.flip(got, axis), want):
                hints.append(f"It is reversed along axis {axis}.")
            elif close(np.roll(got, 1, axis), want) or close(np.roll(got, -1, axis), want):
                hints.append(f"It is shifted by one along axis {axis}.")
    return hints


def _number(value: float) -> str:
    for denominator in range(1, 13):
        numerator = value * denominator
        if abs(numerator - round(numerator)) < 1e-7 * max(1.0, abs(numerator)):
            return f"{round(numerator)}" if denominator == 1 else f"{round(numerator)}/{denominator}"
    return f"{value:.4g}"


def _scale(want: np.ndarray[Any, Any]) -> float:
    return max(1.0, float(np.abs(want).max(initial=0.0))) if np.isfinite(want).all() else 1.0


def tolerance(array: np.ndarray[Any, Any]) -> float:
    """Return the tolerance for results of this dtype."""
    return TOLERANCE_SINGLE if array.dtype in (np.float32, np.complex64) else TOLERANCE


def close(got: np.ndarray[Any, Any], want: np.ndarray[Any, Any]) -> bool:
    """True where two arrays of one shape agree within the tolerance; infinities must be at the same places."""
    if got.shape != want.shape:
        return False
    if not np.isfinite(want).all():
        finite = np.isfinite(want)
        return bool(np.array_equal(got[~finite], want[~finite], equal_nan=True)) and close(got[finite], want[finite])
    if got.dtype == np.float16:
        got = got.astype(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        gap = np.abs(got - want) if got.dtype.kind != "b" else (got != want).astype(float)
        return bool((gap <= tolerance(got) * _scale(want)).all())


def shape(array: np.ndarray[Any, Any]) -> str:
    """Return a shape in words that a beginner reads: `(2, 3)`, or `a single number`."""
    return "a single number" if array.shape == () else str(tuple(int(n) for n in array.shape))


def describe(value: Any) -> str:
    """Return what a value is, in two or three words."""
    if value is None:
        return "None"
    if isinstance(value, Handle):
        return "an object"
    array = as_array(value)
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if array is not None and not isinstance(value, list | tuple):
        return f"the number {brief(value)}" if array.shape == () else f"an array of shape {shape(array)}"
    if isinstance(value, str):
        return f"the text {brief(value)}"
    if isinstance(value, dict):
        return f"a dict with {', '.join(map(str, list(value)[:6]))}" if value else "an empty dict"
    name = type(value).__name__
    return f"a{'n' if name[0] in 'aeiou' else ''} {name}" + (
        f" of {len(value)}" if isinstance(value, list | tuple) else ""
    )


def brief(value: Any, limit: int = 60) -> str:
    """Return a value in at most about `limit` characters: the first entries, never the whole array."""
    if hasattr(value, "array"):
        value = value.array
    if isinstance(value, np.ndarray):
        if value.ndim == 0:
            return brief(value.item())
        flat = value.ravel()[:4]
        entries = ", ".join(brief(item) for item in flat.tolist())
        more = ", ..." if value.size > 4 else ""
        return "[" * value.ndim + entries + (more if more else "]" * value.ndim)
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | np.integer):
        text = str(int(value))
        return text if len(text) <= 24 else f"{text[:8]}... ({len(text)} digits)"
    if isinstance(value, float | np.floating):
        number = float(value)
        return f"{number:.3f}" if 1e-3 <= abs(number) < 1e4 else f"{number:.4g}"
    if isinstance(value, Mapping):
        text = "{" + ", ".join(f"{key}: {brief(item, 20)}" for key, item in value.items()) + "}"
    elif isinstance(value, tuple | list):
        inner = ", ".join(brief(item, 30) for item in value[:5]) + (", ..." if len(value) > 5 else "")
        text = f"({inner})" if isinstance(value, tuple) else f"[{inner}]"
    elif isinstance(value, Handle):
        text = "an object"
    else:
        text = repr(value)
    return text if len(text) <= limit else text[: limit - 4] + " ..."
