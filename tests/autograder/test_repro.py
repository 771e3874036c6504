"""The script with the failing call: its inputs are exact, it runs by itself, and it shows what the report shows."""

import subprocess
import sys

import numpy as np
import pytest

from autograder.desk import Desk
from autograder.repro import NothingFails, first_failure, write_script


def spoilt(whole, chapter, name, old, new):
    """Write a solution with one change as the learner's file; returns the desk and the exercise."""
    text = (whole / "solutions" / chapter / f"{name}.py").read_text()
    assert text.count(old) >= 1
    (whole / "exercises" / chapter / f"{name}.py").write_text(text.replace(old, new))
    desk = Desk(whole, in_process=True)
    return desk, desk.catalogue.exercises[name]


def run(script):
    done = subprocess.run([sys.executable, script.path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_call_with_small_inputs_is_written_out(whole):
    desk, exercise = spoilt(whole, "attention", "attention", " / np.sqrt(Q.shape[-1])", "")
    script = write_script(desk, exercise)
    assert run(script) == "returned\n[[0.9 0.1]]\nexpected\n[[0.75 0.25]]\n"
    assert not script.path.with_suffix(".npz").exists()
    text = script.path.read_text()
    assert len(text.splitlines()) <= 14
    assert "np.array([[2.0, 0.0, 0.0, 0.0]], np.float64)" in text
    assert f"attention.py:{script.line}" in script.told(whole)
    assert desk.file(exercise).read_text().splitlines()[script.line - 1].startswith("def attention_weights(")


def test_large_inputs_lie_beside_the_script_and_are_exact(whole):
    desk, exercise = spoilt(whole, "recurrent", "lstm", "np.tanh(", "np.sin(")
    failure = first_failure(desk, exercise)
    script = write_script(desk, exercise)
    said = run(script)
    assert "returned" in said
    assert "expected" in said
    given = [a for value in (*failure.calls[-1].args, *failure.calls[-1].kwargs.values()) for a in _arrays(value)]
    text = script.path.read_text()
    if script.path.with_suffix(".npz").is_file():
        kept = list(np.load(script.path.with_suffix(".npz")).values())
    else:
        kept = []
    for array in given:
        assert any(np.array_equal(array, other) for other in kept) or repr(float(array.flat[0])) in text


def _arrays(value):
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, dict):
        return [found for item in value.values() for found in _arrays(item)]
    return []


def test_what_the_call_needs_of_earlier_ones_is_called_first(whole):
    """`backward` gets the cache that `forward` made, which only the submission can read."""
    text = (whole / "solutions/feedforward/backprop.py").read_text()
    assert "def backward(" in text
    before, backward = text.split("def backward(")
    desk = Desk(whole, in_process=True)
    exercise = desk.catalogue.exercises["backprop"]
    desk.file(exercise).write_text(before + "def backward(" + backward.replace("2 *", "3 *").replace("2.0 *", "3 *"))
    script = write_script(desk, exercise)
    assert script.failure.calls[-1].function == "backward"
    assert "result_1 = call(student['forward']" in script.path.read_text()
    assert "result_1[1]" in script.path.read_text()
    assert "returned" in run(script)


def test_torch_exercises_are_built_by_recipes(whole):
    desk, exercise = spoilt(whole, "generative", "gan", "optimizer_g.step()", "pass")
    said = run(write_script(desk, exercise))
    assert "the arguments afterwards" in said
    assert "0.weight" in said


def test_a_loss_without_a_gradient_is_repeated(whole):
    text = (whole / "solutions/generative/gan.py").read_text()
    cut = "\n\nright = discriminator_loss\n\n\ndef discriminator_loss(*logits):\n    return right(*logits).item()\n"
    desk = Desk(whole, in_process=True)
    exercise = desk.catalogue.exercises["gan"]
    desk.file(exercise).write_text(text + cut)
    desk.grader.diagnose = False
    report = desk.judge(exercise)
    messages = [record.message for record in report.failed]
    assert any("the loss has no gradient" in message for message in messages), messages
    assert not any("None was returned" in message for message in messages)
    script = write_script(desk, exercise)
    assert "requires_grad" not in script.path.read_text()
    assert "no gradient" in run(script)


def test_a_call_that_raises_raises_in_the_script_too(whole):
    desk, exercise = spoilt(whole, "attention", "attention", "np.sqrt(Q.shape[-1])", "np.sqrt(Q.shape[9])")
    script = write_script(desk, exercise)
    done = subprocess.run([sys.executable, script.path], capture_output=True, text=True)
    assert "IndexError" in done.stderr
    assert f'File "{desk.file(exercise)}"' in done.stderr


def test_an_error_that_the_assignment_asks_for_is_no_failing_call(whole):
    refused = "isinstance(value, bool) or not isinstance(value, Integral)"
    failure = first_failure(*spoilt(whole, "convolutional", "output_size", refused, "not isinstance(value, Integral)"))
    assert True in failure.calls[-1].args  # and not one of the calls before it, which raise as they should


def test_where_nothing_fails_it_is_said(whole):
    desk, exercise = spoilt(whole, "attention", "attention", "import", "import")
    with pytest.raises(NothingFails, match="what is written is right"):
        write_script(desk, exercise)
    desk.file(exercise).write_text(desk.stub(exercise))
    with pytest.raises(NothingFails, match="what is written is right"):
        write_script(desk, exercise)
    desk.file(exercise).write_text("def softmax(:\n")
    with pytest.raises(NothingFails, match="is not yet Python"):
        write_script(desk, exercise)
