"""The language of keys: what it computes, and that it is no way to run code."""

import threading
import time
from itertools import pairwise

import pytest

from drills.answers import AnswerError, number
from drills.expressions import ExpressionError, arithmetic, evaluate, is_bare_number


@pytest.mark.parametrize(
    ("expression", "value"),
    [("4 * ((5 + 7) * 7 + 7)", 364), ("7 // 2 % 2", 1), ("-2**2", -4), ("max(1, 2, 3) + len([1, 2])", 5),
     ("round(math.exp(0) + abs(-1.4), 1)", 2.4), ("[1, 2, 3][-1]", 3), ("{'a': 5}['a']", 5), ("sum((1, 2))", 3),
     ("convolutional.output_size.output_size(32, 5, stride=2)", 14), ("array([[1, 2], [3, 4]])[1][0]", 3.0)],
)  # fmt: skip
def test_values(expression, value):
    assert evaluate(expression) == pytest.approx(value)


HOSTILE = [
    "__import__('os').system('true')", "().__class__", "(1).real", "open('/etc/passwd')", "lambda: 1", "[x for x in [1]]",
    "reference.data", "convolutional.output_size._OPTIONS", "convolutional._x.y()", "os.path.join('a')", "math.__loader__()",
    "convolutional.output_size.Sequence()", "f'{1}'", "1 if 1 else 2", "1 < 2", "not 1", "x := 1", "print(1)", "'a' * 10",
    "9**9**9", "math.factorial", "a.b.c.d()", "convolutional.output_size.output_size(**{})", "x", "", "1 +", "1/0", "(" * 500,
    "convolutional.output_size.output_size(3, 5)", "nochapter.none.f(1)", "eval('1')", "getattr(1, 'real')", "1" * 3000,
]  # fmt: skip


@pytest.mark.parametrize("expression", [text for text in HOSTILE if text != "'a' * 10"])
def test_everything_else_is_refused_with_a_reason(expression):
    with pytest.raises(ExpressionError, match=r"\w"):
        evaluate(expression)


@pytest.mark.parametrize("expression", [*HOSTILE, "[1]", "max(1, 2)", "math.exp(1)", "1e400", "None", "'a'"])
def test_what_a_learner_types_may_only_be_arithmetic(expression):
    with pytest.raises(ExpressionError, match=r"\w"):
        arithmetic(expression)


def test_the_references_own_error_is_told():
    with pytest.raises(ExpressionError, match="does not fit"):
        evaluate("convolutional.output_size.output_size(3, 5)")


@pytest.mark.parametrize(
    ("expression", "bare"), [("392", True), ("-0.5", True), ("(7)", True), ("4*98", False), ("abs(3)", False)]
)
def test_bare_numbers(expression, bare):
    assert is_bare_number(expression) is bare


TOWERS = [
    "((((9**64)**64)**64)**64)",
    "(9**64)**64*(9**64)**64",
    "*".join(["(9**64)**20"] * 15),
    "9" * 1900,
    "((2**64)**63+2)**2",
    "-((9**64)**64)**-64",
]


@pytest.mark.parametrize("expression", TOWERS)
def test_a_number_that_would_not_end_is_refused_before_it_is_computed(expression):
    with pytest.raises(ExpressionError, match="bits"):
        arithmetic(expression)
    with pytest.raises(ExpressionError, match="bits"):
        evaluate(expression)


def test_a_tower_of_powers_leaves_other_threads_their_time():
    """A learner's answer is computed in the process that serves all the others."""
    beats = []

    def beat() -> None:
        for _ in range(50):
            beats.append(time.monotonic())
            time.sleep(0.005)

    thread = threading.Thread(target=beat)
    thread.start()
    for _ in range(200):
        with pytest.raises(AnswerError, match="no number"):
            number("((((9^64)^64)^64)^64)")
    thread.join()
    assert max(later - earlier for earlier, later in pairwise(beats)) < 2.0


def test_large_numbers_that_the_course_needs_are_computed():
    assert arithmetic("2**64**1") == 2**64
    assert arithmetic("(3*3*512 + 1)*512*1000*1000") == (3 * 3 * 512 + 1) * 512 * 10**6
    assert arithmetic("2.0**64") == 2.0**64


@pytest.mark.parametrize(
    "expression",
    [
        "[0] * 300000000",
        "'a' * 10**10",
        "'%1000000d' % 1",
        "(1,) * 10**9",
        "math.factorial(10**6)",
        "math.comb(10**6, 5)",
    ],
)
def test_keys_cannot_grow_without_limit_either(expression):
    with pytest.raises(ExpressionError, match=r"only numbers|unknown"):
        evaluate(expression)


@pytest.mark.parametrize("expression", ["-" * 1990 + "1", "(" * 90 + "-" * 1700 + "1" + ")" * 90])
def test_deep_nesting_is_a_sentence(expression):
    with pytest.raises(ExpressionError, match=r"\w"):
        arithmetic(expression)
