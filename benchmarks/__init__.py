"""Measurements of speed: of the reference, the grader, the application."""
