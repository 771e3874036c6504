"""A folder apart from the kit: made by `anndl init`, brought up to date without touching what was written."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.catalogue import Catalogue
from autograder.desk import Desk
from autograder.paths import kit_root
from autograder.renewal import NotRenewed, renew
from autograder.workspace import COURSES, LEARNERS, NotMade, bring_up_to_date, make

STUB = '''"""Card

Now with an example.
"""

import math

import numpy as np

LIMIT = 3


def first(x):
    """Return x, doubled.

    By hand: first(2) = 4.
    """
    raise NotImplementedError("write first here")


def second(x, y=1):
    """The second."""
    raise NotImplementedError("write second here")
'''


def compiled(text: str) -> dict[str, object]:
    names: dict[str, object] = {}
    exec(compile(text, "mine", "exec"), names)
    return names


def test_docstrings_are_new_and_code_is_the_learners() -> None:
    mine = '"""Old."""\nimport numpy as np  # mine\n\ndef helper(x):\n    "kept"\n    return x\n\ndef first(x):\n    """Old."""\n'
    mine += "    # twice\n    return helper(x) * 2\n"
    renewed = renew(mine, STUB)
    names = compiled(renewed.text)
    assert names["__doc__"] == ast.get_docstring(ast.parse(STUB), clean=False)
    assert names["first"](2) == 4  # type: ignore[operator]
    assert "By hand" in names["first"].__doc__  # type: ignore[operator]
    assert names["helper"].__doc__ == "kept"
    assert "# mine" in renewed.text
    assert "    # twice\n    return helper(x) * 2" in renewed.text
    assert names["LIMIT"] == 3
    with pytest.raises(NotImplementedError):
        names["second"](1)  # type: ignore[operator]
    assert set(renewed.changes) == {
        "the text of the assignment", "import math", "LIMIT = 3", "the docstring of first", "second, which is new",
    }  # fmt: skip
    assert renew(renewed.text, STUB).changes == ()


@pytest.mark.parametrize(
    "mine",
    [
        "",
        "def first(x): return 2 * x\n",
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n# a remark\ndef first(x):\n\treturn 2 * x",
        "import math; import numpy as np; A = 1\n\ndef first(x):\n  return 2 * x\n\nprint\n",
        "from __future__ import annotations\n\n@staticmethod\ndef first(x):\n    @staticmethod\n    def g(): 0\n    return 2 * x\n",
        '"""π ≈ 3""" ; ü = "ö"\ndef first(x):\n    "ß" "ü"; return 2 * x  # é\n',
        "def first(x):\n    if x:\n        return 2 * x\n    return 0\nclass C:\n    def second(self): pass\n",
        "second = lambda x, y=1: x\nasync def first(x): pass\n",
        "def first(x):\n    '''Old.'''\ndef first(x):\n    return 2 * x\n",
        "try:\n    import numpy as np\nexcept ImportError:\n    np = None\n\n\ndef first(x):\n    return 2 * x \\\n        + 0\n",
    ],
)
def test_whatever_was_written_stays(mine: str) -> None:
    renewed = renew(mine, STUB)
    kept = [ast.unparse(node) for node in ast.parse(renewed.text).body]
    for node in ast.parse(mine).body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        assert docstring or function or ast.unparse(node) in kept
    tree = ast.parse(renewed.text)
    assert ast.get_docstring(tree) == ast.get_docstring(ast.parse(STUB))
    last = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert "By hand" in (ast.get_docstring(last["first"]) or "")
    again = renew(renewed.text, STUB)
    assert (again.text, again.changes) == (renewed.text, ())


def test_other_parameters_are_told_and_left_alone() -> None:
    renewed = renew("def second(x):\n    return x\n", STUB)
    assert renewed.notes == ("the assignment has second(x, y=1), yours is second(x)",)
    assert renew("def second(x: int, y: float = 1) -> int:\n    return x\n", STUB).notes == ()


@pytest.mark.parametrize("mine", ["def first(:\n", "x = 1\0\n", "(" * 500, "  x = 1\n"])
def test_what_is_not_python_is_refused(mine: str) -> None:
    with pytest.raises(NotRenewed, match="not yet Python"):
        renew(mine, STUB)


@pytest.fixture
def mine(tmp_path: Path) -> Desk:
    """A learner's folder with one exercise begun."""
    make(tmp_path / "mine", LEARNERS)
    return Desk(tmp_path / "mine")


def test_a_file_keeps_its_line_ends_and_mark(mine: Desk) -> None:
    exercise = mine.catalogue.exercises["attention"]
    path = mine.file(exercise)
    assert bring_up_to_date(mine, exercise).changes == ("a new exercise",)
    text = mine.stub(exercise).replace('raise NotImplementedError("write softmax here")', "return 'mine'")
    text = text.replace("A soft look-up", "An old text")
    old = b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()
    path.write_bytes(old)
    brought = bring_up_to_date(mine, exercise)
    assert brought.changes == ("the text of the assignment",)
    new = path.read_bytes()
    assert new == old.replace(b"An old text", b"A soft look-up")
    assert brought.backup is not None
    assert brought.backup.read_bytes() == old
    assert bring_up_to_date(mine, exercise).backup is None


@pytest.mark.parametrize("content", [b"def softmax(:\n", b"# \xe4\n", b"\xff\xfea\x00"])
def test_a_file_that_cannot_be_renewed_is_not_touched(mine: Desk, content: bytes) -> None:
    exercise = mine.catalogue.exercises["attention"]
    path = mine.file(exercise)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(NotRenewed, match=r"exercises/attention/attention\.py.*stays as it is"):
        bring_up_to_date(mine, exercise)
    assert path.read_bytes() == content
    assert not (mine.root / ".anndl" / "backups").exists()


def test_a_folder_is_never_made_twice_nor_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    make(tmp_path, LEARNERS)
    assert (tmp_path / "README.md").read_text() == "mine"
    with pytest.raises(NotMade, match="set up already"):
        make(tmp_path, COURSES)
    with pytest.raises(NotMade, match="is a file"):
        make(tmp_path / "README.md", LEARNERS)


def test_a_course_of_ones_own_knows_the_kits(tmp_path: Path) -> None:
    make(tmp_path, COURSES)
    catalogue = Catalogue(tmp_path)
    assert catalogue.courses == (tmp_path, kit_root())
    card = kit_root() / "course" / "attention" / "attention.yaml"
    (tmp_path / "course" / "attention").mkdir()
    shutil.copyfile(card, tmp_path / "course" / "attention" / "attention.yaml")
    exercises = Catalogue(tmp_path).exercises
    assert exercises["attention"].root == tmp_path
    assert exercises["lstm"].root == kit_root()


def test_the_commands(tmp_path: Path) -> None:
    def anndl(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
        code = "from autograder import cli, workspace; workspace.attach(cli.app); cli.main()"
        environment = {**os.environ, "PYTHONPATH": str(kit_root()), "COLUMNS": "120", "NO_COLOR": "1"}
        command = [sys.executable, "-c", code, *words]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)

    made = anndl(tmp_path, "init", "mine")
    assert made.returncode == 0, made.stderr
    stubs = sorted((tmp_path / "mine" / "exercises").rglob("*.py"))
    assert [stub.stem for stub in stubs] == sorted(Catalogue(kit_root()).exercises, key=lambda n: (
        Catalogue(kit_root()).exercises[n].chapter, n))  # fmt: skip
    assert anndl(tmp_path, "init", "mine").returncode == 2
    assert "up to date" in anndl(tmp_path / "mine", "update").stdout
    stubs[0].write_text("def broken(:\n")
    refused = anndl(tmp_path / "mine", "update")
    assert refused.returncode == 1
    assert "stays as it is" in refused.stdout
    assert stubs[0].read_text() == "def broken(:\n"
