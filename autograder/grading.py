"""Grades one submission: runs its suite against it and gathers the records.

The suite, the reference and the expected values live here; the submission lives behind a `Runner`.
"""

from __future__ import annotations

import ast
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from autograder.calls import Failed, InfrastructureError, Isolation, Limits, Loaded, Outcome, Raised, Runner, Submission
from autograder.catalogue import Catalogue, Exercise
from autograder.check import Check, CheckFailed, Student
from autograder.inprocess import InProcess
from autograder.oracle import Oracle, reference_digest
from autograder.records import Record, Report, Status
from autograder.suite import Suite, SuiteError, Test, load
from autograder.variants import Variant, from_record, pair_variants, single_variants

PUBLIC = b"public"  # the learner's own seed: the same inputs each time
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
        tree = ast.parse(stub.read_text(encoding="utf-8"))
        functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        return {
            f.name: tuple(a.arg for a in (*f.args.posonlyargs, *f.args.args, *f.args.kwonlyargs)) for f in functions
        }

    @cached_property
    def answers_folder(self) -> Path:
        return self.root / "course" / "answers" if self.recorded_only else self.root / ".anndl" / "answers"

    @cached_property
    def digest(self) -> str:
        """Hash of everything that the right and the wrong answers depend on."""
        if self.recorded_only:
            return (self.answers_folder / f"{self.exercise.name}.digest").read_text().strip()
        digest = hashlib.sha256(self.suite.digest.encode())
        digest.update(self.solution.encode())
        digest.update(reference_digest(self.exercise).encode())
        digest.update(np.__version__.encode())
        return digest.hexdigest()

    @cached_property
    def variants(self) -> tuple[Sequence[Variant], Sequence[Variant]]:
        """The wrong versions: those of one misconception, and those of two."""
        if self.recorded_only:
            data = json.loads((self.answers_folder / f"{self.exercise.name}.variants").read_text(encoding="utf-8"))
            return from_record(data["singles"]), from_record(data["pairs"])
        wrong = self.suite.wrong
        return single_variants(self.solution, wrong), pair_variants(self.solution, wrong)

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

    def profile(self, variant: Variant) -> frozenset[str] | None:
        """Return the tests that a wrong version fails on the public seed; None where that is not recorded."""

        def compute() -> frozenset[str]:
            session = Session(self, self.submission(variant.source), PUBLIC, in_process, Limits(), diagnose=False)
            try:
                return _failing(session.run())
            finally:
                session.close()

        return self._public_oracle.profile(variant, compute)

    def submission(self, source: str, name: str | None = None) -> Submission:
        """Wrap a submission's text for a runner."""
        e = self.exercise
        return Submission(source, name or f"exercises/{e.chapter}/{e.name}.py", e.functions, e.framework, e.opaque)


class Grader:
    """Grades submissions against the course in `root`; suites and answers stay warm between gradings."""

    def __init__(self, root: Path, opener: Opener = in_process, limits: Limits | None = None) -> None:
        self.root, self.catalogue, self.opener = root, Catalogue(root), opener
        self.limits = limits or Limits()
        self.recorded_only = not (root / "solutions").is_dir()
        self.diagnose = True  # False where only right or wrong is asked
        self._benches: dict[str, Bench] = {}

    def bench(self, name: str) -> Bench:
        """Return the warm bench of an exercise."""
        if name not in self._benches:
            self._benches[name] = Bench(self.catalogue.exercises[name], self.root, self.recorded_only)
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
    """One grading of one submission."""

    def __init__(
        self, bench: Bench, submission: Submission, key: bytes, opener: Opener, limits: Limits, diagnose: bool = True
    ) -> None:
        self.bench, self.key, self.limits = bench, key, limits
        self.oracle = bench.oracle(public=key == PUBLIC)
        self.problem = ""
        self.isolation = Isolation()
        self._submission, self._open, self._diagnose = submission, opener, diagnose
        self._runner: Runner | None = None
        self._used = 0.0  # seconds in the submission's code; what the grader itself takes is not the student's
        self._candidates: dict[str, list[Variant]] = {}
        self._among: dict[str, Callable[[Iterable[Variant]], list[Variant]]] = {}  # tests that no single one explains

    def run(self) -> list[Record]:
        """Run every test and return one record each."""
        suite = self.bench.suite
        failure = self._load()
        if failure is not None:
            return [replace(failure, test=t.name, title=t.title, points=t.points) for t in suite.tests]
        begun = [self._begun(test, ahead=True) for test in suite.tests]
        records = [self._finished(*test) for test in begun]
        if self._diagnose:
            self._try_pairs(records)
        if self._candidates:
            records = self._named(records)
        self.oracle.save()
        self.bench.save()  # a secret seed asks the public one how the wrong versions fare
        return records

    def check(self, ahead: bool = False) -> Check:
        """Return the checks for one test, which begin their calls `ahead` of judging them or judge at once."""
        if self._runner is None and (failure := self._load()) is not None:
            if failure.status == "not-run":
                raise InfrastructureError(failure.message)
            raise CheckFailed(failure.message, failure.status)
        return Check(self._begin, self.oracle, self.bench.signatures, self._diagnose, ahead)

    def explain(self, failed: CheckFailed) -> str:
        """Return a failed check as text for pytest."""
        lines = [failed.message]
        if failed.detail:
            named = (
                ("called  ", failed.detail.called),
                ("returned", failed.detail.returned),
                ("expected", failed.detail.expected),
            )
            lines += [f"  {name}  {text}" for name, text in (*named, ("        ", failed.detail.difference)) if text]
        lines += [f"  {hint}" for hint in failed.hints]
        if failed.candidates:
            catalogue = Catalogue(self.bench.root).misconceptions
            for name in failed.candidates[0].misconceptions:
                entry = catalogue[name]
                lines += [
                    f"  This is what comes out of the belief: {entry.believes}",
                    f"  {entry.fails}",
                    f"  {entry.ask}",
                    f"  ({name})",
                ]
        return "\n".join(lines)

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
                check.settle()
            if error is not None:
                raise error
        except CheckFailed as failed:
            if failed.candidates:
                self._candidates[test.name] = list(failed.candidates)
            elif check is not None and check.among is not None:
                self._among[test.name] = check.among
            record = replace(
                blank,
                status=failed.status,
                message=failed.message,
                told=failed.told,
                hints=failed.hints,
                detail=failed.detail,
                unfinished=failed.unfinished,
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
        """Give each failed test the misconception that explains most, with the fewest assumptions."""
        failing = _failing(records)

        def mismatch(variant: Variant) -> int:
            """Count the tests on which a wrong version fares otherwise than the submission."""
            return len((self.bench.profile(variant) or frozenset()) ^ failing)

        open_tests = dict(self._candidates)
        named: dict[str, tuple[str, ...]] = {}
        while open_tests:
            covered: dict[str, set[str]] = {}
            by_key: dict[str, Variant] = {}
            for test, variants in open_tests.items():
                for variant in variants:
                    covered.setdefault(variant.key, set()).add(test)
                    by_key[variant.key] = variant
            fewest = min(len(v.misconceptions) for v in by_key.values())
            singles = [v for v in by_key.values() if len(v.misconceptions) == fewest]
            best = min(singles, key=lambda v: (mismatch(v) - len(covered[v.key]), -len(covered[v.key])))
            for test in covered[best.key]:
                named[test] = best.misconceptions
                del open_tests[test]
        return [replace(record, misconceptions=named.get(record.test, ())) for record in records]

    def _try_pairs(self, records: Sequence[Record]) -> None:
        """Look for two misconceptions at once where one does not explain a failed test.

        Only such pairs are tried of which either alone fails nothing that the submission passes, and which together fail
        all that is unexplained: a few of a thousand.
        """
        if not self._among:
            return
        failing, unexplained = _failing(records), frozenset(self._among)
        profiles = {variant.key: self.bench.profile(variant) for variant in self.oracle.singles}
        plausible = {key: failing if profile is None else profile for key, profile in profiles.items()}
        plausible = {key: profile for key, profile in plausible.items() if profile <= failing}

        def explains_all(pair: Variant) -> bool:
            first, second = pair.parents
            return first in plausible and second in plausible and unexplained <= plausible[first] | plausible[second]

        pairs = [pair for pair in self.oracle.pairs if explains_all(pair)]
        for test, among in self._among.items():
            if found := among(pairs):
                self._candidates[test] = found


def _failing(records: Sequence[Record]) -> frozenset[str]:
    return frozenset(record.test for record in records if record.status != "pass")


def _load_problem(outcome: Raised | Failed, name: str) -> str:
    if isinstance(outcome, Failed):
        return f"Your file could not be loaded: {outcome.message}"
    where = f"{name}, line {outcome.line}" if outcome.line else name
    code = f": `{outcome.source}`" if outcome.source else ""
    if outcome.type in ("SyntaxError", "IndentationError", "TabError"):
        return f"{where} is not yet Python ({outcome.message}){code}"
    return f"{where}: importing your file raised {outcome.type} ({outcome.message[:300]}){code}"


__all__ = ["PUBLIC", "Grader", "Session", "in_process", "secret_key"]
