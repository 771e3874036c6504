"""Every registered system, in its quick version: it runs, and reaches its quick target."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import yaml

from reference import evidence
from reference.systems import Run, System, all_systems, find

ROOT = Path(__file__).resolve().parents[2]
SYSTEMS = all_systems()


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_quick_version_reaches_its_quick_target(system: System, tmp_path: Path, device: torch.device) -> None:
    record = evidence.measure(system, Run(quick=True, device=device, directory=tmp_path / "run"), tmp_path)
    assert record.holds, f"{record.reached} against {record.comparison} {record.target}"
    picture = tmp_path / f"{system.name}.png"
    assert picture.exists(), "a system draws a figure"
    assert picture.stat().st_size < 100_000


def test_systems_name_topics_of_the_syllabus_and_files_that_exist() -> None:
    syllabus = yaml.safe_load((ROOT / "course" / "syllabus.yaml").read_text(encoding="utf-8"))
    for system in SYSTEMS:
        assert set(system.topics) <= syllabus[system.chapter]["topics"].keys(), system.name
        for path in system.code:
            assert (ROOT / path).is_file(), f"{system.name}: {path}"


def test_a_wrong_name_is_answered_with_near_ones() -> None:
    assert SYSTEMS, "no system is registered"
    with pytest.raises(KeyError, match=SYSTEMS[0].name):
        find(SYSTEMS[0].name + "x")
