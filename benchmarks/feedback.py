"""How long a learner waits: a cold `anndl grade hebbian` and a warm regrade, beside a cold pytest that imports torch.

All are measured in one run, in turn, so that the ratios hold on any machine: python -m benchmarks.feedback
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from autograder.desk import sandboxed
from autograder.grading import Grader
from autograder.paths import find_root

RUNS = 7
TRIVIAL = "import torch\n\n\ndef test_trivial():\n    assert torch.ones(1).item() == 1\n"


def seconds(command: list[str], cwd: Path, wanted: set[int]) -> float:
    """Time one whole process; a wrong exit status ends the benchmark, since it would measure something else."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    took = time.perf_counter() - start
    if done.returncode not in wanted:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return took


def main() -> None:
    """Print medians and ratios."""
    root = find_root(Path(__file__).parent)
    grader = Grader(root, sandboxed())
    solution = grader.bench("hebbian").solution
    grader.grade("hebbian", solution)
    with tempfile.TemporaryDirectory() as folder:
        test = Path(folder) / "test_trivial.py"
        test.write_text(TRIVIAL)
        course = Path(folder) / "course-folder"  # a copy, so that nobody's exercises are touched
        for part in ("course", "exercises", "solutions", "reference", "autograder/suites"):
            shutil.copytree(root / part, course / part)
        (course / "exercises/feedforward/hebbian.py").write_text(solution, encoding="utf-8")  # a stub is not even run
        grade = [sys.executable, "-P", "-m", "autograder.cli", "grade", "hebbian"]
        seconds(grade, course, {0})  # the first grading asks the reference; from then on its answers are known
        pytest_, cold, warm, warm_wrong = [], [], [], []
        wrong = solution.replace("+ eta", "- eta")
        for _ in range(RUNS):
            pytest_.append(
                seconds([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)], Path(folder), {0})
            )
            cold.append(seconds(grade, course, {0}))
            for source, times in ((solution, warm), (wrong, warm_wrong)):
                start = time.perf_counter()
                grader.grade("hebbian", source)
                times.append(time.perf_counter() - start)
    base = statistics.median(pytest_)
    table = Table("what", "median", "against cold pytest with torch")
    for name, times in (
        ("cold pytest, import torch, one trivial test", pytest_),
        ("cold `anndl grade hebbian`", cold),
        ("warm regrade of a right hebbian, confined", warm),
        ("warm regrade of a wrong hebbian, confined, with diagnosis", warm_wrong),
    ):
        middle = statistics.median(times)
        table.add_row(name, f"{1000 * middle:.0f} ms", f"{middle / base:.3f}")
    Console().print(table)


if __name__ == "__main__":
    main()
