"""A class run: killed anywhere and resumed, processes that die, marks that change, failures that are ours."""

from __future__ import annotations

import random
import shutil
import sqlite3
import time
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import psutil
import pytest

from autograder.grading import Grader
from classroom import pool
from classroom.grade import local
from classroom.journal import Journal
from classroom.tasks import Setting, Task, fingerprint
from tests.classroom.class_runs import EXERCISES, ROOT, hand_in, run, small_class, source, started, table

NOWHERE = Setting("/nonexistent")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, float]:
    """A class folder, its table, and the seconds that one run took."""
    place = tmp_path_factory.mktemp("undisturbed")
    folder = small_class(place / "class")
    start = time.monotonic()
    outcome = run(folder, place / "journal.sqlite", local(1))
    seconds = time.monotonic() - start
    assert (outcome.graded, outcome.failed, outcome.trouble) == (8, 0, set())
    return folder, table(place / "journal.sqlite"), seconds


def rows(journal: Path) -> int:
    with sqlite3.connect(journal) as db:
        return int(db.execute("SELECT count(*) FROM verdict").fetchone()[0])


def kill_and_resume(undisturbed: tuple[Path, str, float], place: Path, moments: int) -> list[int]:
    """Kill runs of the same class at random moments, resume each; return how many verdicts each had when it was killed."""
    folder, expected, seconds = undisturbed
    dice, fallen = random.Random(moments), []
    for number in range(moments):
        journal = place / f"{number}.sqlite"
        process = started(folder, journal)
        process.join(dice.uniform(0, seconds))
        process.kill()
        process.join()
        Journal(journal).close()
        fallen.append(rows(journal))
        outcome = run(folder, journal)
        assert table(journal) == expected
        assert rows(journal) == 8, "a verdict that had fallen must not be graded again"
        assert (outcome.unchanged, outcome.changes) == (fallen[-1], [])
    return fallen


def test_the_table(undisturbed: tuple[Path, str, float]) -> None:
    lines = undisturbed[1].splitlines()
    assert lines[0] == "student,hebbian,output_size,total,points,complete"
    assert lines[1].startswith("ann,16,22,38,38,yes")
    assert lines[4].startswith("dee,0,0,0,38,yes")
    assert 0 < float(lines[2].split(",")[2]) < 22


def test_killed_at_five_moments_and_resumed(undisturbed: tuple[Path, str, float], tmp_path: Path) -> None:
    kill_and_resume(undisturbed, tmp_path, 5)


@pytest.mark.slow
def test_killed_at_fifty_moments_and_resumed(undisturbed: tuple[Path, str, float], tmp_path: Path) -> None:
    fallen = kill_and_resume(undisturbed, tmp_path, 50)
    assert len(set(fallen)) > 2, "the moments must fall into the grading"


def test_a_killed_run_leaves_no_process(undisturbed: tuple[Path, str, float], tmp_path: Path) -> None:
    process = started(undisturbed[0], tmp_path / "journal.sqlite")
    mine = psutil.Process(process.pid)
    while not any("autograder" in " ".join(child.cmdline()) for child in mine.children(recursive=True)):
        assert process.is_alive(), "the run ended before it started a sandbox"
        time.sleep(0.02)
    children = mine.children(recursive=True)
    process.kill()
    process.join()
    assert psutil.wait_procs(children, timeout=30)[1] == []


def test_a_grading_process_that_is_killed_costs_nothing(undisturbed: tuple[Path, str, float], tmp_path: Path) -> None:
    killed: list[int] = []

    def with_a_murder(
        tasks: Iterable[Task], setting: Setting
    ) -> Generator[tuple[Task, dict[str, Any] | None], None, None]:
        for number, fallen in enumerate(pool.run(tasks, setting, 2)):
            if number in (0, 2):
                victim = next(p for p in psutil.Process().children() if "spawn_main" in " ".join(p.cmdline()))
                killed.append(victim.pid)
                victim.kill()
            yield fallen

    outcome = run(undisturbed[0], tmp_path / "journal.sqlite", with_a_murder)
    assert len(killed) == 2
    assert (outcome.graded, outcome.failed) == (8, 0)
    assert table(tmp_path / "journal.sqlite") == undisturbed[1]


def test_what_we_could_not_grade_costs_nothing_and_is_graded_the_next_time(tmp_path: Path) -> None:
    hand_in(tmp_path / "class", "ann", {"hebbian": source("hebbian", "right")})
    journal = tmp_path / "journal.sqlite"
    first = run(tmp_path / "class", journal, exercises=("hebbian",))
    again = run(tmp_path / "class", journal, lambda tasks, _: pool.run(tasks, NOWHERE, 1), ("hebbian",), again=True)
    assert (first.failed, again.failed, again.trouble) == (0, 1, {"the grading process died twice"})
    assert again.changes == [], "a mark that could not be found anew is not a mark that changed"
    book = Journal(journal)
    [verdict] = book.latest()
    assert {record.status for record in verdict.report.records} == {"not-run"}
    assert {record.earned for record in verdict.report.records} == {None}
    assert not verdict.report.complete
    book.close()
    last = run(tmp_path / "class", journal, exercises=("hebbian",))
    assert (last.graded, last.failed, last.changes) == (1, 0, [])
    assert table(journal).splitlines()[1] == "ann,16,16,16,yes"


def test_a_grading_process_that_hangs_is_replaced(tmp_path: Path) -> None:
    task = Task("ann", "hebbian", source("hebbian", "right"), b"key")
    start = time.monotonic()
    setting = Setting(str(ROOT))
    found = list(pool.run([task], setting, 1, patience=-setting.limits.total_seconds + 0.01))  # no patience at all
    assert found == [(task, None)]
    assert time.monotonic() - start < 30


def test_only_what_changed_is_graded_and_the_difference_is_shown_until_it_was_reported(tmp_path: Path) -> None:
    folder, journal = small_class(tmp_path / "class"), tmp_path / "journal.sqlite"
    run(folder, journal)
    hand_in(folder, "cid", {"hebbian": source("hebbian", "right")})
    changed = run(folder, journal, report=False)  # as if it had been killed before it wrote its reports
    assert (changed.graded, changed.unchanged) == (1, 7)
    later = run(folder, journal)
    assert (later.graded, later.unchanged) == (0, 8)
    for outcome in (changed, later):
        [change] = outcome.changes
        assert (change.student, change.exercise, change.after, change.why) == (
            "cid",
            "hebbian",
            16,
            "another submission",
        )
        assert change.before < 16
    assert run(folder, journal).changes == []
    shutil.rmtree(folder / "cid")
    gone = run(folder, journal, exercises=("hebbian",))
    assert ("cid", "hebbian") in gone.kept
    assert ("ann", "output_size") in gone.kept
    assert ("ann", "hebbian") not in gone.kept


def test_another_attempt_is_graded_anew(tmp_path: Path) -> None:
    hand_in(tmp_path / "class", "ann", {"hebbian": source("hebbian", "right")})
    journal = tmp_path / "journal.sqlite"
    outcomes = [run(tmp_path / "class", journal, exercises=("hebbian",), attempt=attempt) for attempt in (1, 1, 2)]
    assert [outcome.graded for outcome in outcomes] == [1, 0, 1]


@pytest.mark.parametrize(
    "tree", ["autograder/suites/feedforward/hebbian/test_hebbian.py", "solutions/feedforward/hebbian.py", "reference/feedforward/hebbian.py",
             "autograder/suites/feedforward/hebbian/wrong.py"]
)  # fmt: skip
def test_a_verdict_depends_on_suite_solution_and_reference(tmp_path: Path, tree: str) -> None:
    for name in ("autograder/suites", "solutions", "reference", "course", "exercises"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "runs"))
    task = Task("ann", "hebbian", "", b"key")
    before = fingerprint(task, Grader(tmp_path))
    assert (
        before
        == fingerprint(task, Grader(tmp_path))
        != fingerprint(Task("ann", "hebbian", " ", b"key"), Grader(tmp_path))
    )
    assert before != fingerprint(Task("ann", "hebbian", "", b"other"), Grader(tmp_path))
    (tmp_path / tree).write_text((tmp_path / tree).read_text() + "\n# another line\n")
    assert fingerprint(task, Grader(tmp_path)) != before


@pytest.mark.slow
def test_four_processes_give_what_one_gives(undisturbed: tuple[Path, str, float], tmp_path: Path) -> None:
    run(undisturbed[0], tmp_path / "journal.sqlite", local(4), EXERCISES)
    assert table(tmp_path / "journal.sqlite") == undisturbed[1]
