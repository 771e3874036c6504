"""The figure is drawn whatever the learner's code returns: right, wrong, not yet written, NaN."""

from __future__ import annotations

import io
from collections.abc import Iterator

from autograder.authoring.checklist import Context, Problem
from autograder.authoring.spoilt import not_a_number
from autograder.picture import PictureError, figure_of
from autograder.sync import strip


def drawn(context: Context) -> Iterator[Problem]:
    """Yield a problem for each kind of code with which the figure breaks down."""
    exercise, bench = context.exercise, context.bench
    if not exercise.drawing.is_file():
        return  # told by the list of files
    if not exercise.reference.is_file():
        return  # a private exercise without a reference has nothing to be compared with
    whole = {"the solution": bench.solution, "NaN": not_a_number(bench)}
    started = {"the stub": strip(bench.solution, exercise.solution)}
    started |= {f"wrong/{path.name}": path.read_text(encoding="utf-8") for path in context.samples("wrong")}
    for name, source in (whole | started).items():
        try:
            figure = figure_of(context.grader, exercise, source)
            figure.savefig(io.BytesIO(), format="png", dpi=30)
            _close(figure)
        except PictureError as error:
            if name in whole:
                yield Problem(f"the figure of {name} is not drawn: {error}", exercise.drawing)
        except Exception as error:
            text = f"the figure of {name} breaks down: {type(error).__name__}: {error}"
            yield Problem(text, exercise.drawing, _line(error, context))


def _line(error: Exception, context: Context) -> int | None:
    trace, line = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(context.exercise.drawing):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _close(figure: object) -> None:
    import matplotlib.pyplot as plt

    plt.close(figure)  # type: ignore[arg-type]
