"""Compares what a submission returned with what was expected, and says in words how the two differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from autograder.calls import Handle
from autograder.recipes import NO_GRADIENT
from autograder.wording import apart, brief, count, integer, names, nested, row, shape

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Tolerance:
    """How far a result may be off: `relative` times a scale, which is the largest expected magnitude, but never below `floor`.

    The scale is that of the whole array, of each row (along the last axis), or of each entry: take rows or entries where
    magnitudes differ so much that a small one could be wrong unnoticed, and a floor that fits. float64 work is far inside the
    default, a wrong idea far outside. Results in float32 get at least `single`.
    """

    relative: float = 1e-6
    per: Literal["array", "row", "entry"] = "array"
    floor: float = 1.0
    single: float = 2e-4

    def allowed(self, got: Array, want: Array) -> Array:
        """Return by how much each entry may be off, in a shape that broadcasts to theirs; `want` is finite."""
        relative = max(self.relative, self.single) if got.dtype in (np.float32, np.complex64) else self.relative
        return relative * self.scale(want)

    def scale(self, want: Array) -> Array:
        """Return the magnitude that each entry is measured by."""
        size = np.abs(want)
        if self.per != "entry" and size.size:
            size = size.max(axis=-1, keepdims=True) if self.per == "row" and size.ndim else size.max()
        return np.asarray(np.maximum(self.floor, size))


DEFAULT = Tolerance()


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


def as_array(value: Any) -> Array | None:
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


def difference(returned: Any, expected: Any, path: str = "", tolerance: Tolerance | None = None) -> Difference | None:
    """Return the first difference, or None where `returned` is right.

    Arrays may come as lists, integers as NumPy integers, numbers as zero-dimensional arrays; a list may stand for a tuple and a
    tuple for a list, but an array never for a tuple. Shapes must agree, and so must the kind of number where an integer is
    expected. The time that this takes grows with the size of what was expected, whatever was returned.
    """
    most = 10 * _values_in(expected) + 10_000
    if _values_in(returned, most) > most:
        where = f"{path}: " if path else ""
        return Difference(
            f"{where}far more values were returned than belong there", "", brief(returned), brief(expected)
        )
    return _difference(returned, expected, path, tolerance or DEFAULT)


def _values_in(value: Any, most: float = np.inf) -> int:
    """Count the values in nested lists, tuples and dicts, an array of the expected kind by its size; stops beyond `most`."""
    found, todo = 0, [value]
    while todo and found <= most:
        item = todo.pop()
        if isinstance(item, tuple | list | Mapping):
            found += len(item)
            if found <= most:
                todo.extend(item.values() if isinstance(item, Mapping) else item)
        elif most == np.inf:  # what was returned as an array is refused by its shape at once, however large
            found += getattr(getattr(item, "array", item), "size", 1)
    return found


def _difference(returned: Any, expected: Any, path: str, tolerance: Tolerance) -> Difference | None:
    where = f"{path}: " if path else ""
    if isinstance(expected, Handle):
        return None  # what stays with the submission is nobody else's to judge
    if isinstance(returned, str) and returned == NO_GRADIENT and not isinstance(expected, str):
        cut = "`.item()`, `float()` and NumPy cut it off: keep the result a tensor up to the `return`."
        return Difference(f"{where}the loss has no gradient", hints=(cut,))
    if returned is None and expected is not None:
        return Difference(
            f"{where}None was returned", hints=("Does every path through the function end in a `return`?",)
        )
    if expected is None or isinstance(expected, str):
        if type(returned) is type(expected) and returned == expected:
            return None
        return Difference(f"{where}{describe(returned)} was returned", "", brief(returned), brief(expected))
    if isinstance(expected, bool | np.bool_):
        return _truth(returned, bool(expected), where)
    if isinstance(expected, int | np.integer):
        return _integer(returned, int(expected), where)
    if isinstance(expected, Mapping):
        return _mapping(returned, expected, path, tolerance)
    if isinstance(expected, tuple | list) and not (
        isinstance(expected, list) and as_array(expected) is not None and is_array_like(returned)
    ):
        return _sequence(returned, expected, path, tolerance)
    return _array(returned, expected, where, tolerance)


def _truth(returned: Any, expected: bool, where: str) -> Difference | None:
    if type(returned) is int and returned in (0, 1):
        returned = bool(returned)  # as `True == 1` in Python
    if isinstance(returned, bool | np.bool_) or (
        isinstance(returned, np.ndarray) and returned.shape == () and returned.dtype == bool
    ):
        if bool(returned) == expected:
            return None
        return Difference(f"{where}the truth value is the other one", "", str(bool(returned)), str(expected))
    kind = f"{where}{describe(returned)} was returned where True or False belongs"
    return Difference(kind, "", brief(returned), str(expected))


def _integer(returned: Any, expected: int, where: str) -> Difference | None:
    array = as_array(returned)
    if isinstance(returned, bool | np.bool_) or array is None or array.shape != () or array.dtype.kind not in "iuf":
        kind = f"{where}{describe(returned)} was returned where one integer belongs"
        return Difference(kind, "", brief(returned), integer(expected))
    if array.dtype.kind == "f":
        value = float(array)
        hint = f"{value!r} is a float; the assignment asks for an int."
        if value != expected and np.floor(value) == expected:
            hint = "`//` keeps integers, `/` always gives a float."
        kind = f"{where}a float was returned where an integer belongs"
        return Difference(kind, "", repr(value), integer(expected), (hint,))
    if int(array) != expected:
        hints = _scalar_hints(int(array), expected)
        return Difference(f"{where}the value differs", "", integer(int(array)), integer(expected), hints)
    return None


def _scalar_hints(returned: int, expected: int) -> tuple[str, ...]:
    if expected and returned == -expected:
        return ("The sign is the other way round.",)
    if abs(returned - expected) == 1 and expected > 1:  # a size or a count; labels such as 1 and 0 are no neighbours
        return ("Off by one.",)
    if expected and returned and returned % expected == 0 and abs(returned // expected) < 1000:
        return (f"It is {returned // expected} times the expected value.",)
    return ()


def _mapping(returned: Any, expected: Mapping[str, Any], path: str, tolerance: Tolerance) -> Difference | None:
    where = f"{path}: " if path else ""
    if not isinstance(returned, Mapping):
        return Difference(f"{where}{describe(returned)} was returned where a dict with {names(expected)} belongs")
    if missing := [key for key in expected if key not in returned]:
        return Difference(f"{where}the dict lacks {names(missing)}", "", names(returned), names(expected))
    wrong = {
        key: found
        for key in expected
        if (found := _difference(returned[key], expected[key], f"{path}[{key!r}]", tolerance))
    }
    if not wrong:
        if extra := [key for key in returned if key not in expected]:
            return Difference(f"{where}the dict holds {names(extra)}, which nobody asked for")
        return None
    first = next(iter(wrong.values()))
    if len(expected) > 1:
        right = [key for key in expected if key not in wrong]
        note = f"{'Only ' if right and len(wrong) < 3 else ''}{', '.join(wrong)} {'is' if len(wrong) == 1 else 'are'} wrong"
        note += f"; {', '.join(right)} {'is' if len(right) == 1 else 'are'} right." if right else "."
        return replace(first, hints=(note, *first.hints))
    return first


def _sequence(
    returned: Any, expected: tuple[Any, ...] | list[Any], path: str, tolerance: Tolerance
) -> Difference | None:
    where = f"{path}: " if path else ""
    if hasattr(returned, "array"):
        returned = returned.array
    results = isinstance(expected, tuple)
    if results and isinstance(returned, np.ndarray | np.generic) and np.ndim(returned):
        kind = f"{where}one array came where {count(len(expected))} results belong"
        return Difference(kind, f"its shape is {shape(np.asarray(returned))}", brief(returned), brief(expected))
    if not isinstance(returned, tuple | list | np.ndarray) or (isinstance(returned, np.ndarray) and not returned.ndim):
        belongs = f"{count(len(expected))} values belong" if results else "a list belongs"
        return Difference(
            f"{where}{describe(returned)} was returned where {belongs}", "", brief(returned), brief(expected)
        )
    if len(returned) != len(expected):
        kind = f"{where}{len(returned)} values were returned where {len(expected)} belong"
        return Difference(kind, "", brief(returned), brief(expected))
    wrong: list[tuple[int, Difference]] = []
    for index, (one, other) in enumerate(zip(returned, expected, strict=True)):
        name = f"{path}[{index}]" if path or not results else f"output {index + 1} of {len(expected)}"
        if found := _difference(one, other, name, tolerance):
            wrong.append((index, found))
    if not wrong:
        return None
    first = wrong[0][1]
    if len(wrong) > 1 and all(isinstance(item, int) for item in (*returned, *expected)):
        hints = ("The values are right, their order is not.",) if sorted(returned) == sorted(expected) else ()
        kind = f"{where}the values differ"
        return Difference(kind, f"first at [{wrong[0][0]}]", brief(returned), brief(expected), hints)
    if (
        len(wrong) == 2 == len(expected)
        and not _difference(returned[1], expected[0], "", tolerance)
        and not _difference(returned[0], expected[1], "", tolerance)
    ):
        return replace(first, hints=("The two outputs are in the wrong order.",))
    if 1 < len(expected) <= 6 and results:
        others = (
            "The other outputs are right." if len(wrong) == 1 else f"{len(wrong)} of {len(expected)} outputs are wrong."
        )
        return replace(first, hints=(*first.hints, others))
    return first


def _array(returned: Any, expected: Any, where: str, tolerance: Tolerance) -> Difference | None:
    want = as_array(expected)
    assert want is not None, f"the expected value is no array: {expected!r}"
    got = as_array(returned)
    if isinstance(returned, tuple) and (got is None or got.shape != want.shape):
        kind = f"{where}{count(len(returned))} results came where one {'array' if want.ndim else 'number'} belongs"
        return Difference(kind, "", brief(returned), brief(want))
    if got is None:
        if isinstance(returned, list):
            kind = f"{where}the returned list does not form an array"
            return Difference(kind, "", brief(returned), brief(want))
        kind = f"{where}{describe(returned)} was returned where {'an array' if want.ndim else 'a number'} belongs"
        return Difference(kind, "", brief(returned), brief(want))
    if got.shape != want.shape:
        kind = f"{where}the shape is {shape(got)}, expected {shape(want)}"
        return Difference(kind, "", brief(got), brief(want), _shape_hints(got, want, tolerance))
    if got.dtype.kind == "c" and want.dtype.kind != "c":
        return Difference(f"{where}complex numbers were returned", "", brief(got), brief(want))
    if got.dtype.kind == "b" and want.dtype.kind != "b":
        return Difference(f"{where}truth values were returned where numbers belong", "", brief(got), brief(want))
    if np.isfinite(want).all() and not (finite := np.isfinite(got)).all():
        bad = "NaN" if np.isnan(got).any() else "infinity"
        why = ("NaN comes from 0/0, inf - inf, log of a negative number; look at that entry.",) if bad == "NaN" else ()
        return _at_first(f"{where}the result contains {bad}", ~finite, got, want, why)
    if close(got, want, tolerance):
        return None
    return _values(got, want, where, tolerance)


def _shape_hints(got: Array, want: Array, tolerance: Tolerance) -> tuple[str, ...]:
    if got.size == want.size and got.shape == want.shape[::-1]:
        return ("It is transposed.",) if close(got.T, want, tolerance) else ("The axes look transposed.",)
    if got.size == want.size and close(got.reshape(want.shape), want, tolerance):
        return ("The values are right, only the shape is not.",)
    if want.ndim and any(got.shape == want.shape[:axis] + want.shape[axis + 1 :] for axis in range(want.ndim)):
        return ("An axis is missing: was it summed or averaged away?",)
    return ()


def _values(got: Array, want: Array, where: str, tolerance: Tolerance) -> Difference:
    with np.errstate(over="ignore", invalid="ignore"):
        gap = np.abs(got.astype(complex if got.dtype.kind == "c" else float, copy=False) - want)
        finite = np.isfinite(want).all()
        off = ~(gap <= (tolerance.allowed(got, want) if finite else tolerance.relative))  # NaN counts as a difference
    if not off.any():  # infinities that are not at the same places
        off = ~((got == want) | (np.isnan(got) & np.isnan(want)))
    hints = tuple(_value_hints(got, want, tolerance)) if finite else ()
    return _at_first(f"{where}the values differ", off, got, want, hints)


def _at_first(kind: str, off: Array, got: Array, want: Array, hints: tuple[str, ...]) -> Difference:
    """Say where the first entry lies that is off, and show its row in both arrays."""
    if not want.ndim:
        returned, expected = apart(got.item(), want.item())
        return Difference(kind, "", returned, expected, hints)
    index = [int(i) for i in np.argwhere(off)[0]]
    one, other = apart(got[tuple(index)].item(), want[tuple(index)].item())
    detail = f"at {index}: {one}, expected {other}"
    if want.size > 1:
        detail += f"; {int(off.sum())} of {off.size} entries differ"
    return Difference(kind, detail, row(got, index), row(want, index), hints)


def _value_hints(got: Array, want: Array, tolerance: Tolerance) -> list[str]:
    if close(-got, want, tolerance):
        return ["Exactly the negative of what is expected: a sign."]
    if not got.any() and want.any():
        return ["All zeros."]
    hints = []
    if want.ndim == 2 and want.shape[0] == want.shape[1] and close(got.T, want, tolerance):
        hints.append("It is transposed.")
    scale = max(1.0, float(np.abs(want).max(initial=0.0)))
    nonzero = np.abs(want) > 1e-9 * scale
    if nonzero.any() and close(got[~nonzero], want[~nonzero], tolerance):
        ratios = got[nonzero] / want[nonzero]
        if np.ptp(ratios) < 1e-6 * max(1.0, float(np.abs(ratios).max())) and want.size > 1:
            hints.append(f"Every entry is {_number(float(ratios.mean()))} times the expected one: a factor.")
    if want.ndim and want.size > 1 and np.ptp(got - want) < 1e-9 * scale:
        hints.append(f"Every entry is off by the same {_number(float((got - want).mean()))}: a missing or extra term.")
    for axis in range(want.ndim):
        if want.shape[axis] > 1 and not hints:
            if close(np.flip(got, axis), want, tolerance):
                hints.append(f"It is reversed along axis {axis}.")
            elif close(np.roll(got, 1, axis), want, tolerance) or close(np.roll(got, -1, axis), want, tolerance):
                hints.append(f"It is shifted by one along axis {axis}.")
    return hints


def _number(value: float) -> str:
    for denominator in range(1, 13):
        numerator = value * denominator
        if abs(numerator - round(numerator)) < 1e-7 * max(1.0, abs(numerator)):
            return f"{round(numerator)}" if denominator == 1 else f"{round(numerator)}/{denominator}"
    return f"{value:.4g}"


def close(got: Array, want: Array, tolerance: Tolerance | None = None) -> bool:
    """True where two arrays of one shape agree within the tolerance; infinities must be at the same places."""
    tolerance = tolerance or DEFAULT
    if got.shape != want.shape:
        return False
    finite = np.isfinite(want)
    if not finite.all():
        if not np.array_equal(got[~finite], want[~finite], equal_nan=True):
            return False
        got, want = np.where(finite, got, 0), np.where(finite, want, 0)  # rows and magnitudes stay in place
    if got.dtype == np.float16:
        got = got.astype(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        gap = np.abs(got - want) if got.dtype.kind != "b" else (got != want).astype(float)
        return bool((gap <= tolerance.allowed(got, want)).all())


def describe(value: Any) -> str:
    """Return what a value is, in two or three words."""
    if value is None:
        return "None"
    if isinstance(value, Handle):
        return "an object"
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, str):
        return f"the text {brief(value)}"
    if isinstance(value, dict):
        return f"a dict with {names(value)}" if value else "an empty dict"
    if not isinstance(value, list | tuple) and (array := as_array(value)) is not None:
        return f"the number {nested(array)}" if array.shape == () else f"an array of shape {shape(array)}"
    name = type(value).__name__
    of = f" of {len(value)}" if isinstance(value, list | tuple) else ""
    return f"a{'n' if name[0] in 'aeiou' else ''} {name}{of}"


__all__ = ["Difference", "Tolerance", "as_array", "brief", "close", "difference", "is_array_like", "shape"]
