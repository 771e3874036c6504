"""What a report looks like at 80 columns: the belief first, one example, the rest in few lines."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from autograder.catalogue import Catalogue
from autograder.notebook import to_html
from autograder.records import Detail, Record, Report
from autograder.render import print_report

CATALOGUE = Catalogue(Path(__file__).resolve().parents[2])
DETAIL = Detail(
    "attention_weights(Q=np.array([[2, 0, 0, 0]]), K (2, 4))",
    "row [0, 1] of (2, 3, 4): [0.333, 0, 0, 0]",
    "row [0, 1] of (2, 3, 4): [0.250, 0, 0, 0]",
    "at [0, 1, 0]: 0.333, expected 0.250; 2 of 24 entries differ",
)


def failed(number, *misconceptions, **fields):
    said = {"message": "attention_weights: the values differ", "hints": ("A factor.",), "detail": DETAIL, **fields}
    return Record(f"f{number}", f"failed {number}", 1, 0, "fail", misconceptions=misconceptions, **said)


PASSED = [Record(f"p{number}", f"passed {number}", 1, 1, "pass") for number in range(7)]


def shown(*records, everything=False, name="attention"):
    out = io.StringIO()
    report = Report(name, CATALOGUE.exercises[name].chapter, tuple(records))
    print_report(Console(file=out, width=80, highlight=False), report, CATALOGUE, everything)
    return out.getvalue()


@pytest.mark.parametrize("entry", CATALOGUE.misconceptions.values(), ids=lambda entry: entry.id)
def test_one_mistake_takes_at_most_25_lines(entry):
    text = shown(*(failed(number, entry.id) for number in range(5)), *PASSED)
    assert text.count("\n") <= 25, text


def test_the_belief_comes_first_and_its_followers_are_folded():
    text = shown(*(failed(number, "attention-unscaled") for number in range(5)), failed(5), failed(6), *PASSED)
    order = ["explains 5 of the 7 failed tests", "the belief", "ask yourself", "✗ failed 0", "called", "4 more fail with the same mistake", "0 / 4", "✗ failed 5", "✗ failed 6", "7 tests hold"]  # fmt: skip
    places = [text.index(part) for part in order]
    assert places == sorted(places), text
    assert "failed 3" not in text
    assert "failed 3" in shown(*(failed(n, "attention-unscaled") for n in range(5)), everything=True)
    assert "explains all 2 failed tests" in shown(failed(0, "attention-unscaled"), failed(1, "attention-unscaled"))


def test_three_beliefs_do_not_bury_the_rest():
    text = shown(
        failed(0, "attention-unscaled"),
        failed(1, "attention-unscaled"),
        failed(2, "attention-context-from-the-keys"),
        failed(3, "attention-scaled-by-d"),
        *PASSED,
    )
    assert text.count("the belief") == 3
    assert text.count("why it fails") == 1
    assert text.count("\n") <= 50


def test_two_that_act_together_share_a_box():
    text = shown(failed(0, "attention-unscaled", "attention-context-from-the-keys"))
    assert "Two misconceptions together · it explains the failed test" in text


def test_what_only_resembles_a_belief_is_said_so():
    text = " ".join(shown(failed(0, resembles=("attention-unscaled",)), *PASSED).split())
    assert "One result is also what this would give: The scores of attention are the plain dot products" in text
    assert "A misconception" not in text


def test_carried_and_waiting_tests_say_why():
    carried = Record("c", "the walk", 2, 2, "pass", carried=("gates",))
    others = [Record(f"c{n}", f"step {n}", 1, 1, "pass", carried=("gates", "step")) for n in range(2)]
    waiting = Record("w", "arguments stay", 1, 0, "fail", "waits until gates's result is right", waiting=True)
    text = shown(failed(0), carried, *others, waiting)
    assert "✓ the walk  (counted with a right `gates`)" in text
    assert "✓ 2 tests  (counted with a right `gates` and `step`)" in text
    assert "· arguments stay  (waits until gates's result is right)" in text


def test_what_is_not_written_yet_is_one_line():
    unwritten = [
        Record(f"u{n}", f"later {n}", 1, 0, "fail", "softmax still raises NotImplementedError", unfinished=True)
        for n in range(6)
    ]
    text = shown(failed(0), *unwritten, *PASSED)
    assert "6 ask for what is not written yet" in text
    assert "later" not in text


def test_the_same_exception_is_told_once():
    errors = [
        Record(f"e{n}", f"broken {n}", 1, 0, "error", f"f{n} raised IndexError in line 7: too many indices",
               detail=Detail("f()", line=7, source="x[9]"))
        for n in range(4)
    ]  # fmt: skip
    text = shown(*errors)
    assert text.count("raised IndexError") == 1
    assert "3 more fail with the same mistake" in text


def test_the_picture_and_the_script_are_named_where_something_fails():
    text = " ".join(shown(failed(0), *PASSED).split())
    assert ".anndl/figures/attention.png" in text
    assert "repro attention` makes the call that failed" in text
    assert ".png" not in shown(*PASSED)


def test_a_notebook_says_the_same():
    carried = Record("c", "the walk", 2, 2, "pass", carried=("gates",))
    waiting = Record("w", "arguments stay", 1, 0, "fail", "waits until gates's result is right", waiting=True)
    records = (
        failed(0, "attention-unscaled"),
        failed(1, "attention-nowhere"),
        failed(2, resembles=("attention-scaled-by-d",)),
    )
    page = to_html(Report("attention", "attention", (*records, carried, waiting)), CATALOGUE)
    for said in ("explains 1 of the 4 failed tests", "plain dot products", "attention-nowhere", "One result is also what this would give", "counted with a right `gates`", "waits until gates&#x27;s result is right"):  # fmt: skip
        assert said in page, page
    assert page.index("plain dot products") < page.index("<table")
