"""Each kind of small change is made, under a key that stays the same."""

import ast

import pytest

from autograder.mutation import mutants

CASES = [  # a function's body, and a line that some mutant of it has
    ("return a + b", "return a - b"),
    ("return a - b", "return b - a"),
    ("return a / b", "return b / a"),
    ("return a @ b", "return b @ a"),
    ("return a * b", "return a"),
    ("return a < b", "return a <= b"),
    ("return a and b", "return a or b"),
    ("return -a", "return a"),
    ("return a if b else 0", "return a"),
    ("return a + 2", "return a + 3"),
    ("return f(a, mask=b)", "return f(a)"),
    ("return f(a, b)", "return f(b, a)"),
    ("return a + b", "return b + b"),
    ("return np.tanh(a)", "return a"),
    ("return np.sqrt(a)", "return a"),
    ("return a.detach()", "return a"),
    ("return a.sum(axis=0)", "return a.mean(axis=0)"),
    ("return np.max(a)", "return np.min(a)"),
    ("return np.zeros(a)", "return np.zeros(a, dtype=int)"),
    ("return np.einsum('nd,dh->nh', a, b)", "return np.einsum('nd,dh->hn', a, b)"),
    ("return {'x': a, 'y': b}", "return {'x': b, 'y': a}"),
    ("return a['x'] + a['y']", "return a['y'] + a['y']"),
    ("return a[b]", "return a[b - 1]"),
    ("return a[:, b]", "return a[:, b - 1]"),
    ("return a[1:]", "return a[:]"),
    ("return a.T", "return a"),
    ("return a, b", "return (b, a)"),
    ("a += b\n    return a", "a = b"),
    ("a += b\n    return a", "pass"),
    ("for i in a:\n        b += i\n    return b", "for i in list(a)[::-1]:"),
    ("for i in a:\n        b += i\n    return b", "for i in list(a)[:-1]:"),
    ("for i in a:\n        b += i\n    return b", "for i in list(a)[1:]:"),
    ("for i in a:\n        b += i\n    return b", "break"),
    ("return [i for i in a]", "return [i for i in list(a)[1:]]"),
    ("if a:\n        return b\n    return a", "if True:"),
    ("a = b\n    b = a + 1\n    return b", "b = a + 1\n    a = b"),
    ("def inner(x):\n        return x + 1\n    return inner(a)", "return x - 1"),
    ("return a", "return None"),
]


@pytest.mark.parametrize(("body", "line"), CASES)
def test_a_kind_of_change_is_made(body, line):
    changed = [mutant.source for mutant in mutants(f"def g(a, b):\n    {body}\n")]
    assert any(line in source for source in changed), changed


def test_constants_and_defaults_of_the_module_are_changed():
    keys = {mutant.key for mutant in mutants("RATE = 0.1\n\ndef f(x, k=3):\n    return x * k * RATE\n")}
    assert {"module: RATE = 0.1 -> RATE = 1.1", "module: def f(x, k=3): -> def f(x, k=4):"} <= keys


def test_what_is_kept_between_calls():
    found = {m.key: m.source for m in mutants("def f(x, mask=None):\n    return x if mask is None else x * mask\n")}
    kept: dict = {}
    exec(found["f: the last mask given to f is kept for calls without one"], kept)
    assert (kept["f"](5, 2), kept["f"](5)) == (10, 10)
    memo: dict = {}
    exec(found["f: a memo of f looks at shapes only"], memo)
    assert (memo["f"](5), memo["f"](7), memo["f"](7, 2)) == (5, 5, 14)


def test_a_loop_that_does_not_look_is_not_reversed():
    keys = [mutant.key for mutant in mutants("def f(x):\n    for _ in range(3):\n        x = x * x\n    return x\n")]
    assert not any("[::-1]" in key for key in keys)


def test_mutants_are_python_and_differ_from_the_solution_and_from_each_other():
    source = '"""Text."""\n\n\ndef f(x, n=2):\n    """Add: "a + b"."""\n    y = x + n\n    y = x + n\n    return y\n'
    found = list(mutants(source))
    texts = [ast.unparse(ast.parse(mutant.source)) for mutant in found]
    assert len({*texts, ast.unparse(ast.parse(source))}) == len(found) + 1
    assert len({mutant.key for mutant in found}) == len(found)
    assert all('"a + b"' in mutant.source for mutant in found), "docstrings are left alone"
    assert [m.key for m in mutants(source)] == [m.key for m in found]
