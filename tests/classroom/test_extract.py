"""The submitted functions are found by name, whatever became of the cells."""

from __future__ import annotations

from typing import Any

import pytest

from autograder.extract import module_source


def run(*cells: str, wanted: tuple[str, ...] = ("f",)) -> dict[str, Any]:
    space: dict[str, Any] = {}
    exec(module_source(cells, wanted), space)
    return space


def test_the_last_definition_counts_but_a_stub_never_replaces_what_is_written() -> None:
    stub = "def f():\n    '''Say one.'''\n    raise NotImplementedError"
    assert run("def f(): return 1", "def f(): return 2")["f"]() == 2
    assert run("def f(): return 1", stub)["f"]() == 1
    with pytest.raises(NotImplementedError):
        run(stub)["f"]()


def test_what_a_function_needs_comes_along_and_nothing_else() -> None:
    space = run(
        "import math\nimport sys\nBASE = 2\nBASE += 1",
        "def helper(x):\n    return math.sqrt(x) + BASE",
        "print('loud')\nsys.exit(1)",
        "def f(x):\n    return helper(x)",
        "while True:\n    pass",
    )
    assert space["f"](4) == 5
    assert "sys" not in space


@pytest.mark.parametrize("line", ["%matplotlib inline", "!ls -l", "?f", "f?", "files = !ls", "x = %who"])
def test_lines_that_only_ipython_knows_cost_nothing(line: str) -> None:
    assert run(f"{line}\ndef f(): return 1")["f"]() == 1


def test_cell_magics() -> None:
    assert run("%%time\ndef f(): return 1")["f"]() == 1
    assert run("def f(): return 1", "%%bash\ndef f(): return 2")["f"]() == 1


def test_a_cell_that_is_no_python_costs_its_own_functions_only() -> None:
    space = run("def f(:\n    return 1", "def g(): return 2", wanted=("f", "g"))
    assert space["g"]() == 2
    with pytest.raises(SyntaxError, match="not yet Python"):
        space["f"]()


def test_decorators_conditions_and_assignments_keep_their_meaning() -> None:
    space = run(
        "import functools", "@functools.lru_cache\ndef f():\n    return TABLE[0]", "TABLE = [0]", "TABLE[0] = 7"
    )
    assert space["f"]() == 7
    assert run("if True:\n    def f(): return 3\nelse:\n    def f(): return 4")["f"]() == 3
    assert run("f = lambda: 5")["f"]() == 5


def test_a_name_that_nobody_defines_is_missing() -> None:
    assert "f" not in run("input('name? ')")
