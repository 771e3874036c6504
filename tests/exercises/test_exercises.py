"""Every exercise of the catalogue: its suite accepts what is right, and rejects and names what is wrong."""

import re
from functools import cache
from pathlib import Path

import pytest

from autograder.grading import PUBLIC, Grader, Session, in_process
from autograder.oracle import Oracle
from autograder.records import Report
from autograder.suite import load
from autograder.sync import sync
from autograder.variants import single_variants

ROOT = Path(__file__).resolve().parents[2]
GRADER = Grader(ROOT)
EXERCISES = list(GRADER.catalogue.exercises)
SECRETS = [f"secret {number}".encode() for number in range(5)]

SAME_BY_NATURE = {  # made wrong, and yet right: why
    ("backprop", "loss", "swapped arguments"): "(y - t)^2 = (t - y)^2",
    ("hebbian", "predict", "swapped arguments"): "w . x = x . w",
}

HELPERS = '''

def _each(change, value):
    """Apply `change` to every number and array in a result."""
    if isinstance(value, dict):
        return {key: _each(change, item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(_each(change, item) for item in value)
    return value if value is None or isinstance(value, str) or callable(value) else change(value)


def _transpose(value):
    return value.T if getattr(value, "ndim", 0) >= 2 else -value


def _overwrite(value):
    if isinstance(value, dict):
        for item in value.values():
            _overwrite(item)
    elif isinstance(value, list):
        value.reverse()
        value.append(7)
    elif hasattr(value, "shape") and value.shape:
        value[...] = 7


_right = {function}
'''
MADE = {
    "identity": "def {function}(*args, **kwargs):\n    return args[0] if args else next(iter(kwargs.values()))\n",
    "nothing": "def {function}(*args, **kwargs):\n    return None\n",
    "zero": "def {function}(*args, **kwargs):\n    return _each(lambda a: a * 0, _right(*args, **kwargs))\n",
    "constant": "def {function}(*args, **kwargs):\n    return _each(lambda a: a * 0 + 1, _right(*args, **kwargs))\n",
    "transposed": "def {function}(*args, **kwargs):\n    return _each(_transpose, _right(*args, **kwargs))\n",
    "swapped arguments": "def {function}(a, b, *args, **kwargs):\n    return _right(b, a, *args, **kwargs)\n",
    "in place": (
        "def {function}(*args, **kwargs):\n    import copy\n    result = copy.deepcopy(_right(*args, **kwargs))\n"
        "    for argument in (*args, *kwargs.values()):\n        _overwrite(argument)\n    return result\n"
    ),
}


@cache
def oracle(name: str, key: bytes) -> Oracle:
    """Answers of one exercise for one seed, shared by all gradings of this file."""
    bench = GRADER.bench(name)
    return Oracle(bench.exercise, lambda: bench.variants, bench.digest, None)


def grade(name: str, source: str, key: bytes = PUBLIC, diagnose: bool = False) -> Report:
    """Grade with shared answers; without diagnosis a grading costs milliseconds."""
    bench = GRADER.bench(name)
    session = Session(bench, bench.submission(source), key, in_process, GRADER.limits, diagnose=diagnose)
    session.oracle = oracle(name, key)
    try:
        records = tuple(session.run())
    finally:
        session.close()
    return Report(name, bench.exercise.chapter, records, session.problem)


def problems(report: Report) -> list[str]:
    """What a report says about the tests that did not pass."""
    return [f"{r.test}: {r.status}: {r.message} {r.detail or ''}" for r in report.records if r.status != "pass"]


def submissions(kind: str, name: str) -> list[Path]:
    """Return complete modules written apart from the solution."""
    return sorted((GRADER.catalogue.exercises[name].folder / kind).glob("*.py"))


def written(kind: str) -> list[tuple[str, Path]]:
    """Return pairs of exercise and submission for all exercises."""
    return [(name, path) for name in EXERCISES for path in submissions(kind, name)]


def made() -> list[tuple[str, str, str]]:
    """Return exercise, function and way of spoiling it, where that way can show."""
    cases = []
    for name in EXERCISES:
        bench = GRADER.bench(name)
        if not bench.exercise.suite.is_file():
            continue  # the tests of the solution say so
        promised = set(re.findall(r'check\.unchanged\(\s*"(\w+)"', bench.exercise.suite.read_text()))
        for function in bench.exercise.functions:
            free = bench.exercise.opaque.get(function) == ()  # only what it does to its arguments counts
            for way in MADE:
                if (way == "in place" and function not in promised) or (name, function, way) in SAME_BY_NATURE:
                    continue
                if (free and way in ("zero", "constant", "transposed")) or (
                    way == "swapped arguments" and len(bench.signatures[function]) < 2
                ):
                    continue
                cases.append((name, function, way))
    return cases


def test_stubs_and_cards_are_in_sync_with_the_solutions():
    stale = [str(path.relative_to(ROOT)) for path in sync(ROOT, write=False)]
    assert not stale, f"run `anndl sync`: {stale}"


@pytest.mark.parametrize("name", EXERCISES)
def test_a_stub_is_not_started(name):
    stub = GRADER.catalogue.exercises[name].stub(ROOT).read_text(encoding="utf-8")
    report = grade(name, stub)
    assert (report.state, report.earned, report.problem) == ("not started", 0, "")


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_gets_full_points_whatever_the_seed(name):
    for key in (PUBLIC, *SECRETS):
        report = grade(name, GRADER.bench(name).solution, key)
        assert report.state == "passed", problems(report)


@pytest.mark.parametrize("name", EXERCISES)
def test_there_are_enough_versions_of_each_kind(name):
    wrong = GRADER.bench(name).suite.wrong
    assert len({item.misconception for item in wrong}) >= 6
    assert len(submissions("right", name)) >= 3
    assert len(submissions("wrong", name)) >= 3


@pytest.mark.parametrize(("name", "path"), written("right"), ids=lambda value: getattr(value, "stem", value))
def test_other_right_versions_get_full_points(name, path):
    for key in (PUBLIC, *SECRETS[:2]):
        report = grade(name, path.read_text(encoding="utf-8"), key)
        assert report.state == "passed", problems(report)


@pytest.mark.parametrize(("name", "path"), written("wrong"), ids=lambda value: getattr(value, "stem", value))
def test_wrong_submissions_get_the_diagnosis_they_expect(name, path):
    source = path.read_text(encoding="utf-8")
    first = source.splitlines()[0]
    assert first.startswith("# expect: "), f"{path} begins with `# expect: misconception-id` or `# expect: none`"
    expected = {one.strip() for one in first.removeprefix("# expect: ").split(",")} - {"none"}
    report = grade(name, source, diagnose=True)
    assert report.earned < report.points
    assert set(report.misconceptions) == expected, problems(report)
    assert all(record.message for record in report.records if record.status != "pass")


@pytest.mark.parametrize("name", EXERCISES)
def test_every_misconception_is_catalogued_and_in_the_syllabus(name):
    catalogue = GRADER.catalogue
    for item in load(catalogue.exercises[name].suite).wrong:
        assert item.misconception in catalogue.misconceptions
        assert catalogue.misconceptions[item.misconception].topic in catalogue.topics


@pytest.mark.parametrize("name", EXERCISES)
def test_every_misconception_fails_and_is_named(name):
    bench = GRADER.bench(name)
    unnamed = []
    for variant in single_variants(bench.solution, bench.suite.wrong):
        report = grade(name, variant.source, diagnose=True)
        if report.earned == report.points or set(report.misconceptions) != set(variant.misconceptions):
            unnamed.append((variant.key, report.earned, report.misconceptions))
    assert not unnamed


@pytest.mark.parametrize("name", EXERCISES)
def test_every_misconception_fails_whatever_the_seed(name):
    bench = GRADER.bench(name)
    for variant in single_variants(bench.solution, bench.suite.wrong):
        earned = [grade(name, variant.source, key).earned for key in SECRETS]
        assert max(earned) < bench.suite.points, f"{variant.key} passes with some seed"


@pytest.mark.slow
@pytest.mark.parametrize("key", SECRETS)
@pytest.mark.parametrize("name", EXERCISES)
def test_every_misconception_is_named_whatever_the_seed(name, key):
    bench = GRADER.bench(name)
    for variant in single_variants(bench.solution, bench.suite.wrong):
        report = grade(name, variant.source, key, diagnose=True)
        assert set(report.misconceptions) == set(variant.misconceptions), variant.key


@pytest.mark.parametrize(("name", "function", "way"), made())
def test_a_spoilt_function_fails(name, function, way):
    solution = GRADER.bench(name).solution
    spoilt = solution + HELPERS.replace("{function}", function) + MADE[way].replace("{function}", function)
    for key in (PUBLIC, SECRETS[0]):
        report = grade(name, spoilt, key)
        assert not report.problem
        assert report.earned < report.points, f"{function} may be {way}, and no test notices"
