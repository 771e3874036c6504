"""An exam on paper: questions, and the same with solutions, as PDF."""

from drills.printing.paper import print_paper

__all__ = ["print_paper"]
