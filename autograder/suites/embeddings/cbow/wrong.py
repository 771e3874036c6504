"""The wrong versions of CBOW: what each misconception writes."""

import numpy as np

from autograder import edit, misconception

WINDOW = "tokens[max(0, i - radius) : i] + tokens[i + 1 : i + 1 + radius]"
MEAN = "C[context].sum(axis=0) / max(len(context), 1)"

wrong = [
    edit("cbow-target-in-its-context", WINDOW, "tokens[max(0, i - radius) : i + 1 + radius]"),
    edit("cbow-target-word-taken-out-everywhere", WINDOW, f"[t for t in {WINDOW} if t != target]"),
    edit(
        "cbow-edges-are-no-targets", "enumerate(tokens)\n", "enumerate(tokens) if radius <= i < len(tokens) - radius\n"
    ),
    edit("slice-starts-below-zero", "max(0, i - radius)", "i - radius"),
    edit(
        "slice-starts-below-zero",
        WINDOW,
        "[tokens[i + j] for j in range(-radius, radius + 1) if j and i + j < len(tokens)]",
    ),
    edit("cbow-pairs-turned-round", f"(target, {WINDOW})", f"({WINDOW}, target)"),
    edit("cbow-last-window-left-out", "enumerate(tokens)\n", "enumerate(tokens[:-1])\n"),
    edit(
        "cbow-window-filled-up-at-the-edge",
        WINDOW,
        "[tokens[(i + j) % len(tokens)] for j in range(-radius, radius + 1) if j]",
    ),
    edit("cbow-context-is-the-past", WINDOW, "tokens[max(0, i - radius) : i]"),
    edit("cbow-radius-is-the-whole-window", WINDOW, WINDOW.replace("radius", "(radius // 2)")),
    edit("cbow-last-neighbour-left-out", "tokens[i + 1 : i + 1 + radius]", "tokens[i + 1 : i + radius]"),
    edit("cbow-last-neighbour-left-out", "max(0, i - radius)", "max(0, i - radius + 1)"),
    edit("cbow-repeated-word-counts-once", WINDOW, f"list(dict.fromkeys({WINDOW}))"),
    edit("cbow-repeated-word-counts-once", WINDOW, f"sorted(set({WINDOW}))"),
    edit("cbow-repeated-word-counts-once", "for word in context:", "for word in set(context):"),
    edit("cbow-context-summed", MEAN, "C[context].sum(axis=0)", function="forward"),
    edit("cbow-context-summed", MEAN, "C[context].sum(axis=0)", function="loss_and_gradients"),
    edit("cbow-share-not-divided", "U.T @ error / len(context)", "U.T @ error"),
    edit(
        "cbow-tables-swapped",
        "return -log_p[target], dC, np.outer(error, hidden)",
        "return -log_p[target], np.outer(error, hidden), dC",
    ),
    edit("cbow-tables-swapped", "U.T @ error / len(context)", "C.T @ error / len(context)"),
    edit("cbow-gradient-in-the-targets-row", "dC[word] += U.T @ error", "dC[target] += U.T @ error"),
    edit(
        "cbow-gradient-in-the-targets-row",
        "    for word in context:\n        dC[word] += U.T @ error / len(context)\n",
        "    dC[target] = U.T @ error\n",
    ),
    edit("cbow-hidden-squashed", MEAN, f"np.tanh({MEAN})", function="forward"),
    edit("cbow-hidden-squashed", MEAN, f"np.tanh({MEAN})", function="loss_and_gradients"),
    edit("cbow-scores-are-probabilities", "return exponentials / exponentials.sum()", "return scores"),
    edit("cbow-scores-are-probabilities", "return exponentials / exponentials.sum()", "return scores - scores.max()"),
    edit("cbow-scores-are-probabilities", "return exponentials / exponentials.sum()", "return exponentials"),
    edit("cbow-scores-are-probabilities", "return exponentials / exponentials.sum()", "return np.exp(scores)"),
    edit(
        "softmax-returns-logarithms",
        "return exponentials / exponentials.sum()",
        "return scores - scores.max() - np.log(exponentials.sum())",
    ),
    edit("softmax-without-the-maximum", "np.exp(scores - scores.max())", "np.exp(scores)"),
    edit("softmax-without-the-maximum", "    scores = scores - scores.max()\n", ""),
    edit("log-of-an-underflowed-probability", "return -log_p[target],", "return -np.log(np.exp(log_p[target])),"),
    *(
        edit(
            "log-of-an-underflowed-probability",
            "return -log_p[target],",
            f"return -np.log(np.exp(log_p[target]) + {small}),",
        )
        for small in (1e-8, 1e-10, 1e-12)
    ),
    edit("cbow-empty-context-divides-by-zero", MEAN, "C[context].mean(axis=0)", function="forward"),
    edit("cbow-empty-context-divides-by-zero", MEAN, "C[context].mean(axis=0)", function="loss_and_gradients"),
    edit("cbow-uphill", "    dC = np.zeros_like(C)\n", "    error = -error\n    dC = np.zeros_like(C)\n"),
    edit(
        "cbow-uphill",
        "            C -= eta * dC\n            U -= eta * dU\n",
        "            C += eta * dC\n            U += eta * dU\n",
    ),
    edit(
        "cbow-rate-left-out",
        "            C -= eta * dC\n            U -= eta * dU\n",
        "            C -= dC\n            U -= dU\n",
    ),
    edit(
        "cbow-starts-anew-every-epoch",
        "    for _ in range(epochs):\n",
        "    start = C, U\n    for _ in range(epochs):\n        C, U = (table.copy() for table in start)\n",
    ),
    edit("cbow-reads-backwards", "in examples:\n            loss", "in reversed(examples):\n            loss"),
    edit("cbow-last-window-left-out", "in examples:\n            loss", "in examples[:-1]:\n            loss"),
    edit("cbow-loss-in-bits", "return -log_p[target],", "return -log_p[target] / np.log(2),"),
    edit("cbow-loss-without-the-minus", "return -log_p[target],", "return log_p[target],"),
    edit(
        "cbow-only-the-targets-row-learns",
        "    dC = np.zeros_like(C)\n",
        "    error[np.arange(len(C)) != target] = 0\n    dC = np.zeros_like(C)\n",
    ),
    edit(
        "cbow-only-the-targets-row-learns",
        "np.outer(error, hidden)",
        "np.outer(np.eye(len(U))[target] * error, hidden)",
    ),
    edit(
        "cbow-error-times-the-slope",
        "    error[target] -= 1\n",
        "    error[target] -= 1\n    error = error * np.exp(log_p) * (1 - np.exp(log_p))\n",
    ),
    edit("cbow-target-not-subtracted", "    error[target] -= 1\n", ""),
    edit("cbow-one-table-learns", "            U -= eta * dU\n", ""),
    edit("cbow-one-table-learns", "            C -= eta * dC\n", ""),
    edit(
        "cbow-tables-updated-in-turn",
        "            C -= eta * dC\n",
        "            C -= eta * dC\n            dU = loss_and_gradients(target, context, C, U)[2]\n",
    ),
    edit(
        "cbow-tables-updated-in-turn",
        "            C -= eta * dC\n            U -= eta * dU\n",
        "            U -= eta * dU\n            C -= eta * loss_and_gradients(target, context, C, U)[1]\n",
    ),
    edit(
        "cbow-loss-after-the-update",
        "            total += loss\n",
        "            total += loss_and_gradients(target, context, C, U)[0]\n",
    ),
    edit("cbow-losses-not-averaged", "losses.append(total / len(examples))", "losses.append(total)"),
    edit("cbow-losses-not-averaged", "losses.append(total / len(examples))", "losses.append(loss)"),
    edit(
        "cbow-losses-not-averaged",
        "            total += loss\n        losses.append(total / len(examples))",
        "            losses.append(loss)",
    ),
    edit("cbow-losses-not-averaged", "return C, U, losses", "return C, U, losses[-1]"),
    edit("cbow-writes-into-its-arguments", "    C, U = C.copy(), U.copy()\n", ""),
]


@misconception("cbow-edges-are-no-targets", replaces="windows")
def only_targets_with_neighbours(tokens, radius):
    pairs = []
    for i, target in enumerate(tokens):
        context = tokens[max(0, i - radius) : i] + tokens[i + 1 : i + 1 + radius]
        if context:
            pairs.append((target, context))
    return pairs


@misconception("cbow-is-skip-gram", replaces="windows")
def one_pair_for_each_neighbour(tokens, radius):
    pairs = []
    for i, centre in enumerate(tokens):
        for word in tokens[max(0, i - radius) : i] + tokens[i + 1 : i + 1 + radius]:
            pairs.append((centre, [word]))
    return pairs


@misconception("cbow-is-skip-gram", replaces="windows")
def pairs_of_words(tokens, radius):
    pairs = []
    for i, centre in enumerate(tokens):
        for word in tokens[max(0, i - radius) : i] + tokens[i + 1 : i + 1 + radius]:
            pairs.append((centre, word))
    return pairs


@misconception("cbow-is-skip-gram", replaces="loss_and_gradients")
def predicts_the_neighbours(target, context, C, U):
    hidden = C[target]
    scores = U @ hidden
    scores = scores - scores.max()
    log_p = scores - np.log(np.exp(scores).sum())
    error = len(context) * np.exp(log_p)
    for word in context:
        error[word] -= 1
    dC = np.zeros_like(C)
    dC[target] = U.T @ error
    return -sum(log_p[word] for word in context), dC, np.outer(error, hidden)


@misconception("cbow-repeated-word-counts-once", replaces="forward")
def mean_over_different_words(context, C, U):
    context = sorted(set(context))
    hidden = C[context].sum(axis=0) / max(len(context), 1)
    scores = U @ hidden
    exponentials = np.exp(scores - scores.max())
    return exponentials / exponentials.sum()


@misconception("cbow-repeated-word-counts-once", replaces="loss_and_gradients")
def gradient_over_different_words(target, context, C, U):
    context = sorted(set(context))
    hidden = C[context].sum(axis=0) / max(len(context), 1)
    scores = U @ hidden
    scores = scores - scores.max()
    log_p = scores - np.log(np.exp(scores).sum())
    error = np.exp(log_p)
    error[target] -= 1
    dC = np.zeros_like(C)
    for word in context:
        dC[word] += U.T @ error / len(context)
    return -log_p[target], dC, np.outer(error, hidden)


@misconception("cbow-context-summed", replaces="loss_and_gradients")
def summed_there_and_back(target, context, C, U):
    hidden = C[context].sum(axis=0)
    scores = U @ hidden
    scores = scores - scores.max()
    log_p = scores - np.log(np.exp(scores).sum())
    error = np.exp(log_p)
    error[target] -= 1
    dC = np.zeros_like(C)
    for word in context:
        dC[word] += U.T @ error
    return -log_p[target], dC, np.outer(error, hidden)


@misconception("cbow-tables-swapped", replaces="forward")
def neighbours_from_u(context, C, U):
    hidden = U[context].sum(axis=0) / max(len(context), 1)
    scores = C @ hidden
    exponentials = np.exp(scores - scores.max())
    return exponentials / exponentials.sum()


@misconception("cbow-tables-swapped", replaces="loss_and_gradients")
def neighbours_from_u_and_back(target, context, C, U):
    hidden = U[context].sum(axis=0) / max(len(context), 1)
    scores = C @ hidden
    scores = scores - scores.max()
    log_p = scores - np.log(np.exp(scores).sum())
    error = np.exp(log_p)
    error[target] -= 1
    dU = np.zeros_like(U)
    for word in context:
        dU[word] += C.T @ error / len(context)
    return -log_p[target], np.outer(error, hidden), dU


@misconception("cbow-one-table-for-both", replaces="forward")
def targets_from_c(context, C, U):
    hidden = C[context].sum(axis=0) / max(len(context), 1)
    scores = C @ hidden
    exponentials = np.exp(scores - scores.max())
    return exponentials / exponentials.sum()


@misconception("cbow-hidden-squashed", replaces="loss_and_gradients")
def squashed_there_and_back(target, context, C, U):
    hidden = np.tanh(C[context].sum(axis=0) / max(len(context), 1))
    scores = U @ hidden
    scores = scores - scores.max()
    log_p = scores - np.log(np.exp(scores).sum())
    error = np.exp(log_p)
    error[target] -= 1
    dC = np.zeros_like(C)
    for word in context:
        dC[word] += U.T @ error * (1 - hidden**2) / len(context)
    return -log_p[target], dC, np.outer(error, hidden)


@misconception("cbow-sigmoids-instead-of-a-softmax", replaces="forward")
def a_sigmoid_for_each_word(context, C, U):
    hidden = C[context].sum(axis=0) / max(len(context), 1)
    return 1 / (1 + np.exp(-(U @ hidden)))


@misconception("cbow-sigmoids-instead-of-a-softmax", replaces="loss_and_gradients")
def a_sigmoid_for_each_word_and_back(target, context, C, U):
    hidden = C[context].sum(axis=0) / max(len(context), 1)
    error = 1 / (1 + np.exp(-(U @ hidden)))
    loss = -np.log(error[target])
    error[target] -= 1
    dC = np.zeros_like(C)
    for word in context:
        dC[word] += U.T @ error / len(context)
    return loss, dC, np.outer(error, hidden)


@misconception("softmax-without-the-maximum", replaces="loss_and_gradients")
def as_it_is_written(target, context, C, U):
    hidden = C[context].sum(axis=0) / max(len(context), 1)
    exponentials = np.exp(U @ hidden)
    p = exponentials / exponentials.sum()
    error = p.copy()
    error[target] -= 1
    dC = np.zeros_like(C)
    for word in context:
        dC[word] += U.T @ error / len(context)
    return -np.log(p[target]), dC, np.outer(error, hidden)


@misconception("cbow-is-skip-gram", replaces="train")
def trains_on_pairs(tokens, C, U, radius, eta, epochs=1):
    C, U = C.copy(), U.copy()
    losses = []
    for _ in range(epochs):
        single = []
        for centre, context in windows(tokens, radius):
            for word in context:
                loss, dC, dU = loss_and_gradients(word, [centre], C, U)
                C, U = C - eta * dC, U - eta * dU
                single.append(loss)
        losses.append(sum(single) / len(single))
    return C, U, losses


@misconception("cbow-updates-once-an-epoch", replaces="train")
def sums_the_gradients_of_an_epoch(tokens, C, U, radius, eta, epochs=1):
    C, U = C.copy(), U.copy()
    examples = windows(tokens, radius)
    losses = []
    for _ in range(epochs):
        total, sum_C, sum_U = 0.0, np.zeros_like(C), np.zeros_like(U)
        for target, context in examples:
            loss, dC, dU = loss_and_gradients(target, context, C, U)
            sum_C, sum_U, total = sum_C + dC, sum_U + dU, total + loss
        C, U = C - eta * sum_C, U - eta * sum_U
        losses.append(total / len(examples))
    return C, U, losses


@misconception("cbow-updates-once-an-epoch", replaces="train")
def averages_the_gradients_of_an_epoch(tokens, C, U, radius, eta, epochs=1):
    C, U = C.copy(), U.copy()
    examples = windows(tokens, radius)
    losses = []
    for _ in range(epochs):
        results = [loss_and_gradients(target, context, C, U) for target, context in examples]
        C = C - eta * sum(result[1] for result in results) / len(examples)
        U = U - eta * sum(result[2] for result in results) / len(examples)
        losses.append(sum(result[0] for result in results) / len(examples))
    return C, U, losses
