"""A name must be earned, and a slip costs its own points: on small exercises made for the purpose, and on those of the course."""

from pathlib import Path

import pytest

from autograder.calls import Limits, Raised, Returned
from autograder.desk import sandboxed
from autograder.diagnosis import Grounds, agreement, constant_functions, diagnose
from autograder.grading import PUBLIC, Grader, Session, in_process
from autograder.oracle import Answer
from autograder.trace import Call
from autograder.trial import Trial
from autograder.variants import Variant

ROOT = Path(__file__).resolve().parents[2]
NOTHING = Grounds({}, {}, {})


class Told:
    """Stands for the oracle: what each version answers to each call is said beforehand."""

    def __init__(self, answers: dict[str, dict[str, object]], pairs: dict[str, tuple[str, str]] | None = None) -> None:
        self._answers = answers
        self.singles = [Variant((key.partition("#")[0],), "", (), key) for key in answers if "+" not in key]
        self.pairs = [Variant(tuple(key.split("+")), "", parents, key) for key, parents in (pairs or {}).items()]

    def reach(self, variant: Variant, target: str) -> str:
        return variant.key

    def variant(self, variant: Variant, target: str, arguments: object, after: bool) -> Answer:
        return Answer(self._answers[variant.key][target])


def trace(**results: tuple[float, bool]) -> list[Call]:
    """Calls of functions that returned a number, which was right or not."""
    return [
        Call(name, ([], {}), Returned([value, value + 1], ([], {})), right) for name, (value, right) in results.items()
    ]


def named(traces, answers, profiles, pairs=None) -> dict[str, tuple[str, ...]]:
    told = {key: {f: [v, v + 1] for f, v in values.items()} for key, values in answers.items()}
    found = diagnose(frozenset(traces), traces, Told(told, pairs), lambda v: frozenset(profiles[v.key]), NOTHING)
    return dict(found.named)


def test_a_version_must_agree_on_every_call_of_a_test():
    traces = {"t": trace(f=(2.0, False), g=(5.0, True))}
    assert named(traces, {"a": {"f": 2.0, "g": 5.0}}, {"a": "t"}) == {"t": ("a",)}
    assert named(traces, {"a": {"f": 2.0, "g": 4.0}}, {"a": "t"}) == {}


def test_a_third_of_the_failed_tests_is_the_least():
    one = {"t": trace(f=(2.0, False)), **{name: trace(g=(1.0, False)) for name in "uvw"}}
    assert named(one, {"a": {"f": 2.0, "g": 9.0}}, {"a": "t"}) == {}  # one of four
    assert named({k: one[k] for k in "tuv"}, {"a": {"f": 2.0, "g": 9.0}}, {"a": "t"}) == {"t": ("a",)}


def test_a_belief_that_would_fail_what_is_passed_is_not_named():
    traces = {"t": trace(f=(2.0, False))}
    assert named(traces, {"a": {"f": 2.0}}, {"a": ("t", "passed")}) == {}


def test_a_belief_is_contradicted_where_its_test_fails_otherwise():
    traces = {"t": trace(f=(2.0, False)), "u": trace(g=(1.0, False))}
    assert named(traces, {"a": {"f": 2.0, "g": 3.0}}, {"a": "tu"}) == {}


def test_two_beliefs_that_leave_nothing_to_a_third():
    traces = {"t": trace(f=(2.0, False)), "u": trace(g=(1.0, False)), "both": trace(h=(7.0, False))}
    answers = {"a": {"f": 2.0, "g": 0.0, "h": 1.0}, "b": {"f": 0.0, "g": 1.0, "h": 2.0}}
    profiles = {"a": ("t", "both"), "b": ("u", "both")}
    assert named(traces, answers, profiles) == {"t": ("a",), "u": ("b",)}


def test_a_pair_explains_what_neither_alone_does():
    traces = {"t": trace(f=(2.0, False))}
    answers = {"a": {"f": 1.0}, "b": {"f": 3.0}, "a+b": {"f": 2.0}}
    found = named(traces, answers, {"a": "t", "b": "t", "a+b": "t"}, {"a+b": ("a", "b")})
    assert found == {"t": ("a", "b")}


def test_an_exception_is_evidence_only_with_its_place():
    raised = Raised("ValueError", "shapes (2,) and (3,)", function="f")
    assert agreement(Answer(raised="ValueError", function="f", message="shapes (2,) and (3,)"), raised) == "strong"
    assert agreement(Answer(raised="ValueError", function="f", message="another"), raised) == "weak"
    assert agreement(Answer(raised="ValueError", function="g", message="shapes (2,) and (3,)"), raised) == "weak"
    assert agreement(Answer(raised="TypeError", function="f", message="shapes (2,) and (3,)"), raised) == "no"


def test_a_float_is_not_the_integer_of_the_same_value():
    assert agreement(Answer(6), Returned(6.0, ([], {}))) == "no"


def test_one_result_for_every_input_is_no_belief():
    calls = [Call("f", ([n], {}), Returned(1, ([], {})), n == 1, n) for n in range(4)]
    assert constant_functions({"t": calls}) == {"f"}
    varied = [*calls, Call("f", ([9], {}), Returned(2, ([], {})), False, 9)]
    assert constant_functions({"t": varied}) == frozenset()


SLIPS = {  # exercise: (right, wrong, functions whose tests may cost points)
    "lstm": ("return f, i, g, o\n", "return i, f, g, o\n", {"gates"}),
    "attention": ("axis=axis, keepdims=True)\n", "axis=axis)\n", {"softmax"}),
    "hebbian": ("> 0 else -1", ">= 0 else -1", {"predict"}),
    "gan": ("- log_fake.mean()", "+ log_fake.mean()", {"discriminator_loss"}),
}


@pytest.fixture(scope="module")
def graders() -> list[Grader]:
    return [Grader(ROOT, in_process), Grader(ROOT, sandboxed())]


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_costs_its_own_functions_points(graders: list[Grader], name: str) -> None:
    right, wrong, own = SLIPS[name]
    told = []
    for grader in graders:
        solution = grader.bench(name).solution
        assert right in solution
        report = grader.grade(name, solution.replace(right, wrong, 1))
        carried = [record for record in report.records if record.carried]
        assert carried
        assert {function for record in carried for function in record.carried} >= own
        assert report.earned >= report.points / 2
        assert report.state == "in progress"
        told.append([(r.test, r.status, r.earned, r.carried, r.misconceptions) for r in report.records])
    assert told[0] == told[1]  # in process and confined


def test_nothing_is_gained_for_the_function_that_was_replaced(graders: list[Grader]) -> None:
    lazy = "def gates(x, h, params):\n    return None\n\n\ndef step(x, h, c, params):\n    return gates(x, h, params)\n"
    report = graders[1].grade("lstm", lazy + "\n\ndef forward(X, h0, c0, params):\n    return None\n")
    assert report.earned == 0


def test_a_trial_judges_as_a_grading_does():
    """The proof's profiles come from trials, and a belief that fails what a grading passes would never be named."""
    bench = Grader(ROOT).bench("attention")
    broken = bench.solution.replace("    return weights @ V, weights\n", '    raise ValueError("no context")\n')
    assert broken != bench.solution
    session = Session(bench, bench.submission(broken), PUBLIC, in_process, Limits(), diagnose=False)
    try:
        failed = {record.test for record in session.run() if record.status != "pass"}
    finally:
        session.close()
    assert failed
    assert "test_arguments_stay_as_they_are" not in failed  # the other two functions are right
    assert Trial(bench).run(broken).failed == failed
