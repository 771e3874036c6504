"""A small course of its own, so that tests break when the kit breaks and not when an exercise changes."""

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """The attention exercise alone, in a folder that a test may change."""
    for file in (
        "course/syllabus.yaml",
        "course/attention/attention.yaml",
        "solutions/attention/attention.py",
        "exercises/attention/attention.py",
        "autograder/suites/attention/attention/test_attention.py",
        "autograder/suites/attention/attention/wrong.py",
        "reference/attention/attention.py",
    ):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path
