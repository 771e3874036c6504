"""Draws an exercise's figure with the learner's own code."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from autograder.calls import Failed, Limits, Loaded, Raised
from autograder.catalogue import Exercise
from autograder.desk import Desk
from autograder.errors import KitError
from autograder.grading import Grader
from autograder.oracle import Module, Stopped
from autograder.reference import Reference


class PictureError(KitError):
    """The picture cannot be drawn; the text says why and what to do."""

    exit_code = 1


def draw(desk: Desk, exercise: Exercise, target: Path | None = None) -> Path:
    """Draw the figure of the learner's file and return where it was written; the ending of its name chooses the format.

    Raises:
        PictureError: the learner's code does not get that far, or this copy of the course has no reference.
    """
    target = target or desk.figure(exercise)
    figure = figure_of(desk.grader, exercise, desk.source(exercise))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(target, dpi=110)
    except (OSError, ValueError) as error:
        raise PictureError(f"{target} cannot be written: {error}") from error
    return target


def figure_of(grader: Grader, exercise: Exercise, source: str) -> Any:
    """Return the figure that an exercise's implementation gives, as a matplotlib figure.

    Raises:
        PictureError: the code does not get that far, or this copy of the course has no reference.
    """
    if not exercise.reference.is_file():
        raise PictureError("This copy of the course comes without the reference, which the figure is compared with.")
    runner = grader.opener(
        grader.bench(exercise.name).submission(source), Limits()
    )  # a picture takes longer than a test
    reference = Reference(exercise.reference, exercise.opaque)
    reference.load()
    try:
        if not isinstance(runner.load(), Loaded):
            raise PictureError(f"The code cannot be loaded yet: `anndl grade {exercise.name}` says why.")
        module = _drawing(exercise.drawing)
        return module.draw(Module(runner.call), Module(reference.call))
    except Stopped as stopped:
        raise PictureError(_reason(stopped.function, stopped.outcome, exercise)) from stopped
    except (TypeError, ValueError, IndexError, KeyError) as error:
        text = f"The code returned something that cannot be drawn ({type(error).__name__}: {error})."
        raise PictureError(f"{text} `anndl grade {exercise.name}` says more.") from error
    finally:
        runner.close()


def _drawing(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"anndl_drawing_{path.parent.name}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise PictureError(f"{path} is missing: there is nothing that draws this exercise.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _reason(function: str, outcome: Raised | Failed, exercise: Exercise) -> str:
    if isinstance(outcome, Raised) and outcome.type == "NotImplementedError":
        return f"{function} is not written yet; the figure needs it."
    said = f"raised {outcome.type}: {outcome.message}" if isinstance(outcome, Raised) else f"failed: {outcome.message}"
    return f"{function} {said[:300]}. `anndl grade {exercise.name}` says more."
