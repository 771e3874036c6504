"""The instructor's side: release, nbgrader, grading a class, reports."""
