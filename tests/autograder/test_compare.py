"""What counts as equal, and what is said where it does not."""

import numpy as np
import pytest

from autograder.calls import Handle
from autograder.compare import brief, difference
from autograder.wire import Tensor

A = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        (A.tolist(), A),
        (A.astype(np.float32), A),
        (A + 1e-9, A),
        (A.astype(int), A),
        (np.float64(3), 3.0),
        (np.array(3.0), 3.0),
        (3, 3.0),
        (np.int64(3), 3),
        (np.array(3), 3),
        ([1.0, 2.0], (1.0, 2.0)),
        ((1, [2, 3]), [1, (2, 3)]),
        ({"W": A.tolist(), "b": 1}, {"b": 1.0, "W": A}),
        (Tensor(A), A),
        (np.True_, True),
        (np.array([np.nan, 1.0]), np.array([np.nan, 1.0])),
        (np.array([np.inf, 1.0]), np.array([np.inf, 1.0])),
        ([], []),
        ([(1, [2]), (3, [])], [(1, [2]), (3, [])]),
        (None, None),
    ],
)
def test_these_are_the_same(returned, expected):
    assert difference(returned, expected) is None


@pytest.mark.parametrize(
    ("returned", "expected", "said"),
    [
        (None, A, "None was returned"),
        (6.0, 6, "a float was returned where an integer belongs"),
        (True, 1, "integer belongs"),
        (7, 6, "the value differs"),
        ("6", 6, "integer belongs"),
        (1, True, "True or False belongs"),
        (False, True, "truth value"),
        (A.T, A, "the shape is (3, 2), expected (2, 3)"),
        (A[0], A, "the shape is (3,)"),
        (A * np.nan, A, "contains NaN"),
        (np.full((2, 3), np.inf), A, "contains infinity"),
        (A + 1e-3, A, "the values differ"),
        (np.array(["a"]), A, "where an array belongs"),
        ([[1, 2], [3]], A, "does not form an array"),
        (A + 1j, A, "complex"),
        (A > 2, A, "truth values"),
        ({"W": A}, {"W": A, "b": A}, "lacks b"),
        ({"W": A, "b": A, "c": A}, {"W": A, "b": A}, "holds c"),
        (A, {"W": A}, "where a dict"),
        ((A,), (A, A), "1 values were returned where 2 belong"),
        (A[0, 0], (A, A), "2 values belong"),
        (Handle(3), A, "an object was returned"),
        (np.array([1.0, np.nan]), np.array([np.nan, 1.0]), "the values differ"),
        (float("nan"), 1.0, "NaN"),
    ],
)
def test_differences_are_told_in_words(returned, expected, said):
    with np.errstate(all="ignore"):
        found = difference(returned, expected)
    assert found is not None
    assert said in found.kind


@pytest.mark.parametrize(
    ("returned", "expected", "hint"),
    [
        (-A - 1, A + 1, "negative"),
        (2 * A, A, "2 times"),
        (A / 3, A, "1/3 times"),
        (A + 5, A, "off by the same 5"),
        (A[:, ::-1], A, "reversed along axis 1"),
        (np.roll(A, 1, 0), A, "axis 0"),
        (A.reshape(3, 2), A, "transposed"),
        (A.reshape(1, 2, 3), A, "only the shape"),
        (0 * A, A, "zeros"),
        (7, 6, "Off by one"),
        (12, 4, "3 times"),
        ((A, 1.0), (1.0, A), "wrong order"),
        ({"a": A, "b": -A}, {"a": A, "b": A}, "Only b is wrong; a is right"),
    ],
)
def test_hints_localise(returned, expected, hint):
    found = difference(returned, expected)
    assert found is not None
    assert hint in " ".join(found.hints)


def test_a_symmetric_square_is_not_called_transposed():
    square = A[:, :2]
    assert "transposed" in " ".join(difference(square.T, square).hints)


@pytest.mark.parametrize(
    "value", [np.zeros((100, 100)), 10**50, "x" * 500, {"a": A, "b": [1] * 100}, [list(range(50))] * 9, Handle(1)]
)
def test_brief_is_brief(value):
    assert len(brief(value)) <= 70
