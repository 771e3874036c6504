"""Grades one submission: suites, checks, diagnosis, confinement."""
