"""Every exercise of the kit: what can be told at once holds, and what takes minutes is proven, still true and good enough."""

from dataclasses import replace
from pathlib import Path

import pytest

from autograder import proof
from autograder.authoring.checklist import Context
from autograder.authoring.cli import checked
from autograder.authoring.measures import measure
from autograder.grading import Grader

ROOT = Path(__file__).resolve().parents[2]
GRADER = Grader(ROOT)
EXERCISES = list(GRADER.catalogue.exercises)


@pytest.mark.parametrize("name", EXERCISES)
def test_an_author_check_finds_nothing(name):
    results = list(checked(GRADER, GRADER.catalogue.exercises[name], quick=True))
    assert not [problem.text(ROOT) for result in results for problem in result.problems]
    assert {result.state for result in results} == {"holds"}


@pytest.mark.slow
@pytest.mark.parametrize("name", EXERCISES)
def test_a_new_proof_gives_the_record(name):
    found = measure(Context(GRADER, GRADER.catalogue.exercises[name]))
    kept = proof.load(GRADER.catalogue.exercises[name])
    assert replace(found, slowest=0) == replace(kept, slowest=0)  # times differ from machine to machine
