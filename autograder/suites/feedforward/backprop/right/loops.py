"""Example by example, unit by unit; the cache is a dict and the gradients are nested lists."""

import math


def forward(X, params):
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    hidden, outputs = [], []
    for x in X:
        states = [math.tanh(b1[j] + sum(x[i] * W1[i][j] for i in range(len(x)))) for j in range(len(b1))]
        hidden.append(states)
        outputs.append([b2[k] + sum(s * W2[j][k] for j, s in enumerate(states)) for k in range(len(b2))])
    return outputs, {"inputs": [list(x) for x in X], "hidden": hidden, "outputs": outputs}


def loss(Y, T):
    total = 0.0
    for y_row, t_row in zip(Y, T):
        for y, t in zip(y_row, t_row):
            total += (y - t) * (y - t)
    return float(total)


def backward(T, params, cache):
    W2 = params["W2"]
    d, h, k = len(cache["inputs"][0]), len(cache["hidden"][0]), len(cache["outputs"][0])
    grads = {
        "b2": [0.0] * k,
        "W2": [[0.0] * k for _ in range(h)],
        "b1": [0.0] * h,
        "W1": [[0.0] * h for _ in range(d)],
    }
    for x, states, y, t in zip(cache["inputs"], cache["hidden"], cache["outputs"], T):
        delta = [2.0 * (y[o] - t[o]) for o in range(k)]
        for o in range(k):
            grads["b2"][o] += delta[o]
        for j in range(h):
            back = 0.0
            for o in range(k):
                grads["W2"][j][o] += states[j] * delta[o]
                back += W2[j][o] * delta[o]
            back *= (1 - states[j]) * (1 + states[j])
            grads["b1"][j] += back
            for i in range(d):
                grads["W1"][i][j] += x[i] * back
    return grads
