"""Draws the README's picture: a real report of a real submission, printed by the kit itself. Run it after changing reports."""

import io
from pathlib import Path

from rich.console import Console

from autograder.grading import Grader
from autograder.paths import find_root
from autograder.render import print_report


def main() -> None:
    """Grade attention without its scaling and write what the terminal shows as an SVG."""
    root = find_root(Path(__file__).parent)
    grader = Grader(root)
    source = grader.bench("attention").solution.replace(" / np.sqrt(Q.shape[-1])", "")
    console = Console(record=True, width=100, file=io.StringIO(), highlight=False, force_terminal=True)
    print_report(console, grader.grade("attention", source), grader.catalogue)
    console.save_svg(str(root / "docs" / "pictures" / "report.svg"), title="anndl grade attention")


if __name__ == "__main__":
    main()
