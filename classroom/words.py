"""The question in words that ends a notebook: what is asked, what a good answer says, and what each point is for.

It stands beside the solution, `solutions/<chapter>/<exercise>.words.yaml`: like it, it is never in the students' kit. An
exercise without such a file has no question.
"""

from __future__ import annotations

import html
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from autograder.catalogue import Exercise
from autograder.yamlfile import read

Text = Annotated[str, Field(min_length=1)]


class Criterion(BaseModel):
    """What some of the points are given for."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    points: float = Field(gt=0)
    criterion: Text


class Words(BaseModel):
    """A question, the model answer and the rubric."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    question: Text
    answer: Text
    rubric: tuple[Criterion, ...] = Field(min_length=1)

    @property
    def points(self) -> float:
        """All points of the rubric."""
        return sum(criterion.points for criterion in self.rubric)

    def key(self) -> str:
        """Return the model answer and the rubric as HTML, for whoever grades."""
        points = "".join(f"<li>{c.points:g}: {html.escape(c.criterion)}</li>" for c in self.rubric)
        answer = f"<p><i>{html.escape(self.question)}</i></p><p>{html.escape(self.answer)}</p><ul>{points}</ul>"
        return (
            f"<details><summary>For the instructor: a model answer to the question in words</summary>{answer}</details>"
        )


def words_of(exercise: Exercise) -> Words | None:
    """Return the question of an exercise, None where it has none.

    Raises:
        CourseError: its file is not as it should be.
    """
    path = exercise.solution.with_suffix(".words.yaml")
    return read(path).validate(Words) if path.is_file() else None
