"""The wrong versions of backpropagation: what each misconception writes."""

import numpy as np

from autograder import edit, misconception

DY = "dY = 2 * (Y - T)"
OUTPUT = 'Y = H @ params["W2"] + params["b2"]\n'
HIDDEN = 'H = np.tanh(X @ params["W1"] + params["b1"])'
BACK = "dA1 = dH * (1 - H**2)\n"
LOSS = "np.sum((Y - T) ** 2)"
GRADS = 'return {"W1": X.T @ dA1, "b1": dA1.sum(axis=0), "W2": H.T @ dY, "b2": dY.sum(axis=0)}'

wrong = [
    edit("squared-error-with-a-half", LOSS, "0.5 * np.sum((Y - T) ** 2)"),
    edit("squared-error-with-a-half", DY, "dY = Y - T"),
    edit("squared-error-averaged", LOSS, "np.mean((Y - T) ** 2)"),
    edit("squared-error-averaged", LOSS, "np.sum((Y - T) ** 2) / len(Y)"),
    edit("squared-error-averaged", DY, "dY = 2 * (Y - T) / len(Y)"),
    edit("squared-error-averaged", DY, "dY = 2 * (Y - T) / Y.size"),
    edit("squared-error-averaged", DY, "dY = (Y - T) / len(Y)"),
    edit("squared-error-per-example", LOSS, "np.sum((Y - T) ** 2, axis=1)"),
    edit("squared-error-of-the-sum", LOSS, "np.sum(Y - T) ** 2"),
    edit("squared-error-root", LOSS, "np.sqrt(np.sum((Y - T) ** 2))"),
    edit("mlp-output-through-the-tanh", OUTPUT, 'Y = np.tanh(H @ params["W2"] + params["b2"])\n'),
    edit("mlp-hidden-layer-without-activation", HIDDEN, 'H = X @ params["W1"] + params["b1"]'),
    edit("mlp-sigmoid-instead-of-tanh", HIDDEN, 'H = 1 / (1 + np.exp(-(X @ params["W1"] + params["b1"])))'),
    edit("mlp-bias-left-out", HIDDEN, 'H = np.tanh(X @ params["W1"])'),
    edit("mlp-bias-left-out", OUTPUT, 'Y = H @ params["W2"]\n'),
    edit("mlp-bias-after-the-tanh", HIDDEN, 'H = np.tanh(X @ params["W1"]) + params["b1"]'),
    edit("backprop-sign-of-the-error", DY, "dY = 2 * (T - Y)"),
    edit("backprop-tanh-forgotten", BACK, "dA1 = dH\n"),
    edit("backprop-sigmoid-derivative", BACK, "dA1 = dH * H * (1 - H)\n"),
    edit("backprop-tanh-applied-twice", BACK, "dA1 = dH * (1 - np.tanh(H) ** 2)\n"),
    edit("backprop-derivative-not-squared", BACK, "dA1 = dH * (1 - H)\n"),
    edit("backprop-derivative-at-the-output", DY, "dY = 2 * (Y - T) * (1 - Y**2)"),
    edit("backprop-derivative-at-the-output", DY, "dY = 2 * (Y - T) * (1 - np.tanh(Y) ** 2)"),
    edit("backprop-skips-the-output-weights", 'dH = dY @ params["W2"].T', "dH = dY.sum(axis=1, keepdims=True)"),
    edit("backprop-inputs-of-the-wrong-layer", '"W2": H.T @ dY', '"W2": np.arctanh(H).T @ dY'),
    edit(
        "backprop-transposed-gradients",
        '"W1": X.T @ dA1, "b1": dA1.sum(axis=0), "W2": H.T @ dY',
        '"W1": dA1.T @ X, "b1": dA1.sum(axis=0), "W2": dY.T @ H',
    ),
    edit("backprop-bias-averaged", '"b1": dA1.sum(axis=0)', '"b1": dA1.mean(axis=0)'),
    edit("backprop-bias-averaged", '"b2": dY.sum(axis=0)', '"b2": dY.mean(axis=0)'),
    edit(
        "backprop-bias-averaged",
        '"b1": dA1.sum(axis=0), "W2": H.T @ dY, "b2": dY.sum(axis=0)',
        '"b1": dA1.mean(axis=0), "W2": H.T @ dY, "b2": dY.mean(axis=0)',
    ),
    edit(
        "backprop-bias-per-example",
        '"b1": dA1.sum(axis=0), "W2": H.T @ dY, "b2": dY.sum(axis=0)',
        '"b1": dA1, "W2": H.T @ dY, "b2": dY',
    ),
    edit(
        "squared-error-averaged",
        GRADS,
        "grads = {'W1': X.T @ dA1, 'b1': dA1.mean(axis=0), 'W2': H.T @ dY, 'b2': dY.mean(axis=0)}\n"
        "    return {name: g / (len(X) if name[0] == 'W' else 1) for name, g in grads.items()}",
    ),
    edit("backprop-cache-changed", DY, "Y -= T\n    dY = 2 * Y"),
    edit("backprop-cache-changed", BACK, "H *= H\n    dA1 = dH * (1 - H)\n"),
]


@misconception("squared-error-with-a-half", replaces="loss")
def half_the_mean(Y, T):
    return 0.5 * np.mean((Y - T) ** 2)
