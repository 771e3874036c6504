"""The wrong versions of the LSTM: what each misconception writes."""

import numpy as np

from autograder import edit, misconception

wrong = [
    edit("lstm-input-before-state", "np.concatenate([h, x], axis=1)", "np.concatenate([x, h], axis=1)"),
    edit("lstm-candidate-is-a-gate", "g = np.tanh(z @", "g = sigmoid(z @"),
    edit("lstm-forget-and-input-swapped", "return f, i, g, o\n", "return i, f, g, o\n"),
    edit("lstm-forget-and-input-swapped", "c = f * c + i * g\n", "c = i * c + f * g\n"),
    edit("lstm-gates-and-weights-out-of-order", "return f, i, g, o\n", "return f, i, o, g\n"),
    edit("lstm-gates-and-weights-out-of-order", "return f, i, g, o\n", "return i, f, o, g\n"),
    edit("lstm-gates-without-bias", ' + params["bf"])', ")"),
    edit("lstm-forget-gate-plus-one", ' + params["bf"])', ' + params["bf"] + 1)'),
    edit("lstm-forget-gate-forgets", "c = f * c + i * g\n", "c = (1 - f) * c + i * g\n"),
    edit(
        "lstm-forget-gate-forgets",
        '    i = sigmoid(z @ params["Wi"]',
        '    f = 1 - f\n    i = sigmoid(z @ params["Wi"]',
    ),
    edit("lstm-input-gate-is-one-minus-forget", "c = f * c + i * g\n", "c = f * c + (1 - f) * g\n"),
    edit("lstm-input-gate-is-one-minus-forget", "c = f * c + i * g\n", "c = (1 - i) * c + i * g\n"),
    edit("lstm-input-gate-is-one-minus-forget", 'i = sigmoid(z @ params["Wi"] + params["bi"])', "i = 1 - f"),
    edit("lstm-candidate-not-gated", "c = f * c + i * g\n", "c = f * c + g\n"),
    edit("lstm-cell-never-forgets", "c = f * c + i * g\n", "c = c + i * g\n"),
    edit("lstm-cell-is-squashed", "c = f * c + i * g\n", "c = np.tanh(f * c + i * g)\n"),
    edit("lstm-cell-is-squashed", "return o * np.tanh(c), c\n", "c = np.tanh(c)\n    return o * c, c\n"),
    edit("lstm-cell-is-squashed", "return o * np.tanh(c), c\n", "return o * np.tanh(c), np.tanh(c)\n"),
    edit("lstm-cell-shown-unsquashed", "return o * np.tanh(c), c\n", "return o * c, c\n"),
    edit("lstm-output-squashed-after-the-gate", "return o * np.tanh(c), c\n", "return np.tanh(o * c), c\n"),
    edit("lstm-output-squashed-after-the-gate", "return o * np.tanh(c), c\n", "return np.tanh(o * np.tanh(c)), c\n"),
    edit("lstm-output-not-gated", "return o * np.tanh(c), c\n", "return np.tanh(c), c\n"),
    edit("lstm-state-and-cell-swapped", "return o * np.tanh(c), c\n", "return c, o * np.tanh(c)\n"),
    edit("lstm-state-and-cell-swapped", "step(X[:, t], h, c, params)", "step(X[:, t], c, h, params)"),
    edit("lstm-gates-read-the-cell", "gates(x, h, params)", "gates(x, c, params)", function="step"),
    edit("lstm-writes-into-its-arguments", "c = f * c + i * g\n", "c *= f\n    c += i * g\n"),
    edit(
        "lstm-writes-into-its-arguments",
        "c = f * c + i * g\n    return o * np.tanh(c), c\n",
        "c *= f\n    c += i * g\n    return o * np.tanh(c), c.copy()\n",
    ),
    edit("lstm-cell-shown-through-a-sigmoid", "return o * np.tanh(c), c\n", "return o / (1 + np.exp(-c)), c\n"),
    edit("lstm-hard-sigmoid", "return (1 + np.tanh(a / 2)) / 2", "return np.clip(0.2 * a + 0.5, 0, 1)"),
    edit("lstm-hard-sigmoid", "return (1 + np.tanh(a / 2)) / 2", "return np.clip(a / 6 + 0.5, 0, 1)"),
    edit("lstm-sigmoid-with-the-wrong-sign", "return (1 + np.tanh(a / 2)) / 2", "return (1 - np.tanh(a / 2)) / 2"),
    edit("lstm-sigmoid-is-a-shifted-tanh", "return (1 + np.tanh(a / 2)) / 2", "return (1 + np.tanh(a)) / 2"),
    edit("recurrent-first-step-left-out", "range(X.shape[1])", "range(1, X.shape[1])"),
    edit("recurrent-last-step-left-out", "range(X.shape[1])", "range(X.shape[1] - 1)"),
    edit("recurrent-reads-backwards", "range(X.shape[1])", "reversed(range(X.shape[1]))"),
    edit("recurrent-state-not-carried", "step(X[:, t], h, c, params)", "step(X[:, t], h0, c0, params)"),
    edit("recurrent-state-not-carried", "step(X[:, t], h, c, params)", "step(X[:, t], h0, c, params)"),
    edit("recurrent-state-not-carried", "step(X[:, t], h, c, params)", "step(X[:, t], h, c0, params)"),
    edit("recurrent-starts-from-zero", "h, c = h0, c0\n", "h, c = np.zeros_like(h0), np.zeros_like(c0)\n"),
    edit("recurrent-starts-from-zero", "h, c = h0, c0\n", "h, c = h0, np.zeros_like(c0)\n"),
    edit("recurrent-starts-from-zero", "h, c = h0, c0\n", "h, c = np.zeros_like(h0), c0\n"),
    edit("recurrent-initial-state-among-the-states", "H, C = [], []", "H, C = [h0], [c0]"),
    edit("recurrent-last-state-only", "return np.stack(H, axis=1), np.stack(C, axis=1)", "return h, c"),
    edit("recurrent-time-axis-first", "np.stack(H, axis=1), np.stack(C, axis=1)", "np.stack(H), np.stack(C)"),
    edit("recurrent-time-axis-first", "np.stack(H, axis=1), np.stack(C, axis=1)", "np.array(H), np.array(C)"),
]


@misconception("recurrent-initial-state-among-the-states", replaces="forward")
def states_before_each_step(X, h0, c0, params):
    h, c = h0, c0
    H, C = [], []
    for t in range(X.shape[1]):
        H.append(h)
        C.append(c)
        h, c = step(X[:, t], h, c, params)
    return np.stack(H, axis=1), np.stack(C, axis=1)


@misconception("recurrent-time-axis-first", replaces="forward")
def loops_over_the_batch(X, h0, c0, params):
    h, c = h0, c0
    H, C = [], []
    for x in X:
        h, c = step(x, h, c, params)
        H.append(h)
        C.append(c)
    return np.stack(H), np.stack(C)


@misconception("recurrent-time-axis-first", replaces="forward")
def over_the_batch_and_back(X, h0, c0, params):
    h, c = h0, c0
    H, C = [], []
    for t in range(X.shape[0]):
        h, c = step(X[t], h, c, params)
        H.append(h)
        C.append(c)
    return np.stack(H, axis=1), np.stack(C, axis=1)


@misconception("recurrent-last-state-only", replaces="forward")
def lists_overwritten(X, h0, c0, params):
    h, c = h0, c0
    for t in range(X.shape[1]):
        h, c = step(X[:, t], h, c, params)
    return h[:, None], c[:, None]


@misconception("lstm-gates-without-bias", replaces="gates")
def no_biases(x, h, params):
    z = np.concatenate([h, x], axis=1)
    f, i, o = (1 / (1 + np.exp(-(z @ params[name]))) for name in ("Wf", "Wi", "Wo"))
    return f, i, np.tanh(z @ params["Wg"]), o


@misconception("lstm-candidate-is-a-gate", replaces="gates")
def gates_are_tanh(x, h, params):
    z = np.concatenate([h, x], axis=1)
    return tuple(np.tanh(z @ params["W" + name] + params["b" + name]) for name in "figo")


@misconception("sigmoid-overflows", replaces="gates")
def exponential_over_one_plus_it(x, h, params):
    z = np.concatenate([h, x], axis=1)

    def sigmoid(a):
        return np.exp(a) / (1 + np.exp(a))

    f, i, o = (sigmoid(z @ params["W" + name] + params["b" + name]) for name in "fio")
    return f, i, np.tanh(z @ params["Wg"] + params["bg"]), o


@misconception("sigmoid-overflows", replaces="gates")
def tanh_by_exponentials(x, h, params):
    z = np.concatenate([h, x], axis=1)
    f, i, o = (1 / (1 + np.exp(-(z @ params["W" + name] + params["b" + name]))) for name in "fio")
    a = z @ params["Wg"] + params["bg"]
    return f, i, (np.exp(a) - np.exp(-a)) / (np.exp(a) + np.exp(-a)), o


@misconception("lstm-output-from-the-old-cell", replaces="step")
def output_before_the_update(x, h, c, params):
    f, i, g, o = gates(x, h, params)
    h = o * np.tanh(c)
    return h, f * c + i * g


@misconception("lstm-hidden-state-in-the-cell", replaces="step")
def keeps_the_state(x, h, c, params):
    f, i, g, o = gates(x, h, params)
    c = f * h + i * g
    return o * np.tanh(c), c


@misconception("lstm-one-bias-for-all", replaces="gates")
def the_forget_gates_bias(x, h, params):
    z = np.concatenate([h, x], axis=1)
    f, i, o = (1 / (1 + np.exp(-(z @ params[name] + params["bf"]))) for name in ("Wf", "Wi", "Wo"))
    return f, i, np.tanh(z @ params["Wg"] + params["bf"]), o


@misconception("lstm-writes-into-its-arguments", replaces="forward")
def one_array_for_all_cells(X, h0, c0, params):
    h, c = h0, c0
    H, C = [], []
    for t in range(X.shape[1]):
        h, new = step(X[:, t], h, c, params)
        c[...] = new
        H.append(h)
        C.append(new)
    return np.stack(H, axis=1), np.stack(C, axis=1)


@misconception("recurrent-last-step-left-out", replaces="forward")
def last_step_stays_zero(X, h0, c0, params):
    H = np.zeros((*X.shape[:2], h0.shape[1]))
    C = np.zeros_like(H)
    h, c = h0, c0
    for t in range(X.shape[1] - 1):
        h, c = step(X[:, t], h, c, params)
        H[:, t], C[:, t] = h, c
    return H, C


@misconception("recurrent-first-step-left-out", replaces="forward")
def first_step_stays_zero(X, h0, c0, params):
    H = np.zeros((*X.shape[:2], h0.shape[1]))
    C = np.zeros_like(H)
    h, c = h0, c0
    for t in range(1, X.shape[1]):
        h, c = step(X[:, t], h, c, params)
        H[:, t], C[:, t] = h, c
    return H, C
