"""`anndl train` and `anndl evidence`: names, lists, files, exit codes, several processes; the pages are up to date."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from reference import evidence
from reference.cli import app
from reference.systems import Run, all_systems, find

ROOT = Path(__file__).resolve().parents[2]
runner = CliRunner()


def test_importing_the_commands_imports_no_torch() -> None:
    code = "import sys, reference.cli; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_list_names_every_system() -> None:
    result = runner.invoke(app, ["train", "--list"])
    assert result.exit_code == 0
    for system in all_systems():
        assert system.name in result.stdout


def test_a_quick_run_leaves_its_record_and_figure(tmp_path: Path) -> None:
    result = runner.invoke(app, ["train", "mlp-digits", "--quick", "--seed", "3", "--directory", str(tmp_path)])
    assert result.exit_code == 0, result.output
    record = json.loads((tmp_path / "mlp-digits.json").read_text())
    assert record["quick"] is True
    assert record["seed"] == 3
    assert record["reached"] >= record["target"] == find("mlp-digits").quick_target
    assert (tmp_path / "mlp-digits.png").exists()
    assert "holds" in result.stdout


def test_a_wrong_name_is_an_error_that_names_near_ones() -> None:
    result = runner.invoke(app, ["train", "mlp-digit"])
    assert result.exit_code == 2
    assert "mlp-digits" in result.output


def test_a_wrong_precision_is_refused() -> None:
    result = runner.invoke(app, ["train", "mlp-digits", "--quick", "--precision", "int8"])
    assert result.exit_code == 2
    assert "bfloat16" in result.output


@pytest.mark.parametrize(("device", "reason"), [("mps", "float64"), ("gpu", "no device"), ("meta", "not supported")])
def test_a_device_that_cannot_be_used_is_refused(device: str, reason: str) -> None:
    result = runner.invoke(app, ["train", "mlp-digits", "--quick", "--device", device])
    assert result.exit_code == 2
    assert reason in " ".join(result.output.split())


def test_a_record_names_the_device_that_computed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some systems only count, or hand their data to SciPy: no card is named for them, whatever --device says."""
    monkeypatch.setattr("torch.cuda.get_device_name", lambda device=None: "a card")
    for system in [find("output-sizes"), find("parameter-counts")]:
        record = evidence.measure(system, Run(quick=True, device=torch.device("cuda")), tmp_path)
        assert record.device.startswith("CPU")


@pytest.mark.slow
def test_two_processes_train_a_system_from_the_command_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    finished = subprocess.run(
        [*command, "-m", "reference.cli", "train", "mlp-digits", "--quick", "--directory", str(tmp_path)],
        cwd=ROOT,
        env={"OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.count("holds") == 1
    alone = evidence.measure(find("mlp-digits"), _quick(), tmp_path / "alone")
    assert json.loads((tmp_path / "mlp-digits.json").read_text())["reached"] == pytest.approx(alone.reached, abs=0.01)


def _quick():  # type: ignore[no-untyped-def]
    from reference.systems import Run

    return Run(quick=True)


def test_a_target_that_is_missed_is_said_and_recorded(tmp_path: Path) -> None:
    system = replace(find("boolean-functions"), comparison=">=", target=1.0, quick_target=1.0)
    record = evidence.measure(system, _quick(), tmp_path)
    assert not record.holds
    page = evidence.evidence_page([system], {system.name: record})
    assert "**missed**" in page


def test_the_pages_are_what_the_records_say() -> None:
    """`anndl evidence --render` would change nothing: no number in them is typed."""
    systems, records = all_systems(), evidence.read()
    assert evidence.PAGE.read_text(encoding="utf-8") == evidence.evidence_page(systems, records)
    table = evidence.syllabus_map(systems, records)
    assert f"{evidence.BEGIN}\n{table}{evidence.END}" in evidence.MAP.read_text(encoding="utf-8")


def test_every_record_is_of_a_full_run_and_has_its_figure() -> None:
    names = {system.name for system in all_systems()}
    for name, record in evidence.read().items():
        assert name in names
        assert not record.quick
        assert record.holds == find(name).holds(record.reached, quick=False), (
            f"{name}: the target changed: run it again"
        )
        assert (evidence.FOLDER / f"{name}.png").stat().st_size < 100_000


def test_every_topic_of_the_five_chapters_has_evidence() -> None:
    import yaml

    syllabus = yaml.safe_load((ROOT / "course" / "syllabus.yaml").read_text(encoding="utf-8"))
    for chapter in ("learning", "feedforward", "training", "convolutional", "recurrent"):
        shown = {topic for system in all_systems(chapter) for topic in system.topics}
        assert shown >= syllabus[chapter]["topics"].keys(), chapter
