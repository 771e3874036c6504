"""The wrong versions of backpropagation through time: what each misconception writes.

The same belief shows differently in different code: each form that gives other results is stated, under the same id.
"""

import numpy as np

from autograder import edit, misconception

STATE = 'h = np.tanh(X[:, t] @ params["Wx"] + h @ params["Wh"] + params["bh"])'
STACK = "H = np.stack(states, axis=1)"
OUTPUT = 'return H @ params["Wy"] + params["by"], H'
DY = "dY = 2 * (Y - T)"
ERRORS = "for t in range(steps):"
OWN = 'travelling = (dY[:, t] @ params["Wy"].T) * (1 - H[:, t] ** 2)'
WAY = "for s in range(t, max(t - reach, -1), -1):"
BACK = 'travelling = (travelling @ params["Wh"].T) * (1 - before[:, s] ** 2)'
REACH = "reach = steps if window is None else window"
BEFORE = "before = np.concatenate([h0[:, None], H[:, :-1]], axis=1)"
LOOP = f"{OWN}\n        {WAY}\n            dA[:, s] += travelling\n            {BACK}"
BIASES = """"bh": dA.sum(axis=(0, 1)),
        "Wy": np.einsum("nth,ntk->hk", H, dY),
        "by": dY.sum(axis=(0, 1))"""
GRADS = "grads = {\n"
AVERAGE = "return {name: grad / steps for name, grad in grads.items()} if average else grads"


def slopes(at_its_step: str, on_the_way: str) -> str:
    """Return the way back with other factors for the tanh: at the step of the error, and at each step before it."""
    own, back = OWN.replace("(1 - H[:, t] ** 2)", at_its_step), BACK.replace("(1 - before[:, s] ** 2)", on_the_way)
    return LOOP.replace(OWN, own).replace(BACK, back)


wrong = [
    # the way forward
    edit("recurrent-state-not-carried", STATE, STATE.replace("+ h @", "+ h0 @")),
    edit("recurrent-starts-from-zero", "h, states = h0, []", "h, states = np.zeros_like(h0), []"),
    edit("recurrent-initial-state-among-the-states", STACK, "H = np.stack([h0, *states[:-1]], axis=1)"),
    edit("recurrent-initial-state-among-the-states", OUTPUT, OUTPUT[:-1] + "np.concatenate([h0[:, None], H], axis=1)"),
    edit("recurrent-last-state-only", OUTPUT, 'return H[:, -1] @ params["Wy"] + params["by"], H'),
    edit("recurrent-last-state-only", OUTPUT, 'return H[:, -1] @ params["Wy"] + params["by"], H[:, -1]'),
    edit("recurrent-time-axis-first", STACK, "H = np.stack(states)"),
    edit("recurrent-weights-transposed", STATE, STATE.replace('h @ params["Wh"]', 'h @ params["Wh"].T')),
    edit("recurrent-states-share-one-array", STATE, STATE.replace("h = np.tanh", "h[...] = np.tanh")),
    edit("mlp-hidden-layer-without-activation", STATE, STATE.replace("np.tanh(", "(")),
    edit("mlp-sigmoid-instead-of-tanh", STATE, STATE.replace("np.tanh(", "1 / (1 + np.exp(-(") + "))"),
    edit("mlp-bias-after-the-tanh", STATE, STATE.replace(' + params["bh"])', ') + params["bh"]')),
    edit("mlp-bias-left-out", STATE, STATE.replace(' + params["bh"]', "")),
    edit("mlp-bias-left-out", OUTPUT, OUTPUT.replace(' + params["by"]', "")),
    edit("mlp-output-through-the-tanh", OUTPUT, 'return np.tanh(H @ params["Wy"] + params["by"]), H'),
    edit("squared-error-with-a-half", DY, "dY = Y - T"),
    edit("squared-error-averaged", DY, "dY = 2 * (Y - T) / len(Y)"),
    edit("squared-error-averaged", DY, "dY = 2 * (Y - T) / Y.size"),
    edit("squared-error-averaged", DY, "dY = 2 * (Y - T) / (len(Y) * Y.shape[1])"),
    edit("backprop-sign-of-the-error", DY, "dY = 2 * (T - Y)"),
    # the slope of the tanh
    edit("backprop-tanh-forgotten", OWN, 'travelling = dY[:, t] @ params["Wy"].T'),
    edit("backprop-tanh-forgotten", BACK, 'travelling = travelling @ params["Wh"].T'),
    edit("backprop-tanh-forgotten", LOOP, slopes("1", "1")),
    edit("backprop-sigmoid-derivative", LOOP, slopes("H[:, t] * (1 - H[:, t])", "before[:, s] * (1 - before[:, s])")),
    edit(
        "backprop-tanh-applied-twice", LOOP, slopes("(1 - np.tanh(H[:, t]) ** 2)", "(1 - np.tanh(before[:, s]) ** 2)")
    ),
    edit("backprop-tanh-applied-twice", OWN, OWN.replace("H[:, t] **", "np.tanh(H[:, t]) **")),
    edit("backprop-tanh-applied-twice", BACK, BACK.replace("before[:, s] **", "np.tanh(before[:, s]) **")),
    edit("backprop-derivative-not-squared", LOOP, slopes("(1 - H[:, t])", "(1 - before[:, s])")),
    edit("backprop-derivative-not-squared", OWN, OWN.replace(" ** 2", "")),
    edit("backprop-derivative-not-squared", BACK, BACK.replace(" ** 2", "")),
    edit("backprop-derivative-at-the-output", DY, "dY = 2 * (Y - T) * (1 - Y**2)"),
    edit("backprop-derivative-at-the-output", DY, "dY = 2 * (Y - T) * (1 - np.tanh(Y) ** 2)"),
    edit("backprop-derivative-at-the-output", OWN, OWN.replace("dY[:, t]", "(dY[:, t] * (1 - Y[:, t] ** 2))")),
    edit(
        "bptt-slope-from-the-pre-activation",
        LOOP,
        slopes("(1 - np.arctanh(H[:, t]) ** 2)", "(1 - np.arctanh(before[:, s]) ** 2)"),
    ),
    edit("bptt-slope-from-the-pre-activation", OWN, OWN.replace("H[:, t] **", "np.arctanh(H[:, t]) **")),
    edit("bptt-slope-from-the-pre-activation", BACK, BACK.replace("before[:, s] **", "np.arctanh(before[:, s]) **")),
    edit("bptt-slope-taken-twice", BACK, BACK.replace("travelling @", "(travelling * (1 - H[:, s] ** 2)) @")),
    edit("bptt-slope-taken-twice", LOOP, slopes("(1 - H[:, t] ** 2) ** 2", "(1 - before[:, s] ** 2) ** 2")),
    edit("bptt-slope-is-the-square", LOOP, slopes("H[:, t] ** 2", "before[:, s] ** 2")),
    edit("bptt-slope-is-the-square", LOOP, slopes("(H[:, t] ** 2 - 1)", "(before[:, s] ** 2 - 1)")),
    edit("bptt-slope-of-the-wrong-step", BACK, BACK.replace("before", "H")),
    edit("bptt-slope-of-the-wrong-step", LOOP, slopes("(1 - before[:, t] ** 2)", "(1 - before[:, s - 1] ** 2)")),
    # the gradients
    edit("backprop-transposed-gradients", '"ntd,nth->dh"', '"ntd,nth->hd"'),
    edit("backprop-transposed-gradients", '"nti,nth->ih"', '"nti,nth->hi"'),
    edit("bptt-last-replica-only", GRADS, "dA[:, :-1] = 0\n    grads = {\n"),
    edit(
        "bptt-last-replica-only",
        GRADS,
        "X, H, before, dY, dA = (a[:, -1:] for a in (X, H, before, dY, dA))\n    grads = {\n",
    ),
    edit("squared-error-averaged", DY, "dY = 2 * (Y - T) / Y.shape[1]"),
    edit("squared-error-averaged", DY, "dY = 2 * (Y - T) / Y.shape[2]"),
    edit("backprop-bias-averaged", '"bh": dA.sum(axis=(0, 1))', '"bh": dA.sum(axis=1).mean(axis=0)'),
    edit("backprop-bias-averaged", '"bh": dA.sum(axis=(0, 1))', '"bh": dA.mean(axis=(0, 1))'),
    edit("backprop-bias-averaged", '"by": dY.sum(axis=(0, 1))', '"by": dY.sum(axis=1).mean(axis=0)'),
    edit("backprop-bias-averaged", '"by": dY.sum(axis=(0, 1))', '"by": dY.mean(axis=(0, 1))'),
    edit("backprop-bias-averaged", BIASES, BIASES.replace(".sum(axis=(0, 1))", ".sum(axis=1).mean(axis=0)")),
    edit("backprop-bias-averaged", BIASES, BIASES.replace(".sum(axis=(0, 1))", ".mean(axis=(0, 1))")),
    edit("backprop-bias-per-example", '"bh": dA.sum(axis=(0, 1))', '"bh": dA.sum(axis=1)'),
    edit("backprop-bias-per-example", '"by": dY.sum(axis=(0, 1))', '"by": dY.sum(axis=1)'),
    # along the sequence
    edit("recurrent-first-step-left-out", "range(X.shape[1])", "range(1, X.shape[1])", function="forward"),
    edit("recurrent-last-step-left-out", "range(X.shape[1])", "range(X.shape[1] - 1)", function="forward"),
    edit("recurrent-reads-backwards", "range(X.shape[1])", "reversed(range(X.shape[1]))", function="forward"),
    edit("bptt-first-replica-left-out", WAY, "for s in range(t, max(t - reach, 0), -1):"),
    edit("bptt-output-weights-pair-with-the-old-state", '"nth,ntk->hk", H, dY', '"nth,ntk->hk", before, dY'),
    edit("bptt-input-weights-pair-with-the-next-input", '"ntd,nth->dh", X, dA', '"ntd,nth->dh", X[:, 1:], dA[:, :-1]'),
    edit("bptt-only-the-last-error", ERRORS, "for t in range(steps - 1, steps):"),
    edit("bptt-only-the-last-error", DY, "dY = 2 * (Y - T)\n    dY[:, :-1] = 0"),
    edit("bptt-errors-stay-at-their-step", WAY, "for s in range(t, t - 1, -1):"),
    edit("bptt-one-step-back-only", WAY, "for s in range(t, max(t - min(reach, 2), -1), -1):"),
    edit("bptt-pairs-the-error-with-the-new-state", '"nti,nth->ih", before, dA', '"nti,nth->ih", H, dA'),
    edit(
        "bptt-initial-state-forgotten",
        BEFORE,
        "before = np.concatenate([np.zeros_like(h0)[:, None], H[:, :-1]], axis=1)",
    ),
    edit("bptt-index-before-the-first-step", BEFORE, "before = np.concatenate([H[:, -1:], H[:, :-1]], axis=1)"),
    edit("bptt-recurrent-weights-not-transposed", BACK, BACK.replace('["Wh"].T', '["Wh"]')),
    edit("bptt-output-errors-replace-the-later-ones", "dA[:, s] += travelling", "dA[:, s] = travelling"),
    edit("truncated-bptt-only-the-last-window", ERRORS, "for t in range(max(steps - reach, 0), steps):"),
    edit("truncated-bptt-only-the-last-window", DY, "dY = 2 * (Y - T)\n    dY[:, : max(steps - reach, 0)] = 0"),
    edit("truncated-bptt-in-pieces", WAY, "for s in range(t, t // reach * reach - 1, -1):"),
    edit("truncated-bptt-window-counts-steps-back", WAY, "for s in range(t, max(t - reach - 1, -1), -1):"),
    edit("truncated-bptt-window-one-replica-short", WAY, "for s in range(t, max(t - reach + 1, -1), -1):"),
    edit("truncated-bptt-window-one-replica-short", REACH, "reach = steps if window is None else window - 1"),
    edit("truncated-bptt-window-ignored", REACH, "reach = steps"),
    edit("bptt-always-averages", AVERAGE, "return {name: grad / steps for name, grad in grads.items()}"),
    edit("bptt-never-averages", AVERAGE, "return grads"),
    edit("bptt-averages-over-the-examples", AVERAGE, AVERAGE.replace("grad / steps", "grad / len(X)")),
    edit("bptt-averages-over-the-examples", AVERAGE, AVERAGE.replace("grad / steps", "grad / (steps * len(X))")),
    edit("bptt-averages-over-the-window", AVERAGE, AVERAGE.replace("grad / steps", "grad / min(reach, steps)")),
    edit(
        "bptt-averages-only-the-recurrent-part",
        AVERAGE,
        AVERAGE.replace("grad / steps", 'grad / (1 if name in ("Wy", "by") else steps)'),
    ),
    edit(
        "bptt-averages-only-the-recurrent-part",
        AVERAGE,
        AVERAGE.replace("grad / steps", 'grad / (steps if name == "Wh" else 1)'),
    ),
    edit("bptt-writes-into-its-arguments", DY, "T -= Y\n    dY = -2 * T"),
]


@misconception("recurrent-time-axis-first", replaces="forward")
def loops_over_the_batch(X, h0, params):
    h, states = h0, []
    for x in X:
        h = np.tanh(x @ params["Wx"] + h @ params["Wh"] + params["bh"])
        states.append(h)
    H = np.stack(states, axis=1)
    return H @ params["Wy"] + params["by"], H
