"""The wrong versions of Hebbian learning: what each misconception writes.

The same belief shows differently in different code: each form that gives other results is stated, under the same id.
"""

import numpy as np

from autograder import edit, misconception
from autograder.suite import Replacement

ANSWER = "return 1 if np.dot(w, x) > 0 else -1"
STEP = "return w + eta * t * x"
RIGHT = "if predict(w, x) == t:"
COUNTED = "for epoch in range(1, max_epochs + 1):\n        errors = 0"
COUNT = "            errors += predict(w, x) != target\n"
KEEP = "            w = hebbian_update(w, x, target, eta)\n"
EARLY = "        if errors == 0:\n            return w, epoch, True\n    return w, max_epochs, False"
INSIDE = EARLY.replace("        if", "            if").replace(" " * 12 + "r", " " * 16 + "r")

ASKS_FIRST = """
def train(w, X, t, eta, max_epochs):
    for epoch in range(1, max_epochs + 1):
        errors = 0
        for x, target in zip(X, t, strict=True):
            if predict(w, x) != target:
                w = hebbian_update(w, x, target, eta)
                errors += 1
        if errors == 0:
            return w, epoch, True
    return w, max_epochs, False
"""


def asked_first(misconception, update):
    """State what shows in hebbian_update alone where train calls it on errors only: what it does else has no effect there."""
    return Replacement(misconception, "train", f"def hebbian_update(w, x, t, eta):\n    {update}\n\n{ASKS_FIRST}")


wrong = [
    # the unit's answer
    edit("perceptron-line-is-positive", "1 if np.dot(w, x) > 0 else", "1 if w @ x >= 0 else"),
    edit("perceptron-answers-zero-one", ANSWER, "return 1 if w @ x > 0 else 0"),
    edit("perceptron-answers-zero-one", ANSWER, "return w @ x > 0"),
    edit("perceptron-answers-zero-one", ANSWER, "return np.heaviside(w @ x, 0.0)"),
    edit("perceptron-sign-of-zero", ANSWER, "return int(np.sign(w @ x))"),
    edit("perceptron-sign-of-zero", ANSWER, "return np.sign(w @ x)"),
    edit("perceptron-answers-the-sum", ANSWER, "return w @ x"),
    edit("perceptron-answers-the-sum", ANSWER, "return np.tanh(w @ x)"),
    edit("perceptron-answers-the-sum", ANSWER, "return 1 / (1 + np.exp(-(w @ x)))"),
    edit("perceptron-bias-left-out", "1 if np.dot(w, x) > 0 else", "1 if w[1:] @ x[1:] > 0 else"),
    edit("perceptron-bias-counted-twice", "1 if np.dot(w, x) > 0 else", "1 if w[0] + w @ x > 0 else"),
    edit("perceptron-bias-is-a-threshold", "1 if np.dot(w, x) > 0 else", "1 if w[1:] @ x[1:] > w[0] else"),
    edit("perceptron-threshold-is-not-zero", "1 if np.dot(w, x) > 0 else", "1 if w @ x > 0.5 else"),
    edit("perceptron-threshold-is-not-zero", "1 if np.dot(w, x) > 0 else", "1 if w @ x >= 0.5 else"),
    edit("perceptron-threshold-is-not-zero", "1 if np.dot(w, x) > 0 else", "1 if w @ x > 1 else"),
    edit("perceptron-threshold-is-not-zero", "1 if np.dot(w, x) > 0 else", "1 if w @ x >= 1 else"),
    edit("perceptron-sides-swapped", "1 if np.dot(w, x) > 0 else", "1 if w @ x < 0 else"),
    edit("perceptron-sides-swapped", ANSWER, "return -1 if w @ x > 0 else 1"),
    # what an error changes
    edit("hebbian-bias-not-learned", STEP, "return np.concatenate([w[:1], w[1:] + eta * t * x[1:]])"),
    edit("hebbian-updates-every-example", RIGHT, "if False:"),
    edit("hebbian-update-without-the-target", STEP, "return w + eta * x"),
    edit("hebbian-update-without-the-input", STEP, "return w + eta * t"),
    edit("hebbian-update-pushes-away", STEP, "return w - eta * t * x"),
    edit("hebbian-linear-error", STEP, "return w + eta * (t - w @ x) * x"),
    edit("hebbian-without-the-rate", STEP, "return w + t * x"),
    edit("hebbian-changes-the-callers-weights", STEP, "w += eta * t * x\n    return w"),
    edit("hebbian-returns-the-change", STEP, "return eta * t * x"),
    edit("hebbian-returns-the-change", f"return w\n    {STEP}", "return 0.0 * x\n    return eta * t * x"),
    edit("hebbian-weights-normalised", STEP, "w = w + eta * t * x\n    return w / np.sqrt(w @ w)"),
    edit("hebbian-the-line-is-right-for-both", RIGHT, "if t * (w @ x) >= 0:"),
    edit("hebbian-the-line-is-wrong-for-both", RIGHT, "if t * (w @ x) > 0:"),
    edit("hebbian-demands-a-margin", RIGHT, "if t * (w @ x) >= 1:"),
    edit("hebbian-demands-a-margin", RIGHT, "if t * (w @ x) > 1:"),
    edit("hebbian-learns-from-right-answers", RIGHT, "if predict(w, x) != t:"),
    asked_first("hebbian-updates-every-example", "return w + eta * t * x"),
    asked_first("hebbian-strengthens-its-own-answer", "return w + eta * predict(w, x) * x"),
    asked_first("hebbian-learns-from-right-answers", "return w + eta * t * x if predict(w, x) == t else w"),
    asked_first("hebbian-the-line-is-right-for-both", "return w if t * (w @ x) >= 0 else w + eta * t * x"),
    asked_first("hebbian-the-line-is-wrong-for-both", "return w if t * (w @ x) > 0 else w + eta * t * x"),
    asked_first("hebbian-demands-a-margin", "return w if t * (w @ x) >= 1 else w + eta * t * x"),
    asked_first("hebbian-demands-a-margin", "return w if t * (w @ x) > 1 else w + eta * t * x"),
    asked_first("hebbian-linear-error", "return w + eta * (t - w @ x) * x"),
    # when training ends, and what it says then
    edit("hebbian-starts-from-zero", "for epoch in range(1,", "w = np.zeros(X.shape[1])\n    for epoch in range(1,"),
    edit("hebbian-each-epoch-from-the-start", COUNTED, f"begin = w\n    {COUNTED}\n        w = begin"),
    edit("hebbian-without-the-rate", "w = hebbian_update(w, x, target, eta)", "w = hebbian_update(w, x, target, 1.0)"),
    edit("hebbian-step-not-kept", "w = hebbian_update(w, x, target, eta)", "hebbian_update(w, x, target, eta)"),
    edit("hebbian-only-the-last-example-counts", "errors += predict(w, x)", "errors = predict(w, x)"),
    edit("hebbian-errors-never-reset", COUNTED, "errors = 0\n    for epoch in range(1, max_epochs + 1):"),
    edit("hebbian-errors-tested-after-the-step", COUNT + KEEP, KEEP + COUNT),
    edit("hebbian-one-epoch-short", "range(1, max_epochs + 1)", "range(1, max_epochs)"),
    edit("hebbian-one-epoch-too-many", "range(1, max_epochs + 1)", "range(max_epochs + 1)"),
    edit("hebbian-one-epoch-too-many", "range(1, max_epochs + 1)", "range(1, max_epochs + 2)"),
    edit("hebbian-clean-epoch-not-counted", "return w, epoch, True", "return w, epoch - 1, True"),
    edit(
        "hebbian-clean-epoch-not-counted",
        EARLY,
        EARLY.replace("epoch,", "epoch - 1,").replace("epochs,", "epochs - 1,"),
    ),
    edit("hebbian-always-all-epochs", EARLY, "    return w, max_epochs, errors == 0"),
    edit("hebbian-always-all-epochs", EARLY, "    return w, max_epochs, True"),
    edit("hebbian-always-all-epochs", EARLY, "    return w, max_epochs, False"),
    edit("hebbian-the-end-is-convergence", "return w, max_epochs, False", "return w, max_epochs, True"),
    edit("hebbian-returns-only-the-weights", "w, epoch, True\n    return w, max_epochs, False", "w\n    return w"),
    edit("hebbian-the-last-pass-is-never-clean", "return w, epoch, True", "return w, epoch, epoch < max_epochs"),
    edit("hebbian-counts-a-pass-that-was-not-made", "return w, max_epochs, False", "return w, max_epochs + 1, False"),
    edit("hebbian-convergence-not-told", "return w, epoch, True", "return w, epoch, False"),
    edit("hebbian-stops-at-a-right-answer", EARLY, INSIDE),
]


@misconception("hebbian-linear-error", replaces="hebbian_update")
def step_against_the_linear_error_always(w, x, t, eta):
    return w + eta * (t - w @ x) * x


@misconception("hebbian-error-counted-twice", replaces="hebbian_update")
def target_minus_answer(w, x, t, eta):
    return w + eta * (t - predict(w, x)) * x


@misconception("hebbian-update-pushes-away", replaces="hebbian_update")
def answer_minus_target(w, x, t, eta):
    return w + eta * (predict(w, x) - t) * x


@misconception("hebbian-strengthens-its-own-answer", replaces="hebbian_update")
def input_times_output(w, x, t, eta):
    return w + eta * predict(w, x) * x


@misconception("hebbian-weights-normalised", replaces="hebbian_update")
def length_one_in_any_case(w, x, t, eta):
    w = w if predict(w, x) == t else w + eta * t * x
    return w / np.sqrt(w @ w)


@misconception("hebbian-bias-not-learned", replaces="hebbian_update")
def bias_stays_and_is_left_out(w, x, t, eta):
    return w if (1 if w[1:] @ x[1:] > 0 else -1) == t else np.concatenate([w[:1], w[1:] + eta * t * x[1:]])


@misconception("hebbian-updates-every-example", replaces="train")
def every_example_and_never_done(w, X, t, eta, max_epochs):
    for _ in range(max_epochs):
        for x, target in zip(X, t, strict=True):
            w = w + eta * target * x
    return w, max_epochs, False


@misconception("hebbian-the-line-is-right-for-both", replaces="train")
def an_error_is_a_negative_product(w, X, t, eta, max_epochs):
    for epoch in range(1, max_epochs + 1):
        errors = 0
        for x, target in zip(X, t, strict=True):
            if target * (w @ x) < 0:
                w, errors = w + eta * target * x, errors + 1
        if errors == 0:
            return w, epoch, True
    return w, max_epochs, False


@misconception("hebbian-the-line-is-wrong-for-both", replaces="train")
def right_is_a_positive_product(w, X, t, eta, max_epochs):
    for epoch in range(1, max_epochs + 1):
        errors = 0
        for x, target in zip(X, t, strict=True):
            if target * (w @ x) <= 0:
                w, errors = w + eta * target * x, errors + 1
        if errors == 0:
            return w, epoch, True
    return w, max_epochs, False


@misconception("hebbian-batch-instead-of-online", replaces="train")
def all_errors_with_the_weights_of_the_epochs_start(w, X, t, eta, max_epochs):
    for epoch in range(1, max_epochs + 1):
        start, errors = w, 0
        for x, target in zip(X, t, strict=True):
            errors += predict(start, x) != target
            w = w + (hebbian_update(start, x, target, eta) - start)
        if errors == 0:
            return w, epoch, True
    return w, max_epochs, False


@misconception("hebbian-batch-instead-of-online", replaces="train")
def the_mean_of_the_corrections(w, X, t, eta, max_epochs):
    for epoch in range(1, max_epochs + 1):
        wrong = np.array([predict(w, x) != target for x, target in zip(X, t, strict=True)])
        if not wrong.any():
            return w, epoch, True
        w = w + eta * (wrong * t) @ X / len(X)
    return w, max_epochs, False


@misconception("hebbian-stops-at-a-right-answer", replaces="train")
def a_right_answer_ends_it(w, X, t, eta, max_epochs):
    for epoch in range(1, max_epochs + 1):
        for x, target in zip(X, t, strict=True):
            if predict(w, x) == target:
                return w, epoch, True
            w = hebbian_update(w, x, target, eta)
    return w, max_epochs, False


@misconception("hebbian-always-all-epochs", replaces="train")
def all_passes_and_then_a_look(w, X, t, eta, max_epochs):
    for _ in range(max_epochs):
        for x, target in zip(X, t, strict=True):
            w = hebbian_update(w, x, target, eta)
    return w, max_epochs, all(predict(w, x) == target for x, target in zip(X, t, strict=True))


@misconception("hebbian-one-correction-per-epoch", replaces="train")
def back_to_the_first_example_after_an_error(w, X, t, eta, max_epochs):
    for epoch in range(1, max_epochs + 1):
        for x, target in zip(X, t, strict=True):
            if predict(w, x) != target:
                w = hebbian_update(w, x, target, eta)
                break
        else:
            return w, epoch, True
    return w, max_epochs, False


@misconception("hebbian-converged-before-the-clean-epoch", replaces="train")
def all_right_after_the_epoch_is_enough(w, X, t, eta, max_epochs):
    for epoch in range(1, max_epochs + 1):
        for x, target in zip(X, t, strict=True):
            w = hebbian_update(w, x, target, eta)
        if all(predict(w, x) == target for x, target in zip(X, t, strict=True)):
            return w, epoch, True
    return w, max_epochs, False


@misconception("hebbian-converged-before-the-clean-epoch", replaces="train")
def all_right_before_the_epoch_is_enough(w, X, t, eta, max_epochs):
    for epoch in range(max_epochs):
        if all(predict(w, x) == target for x, target in zip(X, t, strict=True)):
            return w, epoch, True
        for x, target in zip(X, t, strict=True):
            w = hebbian_update(w, x, target, eta)
    return w, max_epochs, all(predict(w, x) == target for x, target in zip(X, t, strict=True))


@misconception("hebbian-converged-before-the-clean-epoch", replaces="train")
def all_right_at_the_end_is_enough(w, X, t, eta, max_epochs):
    for epoch in range(1, max_epochs + 1):
        errors = 0
        for x, target in zip(X, t, strict=True):
            errors += predict(w, x) != target
            w = hebbian_update(w, x, target, eta)
        if errors == 0:
            return w, epoch, True
    return w, max_epochs, all(predict(w, x) == target for x, target in zip(X, t, strict=True))


@misconception("hebbian-standing-still-is-convergence", replaces="train")
def a_pass_that_ends_where_it_began(w, X, t, eta, max_epochs):
    for epoch in range(1, max_epochs + 1):
        start = w
        for x, target in zip(X, t, strict=True):
            w = hebbian_update(w, x, target, eta)
        if np.allclose(w, start):
            return w, epoch, True
    return w, max_epochs, False


@misconception("hebbian-errors-of-the-epochs-start", replaces="train")
def corrected_where_the_epochs_start_was_wrong(w, X, t, eta, max_epochs):
    for epoch in range(1, max_epochs + 1):
        wrong = [predict(w, x) != target for x, target in zip(X, t, strict=True)]
        for x, target, error in zip(X, t, wrong, strict=True):
            if error:
                w = hebbian_update(w, x, target, eta)
        if not any(wrong):
            return w, epoch, True
    return w, max_epochs, False


@misconception("hebbian-corrections-counted", replaces="train")
def how_many_corrections(w, X, t, eta, max_epochs):
    corrections = 0
    for _ in range(max_epochs):
        before = corrections
        for x, target in zip(X, t, strict=True):
            corrections += predict(w, x) != target
            w = hebbian_update(w, x, target, eta)
        if corrections == before:
            return w, corrections, True
    return w, corrections, False


@misconception("hebbian-examples-counted", replaces="train")
def how_many_examples(w, X, t, eta, max_epochs):
    seen = 0
    for _ in range(max_epochs):
        errors = 0
        for x, target in zip(X, t, strict=True):
            seen += 1
            errors += predict(w, x) != target
            w = hebbian_update(w, x, target, eta)
        if errors == 0:
            return w, seen, True
    return w, seen, False


@misconception("hebbian-changes-the-callers-weights", replaces="train")
def written_into_the_given_array(w, X, t, eta, max_epochs):
    for epoch in range(1, max_epochs + 1):
        errors = 0
        for x, target in zip(X, t, strict=True):
            errors += predict(w, x) != target
            w[:] = hebbian_update(w, x, target, eta)
        if errors == 0:
            return w, epoch, True
    return w, max_epochs, False
