"""What `check()` says in a notebook is what the mark will be: run in IPython as a student runs it, cell after cell."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.classroom.corpus.builders import ROOT, build, cases, grader, module

SAMPLE = {
    "zeros in w", "input in x", "a call with the wrong arguments", "torch for a try", "train into its own name", "star import",
    "a table filled by a loop", "a global counter", "time of a cell", "a constant timed", "pip over two lines", "a dataclass",
    "an operator at the beginning of a line", "a missing colon in train", "a decorator that is not there", "await",
    "a second definition that is no Python", "a misspelt name", "a function that needs torch",
}  # fmt: skip
RUN = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
marks = {}
for name, cells in json.load(sys.stdin).items():
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shell.system = shell.system_raw = lambda command: None  # nothing is installed
    for cell in cells:
        done = shell.run_cell(cell, store_history=True, silent=False)
    marks[name] = done.result.report.earned
    places = [r.detail.where for r in done.result.report.records if r.detail and r.detail.cell]
    assert all(place.startswith("cell ") for place in places)
print("MARKS" + json.dumps(marks))
"""


def test_check_gives_the_mark() -> None:
    """Every cell is run, whatever it raises; then the check cell once more."""
    chosen = [case for case in cases() if case.name in SAMPLE]
    assert len(chosen) == len(SAMPLE)
    check = "from autograder.notebook import check\ncheck('hebbian')"
    notebooks = {case.name: [c.source for c in build(case).cells if c.cell_type == "code"] + [check] for case in chosen}
    own = {
        name: [c for c in cells if not c.startswith(("check(", "from autograder.notebook import show"))]
        for name, cells in notebooks.items()
    }
    done = subprocess.run(
        [sys.executable, "-c", RUN], input=json.dumps(own), capture_output=True, text=True, cwd=ROOT, timeout=300
    )
    assert "MARKS" in done.stdout, done.stderr[-3000:]
    marks = json.loads(done.stdout.rpartition("MARKS")[2])
    assert marks == {case.name: grader().grade("hebbian", module(case)).earned for case in chosen}
