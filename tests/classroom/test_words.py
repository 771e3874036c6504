"""The question in words has an answer and a rubric of its own, and the answer reaches no student."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.catalogue import Catalogue
from autograder.grading import Bench
from autograder.yamlfile import CourseError
from classroom.bundle import _kept, handed_out
from classroom.notebooks import explain_id, source_notebook
from classroom.words import words_of
from tests.classroom.corpus.builders import ROOT

EXERCISES = Catalogue(ROOT).exercises


@pytest.mark.parametrize("name", EXERCISES)
def test_question_answer_and_rubric(name: str) -> None:
    words = words_of(EXERCISES[name])
    assert words is not None
    assert words.question.rstrip().endswith("?")
    assert words.points == 4
    assert not {words.answer.strip(), words.question.strip()} & {hint.strip() for hint in EXERCISES[name].hints}
    bench = Bench(EXERCISES[name], ROOT)
    source, without = source_notebook(bench), source_notebook(bench, words=False)
    graded = [c for c in source.cells if c.metadata.get("nbgrader", {}).get("grade_id") == explain_id(name)]
    assert [c.metadata["nbgrader"]["points"] for c in graded] == [4]
    assert words.answer.strip() in graded[0].source
    assert len(source.cells) - len(without.cells) == 2
    handed = "\n".join(cell.source for cell in handed_out(source).cells)
    assert words.question.strip() in handed
    assert words.answer.strip()[:60] not in handed
    assert words.rubric[0].criterion not in handed


def test_answers_are_not_in_the_students_kit() -> None:
    assert not [path for path in _kept(ROOT) if "words" in path.name and path.suffix == ".yaml"]


def test_a_slip_in_the_file_is_told_with_its_line(tmp_path: Path) -> None:
    exercise = EXERCISES["hebbian"].model_copy(update={"root": tmp_path})
    exercise.solution.parent.mkdir(parents=True)
    assert words_of(exercise) is None
    exercise.solution.with_suffix(".words.yaml").write_text("question: why?\nanswr: because\nrubric: []\n")
    with pytest.raises(CourseError, match=r"words\.yaml:2.*answer"):
        words_of(exercise)
