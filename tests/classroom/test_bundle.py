"""The students' kit, unpacked alone: the same verdicts and names as the full kit, and nothing of a solution in it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograder.catalogue import Catalogue
from autograder.grading import Grader
from classroom.bundle import FOLDER, bundle
from tests.classroom.rounds import ROOT

QUICK = ("hebbian", "attention")  # a scenario, in-place changes and masks between them
SCRIPT = """
import json, sys
from pathlib import Path
from autograder.grading import Grader
import autograder
root = Path.cwd()
assert Path(autograder.__file__).is_relative_to(root), autograder.__file__
grader = Grader(root)
told = []
for name, source in json.load(sys.stdin):
    report = grader.grade(name, source)
    told.append([[r.test, r.status, r.earned, list(r.misconceptions)] for r in report.records])
print(json.dumps({"told": told, "torch": "torch" in sys.modules, "reference": "reference" in sys.modules}))
"""


def course_of(folder: Path, names: tuple[str, ...]) -> Path:
    """Return a course folder like the kit's own, with a few exercises: links to the kit's files."""
    folder.mkdir()
    for name in ("autograder", "reference", "solutions", "exercises", "README.md", "LICENSE", "LICENSE-CONTENT"):
        (folder / name).symlink_to(ROOT / name)
    for name in ("Makefile", "constraints.txt", "pyproject.toml", "docs"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "course").mkdir()
    for name in ("syllabus.yaml", "exams.yaml", *(f"{c}/misconceptions.yaml" for c in Catalogue(ROOT).chapters)):
        (folder / "course" / name).parent.mkdir(exist_ok=True)
        (folder / "course" / name).symlink_to(ROOT / "course" / name)
    for exercise in Catalogue(ROOT).exercises.values():
        if exercise.name in names:
            path = folder / "course" / exercise.chapter / f"{exercise.name}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            text = (ROOT / path.relative_to(folder)).read_text(encoding="utf-8")
            path.write_text(re.sub(r"^after:.*\n(  ?-.*\n)*", "", text, flags=re.M), encoding="utf-8")
    return folder


def unpacked(target: Path, names: tuple[str, ...]) -> Path:
    root = course_of(target / "kit", names) if names else ROOT
    bundle(root, target / "students.zip")
    with zipfile.ZipFile(target / "students.zip") as archive:
        archive.extractall(target / "alone")
    return target / "alone" / FOLDER


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(tmp_path_factory.mktemp("bundle"), QUICK)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(tmp_path_factory.mktemp("bundle"), ())


def assert_same_verdicts(folder: Path, names: tuple[str, ...], pairs: int, every: int = 1) -> None:
    """Grade stub, solution, wrong versions (one of `every` few) and some pairs, there and here."""
    grader = Grader(ROOT)
    work = []
    for name in names:
        bench = grader.bench(name)
        work += [[name, bench.exercise.stub(ROOT).read_text()], [name, bench.solution]]
        work += [[name, variant.source] for variant in bench.variants[0][::every]]
        work += [[name, variant.source] for variant in bench.variants[1][:: max(1, len(bench.variants[1]) // pairs)]]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1", "HOME": str(folder)}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=folder,
        env=environment,
        input=json.dumps(work),
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    there = json.loads(run.stdout)
    assert there["reference"] is False
    if all(grader.catalogue.exercises[name].framework == "numpy" for name in names):
        assert there["torch"] is False
    different = []
    of_one = {v.source for name in names for v in grader.bench(name).variants[0]}
    for (name, source), told in zip(work, there["told"], strict=True):
        records = grader.grade(name, source).records
        here = [[r.test, r.status, r.earned, list(r.misconceptions)] for r in records]
        if source not in of_one:  # two mistakes at once: several pairs may explain them equally well
            unusual = {r.test for r in records if r.carried}  # its calls of right functions may not be recorded
            here, told = ([row[:3] for row in rows if row[0] not in unusual] for rows in (here, told))
        if told != here:
            different.append((name, source, [pair for pair in zip(here, told, strict=True) if pair[0] != pair[1]]))
    assert not different, f"{len(different)} of {len(work)}, such as {different[0][0]}: {different[0][2]}"


def assert_nothing_of_a_solution(folder: Path) -> None:
    """No line that stands between a solution's markers, and not in its stub, stands anywhere in the kit."""
    secret: dict[str, str] = {}
    for solution in sorted(ROOT.glob("solutions/*/*.py")):
        stub = (ROOT / "exercises" / solution.parent.name / solution.name).read_text(encoding="utf-8")
        inside = False
        for line in solution.read_text(encoding="utf-8").splitlines():
            inside = (inside or "### BEGIN SOLUTION" in line) and "### END SOLUTION" not in line
            code = line.strip()
            if inside and len(code) > 12 and "###" not in code and code not in stub:
                secret[code] = solution.name
    assert len(secret) > 100
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        text = path.read_bytes().decode("utf-8", errors="replace")
        if path.suffix == ".ipynb":
            text = "\n".join(
                str(cell["source"]) if isinstance(cell["source"], str) else "".join(cell["source"])
                for cell in json.loads(text)["cells"]
            )
        lines = {line.strip() for line in text.splitlines()}
        found += [f"{path.relative_to(folder)}: {code} ({secret[code]})" for code in secret.keys() & lines]
    assert not found, "\n".join(found)


def test_same_verdicts_and_names(quick: Path) -> None:
    assert_same_verdicts(quick, QUICK, pairs=5, every=4)


def test_no_line_of_a_solution(quick: Path) -> None:
    assert_nothing_of_a_solution(quick)
    assert not [p for p in quick.rglob("*") if p.name.startswith("wrong_") or p.name in ("solutions", "reference")]


def test_the_command_works_in_it(quick: Path) -> None:
    """`anndl grade` says "not started" of the stubs, and grades what is filled in."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(quick), "OMP_NUM_THREADS": "1", "HOME": str(quick)}

    def anndl(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "autograder.cli", *arguments]
        return subprocess.run(command, cwd=quick, env=environment, capture_output=True, text=True)

    assert "hebbian" in anndl("grade").stdout
    target = quick / "exercises" / "feedforward" / "hebbian.py"
    target.write_text((ROOT / "solutions" / "feedforward" / "hebbian.py").read_text(encoding="utf-8"))
    done = anndl("grade", "hebbian")
    assert done.returncode == 0, done.stdout + done.stderr
    assert anndl("reset", "hebbian").returncode == 0
    assert "raise NotImplementedError" in target.read_text(encoding="utf-8")


@pytest.mark.slow
def test_same_verdicts_and_names_for_every_exercise(whole: Path) -> None:
    assert_same_verdicts(whole, tuple(Catalogue(ROOT).exercises), pairs=3)
    assert_nothing_of_a_solution(whole)
