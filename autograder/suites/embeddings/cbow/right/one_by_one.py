"""Plain loops and lists, numbers one by one; tables come back as lists of rows."""

import math


def windows(tokens, radius):
    if radius < 0:
        raise ValueError("radius must not be negative")
    pairs = []
    for i in range(len(tokens)):
        context = []
        for j in range(i - radius, i + radius + 1):
            if 0 <= j < len(tokens) and j != i:
                context.append(tokens[j])
        pairs.append((tokens[i], context))
    return pairs


def log_probabilities(hidden, U):
    scores = [sum(u * h for u, h in zip(row, hidden, strict=False)) for row in U]
    top = max(scores)
    log_sum = math.log(sum(math.exp(s - top) for s in scores))
    return [s - top - log_sum for s in scores]


def mean_vector(context, C):
    if not context:
        return [0.0] * len(C[0])
    return [sum(C[word][j] for word in context) / len(context) for j in range(len(C[0]))]


def forward(context, C, U):
    return [math.exp(a) for a in log_probabilities(mean_vector(context, C), U)]


def loss_and_gradients(target, context, C, U):
    hidden = mean_vector(context, C)
    logs = log_probabilities(hidden, U)
    error = [math.exp(a) - (word == target) for word, a in enumerate(logs)]
    back = [sum(error[word] * U[word][j] for word in range(len(U))) for j in range(len(hidden))]
    dC = [[context.count(word) * b / max(1, len(context)) for b in back] for word in range(len(C))]
    dU = [[e * h for h in hidden] for e in error]
    return -logs[target], dC, dU


def train(tokens, C, U, radius, eta, epochs=1):
    C, U = [list(row) for row in C], [list(row) for row in U]
    history = []
    for _ in range(epochs):
        losses = []
        for target, context in windows(tokens, radius):
            loss, dC, dU = loss_and_gradients(target, context, C, U)
            losses.append(loss)
            C = [[a - eta * d for a, d in zip(*rows, strict=False)] for rows in zip(C, dC, strict=False)]
            U = [[a - eta * d for a, d in zip(*rows, strict=False)] for rows in zip(U, dU, strict=False)]
        history.append(sum(losses) / len(losses))
    return C, U, history
