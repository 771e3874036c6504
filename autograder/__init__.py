"""Grades one submission: suites, checks, diagnosis, confinement.

These four names are all that a suite needs; everything else it is handed as a fixture (`check`, `rng`, `student`).
"""

from autograder.suite import distinct_sizes, edit, misconception, points

__all__ = ["distinct_sizes", "edit", "misconception", "points"]
