"""The wrong versions of backpropagation: what each misconception writes."""

import numpy as np

from autograder import edit, misconception

HIDDEN = 'H = np.tanh(X @ params["W1"] + params["b1"])'
OUTPUT = 'Y = H @ params["W2"] + params["b2"]\n'
BOTH = f"{HIDDEN}\n    {OUTPUT}"
CACHE = "return Y, (X, H, Y)"
LOSS = "np.sum((Y - T) ** 2)"
DY = "dY = 2 * (Y - T)"
DH = 'dH = dY @ params["W2"].T'
BACK = "dA1 = dH * (1 - H**2)\n"
W1, B1, W2, B2 = '"W1": X.T @ dA1', '"b1": dA1.sum(axis=0)', '"W2": H.T @ dY', '"b2": dY.sum(axis=0)'
GRADS = f"return {{{W1}, {B1}, {W2}, {B2}}}"
UNPACKED = "X, H, Y = cache"


def grads(W1=W1, b1=B1, W2=W2, b2=B2):
    """The last line of `backward` with other entries."""
    return f"return {{{W1}, {b1}, {W2}, {b2}}}"


def biases(id, b1, b2):
    """A belief about the gradients of the biases, held of both of them or of one."""
    b1, b2 = f'"b1": {b1}', f'"b2": {b2}'
    return [edit(id, GRADS, grads(b1=b1, b2=b2)), edit(id, B1, b1), edit(id, B2, b2)]


def weights(id, dW1, dW2):
    """A belief about the gradients of the weights, held of both of them or of one."""
    dW1, dW2 = f'"W1": {dW1}', f'"W2": {dW2}'
    return [edit(id, GRADS, grads(W1=dW1, W2=dW2)), edit(id, W1, dW1), edit(id, W2, dW2)]


wrong = [
    # the outputs
    edit("mlp-output-through-the-tanh", OUTPUT, 'Y = np.tanh(H @ params["W2"] + params["b2"])\n'),
    edit("mlp-output-through-the-tanh", OUTPUT, 'Y = np.tanh(H @ params["W2"]) + params["b2"]\n'),
    edit("mlp-output-is-a-probability", OUTPUT, 'Y = 1 / (1 + np.exp(-(H @ params["W2"] + params["b2"])))\n'),
    edit(
        "mlp-output-is-a-probability",
        OUTPUT,
        'Y = np.exp(H @ params["W2"] + params["b2"])\n    Y = Y / Y.sum(axis=1, keepdims=True)\n',
    ),
    edit("mlp-hidden-layer-without-activation", HIDDEN, 'H = X @ params["W1"] + params["b1"]'),
    edit("mlp-sigmoid-instead-of-tanh", HIDDEN, 'H = 1 / (1 + np.exp(-(X @ params["W1"] + params["b1"])))'),
    edit("mlp-relu-instead-of-tanh", HIDDEN, 'H = np.maximum(X @ params["W1"] + params["b1"], 0)'),
    edit("mlp-bias-left-out", HIDDEN, 'H = np.tanh(X @ params["W1"])'),
    edit("mlp-bias-left-out", OUTPUT, 'Y = H @ params["W2"]\n'),
    edit("mlp-bias-left-out", BOTH, 'H = np.tanh(X @ params["W1"])\n    Y = H @ params["W2"]\n'),
    edit("mlp-bias-after-the-tanh", HIDDEN, 'H = np.tanh(X @ params["W1"]) + params["b1"]'),
    edit("mlp-bias-subtracted", HIDDEN, 'H = np.tanh(X @ params["W1"] - params["b1"])'),
    edit("mlp-bias-subtracted", OUTPUT, 'Y = H @ params["W2"] - params["b2"]\n'),
    edit("mlp-bias-subtracted", BOTH, BOTH.replace(" + ", " - ")),
    edit("mlp-weights-from-outputs-to-inputs", HIDDEN, 'H = np.tanh(X @ params["W1"].T + params["b1"])'),
    edit("mlp-weights-from-outputs-to-inputs", HIDDEN, 'H = np.tanh(np.dot(X, params["W1"].T) + params["b1"])'),
    edit("mlp-weights-from-outputs-to-inputs", HIDDEN, 'H = np.tanh(params["W1"] @ X + params["b1"])'),
    edit("mlp-weights-from-outputs-to-inputs", HIDDEN, 'H = np.tanh(np.dot(params["W1"], X) + params["b1"])'),
    edit("mlp-weights-from-outputs-to-inputs", HIDDEN, 'H = np.tanh(params["W1"].T @ X + params["b1"])'),
    edit("mlp-weights-from-outputs-to-inputs", HIDDEN, 'H = np.tanh(np.dot(params["W1"].T, X) + params["b1"])'),
    edit("mlp-bias-left-out", UNPACKED, 'X, _, Y = cache\n    H = np.tanh(X @ params["W1"])'),
    # the loss
    edit("squared-error-with-a-half", LOSS, "0.5 * np.sum((Y - T) ** 2)"),
    edit("squared-error-with-a-half", LOSS, "0.5 * np.mean((Y - T) ** 2)"),
    edit("squared-error-with-a-half", LOSS, "np.sum((Y - T) ** 2) / (2 * len(Y))"),
    edit("squared-error-with-a-half", DY, "dY = Y - T"),
    edit("squared-error-averaged", LOSS, "np.mean((Y - T) ** 2)"),
    edit("squared-error-averaged", LOSS, "np.sum((Y - T) ** 2) / len(Y)"),
    edit("squared-error-averaged", LOSS, "np.sum((Y - T) ** 2) / Y.shape[1]"),
    edit("squared-error-averaged", DY, "dY = 2 * (Y - T) / len(Y)"),
    edit("squared-error-averaged", DY, "dY = 2 * (Y - T) / Y.size"),
    edit("squared-error-averaged", DY, "dY = 2 * (Y - T) / Y.shape[1]"),
    edit("squared-error-averaged", DY, "dY = (Y - T) / len(Y)"),
    edit("squared-error-averaged", DY, "dY = (Y - T) / Y.size"),
    edit("squared-error-averaged", GRADS, grads('"W1": X.T @ dA1 / len(X)', B1, '"W2": H.T @ dY / len(X)', B2)),
    edit(
        "squared-error-averaged",
        GRADS,
        grads('"W1": X.T @ dA1 / len(X)', '"b1": dA1.mean(axis=0)', '"W2": H.T @ dY / len(X)', '"b2": dY.mean(axis=0)'),
    ),
    edit(
        "squared-error-averaged",
        f"{DY}\n    {DH}\n    {BACK}    {GRADS}",
        f"dY = (Y - T) / len(Y)\n    {DH}\n    {BACK}    "
        + grads(b1='"b1": dA1.sum(axis=0, keepdims=True)', b2='"b2": dY.sum(axis=0, keepdims=True)'),
    ),
    edit("squared-error-per-example", LOSS, "np.sum((Y - T) ** 2, axis=1)"),
    edit("squared-error-per-example", LOSS, "np.sum((Y - T) ** 2, axis=1, keepdims=True)"),
    edit("squared-error-per-example", LOSS, "np.mean((Y - T) ** 2, axis=1)"),
    edit("squared-error-per-output", LOSS, "np.sum((Y - T) ** 2, axis=0)"),
    edit("squared-error-per-output", LOSS, "np.mean((Y - T) ** 2, axis=0)"),
    edit("squared-error-per-output", LOSS, "(Y - T) ** 2"),
    edit("squared-error-of-the-sum", LOSS, "np.sum(Y - T) ** 2"),
    edit("squared-error-root", LOSS, "np.sqrt(np.sum((Y - T) ** 2))"),
    edit("squared-error-root", LOSS, "np.sqrt(np.mean((Y - T) ** 2))"),
    edit("squared-error-root", LOSS, "np.sqrt(np.sum((Y - T) ** 2, axis=1)).sum()"),
    edit("squared-error-not-squared", LOSS, "np.sum(np.abs(Y - T))"),
    edit("squared-error-not-squared", LOSS, "np.sum(Y - T)"),
    edit("squared-error-not-squared", DY, "dY = np.sign(Y - T)"),
    edit("squared-error-difference-of-squares", LOSS, "np.sum(Y**2 - T**2)"),
    edit("squared-error-with-the-sign-of-descent", LOSS, "-np.sum((Y - T) ** 2)"),
    # where the way back begins
    edit("backprop-sign-of-the-error", DY, "dY = 2 * (T - Y)"),
    edit("backprop-sign-of-the-error", DY, "dY = T - Y"),
    edit("backprop-starts-from-the-loss", DY, "dY = (Y - T) ** 2"),
    edit("backprop-factor-on-the-outputs-only", DY, "dY = 2 * Y - T"),
    edit("backprop-derivative-at-the-output", DY, "dY = 2 * (Y - T) * (1 - Y**2)"),
    edit("backprop-derivative-at-the-output", DY, "dY = 2 * (Y - T) * (1 - np.tanh(Y) ** 2)"),
    edit("backprop-derivative-at-the-output", DY, "dY = 2 * (Y - T) * Y * (1 - Y)"),
    # through the weights
    edit("backprop-skips-the-output-weights", DH, "dH = dY.sum(axis=1, keepdims=True)"),
    edit("backprop-skips-the-output-weights", DH, "dH = dY"),
    edit("backprop-output-weights-not-transposed", DH, 'dH = dY @ params["W2"]'),
    edit("backprop-output-weights-not-transposed", DH, 'dH = np.dot(dY, params["W2"])'),
    edit("backprop-output-weights-not-transposed", DH, 'dH = dY.dot(params["W2"])'),
    # through the tanh
    edit("backprop-tanh-forgotten", BACK, "dA1 = dH\n"),
    edit("backprop-tanh-forgotten", W1, '"W1": X.T @ dH'),
    edit("backprop-tanh-forgotten", B1, '"b1": dH.sum(axis=0)'),
    edit("backprop-sigmoid-derivative", BACK, "dA1 = dH * H * (1 - H)\n"),
    edit("backprop-relu-derivative", BACK, "dA1 = dH * (H > 0)\n"),
    edit("backprop-tanh-applied-twice", BACK, "dA1 = dH * (1 - np.tanh(H) ** 2)\n"),
    edit("backprop-slope-from-the-sum", BACK, "dA1 = dH * (1 - np.arctanh(H) ** 2)\n"),
    edit("backprop-derivative-not-squared", BACK, "dA1 = dH * (1 - H)\n"),
    edit("backprop-square-of-the-difference", BACK, "dA1 = dH * (1 - H) ** 2\n"),
    edit("backprop-slope-is-the-tanh", BACK, "dA1 = dH * H\n"),
    edit("backprop-slope-is-the-tanh", BACK, "dA1 = dH * np.tanh(H)\n"),
    edit("backprop-slope-is-the-tanh", BACK, "dA1 = np.tanh(dH)\n"),
    edit("backprop-slope-with-the-wrong-sign", BACK, "dA1 = dH * (H**2 - 1)\n"),
    edit("backprop-slope-with-the-wrong-sign", BACK, "dA1 = dH * (1 + H**2)\n"),
    edit("backprop-divides-by-the-slope", BACK, "dA1 = dH / (1 - H**2)\n"),
    edit("backprop-slope-from-the-error", BACK, "dA1 = dH * (1 - dH**2)\n"),
    edit("backprop-slope-before-the-weights", f"{DH}\n    {BACK}", 'dA1 = (dY * (1 - H**2)) @ params["W2"].T\n'),
    # the gradients of the weights
    edit("backprop-last-example-only", UNPACKED, "X, H, Y = (a[-1:] for a in cache)\n    T = T[-1:]"),
    edit("backprop-inputs-of-the-wrong-layer", W2, '"W2": np.arctanh(H).T @ dY'),
    *weights("backprop-outputs-for-inputs", "H.T @ dA1", "Y.T @ dY"),
    edit("backprop-outputs-for-inputs", W2, '"W2": X.T @ dY'),
    *weights("backprop-transposed-gradients", "dA1.T @ X", "dY.T @ H"),
    *weights("backprop-transposed-gradients", "X @ dA1.T", "H @ dY.T"),
    *weights("backprop-inputs-not-transposed", "X @ dA1", "H @ dY"),
    *weights("backprop-inputs-not-transposed", "np.dot(X, dA1)", "np.dot(H, dY)"),
    # the gradients of the biases
    *biases("backprop-bias-averaged", "dA1.mean(axis=0)", "dY.mean(axis=0)"),
    *biases("backprop-bias-per-example", "dA1", "dY"),
    *biases("backprop-bias-as-a-row", "dA1.sum(axis=0, keepdims=True)", "dY.sum(axis=0, keepdims=True)"),
    *biases("backprop-bias-summed-over-the-units", "dA1.sum(axis=1)", "dY.sum(axis=1)"),
    *biases("backprop-bias-summed-over-the-units", "dA1.sum()", "dY.sum()"),
    *biases("backprop-bias-without-gradient", 'np.zeros_like(params["b1"])', 'np.zeros_like(params["b2"])'),
    # what is handed back, and what is kept
    edit("backprop-gradients-under-other-names", GRADS, GRADS.replace('{"', '{"d').replace(', "', ', "d')),
    edit("backprop-gradients-in-a-tuple", GRADS, "return X.T @ dA1, dA1.sum(axis=0), H.T @ dY, dY.sum(axis=0)"),
    edit("backprop-cache-changed", DY, "Y -= T\n    dY = 2 * Y"),
    edit("backprop-cache-changed", BACK, "H *= H\n    dA1 = dH * (1 - H)\n"),
    edit("backprop-writes-into-the-targets", DY, "T -= Y\n    dY = -2 * T"),
]
for rate in ("0.01", "0.1"):
    step = f"return {{name: {{}} for name, grad in {GRADS.removeprefix('return ')}.items()}}"
    scaled, moved = f"{rate} * grad", f"params[name] - {rate} * grad"
    wrong.append(edit("backprop-updates-the-weights", GRADS, step.replace("{}", scaled)))
    wrong.append(edit("backprop-updates-the-weights", GRADS, step.replace("{}", moved)))
    kept = GRADS.replace("return", "grads =") + "\n    for name in grads:\n        params[name] -= {} * grads[name]\n"
    wrong.append(edit("backprop-updates-the-weights", GRADS, kept.replace("{}", rate) + "    return grads"))


@misconception("backprop-one-cache-for-all-passes", replaces="forward")
def one_list(X, params, kept=[None, None, None]):  # noqa: B006 - that is the mistake
    H = np.tanh(X @ params["W1"] + params["b1"])
    kept[:] = X, H, H @ params["W2"] + params["b2"]
    return kept[2], kept
