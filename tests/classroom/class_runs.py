"""A small class, and a class run that can be killed: a process of its own, forked so that it need not import anything."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Mapping
from pathlib import Path

from classroom.grade import Falling, Outcome, Runner, grade_class, local
from classroom.journal import Journal
from classroom.reports import Class, scores_csv
from classroom.tasks import Setting, Task, carry_out

ROOT = Path(__file__).resolve().parents[2]
KEY = b"0123456789abcdef0123456789abcdef"
EXERCISES = ("hebbian", "output_size")
SETTING = Setting(str(ROOT))
FILES = {
    "hebbian": {
        "right": "solutions/feedforward/hebbian.py",
        "wrong": "autograder/suites/feedforward/hebbian/wrong/sign.py",
        "stub": "exercises/feedforward/hebbian.py",
    },
    "output_size": {
        "right": "solutions/convolutional/output_size.py",
        "wrong": "autograder/suites/convolutional/output_size/wrong/half_padding.py",
        "stub": "exercises/convolutional/output_size.py",
    },
}


def source(exercise: str, kind: str) -> str:
    """Return a right, a wrong or an unfinished module."""
    return (ROOT / FILES[exercise][kind]).read_text()


def hand_in(folder: Path, student: str, modules: Mapping[str, str]) -> None:
    """Write a student's folder: exercise -> text."""
    (folder / student).mkdir(parents=True, exist_ok=True)
    for exercise, text in modules.items():
        (folder / student / f"{exercise}.py").write_text(text)


def small_class(folder: Path) -> Path:
    """Write a class of four: all right, half right, all wrong, nothing done, one module missing."""
    for student, kinds in {
        "ann": ("right", "right"),
        "bob": ("right", "wrong"),
        "cid": ("wrong", "stub"),
        "dee": ("stub", None),
    }.items():
        hand_in(folder, student, {e: source(e, k) for e, k in zip(EXERCISES, kinds, strict=True) if k})
    return folder


def here(tasks: Iterable[Task], setting: Setting) -> Falling:
    """Grade in this process, whose grader is warm; the submissions are confined as ever."""
    for task in tasks:
        yield task, carry_out(task, setting)


def run(
    folder: Path,
    journal: Path,
    runner: Runner = here,
    exercises: tuple[str, ...] = EXERCISES,
    again: bool = False,
    report: bool = True,
    attempt: int = 1,
) -> Outcome:
    """Grade and, where `report`, note that the marks were reported."""
    book = Journal(journal)
    try:
        outcome = grade_class(folder, exercises, KEY, SETTING, book, runner, attempt=attempt, again=again)
        if report:
            book.set_reported()
        return outcome
    finally:
        book.close()


def table(journal: Path) -> str:
    """Return the class's scores as the reports have them."""
    book = Journal(journal)
    try:
        return scores_csv(Class.of(book.latest()))
    finally:
        book.close()


def started(folder: Path, journal: Path) -> multiprocessing.process.BaseProcess:
    """Start a class run in a process that can be killed."""
    process = multiprocessing.get_context("fork").Process(target=run, args=(folder, journal, local(1)))
    process.start()
    return process
