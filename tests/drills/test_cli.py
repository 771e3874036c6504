"""The commands, as a user types them."""

import json

import pytest
import typer
from typer.testing import CliRunner

from drills.bank import read_bank
from drills.cli import attach
from drills.store import Store, open_database

runner = CliRunner()


@pytest.fixture
def run(course, tmp_path, monkeypatch):
    """Runs a command in a folder of its own, with the small course and an empty database."""
    monkeypatch.setenv("ANNDL_ROOT", str(course))
    monkeypatch.setenv("ANNDL_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("ANNDL_DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    (course / "course" / "exams.yaml").write_text(
        "p: {title: P, about: A, minutes: 5, blocks: [{title: B, types: [single choice], count: 3, right: 1}]}",
        encoding="utf-8",
    )
    app = typer.Typer()
    attach(app)
    return lambda *words: runner.invoke(app, list(words))


def test_backup_and_restore(run, tmp_path):
    Store(open_database(), "me").append("setting", {"name": "daily_cap", "value": 3})
    assert run("drills", "backup", "b.json").exit_code == 0
    (tmp_path / "data" / "drills.db").unlink()
    first, second = run("drills", "restore", "b.json"), run("drills", "restore", "b.json")
    assert ("1 row restored" in first.output, "0 rows restored" in second.output) == (True, True)
    assert [event.body for event in Store(open_database(), "me").events()] == [{"name": "daily_cap", "value": 3}]
    assert run("drills", "restore", "none.json").exit_code == 2


def test_a_damaged_database_ends_in_a_sentence(run, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "drills.db").write_bytes(b"nonsense" * 1000)
    result = run("drills", "backup")
    assert result.exit_code == 2
    assert "is damaged" in result.output
    assert "Traceback" not in result.output


def test_an_exam_is_printed(run, tmp_path):
    result = run("drills", "exam", "p", "--seed", "3")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "p-3-paper.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "p-3-solutions.pdf").read_bytes().startswith(b"%PDF")
    assert "There is no profile q; there are p." in run("drills", "exam", "q").output


def test_export_and_import(run, tmp_path, course):
    assert run("bank", "export", "json", "-o", "all.json", "--chapter", "two").exit_code == 0
    assert len(json.loads((tmp_path / "all.json").read_text())["items"]) == 6
    assert run("bank", "export", "gift", "--topic", "pears").exit_code == 0
    assert run("bank", "import", "questions.gift", "--topic", "pears").exit_code == 0
    file = course / "course" / "one" / "pears" / "items.yaml"
    before = read_bank(course).of_topic("pears")
    file.write_text((tmp_path / "questions.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    after = read_bank(course)
    assert after.problems == []
    assert [item.stem for item in after.of_topic("pears")] == [item.stem for item in before]
    assert "exists" in run("bank", "import", "questions.gift", "--topic", "pears").output
    assert "--topic" in run("bank", "import", "questions.gift", "-o", "x.yaml").output
    assert "no format 'docx'" in run("bank", "export", "docx").output
    assert "nothing to export" in run("bank", "export", "gift", "--topic", "no-topic").output
