"""The submitted functions are found by name, whatever became of the cells, and need nothing that they do not read."""

from __future__ import annotations

import time
from typing import Any

import pytest

from autograder.calls import Outcome, Raised, Returned, Submission
from autograder.extract import CELLS, CODE_CHARS, Ungradable, notebook_source
from autograder.inprocess import InProcess


def called(*cells: str, functions: tuple[str, ...] = ("f",), args: tuple[Any, ...] = ()) -> list[Outcome]:
    """What calls of the functions come to, in this order."""
    runner = InProcess(Submission(notebook_source(cells, functions), "your notebook", functions))
    runner.load()
    outcomes = [runner.call(name, args, {}) for name in functions]
    runner.close()
    return outcomes


def value(*cells: str) -> Any:
    """What f() returns."""
    [outcome] = called(*cells)
    assert isinstance(outcome, Returned), outcome
    return outcome.value


def raised(*cells: str) -> Raised:
    """What f() raises."""
    [outcome] = called(*cells)
    assert isinstance(outcome, Raised), outcome
    return outcome


def test_the_last_definition_counts_but_a_stub_never_replaces_what_is_written() -> None:
    stub = "def f():\n    '''Say one.'''\n    raise NotImplementedError"
    assert value("def f(): return 1", "def f(): return 2") == 2
    assert value("def f(): return 1", stub) == 1
    assert raised(stub).type == "NotImplementedError"


RIGHT = {
    "imports, helpers and constants": (
        "import math\nimport sys\nBASE = 2\nBASE += 1",
        "def helper(x):\n    return math.sqrt(x) + BASE",
        "print('loud')\nsys.exit(1)",
        "def f():\n    return helper(16)",
        "while True:\n    pass",
    ),
    "a decorator, an item set later": (
        "import functools",
        "@functools.lru_cache\ndef f():\n    return T[0]",
        "T = [0]",
        "T[0] = 7",
    ),
    "a condition": ("if True:\n    def f(): return 7\nelse:\n    def f(): return 4",),
    "lambda": ("f = lambda: 7",),
    "partial": ("import functools\ndef g(x): return x\nf = functools.partial(g, 7)",),
    "star import": ("from math import *", "def f(): return floor(7.5)"),
    "star import that fails, and one that does not": (
        "from nowhere import *",
        "from math import *",
        "def f(): return floor(7.5)",
    ),
    "a star import never replaces a function of the notebook": (
        "def floor(x): return 7",
        "def f(): return floor(1)",
        "from math import *",
    ),
    "global counter": ("calls = 6", "def f():\n    global calls\n    calls += 1\n    return calls"),
    "global set by a call": ("def init():\n    global T\n    T = 7", "init()", "def f(): return T"),
    "global set by a call of a call": (
        "T = 0\ndef put(x):\n    global T\n    T = x\ndef init(): put(7)",
        "init()",
        "def f(): return T",
    ),
    "filled by a loop": ("T = {}\nfor k in range(8):\n    T[k] = k", "def f(): return T[7]"),
    "filled by update": ("T = {}", "T.update(a=7)", "def f(): return T['a']"),
    "filled by append in a while loop": (
        "T = []\nwhile len(T) < 8:\n    T.append(len(T))",
        "def f(): return T[-1]",
    ),
    "filled by a function of one's own": ("T = []\ndef fill(t): t.append(7)", "fill(T)", "def f(): return T[0]"),
    "filled by a library": ("import heapq\nT = []\nheapq.heappush(T, 7)", "def f(): return T[0]"),
    "filled by a comprehension": ("T = [k for k in range(8)]", "def f(): return T[7]"),
    "walrus": ("print(T := 7)", "def f(): return T"),
    "tuple": ("(S, *T), U = (1, 2), 7", "def f(): return U"),
    "with": ("import contextlib\nwith contextlib.nullcontext(7) as T:\n    pass", "def f(): return T"),
    "try": ("try:\n    import nowhere as m\nexcept ImportError:\n    m = 7", "def f(): return m"),
    "class": ("class A:\n    T = 7\n    def get(self): return self.T", "def f(): return A().get()"),
    "dataclass": (
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int = 7",
        "def f(): return A().x",
    ),
    "dataclass whose type is not there": (
        "from dataclasses import dataclass\nimport nowhere\n@dataclass\nclass A:\n    x: nowhere.Array = 7",
        "def f(): return A().x",
    ),
    "an annotation that is not there": ("import nowhere\ndef f() -> nowhere.Array:\n    return 7",),
    "a default from a constant": ("T = 7", "def f(x=T): return x"),
    "recursion": ("def g(n): return 7 if n == 0 else g(n - 1)", "def f(): return g(50)"),
    "closure": ("def make():\n    n = 7\n    def f(): return n\n    return f\nf = make()",),
    "reassigned while it was needed": ("N = 7\nT = [N]\nN = 5", "def f(): return T[0]"),
    "a second definition that fails": ("def f(): return 7", "@nowhere\ndef f(): return 8"),
    "a second definition that is no Python": ("def f(): return 7", "def f()\n    return 8"),
    "a value that fails, after one that does not": ("T = 7", "T = input()", "def f(): return T"),
    "f called into its own name": ("def f(): return 7", "f = f()"),
    "f's helper called into its own name": ("def g(): return 7", "def f(): return g()", "g = g()"),
    "f among the results": ("def f(): return 7", "f, g = f(), 1"),
    "a number called like f": ("def f(): return 7", "import random\nf = random.random()"),
    "await": ("async def g(): return 7\nT = await g()", "def f(): return T"),
    "prompts": (">>> T = 7", "def f(): return T"),
    "indented cell": ("    T = 7\n    S = 1", "def f(): return T"),
    "display and get_ipython": ("def f():\n    display(1)\n    get_ipython()\n    return 7",),
    "a failing print beside it": ("T = [7]\nprint(T[3])", "def f(): return T[0]"),
    "a failing import that f reads nowhere": ("import nowhere, math", "def f(): return 7"),
    "the names of parameters": ("x = input()", "def f(x=7): return x"),
    "the names of local variables": ("t = 1 / 0", "def f():\n    t = 7\n    return t"),
    "the names of loop variables": ("i = input()", "def f():\n    return [i for i in range(8)][-1]"),
    "a name read where it does not matter": ("v = input()", "def f():\n    if False: v()\n    return 7"),
    "a name in a class of f's": ("x = input()", "def f():\n    class A:\n        x = 7\n        y = x\n    return A.y"),
    "one of two functions in a cell is no Python": ("def f():\n    return 7\n\ndef g(:\n    pass",),
    "a docstring with quotes": (
        'def f():\n    """It\'s \'\'\'quoted\'\'\' and \\\\ back"""\n    return len("\\\\") + 6',
    ),
    "lines that others take for ends": ("T = 'a\x0cb\u2028c\x1cd'", "def f(): return len(T)"),
    "windows line endings": ("T = 7\r\nS = 1\r\n", "def f():\r\n    return T\r\n"),
    "half a character": ("T = '\ud800'", "def f():\n    return 6 + len(T)"),
    "a null byte elsewhere": ("T = '\0'", "def f(): return 7"),
    "a line like ours": ("# [cell 7]", "def f():\n    # [cell 9]\n    return 7"),
}


@pytest.mark.parametrize("cells", RIGHT.values(), ids=RIGHT)
def test_what_a_function_needs_comes_along_and_nothing_else(cells: tuple[str, ...]) -> None:
    assert value(*cells) == 7


SPECIAL = [
    "%matplotlib inline",
    "!ls -l",
    "!ls \\\n  -l",
    "!echo it's",
    "?f",
    "f?",
    "f??",
    "files = !ls",
    "names = %who",
    "%time T = 3",
    "%%time",
    "%%capture out",
    "%%time\n%matplotlib inline",
    "\n\n%pip install numpy",
    "if True:\n    !ls",
    "import os; os.getcwd?",
    "%config InlineBackend.figure_format = 'retina'",
    "%load_ext autoreload\n%autoreload 2",
]


@pytest.mark.parametrize("line", SPECIAL)
def test_what_only_ipython_knows_costs_nothing(line: str) -> None:
    assert value(f"{line}\ndef f(): return 7") == 7


def test_timed_statements_run_in_the_notebook() -> None:
    assert value("%time T = 7", "def f(): return T") == 7


@pytest.mark.parametrize("magic", ["%%bash", "%%html", "%%writefile f.py", "%%unknown"])
def test_a_cell_for_another_language_is_none_of_python(magic: str) -> None:
    assert value("def f(): return 7", f"{magic}\ndef f(): return 2") == 7


@pytest.mark.parametrize("operator", ["!= s", "% s", "%s", "!=s"])
def test_a_line_that_begins_with_an_operator_is_no_magic(operator: str) -> None:
    [outcome] = called(f"def f(a, s):\n    return (\n        a\n        {operator}\n    )", args=(7, 4))
    assert isinstance(outcome, Returned)
    assert outcome.value == (True if "!" in operator else 3)
    assert value("T = '''\n%d eggs\n!\n'''", "def f(): return T") == "\n%d eggs\n!\n"


FAILS: dict[str, tuple[tuple[str, ...], str, str, tuple[int, int]]] = {
    "no module": (("import nowhere", "def f(): return nowhere.x"), "ImportError", "nowhere may not be", (1, 1)),
    "a module that is not allowed": (
        ("import numpy as np\nimport torch", "def f(): return torch.x"),
        "ImportError",
        "torch may not be",
        (1, 2),
    ),
    "no module below another name": (
        ("import nowhere as n", "T = n.x", "def f(): return T"),
        "ImportError",
        "nowhere",
        (1, 1),
    ),
    "no name": (("def f():\n    return lenght",), "NameError", "lenght", (1, 2)),
    "no name after a star import that failed": (
        ("from nowhere import *", "def f(): return dot(1)"),
        "NameError",
        "a star import failed",
        (2, 1),
    ),
    "a file": (("x = 1", "T = open('/nowhere.csv')", "def f(): return T"), "FileNotFoundError", "nowhere", (2, 1)),
    "an exit": (("x = 1\nT = exit(3)", "def f(): return T"), "SystemExit", "3", (1, 2)),
    "decorator": (("@njit\ndef f(): return 1",), "NameError", "njit", (1, 1)),
    "stub and decorator": (
        ("def f():\n    raise NotImplementedError", "@njit\ndef f(): return 1"),
        "NameError",
        "njit",
        (2, 1),
    ),
    "no Python": (("x = 1", "def f(:\n    return 1"), "SyntaxError", "syntax", (2, 1)),
    "no Python in a helper": (("def g():\n    return (", "def f(): return g()"), "SyntaxError", "never closed", (1, 2)),
    "no Python, below a stub": (
        ("def f():\n    raise NotImplementedError", "def f()\n    return 1"),
        "SyntaxError",
        "expected ':'",
        (2, 1),
    ),
    "nonlocal at the wrong place": (("def f():\n    nonlocal x\n    return 1",), "SyntaxError", "nonlocal", (1, 2)),
    "a local before its time": (("T = 1 / 0", "def f():\n    T += 1\n    return T"), "UnboundLocalError", "T", (2, 2)),
    "in f": (("\n\ndef f():\n\n    return 1 / 0",), "ZeroDivisionError", "division", (1, 5)),
    "after shell lines": (
        ("!pip install a \\\n  b \\\n  c\ndef f():\n    return 1 / 0",),
        "ZeroDivisionError",
        "division",
        (1, 5),
    ),
    "below a cell magic": (("\n%%time\n\ndef f():\n    return 1 / 0",), "ZeroDivisionError", "division", (1, 5)),
}


@pytest.mark.parametrize(("cells", "kind", "text", "at"), FAILS.values(), ids=FAILS)
def test_what_fails_is_told_with_its_place(cells: tuple[str, ...], kind: str, text: str, at: tuple[int, int]) -> None:
    first, second = called(*cells, functions=("f", "f"))  # the second call says the same
    for outcome in (first, second):
        assert isinstance(outcome, Raised)
        assert (outcome.type, outcome.cell) == (kind, at)
        assert text in outcome.message
    assert first.source in "".join(cells)


def test_one_that_fails_or_waits_costs_only_who_needs_it() -> None:
    start = time.monotonic()
    bad, good = called("x = 1 / 0", "def f(): return x", "def g(): return 2", functions=("f", "g"))
    assert (bad.type, good.value) == ("ZeroDivisionError", 2)  # type: ignore[union-attr]
    runner = InProcess(
        Submission(notebook_source(["import time\nx = time.sleep(9)\ndef f(): return x\ndef g(): return 2"], "fg"), "n")
    )
    runner.load()
    assert runner.call("g", (), {}).value == 2  # type: ignore[union-attr]
    assert time.monotonic() - start < 5


def test_the_functions_of_the_grader_stand_in_for_the_notebooks_own() -> None:
    """A right version of one function can be put in the place of the notebook's, before or after that has run."""
    cells = ["def g(): return 1", "def f(): return g() + 1"]
    runner = InProcess(Submission(notebook_source(cells, ("f", "g")), "n", ("f", "g")))
    runner.load()
    runner.replace(["g"], lambda name, args, kwargs: Returned(40, ([], {})))
    assert runner.call("f", (), {}).value == 41  # type: ignore[union-attr]
    runner.replace(["g"], lambda name, args, kwargs: Returned(50, ([], {})))
    assert runner.call("f", (), {}).value == 51  # type: ignore[union-attr]


def test_a_name_that_nobody_defines_is_missing() -> None:
    assert raised("input('name? ')").message == "there is no function f"


def test_hostile_texts_are_cheap_or_refused_in_a_sentence() -> None:
    start = time.process_time()
    chain = "def f(x=1499):\n    if x == 0:\n        return 0\n" + "".join(
        f"    elif x == {i}:\n        return {i}\n" for i in range(1, 1500)
    )
    assert value(chain) == 1499
    assert (
        value("\n".join(f"a{i} = a{i - 1} + 1" if i else "a0 = 1" for i in range(2000)), "def f(): return a1999")
        == 2000
    )
    for deep in ("(" * 5000, "x = " + "-" * 100_000 + "1", "x = a" + ".a" * 50_000, "[" * 150 + "]" * 150, "(" * 99):
        assert value(deep, "def f(): return 7") == 7
    notebook_source(["\n".join(f"!echo it's {i} (" for i in range(2000))], ["f"])
    assert time.process_time() - start < 20
    for cells in (["x" * (CODE_CHARS + 1)], [""] * (CELLS + 1), ["", 7], [["a"]]):
        with pytest.raises(Ungradable, match="notebook"):
            notebook_source(cells, ["f"])  # type: ignore[arg-type]
