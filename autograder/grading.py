"""Grades one submission: runs its suite against it and gathers the records.

The suite, the reference and the expected values live here; the submission lives behind a `Runner`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from autograder import proof
from autograder.calls import Failed, InfrastructureError, Isolation, Limits, Loaded, Outcome, Raised, Runner, Submission
from autograder.carrying import below, carried, grounds
from autograder.catalogue import Catalogue, Exercise, parameters
from autograder.check import Check, CheckFailed, Student
from autograder.diagnosis import diagnose
from autograder.general import versions
from autograder.inprocess import InProcess
from autograder.oracle import Oracle, reference_digest
from autograder.records import Detail, Record, Report, Status
from autograder.suite import Suite, SuiteError, Test, load
from autograder.trace import Call
from autograder.variants import Variant, code, from_record, pair_variants, single_variants

PUBLIC = b"public"  # the learner's own seed: the same inputs each time
JUDGING = (
    "check",
    "compare",
    "host",
    "oracle",
    "recipes",
    "reference",
    "trace",
    "variants",
    "wire",
)  # answers depend on these
Opener = Callable[[Submission, Limits], Runner]


def in_process(submission: Submission, limits: Limits) -> Runner:
    """Open a submission in this process."""
    return InProcess(submission)


def secret_key(course_key: bytes, student: str, exercise: str, attempt: int) -> bytes:
    """Return the seed of a final mark: HMAC-SHA256 of the course's key with student, exercise and attempt."""
    message = b"\0".join(part.encode() for part in (student, exercise, str(attempt)))
    return hmac.new(course_key, message, hashlib.sha256).digest()


def generator(key: bytes, exercise: str, test: str) -> np.random.Generator:
    """Return a test's own random generator, so that no test depends on the order in which tests run."""
    digest = hmac.new(key, f"{exercise}/{test}".encode(), hashlib.sha256).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


@dataclass
class Bench:
    """Everything that grading one exercise needs, read once and kept warm."""

    exercise: Exercise
    root: Path
    recorded_only: bool = False  # a student's bundle: no solution, no reference, recorded answers only

    @cached_property
    def suite(self) -> Suite:
        return load(self.exercise.suite)

    @cached_property
    def solution(self) -> str:
        return self.exercise.solution.read_text(encoding="utf-8")

    @cached_property
    def signatures(self) -> dict[str, tuple[str, ...]]:
        """Parameter names by function, from the stub."""
        stub = self.exercise.stub(self.root) if self.recorded_only else self.exercise.solution
        return parameters(stub.read_text(encoding="utf-8"))

    @cached_property
    def answers_folder(self) -> Path:
        return self.exercise.root / "course" / "answers" if self.recorded_only else self.root / ".anndl" / "answers"

    @cached_property
    def digest(self) -> str:
        """Hash of everything that the right and the wrong answers depend on."""
        if self.recorded_only:
            return (self.answers_folder / f"{self.exercise.name}.digest").read_text().strip()
        digest = hashlib.sha256(self.suite.digest.encode())
        digest.update(self.solution.encode())
        digest.update(reference_digest(self.exercise).encode())
        for module in JUDGING:
            digest.update(Path(__file__).with_name(f"{module}.py").read_bytes())
        digest.update(np.__version__.encode())
        return digest.hexdigest()

    @cached_property
    def variants(self) -> tuple[Sequence[Variant], Sequence[Variant]]:
        """The wrong versions: those of one misconception, and those of two."""
        if self.recorded_only:
            data = json.loads((self.answers_folder / f"{self.exercise.name}.variants").read_text(encoding="utf-8"))
            return from_record(data["singles"]), from_record(data["pairs"])
        stated, general = self.suite.wrong, versions(code(self.solution), self.exercise)
        return single_variants(self.solution, (*stated, *general)), pair_variants(self.solution, stated)

    def oracle(self, public: bool) -> Oracle:
        """Return the public seed's oracle, which is kept, or a fresh one for a secret seed."""
        if public:
            return self._public_oracle
        return Oracle(self.exercise, lambda: self.variants, self.digest, None, runners=self._runners)

    @cached_property
    def _runners(self) -> dict[str, Runner]:
        return {}

    def save(self) -> None:
        """Keep what the public seed's oracle has learnt."""
        if "_public_oracle" in vars(self):
            self._public_oracle.save()

    @cached_property
    def _public_oracle(self) -> Oracle:
        return Oracle(self.exercise, lambda: self.variants, self.digest, self.answers_folder, self.recorded_only)

    @cached_property
    def _proven(self) -> dict[str, frozenset[str]]:
        """The tests that each wrong version fails, from the exercise's proof record, as long as that is true."""
        found = None if self.recorded_only else proof.fresh(self.exercise)
        if found is None:
            return {}
        return {
            key: frozenset(test for test, mark in zip(found.tests, marks, strict=False) if mark == "x")
            for key, marks in found.versions.items()
        }

    def profile(self, variant: Variant) -> frozenset[str] | None:
        """Return the tests that a wrong version fails under every seed; None where that is not recorded."""
        if variant.key in self._proven:
            return self._proven[variant.key]

        def compute() -> frozenset[str]:
            by_key = {one.key: one for one in self.variants[0]}
            source = variant.source or by_key[variant.key].source
            session = Session(self, self.submission(source), PUBLIC, in_process, Limits(), diagnose=False)
            try:
                return failing(session.run())
            finally:
                session.close()

        return self._public_oracle.profile(variant, compute)

    def submission(self, source: str, name: str | None = None) -> Submission:
        """Wrap a submission's text for a runner."""
        e = self.exercise
        path = name or f"exercises/{e.chapter}/{e.name}.py"
        helpers = {function: tuple(sorted(below([function], e.builds_on))) for function in e.builds_on}
        return Submission(source, path, e.functions, e.framework, e.opaque, helpers)


class Grader:
    """Grades submissions against the course in `root`; suites and answers stay warm between gradings."""

    def __init__(self, root: Path, opener: Opener = in_process, limits: Limits | None = None) -> None:
        self.root, self.catalogue, self.opener = root, Catalogue(root), opener
        self.limits = limits or Limits()
        self.diagnose = True  # False where only right or wrong is asked
        self._benches: dict[str, Bench] = {}

    def bench(self, name: str) -> Bench:
        """Return the warm bench of an exercise."""
        if name not in self._benches:
            exercise = self.catalogue.exercises[name]
            bundled = not (exercise.root / "solutions").is_dir()
            self._benches[name] = Bench(exercise, self.root, recorded_only=bundled)
        return self._benches[name]

    def open(self, submission: Submission) -> Runner:
        """Open a submission as the grader would."""
        return self.opener(submission, self.limits)

    def grade(self, name: str, source: str, key: bytes = PUBLIC, filename: str | None = None) -> Report:
        """Grade the text of one module.

        Args:
            name: the exercise.
            source: the submitted module's text.
            key: seeds the inputs; `PUBLIC` for the learner, `secret_key(...)` for a mark.
            filename: what tracebacks show.

        Returns:
            A report. Nothing that the submission does raises here; a fault of ours makes records `not-run`.

        Raises:
            SuiteError, CourseError: the course itself is broken.
        """
        bench = self.bench(name)
        start = time.perf_counter()
        session = Session(bench, bench.submission(source, filename), key, self.opener, self.limits, self.diagnose)
        try:
            records = tuple(session.run())
        finally:
            session.close()
        hashes = {
            "submission": hashlib.sha256(source.encode()).hexdigest(),
            "suite": bench.digest,
            "numpy": np.__version__,
        }
        return Report(
            exercise=name,
            chapter=bench.exercise.chapter,
            records=records,
            problem=session.problem,
            isolation=session.isolation,
            seconds=time.perf_counter() - start,
            hashes=hashes,
        )


class Session:
    """One grading of one submission. After `run`, `traces` holds what each test asked and what came."""

    def __init__(
        self, bench: Bench, submission: Submission, key: bytes, opener: Opener, limits: Limits, diagnose: bool = True
    ) -> None:
        self.bench, self.key, self.limits = bench, key, limits
        self.oracle = bench.oracle(public=key == PUBLIC)
        self.problem = ""
        self.isolation = Isolation()
        self.traces: dict[str, Sequence[Call]] = {}
        self._submission, self._open, self._diagnose = submission, opener, diagnose
        self._runner: Runner | None = None
        self._used = 0.0  # seconds in the submission's code; what the grader itself takes is not the student's

    def run(self) -> list[Record]:
        """Run every test and return one record each."""
        suite = self.bench.suite
        failure = self._load()
        if failure is not None:
            return [replace(failure, test=t.name, title=t.title, points=t.points) for t in suite.tests]
        begun = [self._begun(test, ahead=True) for test in suite.tests]
        records = [self._finished(*test) for test in begun]
        if self._diagnose and failing(records):
            records = self._named(carried(self.bench, records, self.traces, self.again))
        self.oracle.save()
        self.bench.save()  # a secret seed asks the public one how the wrong versions fare
        return records

    def check(self, ahead: bool = False) -> Check:
        """Return the checks for one test, which begin their calls `ahead` of judging them or judge at once."""
        if self._runner is None and (failure := self._load()) is not None:
            if failure.status == "not-run":
                raise InfrastructureError(failure.message)
            raise CheckFailed(failure.message, failure.status)
        return Check(self._begin, self.oracle, self.bench.signatures, ahead)

    def explain(self, test: str, failed: CheckFailed) -> str:
        """Return a failed check as text for pytest, with the belief that a grading of the whole submission finds behind it."""
        detail = failed.detail or Detail()
        named = (("called  ", detail.called), ("returned", detail.returned), ("expected", detail.expected))
        lines = [failed.message]
        lines += [f"  {name}  {text}" for name, text in (*named, ("        ", detail.difference)) if text]
        lines += [f"  {hint}" for hint in failed.hints]
        catalogue = Catalogue(self.bench.root)
        for name in self._beliefs.get(test, ()):
            entry = catalogue.belief(name)
            lines += [f"  This is what comes out of the belief: {entry.believes}", f"  {entry.fails}", f"  {entry.ask}"]
            lines += [f"  ({name})"]
        return "\n".join(lines)

    @cached_property
    def _beliefs(self) -> dict[str, tuple[str, ...]]:
        whole = Session(self.bench, self._submission, self.key, in_process, self.limits)
        try:
            return {record.test: record.misconceptions for record in whole.run()}
        finally:
            whole.close()

    def close(self) -> None:
        """End the submission's worker."""
        if self._runner is not None:
            self._runner.close()
            self._runner = None

    def _load(self) -> Record | None:
        """Open the submission; return the record that all tests share where it cannot even be loaded."""
        blank = Record("", "", 0.0, 0.0, "error")
        try:
            self._runner = self._open(self._submission, self.limits)
            loaded = self._runner.load()
            self.isolation = self._runner.isolation
        except InfrastructureError as error:
            return replace(blank, earned=None, status="not-run", message=f"The grader could not run: {error}")
        if isinstance(loaded, Loaded):
            return None
        self.problem = _load_problem(loaded, self._submission.name)
        status: Status = "error"
        if isinstance(loaded, Failed):
            status = "timeout" if loaded.kind == "timeout" else "crashed"
        return replace(blank, status=status, message=self.problem)

    def _begin(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Callable[[], Outcome]:
        """Start a call of the submission; what is returned gives the outcome."""
        if self._used > self.limits.total_seconds:
            used_up = Failed("timeout", f"The submission used up its {self.limits.total_seconds:.0f} seconds")
            return lambda: used_up
        assert self._runner is not None
        wait = self._runner.begin(function, args, kwargs)

        def outcome() -> Outcome:
            found = wait()
            if found is None:  # the submission ended at an earlier call: this one is made again
                return self._begin(function, args, kwargs)()
            self._used += found.seconds
            return found

        return outcome

    def _begun(self, test: Test, ahead: bool) -> tuple[Test, Check | None, Exception | None, float]:
        """Run a test up to where its calls are under way; returns its checks, what it raised, and its seconds."""
        start = time.perf_counter()
        check, raised = None, None
        try:
            check = self.check(ahead)  # after a crash this loads the submission anew, which may fail in turn
            fixtures = {
                "check": check,
                "student": Student(check),
                "rng": generator(self.key, self.bench.exercise.name, test.name),
            }
            test.function(**{name: fixtures[name] for name in test.fixtures})
        except Exception as error:
            raised = error
        return test, check, raised, time.perf_counter() - start

    def _finished(self, test: Test, check: Check | None, error: Exception | None, seconds: float) -> Record:
        """Judge a test that was begun."""
        start = time.perf_counter()
        blank = Record(test.name, test.title, test.points, 0.0, "fail")
        try:
            if check is not None:
                self.traces[test.name] = check.trace
                check.settle()
            if error is not None:
                raise error
        except CheckFailed as failed:
            record = replace(
                blank,
                status=failed.status,
                message=failed.message,
                told=failed.told,
                hints=failed.hints,
                detail=failed.detail,
                unfinished=failed.unfinished,
                waiting=failed.waiting,
            )
        except (InfrastructureError, SuiteError) as error:
            record = replace(
                blank, earned=None, status="not-run", message=f"The grader could not run this test: {error}"
            )
        except Exception as error:
            if self._diagnose and self._solution_passes(test):
                message = f"what was returned cannot be examined ({type(error).__name__})"
                record = replace(blank, message=message)
            else:
                message = f"This test itself failed ({type(error).__name__}: {error}); that is no fault of yours"
                record = replace(blank, earned=None, status="not-run", message=message)
        else:
            record = replace(blank, earned=test.points, status="pass")
        return replace(record, seconds=seconds + time.perf_counter() - start)

    def _solution_passes(self, test: Test) -> bool:
        """Whether the right solution passes a test that broke down: then the submission broke it, and not the grader.

        In a student's bundle there is no solution to ask; its suites are those that passed here.
        """
        if self.bench.recorded_only:
            return True
        solution = self.bench.submission(self.bench.solution)
        session = Session(self.bench, solution, self.key, in_process, self.limits, diagnose=False)
        try:
            return session._finished(*session._begun(test, ahead=False)).status == "pass"
        finally:
            session.close()

    def _named(self, records: list[Record]) -> list[Record]:
        """Give each failed test the misconceptions that explain it, where they earn their name."""
        blame = grounds(self.bench, records, self.traces)
        found = diagnose(failing(records), self.traces, self.oracle, self.bench.profile, blame)
        return [
            replace(r, misconceptions=found.named.get(r.test, ()), resembles=found.resembles.get(r.test, ()))
            for r in records
        ]

    def again(self, tests: Sequence[str], replaced: Sequence[str]) -> dict[str, Record]:
        """Run some tests in a worker of its own, in which right versions of some functions answer the submission's calls.

        The right versions run in yet another worker: no solution enters the submission's, and what it asks for is bounded.
        In a student's bundle there are only their recorded answers to the calls that a right submission makes.
        """
        again = Session(self.bench, self._submission, self.key, self._open, self.limits, diagnose=False)
        again.oracle = self.oracle
        right: Runner | None = None
        try:
            if again._load() is not None or again._runner is None:
                return {}
            if not self.bench.recorded_only:
                right = self._open(self.bench.submission(self.bench.solution), self.limits)
                right.load()
            again._runner.replace(replaced, self.oracle.helper(None if right is None else right.call))
            chosen = [test for test in self.bench.suite.tests if test.name in tests]
            return {test.name: again._finished(*again._begun(test, ahead=False)) for test in chosen}
        except InfrastructureError:
            return {}
        finally:
            again.close()
            if right is not None:
                right.close()


def failing(records: Sequence[Record]) -> frozenset[str]:
    """Return the tests that the submission as it stands does not pass."""
    return frozenset(r.test for r in records if (r.status != "pass" and not r.waiting) or r.carried)


def _load_problem(outcome: Raised | Failed, name: str) -> str:
    if isinstance(outcome, Failed):
        return f"Your file could not be loaded: {outcome.message}"
    where = f"{name}, line {outcome.line}" if outcome.line else name
    code = f": `{outcome.source}`" if outcome.source else ""
    if outcome.type in ("SyntaxError", "IndentationError", "TabError"):
        return f"{where} is not yet Python ({outcome.message}){code}"
    return f"{where}: importing your file raised {outcome.type} ({outcome.message[:300]}){code}"


__all__ = ["PUBLIC", "Grader", "Session", "in_process", "secret_key"]
