"""The language of keys: what it computes, and that it is no way to run code."""

import pytest

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
