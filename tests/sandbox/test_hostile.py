"""Every hostile submission, as root and as an ordinary user: no point, no secret, no trace, bounded time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .attacks import ATTACKS
from .conftest import USERS, Arena

pytestmark = pytest.mark.xdist_group("arena")  # two minutes of attacks, made once and read by all of these tests

RUNS = [
    f"{framework}/{attack.name}"
    for framework in ("numpy", "torch")
    for attack in ATTACKS
    if framework in attack.frameworks
]
BOUND = 3.0 + 3.0  # a submission's total seconds, and what a busy machine adds


@pytest.fixture(params=USERS)
def found(request: pytest.FixtureRequest, arena: Arena) -> dict[str, Any]:
    return arena.results(request.param)


def test_there_are_enough_attacks_of_every_class() -> None:
    kinds = {attack.kind for attack in ATTACKS}
    assert len(ATTACKS) >= 70
    assert kinds == {
        "exit",
        "forge",
        "patch",
        "read",
        "resource",
        "transport",
        "network",
        "gaming",
        "detached",
        "torch",
    }


def test_the_arena_itself_tells_right_from_wrong(found: dict[str, Any]) -> None:
    for framework in ("numpy", "torch"):
        assert found[f"right-{framework}"]["passed"], found[f"right-{framework}"]
        isolation = found[f"isolation-{framework}"]
        assert isolation["files_closed"]
        assert isolation["network_closed"]
        assert isolation["processes_closed"]
    assert set(found["runs"]) == set(RUNS)


@pytest.mark.parametrize("run", RUNS)
def test_attack_gains_nothing(found: dict[str, Any], run: str) -> None:
    result = found["runs"][run]
    assert "infrastructure" not in result, result
    assert not result["passed"]
    assert result["seconds"] < BOUND
    assert found["secret"] not in result["said"]
    assert found["leak"] not in result["said"]
    assert result["processes"] == []
    assert result["files"] == []
    assert result["next"] is True


def test_nothing_is_left_when_all_is_over(found: dict[str, Any]) -> None:
    assert found["left"] == []


@pytest.mark.slow
def test_no_attack_earns_a_point_from_the_grader(graded: Arena) -> None:
    found = graded.results("user")
    grades = found["grades"]
    for framework in ("numpy", "torch"):
        right = grades.pop(f"{framework}/right")
        assert right[0] == right[1] > 0
    assert len(grades) == len(RUNS)
    earned = {run: grade["passed"] for run, grade in grades.items() if grade["earned"]}
    assert earned == {}
    not_run = [run for run, grade in grades.items() if "not-run" in grade["statuses"]]
    assert not_run == []  # that would spare a failing submission its mark
    said = json.dumps(grades)
    assert found["secret"] not in said
    assert found["leak"] not in said
