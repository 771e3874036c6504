"""What can be told by grading a few submissions once: the solution, the stub, the samples."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from autograder import proof
from autograder.authoring.checklist import Checklist, Context, Problem, line_of
from autograder.authoring.examples import worked
from autograder.authoring.measures import judged
from autograder.authoring.written import expectation, sample
from autograder.calls import Limits
from autograder.desk import sandboxed
from autograder.grading import Grader, Opener
from autograder.records import Report
from autograder.sync import strip

GRADED = Checklist()
CODE = ["complete", "finished", "signatures", "readable", "made"]


@GRADED.item("the solution gets all points, in this process and confined", CODE)
def solved(context: Context) -> Iterator[Problem]:
    """Yield each test that the solution does not pass."""
    yield from _full(context, context.bench.solution, context.exercise.solution)


@GRADED.item("the worked examples hold in the solution and in the reference", CODE)
def examples(context: Context) -> Iterator[Problem]:
    """Yield examples of the docstrings that are not so, and functions without one."""
    yield from worked(context)


@GRADED.item("right submissions get all points, in this process and confined", ["solved"])
def accepted(context: Context) -> Iterator[Problem]:
    """Yield each test that a right submission does not pass."""
    for path in context.samples("right"):
        yield from _full(context, sample(context, path), path)


@GRADED.item("the stub counts as not started", ["solved"])
def unstarted(context: Context) -> Iterator[Problem]:
    """Yield what a stub is taken for otherwise."""
    stub = strip(context.bench.solution, context.exercise.solution)
    report = context.grader.grade(context.exercise.name, stub)
    if (report.state, report.earned) != ("not started", 0):
        earned = f"{report.earned:g} of {report.points:g} points"
        yield Problem(f"a stub is `{report.state}` with {earned}, not `not started`", context.exercise.suite)


@GRADED.item("wrong submissions get the diagnosis that they expect", ["solved", "expecting", "made"])
def diagnosed(context: Context) -> Iterator[Problem]:
    """Yield wrong submissions that pass, and those that are named otherwise than they say."""
    for path in context.samples("wrong"):
        report = context.grader.grade(context.exercise.name, sample(context, path))
        wanted, named = expectation(path), set(report.misconceptions)
        if report.earned == report.points:
            yield Problem("this wrong submission gets all points: no test notices", path, 1)
        elif wanted != named:
            said = ", ".join(sorted(named)) or "none"
            yield Problem(f"this is diagnosed as {said}: correct the first line, or the suite", path, 1)


@GRADED.item("what takes minutes to prove is proven, and good enough", ["solved", "accepted", "made", "catalogued"])
def proven(context: Context) -> Iterator[Problem]:
    """Yield what the proof record says, or that there is none of the exercise as it is now."""
    found = proof.fresh(context.exercise)
    if found is None:
        state = "out of date" if proof.load(context.exercise) else "missing"
        text = f"this record is {state}; run `anndl author check {context.exercise.name}`"
        yield Problem(text, proof.path(context.exercise))
        return
    yield from judged(found, context, context.minima)


def _full(context: Context, source: str, path: Path) -> Iterator[Problem]:
    """Yield what keeps a submission from full points; of a sample that is told in one line, of the solution test by test."""
    ways: tuple[tuple[str, Opener], ...] = (("", context.grader.opener), (" in the confined worker", _confined()))
    told = set()
    for where, opener in ways:
        report = _graded(context, source, opener)
        if report.problem:
            if report.problem not in told:
                yield Problem(f"{report.problem}{where}", path)
            told.add(report.problem)
            continue
        bad = [record for record in report.records if record.status != "pass" and record.test not in told]
        told |= {record.test for record in bad}
        if path != context.exercise.solution and bad:
            more = f"; {len(bad) - 1} more tests fail" if len(bad) > 1 else ""
            yield Problem(f"{bad[0].test} fails{where}: {bad[0].message}{more}", path, 1)
            continue
        for record in bad:
            line = line_of(context.exercise.suite, f"def {record.test}(")
            yield Problem(f"{record.test} fails{where}: {record.message}", context.exercise.suite, line)


def _graded(context: Context, source: str, opener: Opener) -> Report:
    if opener is context.grader.opener:
        return context.grader.grade(context.exercise.name, source)
    other = Grader(context.grader.root, opener, Limits())
    return other.grade(context.exercise.name, source)


@cache
def _confined() -> Opener:
    return sandboxed()
