"""The wheel holds all that an installed kit needs, and works in an empty folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.packaging.conftest import ROOT, known_files

PACKAGES = ("autograder", "classroom", "drills", "reference")
READS = """
def softmax(scores, axis=-1):
    found = []
    for path in {paths!r}:
        try:
            found.append(open(path).read())
        except OSError:
            pass
    raise ValueError(f"read {{len(found)}} of {{len({paths!r})}} files")
"""


def test_the_wheel_holds_every_file(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    code = [name for name in known_files(*PACKAGES) if not name.startswith("autograder/suites/")]
    data = [
        f"anndl_kit/{name}" for name in known_files("course", "solutions", "exercises", "autograder/suites", "app.py")
    ]
    assert len(code) > 200
    assert len(data) > 100
    assert [name for name in [*code, *data] if name not in packed] == []
    folders = {name.split("/")[0] for name in packed}
    assert {name for name in folders if not name.endswith(".dist-info")} == {*PACKAGES, "anndl_kit"}
    assert not any(name.startswith("autograder/suites/") for name in packed)  # workers may read that package


Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def anndl(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """`anndl` of an environment with the wheel in it, which sees this one's packages but not this checkout."""
    venv = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(venv), "platbase": str(venv)}))
    unpack = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site)]
    subprocess.run([*unpack, str(wheel)], check=True, capture_output=True)
    shared = [path for path in sys.path if Path(path).name == "site-packages"]
    (site / "shared.pth").write_text("\n".join(shared) + "\n")

    def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "HOME": str(venv), "COLUMNS": "120", "NO_COLOR": "1"}
        command = [str(venv / "bin" / "python"), "-P", "-m", "autograder.cli", *words]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)

    run.site = site  # type: ignore[attr-defined]
    return run


@pytest.mark.slow
def test_the_installed_kit_works_in_an_empty_folder(anndl: Command, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    alone = anndl(nowhere, "grade")
    assert alone.returncode == 2
    assert "anndl init" in alone.stderr
    assert "Traceback" not in anndl(nowhere, "doctor").stderr

    mine = tmp_path / "mine"
    assert anndl(tmp_path, "init", "mine").returncode == 0
    assert anndl(mine, "grade", "attention").returncode == 1
    shutil.copyfile(ROOT / "solutions/attention/attention.py", mine / "exercises/attention/attention.py")
    graded = anndl(mine, "grade", "attention")
    assert graded.returncode == 0, graded.stdout + graded.stderr
    for words in (("doctor",), ("bank", "lint"), ("update",), ("status",)):
        done = anndl(mine, *words)
        assert done.returncode == 0, f"{words}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    checked = anndl(
        mine, "author", "check", "attention", "--quick"
    )  # whether proofs are fresh is not the wheel's concern
    here = [sys.executable, "-m", "autograder.cli", "author", "check", "attention", "--quick"]
    expected = subprocess.run(
        here, cwd=ROOT, env={**os.environ, "COLUMNS": "120", "NO_COLOR": "1"}, capture_output=True, text=True
    )
    assert checked.returncode == expected.returncode, checked.stdout + checked.stderr
    held = [[line for line in said.splitlines() if "✓" in line] for said in (checked.stdout, expected.stdout)]
    assert len(held[0]) >= 10
    assert held[0] == held[1], checked.stdout
    kit = anndl.site / "anndl_kit"  # type: ignore[attr-defined]
    assert not (kit / ".anndl").exists()


@pytest.mark.slow
def test_a_submission_reads_nothing_of_the_installed_course(anndl: Command, tmp_path: Path) -> None:
    anndl(tmp_path, "init", "mine")
    kit = str(anndl.site / "anndl_kit")  # type: ignore[attr-defined]
    file = tmp_path / "mine/exercises/attention/attention.py"
    file.write_text(READS.format(paths=[str(path) for path in Path(kit).rglob("*.*")]))
    said = anndl(tmp_path / "mine", "grade", "attention", "--all").stdout
    assert "read 0 of " in said, said
    assert "read 0 of 0" not in said
