"""The journal: whatever ends the process, or fills the disk, what it has written stays readable."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from autograder.records import Record, Report
from classroom.journal import SCHEMA_VERSION, VERDICTS, Journal, JournalError

ROOT = Path(__file__).resolve().parents[2]
WRITER = """
import sys
from pathlib import Path
from autograder.records import Record, Report
from classroom.journal import Journal, JournalError
book = Journal(Path(sys.argv[1]))
report = Report("hebbian", "feedforward", (Record("t", "title " * 40, 2.0, 1.0, "fail"),))
try:
    for number in range(100_000):
        book.add(f"student {number}", "hebbian", "print", report)
        print(number, flush=True)
except JournalError as error:
    sys.exit(f"JournalError: {error}")
"""


def report(earned: float | None = 1.0) -> Report:
    record = Record(
        "t", "title", 2.0, earned, "fail" if earned is not None else "not-run", hints=("h",), misconceptions=("m",)
    )
    return Report("hebbian", "feedforward", (record,), hashes={"submission": "s"})


def test_the_latest_verdict_counts_and_nothing_is_overwritten(tmp_path: Path) -> None:
    book = Journal(tmp_path / "j.sqlite")
    for earned in (1.0, 2.0, None):
        book.add("ann", "hebbian", f"print {earned}", report(earned))
    assert book.known() == {("ann", "hebbian"): ("print None", False)}
    [verdict] = book.latest()
    assert verdict.report == report(None)
    book.close()
    with sqlite3.connect(tmp_path / "j.sqlite") as db:
        assert db.execute("SELECT earned FROM verdict").fetchall() == [(1.0,), (2.0,), (0.0,)]
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_changes_are_those_since_the_last_report(tmp_path: Path) -> None:
    book = Journal(tmp_path / "j.sqlite")
    book.add("ann", "hebbian", "1", report(1.0))
    assert book.changes() == []
    book.set_reported()
    book.add("ann", "hebbian", "2", report(0.5))
    book.add("ann", "hebbian", "3", report(2.0))
    book.add("ann", "hebbian", "4", report(None))
    book.add("bob", "hebbian", "1", report(2.0))
    [change] = book.changes()
    assert (change.student, change.before, change.after) == ("ann", 1.0, 2.0)
    book.set_reported()
    assert book.changes() == []


def test_killed_while_writing(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "200":
                process.send_signal(signal.SIGKILL)
                break
        said = [int(line) for line in process.stdout if line.endswith("\n")]
    book = Journal(path)
    kept = {verdict.student for verdict in book.latest()}
    assert kept >= {f"student {number}" for number in range(max(said, default=200) + 1)}
    assert book._db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_full_disk_is_said_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"

    def small_disk() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    found = subprocess.run(
        [sys.executable, "-c", WRITER, str(path)], cwd=ROOT, capture_output=True, text=True, preexec_fn=small_disk
    )
    assert found.returncode == 1
    assert f"JournalError: {path}" in found.stderr
    assert "Traceback" not in found.stderr
    book = Journal(path)
    assert book._db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert len(list(book.latest())) == len(found.stdout.splitlines())
    book.add("after", "hebbian", "print", report())


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="cannot be used as a journal"):
        Journal(tmp_path / "file" / "j.sqlite")


def test_a_file_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "text.sqlite").write_text("no database, but long enough to look like one" * 100)
    with pytest.raises(JournalError, match="not a database"):
        Journal(tmp_path / "text.sqlite")
    with sqlite3.connect(tmp_path / "other.sqlite") as db:
        db.execute("CREATE TABLE verdict (x)")
    with pytest.raises(JournalError, match="something else"):
        Journal(tmp_path / "other.sqlite")


def test_a_later_schema_is_left_alone_and_an_earlier_one_is_brought_up(tmp_path: Path) -> None:
    Journal(tmp_path / "later.sqlite").close()
    with sqlite3.connect(tmp_path / "later.sqlite") as db:
        db.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    with pytest.raises(JournalError, match="later version"):
        Journal(tmp_path / "later.sqlite")
    with sqlite3.connect(tmp_path / "earlier.sqlite") as db:
        db.executescript(f"{VERDICTS}; PRAGMA user_version=1;")
    book = Journal(tmp_path / "earlier.sqlite")
    book.add("ann", "hebbian", "1", report())
    book.set_reported()
    assert book.changes() == []


def test_damaged_pages_and_damaged_reports(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    book = Journal(path)
    for number in range(200):
        book.add(f"student {number}", "hebbian", "1", report())
    book._db.execute("UPDATE verdict SET report='{}' WHERE id=7")
    with pytest.raises(JournalError, match="cannot be read"):
        list(book.latest())
    book.close()
    with open(path, "r+b") as file:
        file.seek(8192)
        file.write(os.urandom(16384))
    with pytest.raises(JournalError, match="Move"):
        list(Journal(path).latest())


def test_eight_runs_that_open_a_new_journal_at_once(tmp_path: Path) -> None:
    errors: list[Exception] = []
    barrier = threading.Barrier(8)

    def begin(number: int) -> None:
        barrier.wait()
        try:
            book = Journal(tmp_path / "j.sqlite")
            book.add(f"student {number}", "hebbian", "1", report())
            book.close()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(list(Journal(tmp_path / "j.sqlite").latest())) == 8
