"""docs/authoring.md is true: its commands run, its code is that of the small course, its numbers are the minima."""

import re
import shlex
import shutil
import typing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder import general
from autograder.authoring.checklist import minima
from autograder.authoring.cli import author
from autograder.catalogue import Exercise

ROOT = Path(__file__).parents[2]
SMALL = Path(__file__).with_name("small_course")
GUIDE = (ROOT / "docs" / "authoring.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```(?:python|yaml)\n(.*?)```", GUIDE, re.S)


@pytest.fixture(scope="module")
def texts():
    return [path.read_text(encoding="utf-8") for path in SMALL.rglob("*") if path.suffix in (".py", ".yaml")]


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.strip().splitlines()[0][:40])
def test_every_piece_of_code_stands_in_the_small_course(snippet, texts):
    assert any(snippet.rstrip() in text for text in texts)


def test_the_first_command_writes_the_files_of_the_table(tmp_path, monkeypatch):
    (tmp_path / "course").mkdir()
    shutil.copy(SMALL / "course" / "syllabus.yaml", tmp_path / "course")
    monkeypatch.setenv("ANNDL_ROOT", str(tmp_path))
    command = next(line for line in GUIDE.splitlines() if line.startswith("anndl author new"))
    result = CliRunner().invoke(author, shlex.split(command)[2:])
    assert result.exit_code == 0, result.output
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*") if path.is_file()}
    table = GUIDE[GUIDE.index("| file | what it is |") : GUIDE.index("Later two more come")]
    assert set(re.findall(r"^\| `([^`]+)`", table, re.M)) == written - {"course/syllabus.yaml"}


def test_the_guide_quotes_every_minimum():
    quoted = {name: float(number) for name, number in re.findall(r"^\| ([a-z ]+) \| ([\d.]+) \|$", GUIDE, re.M)}
    quoted |= {name: float(number) for number, name in re.findall(r"([\d.]+) (?:seeds )?\(`([a-z ]+)`\)", GUIDE)}
    assert quoted == minima()


def test_the_guide_names_every_field_of_a_card():
    fields = {field.alias or name for name, field in Exercise.model_fields.items()} - {"name", "chapter", "root"}
    table = GUIDE[GUIDE.index("## 3. The card") : GUIDE.index("## 4. The suite")]
    named = {name for row in re.findall(r"^\| (`.*?) \|", table, re.M) for name in re.findall(r"`([a-z ]+)`", row)}
    assert named == fields | {"misconceptions"}


def test_the_guide_names_every_kind_of_general_version():
    kinds = {kind for kind in general.templates() if f"`{kind}" in GUIDE}
    assert kinds == set(general.templates())


def test_the_guide_names_every_word_of_a_check():
    from autograder.check import Check

    words = {name for name in vars(Check) if not name.startswith("_")} - {"settle"}
    words = {word for word in words if callable(getattr(Check, word))}
    assert words <= set(re.findall(r"check\.(\w+)\(", GUIDE)), typing.get_type_hints(Check)
