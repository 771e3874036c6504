"""What takes minutes to prove: wrong versions under many seeds, mutants, foreign mistakes, inputs that never change.

`measure` runs all of it and gives a `Proof`; `judged` says what of a proof is not good enough.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import yaml

from autograder import proof
from autograder.authoring.checklist import Context, Problem, found_by, line_of
from autograder.authoring.drawings import drawn
from autograder.authoring.spoilt import spoilt
from autograder.authoring.written import sample
from autograder.calls import Limits, Returned
from autograder.compare import difference
from autograder.grading import PUBLIC, Bench, Session, in_process
from autograder.mutation import mutants
from autograder.proof import Proof
from autograder.records import Record
from autograder.trial import Course, Trial
from autograder.variants import Variant

FOREIGN = 150  # mutants that are diagnosed at most, drawn by the hash of their key
Told = Callable[[str], None]


def measure(context: Context, told: Told = lambda text: None) -> Proof:
    """Prove an exercise.

    Args:
        context: the exercise.
        told: is called with what is being done.
    """
    bench = context.bench
    keys = [PUBLIC, *(f"seed {number}".encode() for number in range(1, context.minima["seeds"]))]
    trials = [Trial(bench, key) for key in keys]
    courses: dict[str, Course] = {}
    found = Proof(proof.digest(context.exercise), len(keys), tuple(test.name for test in bench.suite.tests))
    told("wrong versions")
    versions, unstable = _versions(bench, trials, courses)
    told("names")
    unstable = (*unstable, *_names(bench, trials, courses))
    told("mutants")
    number, noticed, argued, unnoticed = _mutants(context, trials[0])
    told("foreign mistakes")
    foreign, false, partly = _foreign(context, trials[0], courses, noticed)
    told("inputs")
    fixed = _fixed(bench, trials[:2])
    points = sum(test.points for test in bench.suite.tests if test.name in fixed)
    told("figure")
    problems = [problem.text(context.root) for problem in found_by(drawn, context)]
    problems += [f"{context.exercise.name}: {text}" for text in _spoilt(context, trials[:2])]
    return replace(
        found,
        versions=versions,
        unstable=unstable,
        mutants=number,
        noticed=len(noticed),
        argued=argued,
        unnoticed=unnoticed,
        foreign=foreign,
        false=false,
        partly=partly,
        fixed=tuple(fixed),
        fixed_points=round(points / bench.suite.points, 3),
        slowest=_slowest(context),
        problems=tuple(problems),
    )


def judged(found: Proof, context: Context, least: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what of a proof is not good enough."""
    exercise = context.exercise
    wrong = exercise.folder / "wrong.py"
    for key, failed in found.versions.items():
        if "x" not in failed:
            id = key.partition("#")[0]
            line = line_of(wrong, f'"{id}"')
            what = "add a test, or take it out" if line else f"add a test, or write `strike: [{id}]` on the card"
            text = f"the wrong version {id} passes every test: {what}"
            yield Problem(text, wrong if line else exercise.description, line)
    for text in found.unstable:
        first = text.partition(" ")[0]
        if first in found.tests:
            yield Problem(text, exercise.suite, line_of(exercise.suite, f"def {first}("))
        elif not any(
            f" fails {first} under" in other for other in found.unstable
        ):  # a misconception; else told already
            yield Problem(text, wrong, line_of(wrong, f'"{first}"'))
    for key in found.unnoticed:
        text = f"no test notices the change `{key}`: add one, or argue in equivalent.yaml that it is none"
        yield Problem(text, exercise.suite)
    if found.foreign and len(found.false) / found.foreign > least["false names"]:
        share = f"{len(found.false)} of {found.foreign} foreign mistakes get a name that is not theirs"
        yield Problem(f"{share}, at most {least['false names']:.0%} may; the first: {found.false[0]}", exercise.suite)
    if found.fixed_points > least["fixed points"]:
        share = f"{found.fixed_points:.0%} of the points hang on inputs that are the same under every seed"
        text = f"{share}, at most {least['fixed points']:.0%} may: draw some of the inputs of {', '.join(found.fixed)}"
        yield Problem(text, exercise.suite, line_of(exercise.suite, f"def {found.fixed[0]}("))
    if found.slowest > least["diagnosis"]:
        text = f"the slowest diagnosis takes {found.slowest} gradings, at most {least['diagnosis']} may"
        yield Problem(text, exercise.suite)
    for text in found.problems:
        yield Problem(text)


def argued_equivalent(context: Context) -> dict[str, str]:
    """Return the mutants that an exercise's `equivalent.yaml` argues to be none, each with its reason."""
    path = context.exercise.folder / "equivalent.yaml"
    entries = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else []
    return {entry["mutant"]: entry["because"] for entry in entries or []}


def _versions(
    bench: Bench, trials: Sequence[Trial], courses: dict[str, Course]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return which tests each wrong version fails under the public seed, and where another seed says otherwise."""
    tests = [test.name for test in bench.suite.tests]
    profiles, unstable = {}, []
    for variant in bench.variants[0]:
        courses[variant.key] = first = trials[0].run(variant.source)
        profiles[variant.key] = "".join("x" if test in first.failed else "." for test in tests)
        others = [trial.run(variant.source).failed for trial in trials[1:]]
        for test in tests:
            number = sum(test in failed for failed in (first.failed, *others))
            if 0 < number < len(trials):
                id = variant.misconceptions[0]
                text = f"{test} fails {id} under {number} of {len(trials)} seeds: draw inputs that always tell it apart"
                if text not in unstable:
                    unstable.append(text)
    return profiles, tuple(unstable)


def _names(bench: Bench, trials: Sequence[Trial], courses: Mapping[str, Course]) -> tuple[str, ...]:
    """Return which wrong versions are not named, or not under every seed.

    One that writes itself may be named by a stated id, where that one's version gives the same results in every call.
    """
    unnamed: dict[str, int] = {}
    stated = {item.misconception for item in bench.suite.wrong}
    for variant in bench.variants[0]:
        alike = [{*variant.misconceptions}]
        if not stated & {*variant.misconceptions}:
            own, tests = courses[variant.key], bench.suite.tests
            alike += [{*o.misconceptions} for o in bench.variants[0] if agree(own, courses[o.key], tests)]
        for trial in trials:
            records = graded(bench, variant.source, trial)
            if not all(r.status == "pass" for r in records) and {*named(records)} not in alike:
                text = f"{', '.join(named(records)) or 'nothing known'}"
                entry = f"{variant.misconceptions[0]} is taken for {text}"
                unnamed[entry] = unnamed.get(entry, 0) + 1
    return tuple(f"{entry} under {number} of {len(trials)} seeds" for entry, number in unnamed.items())


def _mutants(context: Context, trial: Trial) -> tuple[int, list[tuple[str, str]], int, tuple[str, ...]]:
    """Return the number of mutants, those noticed (key and source), how many are argued, and the keys of the others."""
    reasons = argued_equivalent(context)
    noticed, argued, unnoticed, number = [], 0, [], 0
    for mutant in mutants(context.bench.solution):
        number += 1
        if not trial.passes(mutant.source):
            noticed.append((mutant.key, mutant.source))
        elif mutant.key in reasons:
            argued += 1
        else:
            unnoticed.append(mutant.key)
    return number, noticed, argued, tuple(unnoticed)


def _foreign(
    context: Context, trial: Trial, courses: Mapping[str, Course], noticed: Sequence[tuple[str, str]]
) -> tuple[int, tuple[str, ...], int]:
    """Diagnose mistakes that belong to no misconception.

    Foreign is a mutant whose results differ, in some call of the suite, from those of every catalogued wrong version; and a
    wrong sample. What it is named is

    - FALSE, if for some test that a name claims no version of these misconceptions (a pair, where two are named together)
      gives the mutant's result in every call that the test makes: what the box says is not so. Or if the names leave more
      failed tests open than they explain: then the box hides more than it tells.
    - PARTLY true, if each claim is so, and a smaller part of the failed tests is left open. That is counted apart.

    Returns:
        How many were diagnosed, a sentence for each false name, the number of partly true ones.
    """
    bench = context.bench
    found, false, partly = 0, [], 0
    versions = (*bench.variants[0], *bench.variants[1])
    samples = [(f"wrong/{path.name}", sample(context, path)) for path in context.samples("wrong")]
    drawn_ones = sorted(noticed, key=lambda entry: sha256(entry[0].encode()).hexdigest())[:FOREIGN]
    for key, source in (*samples, *drawn_ones):
        own = trial.run(source)
        if any(agree(own, course, bench.suite.tests) for course in courses.values()):
            continue
        found += 1
        records = [record for record in graded(bench, source, trial) if record.test in own.failed]
        claims = [record for record in records if record.misconceptions]
        if not claims:
            continue
        if len(records) > 2 * len(claims) or not all(_so(record, own, versions, trial) for record in claims):
            false.append(f"{key}: {', '.join(named(claims))}")
        elif len(records) > len(claims):
            partly += 1
    return found, tuple(false), partly


def _so(claim: Record, own: Course, versions: Sequence[Variant], trial: Trial) -> bool:
    """Whether some version of what a test is named gives the same in every call of that test."""
    candidates = [version for version in versions if {*version.misconceptions} == {*claim.misconceptions}]
    return any(_same_calls(own, trial.run(version.source), claim.test) for version in candidates)


def agree(one: Course, other: Course, tests: Sequence[Any]) -> bool:
    """Whether two modules gave the same results in every call of the suite."""
    return one.failed == other.failed and all(_same_calls(one, other, test.name) for test in tests)


def _same_calls(one: Course, other: Course, test: str) -> bool:
    mine, theirs = one.calls.get(test, ()), other.calls.get(test, ())
    if len(mine) != len(theirs):
        return False
    for a, b in zip(mine, theirs, strict=True):
        if (a.function, a.arguments) != (b.function, b.arguments) or type(a.outcome) is not type(b.outcome):
            return False
        if isinstance(a.outcome, Returned) and isinstance(b.outcome, Returned):
            if not _equal(a.outcome.value, b.outcome.value) or not _equal(a.outcome.arguments, b.outcome.arguments):
                return False
        elif getattr(a.outcome, "type", None) != getattr(b.outcome, "type", None):
            return False
    return True


def _equal(one: Any, other: Any) -> bool:
    try:
        return one is other or difference(one, other) is None
    except Exception:  # values that have no form in common
        return False


def _fixed(bench: Bench, trials: Sequence[Trial]) -> list[str]:
    """Return the tests that make the very same calls under two seeds."""
    one, other = (trial.run(bench.solution) for trial in trials)

    def asked(course: Course, test: str) -> list[tuple[str, str]]:
        return [(call.function, call.arguments) for call in course.calls[test]]

    return [t.name for t in bench.suite.tests if asked(one, t.name) == asked(other, t.name)]


def _spoilt(context: Context, trials: Sequence[Trial]) -> Iterator[str]:
    reasons = argued_equivalent(context)
    for version in spoilt(context.bench):
        if version.key not in reasons and any(trial.passes(version.source) for trial in trials):
            yield f"{version.function} may be {version.way}, and no test notices: add one, or argue it in equivalent.yaml"


def _slowest(context: Context) -> int:
    """Return the slowest diagnosis of a wrong sample in gradings of the solution, to one digit."""
    right = _seconds(context, context.bench.solution)
    slow = max((_seconds(context, sample(context, path)) for path in context.samples("wrong")), default=0.0)
    return int(float(f"{slow / right:.0e}"))


def _seconds(context: Context, source: str) -> float:
    took = []
    for _ in range(3):
        start = time.process_time()
        context.grader.grade(context.exercise.name, source, b"a seed that is new each time")
        took.append(time.process_time() - start)
    return min(took)


def graded(bench: Bench, source: str, trial: Trial) -> list[Record]:
    """Grade with diagnosis under a trial's seed, with its answers."""
    session = Session(bench, bench.submission(source), trial.key, in_process, Limits())
    session.oracle = trial.oracle
    try:
        return session.run()
    finally:
        session.close()


def named(records: Sequence[Record]) -> list[str]:
    """Return the misconceptions that a grading names."""
    return list(dict.fromkeys(id for record in records for id in record.misconceptions))
