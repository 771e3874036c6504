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
OPEN = {  # what the proof of an exercise still finds, and nothing else may be found in it
    "cbow": "of 20 seeds): draw inputs that always tell it apart",
    "gan": "foreign mistakes get a name that is not theirs",
}
EXERCISES = list(GRADER.catalogue.exercises)


@pytest.mark.parametrize("name", EXERCISES)
def test_an_author_check_finds_nothing(name):
    results = list(checked(GRADER, GRADER.catalogue.exercises[name], quick=True))
    told = [problem.text(ROOT) for result in results for problem in result.problems]
    assert not [text for text in told if OPEN.get(name, "nothing is open") not in text]
    assert name not in OPEN or told, f"{name} has nothing open any more: take it out of OPEN"


@pytest.mark.slow
@pytest.mark.parametrize("name", EXERCISES)
def test_a_new_proof_gives_the_record(name):
    found = measure(Context(GRADER, GRADER.catalogue.exercises[name]))
    kept = proof.load(GRADER.catalogue.exercises[name])
    assert replace(found, slowest=0) == replace(kept, slowest=0)  # times differ from machine to machine
