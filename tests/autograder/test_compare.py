"""What counts as equal, and what is said where it does not."""

import time

import numpy as np
import pytest

from autograder.calls import Handle, Recipe
from autograder.compare import Tolerance, brief, close, difference
from autograder.recipes import NO_GRADIENT
from autograder.wire import Tensor
from autograder.wording import brief_call

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
        (1, True),
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
        (2, True, "True or False belongs"),
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
        (np.stack([A, A]), (A, A), "one array came where two results belong"),
        (Tensor(np.stack([A, A])), (A, A), "one array came where two results belong"),
        (np.array([1, 2]), (1, 2), "one array came where two results belong"),
        ((A, A), A, "two results came where one array belongs"),
        ((A, NO_GRADIENT), (A, A), "output 2 of 2: the loss has no gradient"),
        ((A,), (A, A), "1 values were returned where 2 belong"),
        (A[0, 0], (A, A), "two values belong"),
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


@pytest.mark.parametrize(
    ("returned", "expected", "hints"),
    [
        (1.0, 1, ("1.0 is a float; the assignment asks for an int.",)),
        (0.0, -1, ("0.0 is a float; the assignment asks for an int.",)),
        (3.5, 3, ("`//` keeps integers, `/` always gives a float.",)),
        (0.73, 4, ("0.73 is a float; the assignment asks for an int.",)),
        (0, 1, ()),
        (8, 7, ("Off by one.",)),
        ((8, 7, 3), (3, 8, 7), ("The values are right, their order is not.",)),
        ((4, 6), (5, 7), ()),
        ([(3, 9, 8), (3, 9, 8)], [(3, 9, 8), (9, 8, 3)], ("The values are right, their order is not.",)),
        (10**400, 2, ()),
        ((A, NO_GRADIENT), (A, A), ("`.item()`, `float()` and NumPy cut it off: keep the result a tensor up to the `return`.", "The other outputs are right.")),
    ],
)  # fmt: skip
def test_no_hint_is_false(returned, expected, hints):
    assert difference(returned, expected).hints == hints


def test_arrays_are_shown_in_their_shape():
    assert brief(np.zeros((3, 1))) == "[[0], [0], [0]]"
    assert brief(np.zeros((1, 3))) == "[[0, 0, 0]]"
    assert brief(np.zeros((2, 3, 4))) == "row [0, 0] of (2, 3, 4): [0, 0, 0, 0]"
    assert brief(np.zeros((0, 3))) == "nothing, in the shape (0, 3)"


def test_the_row_of_the_first_difference_is_shown():
    want = np.zeros((7, 3))
    got = want.copy()
    got[6, 0] = 1 / 3
    found = difference(got, want)
    assert found.detail == "at [6, 0]: 0.333, expected 0; 1 of 21 entries differ"
    assert found.returned == "row [6] of (7, 3): [0.333, 0, 0]"
    assert found.expected == "row [6] of (7, 3): [0, 0, 0]"
    got[6, 0], got[1, 2] = 0, np.nan
    found = difference(got, want)
    assert "contains NaN" in found.kind
    assert found.detail.startswith("at [1, 2]: nan, expected 0")
    assert found.returned == "row [1] of (7, 3): [0, 0, nan]"


def test_a_long_row_is_shown_around_the_difference():
    want = np.arange(40.0)
    found = difference(want + (want == 20) / 2, want)
    assert found.returned == "[..., 17, 18, 19, 20.500, 21, 22, 23, ...]"
    assert found.expected == "[..., 17, 18, 19, 20, 21, 22, 23, ...]"
    assert difference(want + (want == 39), want).returned == "[..., 33, 34, 35, 36, 37, 38, 40]"


def test_a_small_difference_is_shown_with_enough_digits():
    found = difference(np.array([1.0, 0.500004]), np.array([1.0, 0.5]))
    assert found.detail.startswith("at [1]: 0.500004, expected 0.5")


@pytest.mark.parametrize("per", ["array", "row", "entry"])
def test_a_tolerance_says_what_it_is_relative_to(per):
    want = np.array([[1e6, 1.0], [1e-5, 2e-5]])
    in_a_small_row, beside_a_large_entry = want.copy(), want.copy()
    in_a_small_row[1, 0] = 0
    beside_a_large_entry[0, 1] = 0.5
    tolerance = Tolerance(1e-6, per, floor=1e-12)
    assert close(want * (1 + 1e-9), want, tolerance)
    assert close(in_a_small_row, want, tolerance) is (per == "array")
    assert close(beside_a_large_entry, want, tolerance) is (per != "entry")
    assert (difference({"g": in_a_small_row}, {"g": want}, "", tolerance) is None) is (per == "array")
    assert difference([beside_a_large_entry], [want], "", tolerance) is None or per == "entry"
    assert close((want * (1 + 1e-5)).astype(np.float32), want.astype(np.float32), tolerance)


def test_infinities_keep_their_rows():
    want = np.array([[np.inf, 1e-6], [1.0, 1.0]])
    assert close(want, want, Tolerance(per="row", floor=1e-12))
    assert not close(np.array([[np.inf, 0], [1.0, 1.0]]), want, Tolerance(per="row", floor=1e-12))


@pytest.mark.parametrize("expected", [3, A, (A, A), [1, 2], {"W": A}, "text", True])
def test_what_is_far_too_large_is_refused_before_it_is_compared(expected):
    flood = [[0.5] * 1000] * 1500
    returned = {"W": flood} if isinstance(expected, dict) else (flood, flood)
    start = time.perf_counter()
    found = difference(returned, expected)
    assert time.perf_counter() - start < 0.05  # converting the 1.5 million numbers takes longer
    assert "far more values were returned" in found.kind


def test_deep_nesting_is_no_trouble():
    deep = []
    for _ in range(5000):
        deep = [deep]
    assert difference(deep, A) is not None
    assert difference(deep, (A, A)) is not None
    assert len(brief(deep)) < 70


def test_keys_cannot_write_to_the_terminal():
    found = difference({"W": A, "\x1b[2J": A}, {"W": A})
    assert "\x1b" not in found.kind
    assert "\x1b" not in difference({"\x1b[2J": A}, {"W": A, "b": A}).returned


def test_a_call_is_python_where_it_is_small():
    assert brief_call("predict", ["w", "x"], [np.array([0.5, -1.0]), np.zeros((7, 8))], {}) == (
        "predict(w=np.array([0.500, -1]), x (7, 8))"
    )
    shown = brief_call("network_shapes", ["shape", "layers"], [(27,), [{"type": "conv", "units": 3}]], {"eta": 0.5})
    assert shown == "network_shapes(shape=(27,), layers=[{'type': 'conv', 'units': 3}], eta=0.500)"
    assert eval(shown, {"network_shapes": lambda **given: given})["shape"] == (27,)
    params = {"W": np.zeros((2, 9)), "b": np.zeros(2)}
    assert brief_call("forward", ["params"], [params], {}) == "forward(params {W (2, 9), b=np.array([0, 0])})"
    G, leaf = Recipe("module", {"layers": []}), Recipe("leaf", {"array": np.array([1.0, 2.0])})
    assert brief_call("train_round", ["G", "k"], [G, 3], {}) == "train_round(G, 3)"
    assert brief_call("loss", ["real"], [leaf], {}) == "loss(real=torch.tensor([1., 2.], requires_grad=True))"
    assert brief_call("loss", ["real"], [Tensor(np.zeros((5, 9)))], {}) == "loss(real (5, 9))"
    assert brief_call("backward", ["cache"], [Handle(3)], {}) == "backward(cache)"
    assert brief_call("windows", ["tokens", "radius"], [list(range(40)), 2], {}) == (
        "windows(tokens = [0, 1, 2, 3, 4, 5, ...], 2)"
    )
