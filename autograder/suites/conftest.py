"""Lets plain pytest run the suites: `pytest -k attention` grades exercises/attention/attention.py in this process.

`breakpoint()` works, tracebacks point into your code, an IDE finds every test. Environment: ANNDL_SUBMISSION names another file
to grade, ANNDL_MODE=worker runs it in a confined worker instead.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.calls import Limits, Runner, Submission
from autograder.check import Check, CheckFailed, Student
from autograder.desk import sandboxed
from autograder.grading import PUBLIC, Grader, Session, generator
from autograder.inprocess import InProcess
from autograder.paths import find_root


def _debugged(submission: Submission, limits: Limits) -> Runner:
    return InProcess(submission, debug=True, raising=True)


@pytest.fixture(scope="session")
def _grader() -> Grader:
    worker = os.environ.get("ANNDL_MODE", "in-process") == "worker"
    root = find_root(Path(__file__).parent)
    return Grader(root, sandboxed() if worker else _debugged)


@pytest.fixture(scope="module")
def _session(request: pytest.FixtureRequest, _grader: Grader) -> Iterator[Session]:
    bench = _grader.bench(request.path.stem.removeprefix("test_"))
    path = Path(os.environ.get("ANNDL_SUBMISSION") or bench.exercise.stub(_grader.root))
    submission = bench.submission(path.read_text(encoding="utf-8"), str(path))
    session = Session(bench, submission, PUBLIC, _grader.opener, Limits())
    yield session
    session.oracle.save()
    session.close()


@pytest.fixture
def check(_session: Session) -> Check:
    return _session.check()


@pytest.fixture
def student(check: Check) -> Student:
    return Student(check)


@pytest.fixture
def rng(request: pytest.FixtureRequest, _session: Session):
    return generator(PUBLIC, _session.bench.exercise.name, request.node.name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item):
    """Say in words what a failed check found, and call an unwritten function by its name: not started."""
    try:
        return (yield)
    except NotImplementedError as error:
        pytest.skip(f"not started: {error}")
    except CheckFailed as failed:
        if failed.unfinished:
            pytest.skip(f"not started: {failed.message}")
        pytest.fail(item.funcargs["_session"].explain(item.name, failed), pytrace=False)
