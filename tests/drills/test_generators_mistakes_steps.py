"""Explanations of steps by hand: the error that each claims, made in plain Python, gives its wrong value."""

import math
import re
from itertools import pairwise

import pytest

from drills.generators import load_generators
from tests.drills import mistakes
from tests.drills.test_generators_keys_steps import SIGMOID, cells, dot, named, numbers, soft, vectors

FAMILIES = load_generators()


def attention(change):
    """Products of the query with the keys, the place of the key asked for, and which keys the mask allows."""

    def made(item) -> float:
        query, *keys = [vector for vector in vectors(item.stem) if len(vector) == 4]
        which = int(re.search(r"does \$k_(\d)\$ get", item.stem)[1]) - 1
        mask = re.search(r"mask \(([^)]*)\)", item.stem)
        allowed = [word.strip() == "True" for word in mask[1].split(",")] if mask else [True] * len(keys)
        return change([dot(query, key) for key in keys], which, allowed)

    return made


def share(scores: list[float], which: int, allowed: list[bool] | None = None) -> float:
    """The softmax of the allowed scores at a place."""
    allowed = allowed or [True] * len(scores)
    return (
        math.exp(scores[which]) * allowed[which] / sum(math.exp(s) for s, ok in zip(scores, allowed, strict=True) if ok)
    )


def halves(products: list[float]) -> list[float]:
    return [product / 2 for product in products]


def context(change):
    return lambda item: change(*vectors(item.stem))


def backprop(change):
    """Two inputs, the other one last; slope, output weight, error."""

    def made(item) -> float:
        v = {name: named(name, item.stem) for name in ("w_1", "w_2", "b", "v", "c", "x_1", "x_2", "t")}
        which = re.search(r"respect to \$w_(\d)\$", item.stem)[1]
        h = math.tanh(v["w_1"] * v["x_1"] + v["w_2"] * v["x_2"] + v["b"])
        x, other = (v["x_1"], v["x_2"]) if which == "1" else (v["x_2"], v["x_1"])
        return change(v["v"] * h + v["c"] - v["t"], v["v"], 1 - h * h, x, other)

    return made


def boxes(change):
    """Cells of the first box, of the second, and of both."""

    def made(item) -> float:
        a, b = (cells(*box) for box in vectors(item.stem))
        return change(a, b)

    return made


def with_borders(item) -> float:
    (a, b) = [[left, top, right + 1, bottom + 1] for left, top, right, bottom in vectors(item.stem)]
    return len(cells(*a) & cells(*b)) / len(cells(*a) | cells(*b))


def suppression(keeps):
    """From the boxes by falling score and `near(a, b)`: which of them a mistaken suppression keeps."""

    def made(item) -> str:
        found = re.findall(r"([A-D]) \((\d+), (\d+), (\d+), (\d+)\) with (\d\.\d+)", item.stem)
        covers = {name: cells(*map(int, box)) for name, *box, _ in found}
        order = [name for name, *_ in sorted(found, key=lambda box: -float(box[5]))]

        def near(a: str, b: str) -> bool:
            return 2 * len(covers[a] & covers[b]) > len(covers[a] | covers[b])

        kept = sorted(keeps(order, near))
        return f"only {kept[0]}" if len(kept) == 1 else f"{', '.join(kept[:-1])} and {kept[-1]}"

    return made


def greedy(order, near) -> list[str]:
    kept: list[str] = []
    for name in order:
        if not any(near(name, other) for other in kept):
            kept.append(name)
    return kept


def confusion(change):
    """True positives, missed, false alarms, true negatives."""

    def made(item) -> float:
        positive, found, negative, alarms = numbers(item.stem)
        return change(found, positive - found, alarms, negative - alarms)

    return made


def precision(f, m, a, q) -> float:
    return f / (f + a)


def recall(f, m, a, q) -> float:
    return f / (f + m)


def descent(change):
    """The weight, the rate and the gradient of each example's squared error."""

    def made(item) -> float:
        w = named("w", item.stem)
        examples = re.findall(r"x = (-?\d+)\$, \$t = (-?\d+)", item.stem)
        rate = float(re.search(r"rate (\S+)\. What", item.stem)[1])
        return change(w, rate, [2 * (w * int(x) - int(t)) * int(x) for x, t in examples])

    return made


def momentum(change):
    def made(item) -> float:
        w, _, *g = numbers(item.stem)[:5]
        return change(w, named("\\eta", item.stem), named("\\mu", item.stem), g)

    return made


def velocities(mu: float, g: list[float], share: float = 1.0) -> list[float]:
    v = [share * g[0]]
    for gradient in g[1:]:
        v.append(mu * v[-1] + share * gradient)
    return v


def adagrad(change):
    def made(item) -> float:
        rate, *g = numbers(item.stem)
        return change(rate, g[:3])

    return made


def adam(change):
    def made(item) -> float:
        w = float(re.search(r"A weight of (\S+) has", item.stem)[1])
        return change(w, *map(float, re.search(r"gradients (\S+) and (\S+) in", item.stem).groups()))

    return made


def adam_steps(g1: float, g2: float, corrected: bool = True) -> list[float]:
    """The two steps of Adam in units of the rate, with or without the correction of the averages."""
    m = v = 0.0
    steps = []
    for t, g in enumerate((g1, g2), start=1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        first, second = ((1 - 0.9**t), (1 - 0.999**t)) if corrected else (1.0, 1.0)
        steps.append(m / first / math.sqrt(v / second))
    return steps


def replicas(change):
    """States h_0 to h_3 and the three errors; divided by 3 where the mean is asked for."""

    def made(item) -> float:
        states, errors = (numbers(part.replace(",", " ")) for part in (
            re.search(r"\\ldots, h_3 = ([^$]*)\$", item.stem)[1], re.search(r"are \$([-\d., ]+)\$\. What", item.stem)[1],
        ))  # fmt: skip
        return change(states, errors) / (3 if "MEAN" in item.convention else 1)

    return made


def through_time(change):
    """w, h_0, h_1, the slopes of both steps and the error 2 (h_2 - t)."""

    def made(item) -> float:
        v = {name: named(name, item.stem) for name in ("w", "u", "h_0", "x_1", "x_2", "t")}
        h1 = math.tanh(v["w"] * v["h_0"] + v["u"] * v["x_1"])
        h2 = math.tanh(v["w"] * h1 + v["u"] * v["x_2"])
        return change(v["w"], v["h_0"], h1, 1 - h1 * h1, 1 - h2 * h2, 2 * (h2 - v["t"]))

    return made


def truncated(change):
    return lambda item: change(*map(int, numbers(item.stem)[:2]))


def vanishing(change):
    def made(item) -> float:
        weight = float(re.search(r"recurrent weight ([\d.]+)\.", item.stem)[1])
        steps = int(re.search(r"state (\d+) steps", item.stem)[1])
        return change(weight, steps, 0.25 if "sigmoid" in item.stem else 1.0)

    return made


def clipping(change):
    def made(item) -> float:
        g = vectors(item.stem)[0]
        limit = float(re.search(r"at most (\d+)", item.stem)[1])
        return change(g, g[[word in item.stem for word in ("first", "second", "third")].index(True)], limit)

    return made


def classes(change):
    """Probabilities, the scores, the right class and the class asked for."""

    def made(item) -> float:
        scores = vectors(item.stem)[0]
        label = int(re.search(r"right class is (\d)", item.stem)[1]) - 1
        asked = re.search(r"score of class (\d)", item.stem)
        return change(soft(scores), scores, label, int(asked[1]) - 1 if asked else label)

    return made


def binary(change):
    """The probability that the prediction gives to the target."""

    def made(item) -> float:
        p = float(re.search(r"output of (\S+) is", item.stem)[1])
        return change(p if re.search(r"target is 1", item.stem) else 1 - p)

    return made


def hinge(change):
    return lambda item: change(named("t", item.stem), named("f", item.stem))


def bound(change):
    return lambda item: change(*numbers(item.stem)[:2])


def update(change):
    """Weights, example, target, rate: what a mistaken update leaves."""

    def made(item) -> str:
        w, x = vectors(item.stem)
        moved = change(w, x, named("t", item.stem), named("\\eta", item.stem))
        return f"({', '.join(f'{value:g}' for value in moved)})"

    return made


def step(w, x, size, bias: bool = True) -> list[float]:
    return [a + size * b * (bias or place > 0) for place, (a, b) in enumerate(zip(w, x, strict=True))]


def lstm(change):
    def made(item) -> float:
        f, i, g, o, c = numbers(item.stem)
        return change(SIGMOID(f), SIGMOID(i), g, SIGMOID(o), c)

    return made


def written(f, i, g, c) -> float:
    return f * c + i * math.tanh(g)


def gru(change):
    def made(item) -> float:
        z, r = map(SIGMOID, numbers(item.stem)[:2])
        u, a, h = (named(name, item.stem) for name in ("u", "a", "h_{t-1}"))
        return change(z, r, h, lambda reset: math.tanh(u * reset * h + a))

    return made


def heat(change):
    def made(item) -> float:
        scores = vectors(item.stem)[0]
        temperature = float(re.search(r"temperature ([\d.]+)\?", item.stem)[1])
        return change(scores, "abc".index(re.search(r"is (\w) drawn", item.stem)[1]), temperature)

    return made


def bits(change):
    """Bits of each character, and whether the perplexity is asked for."""

    def made(item) -> float:
        return change([math.log2(int(n)) for n in re.findall(r"1/(\d+)", item.stem)], "perplexity" in item.stem)

    return made


def variances(item) -> tuple[str, float, float, float, float]:
    """The scheme, inputs and outputs of a unit, and both with the channels alone."""
    found = numbers(item.stem)
    scheme = next(name for name in ("Xavier", "Glorot", "He ") if f"{name} " in item.stem or name in item.stem).strip()
    if "convolutional" in item.stem:
        filters, kernel, _, channels = found
        return scheme, kernel * kernel * channels, kernel * kernel * filters, channels, filters
    outputs, inputs = found
    return scheme, inputs, outputs, inputs, outputs


def scheme_variance(scheme: str, inputs: float, outputs: float) -> float:
    return {"Xavier": 1 / inputs, "Glorot": 2 / (inputs + outputs), "He": 2 / inputs}[scheme]


def batch_norm(change):
    """The value, the mean, the sum of squared deviations, gamma and beta."""

    def made(item) -> float:
        batch = vectors(item.stem)[0]
        x = float(re.search(r"activation (-?\d+) become", item.stem)[1])
        mean = sum(batch) / 4
        return change(
            x, mean, sum((b - mean) ** 2 for b in batch), named("\\gamma", item.stem), named("\\beta", item.stem)
        )

    return made


def dropout(change):
    def made(item) -> float:
        found = re.search(r"probability (\S+)\. A unit has the activation (\S+)\. ", item.stem)
        return change(float(found[2]), float(found[1]))

    return made


def window(change):
    """The words, the place of the target and the radius."""

    def made(item) -> str:
        words = re.search(r'text "([^"]*)"', item.stem)[1].split()
        radius, target = int(re.search(r"window of (\d)", item.stem)[1]), re.search(r'predict "(\w+)"', item.stem)[1]
        return ", ".join(change(words, words.index(target), radius))

    return made


def around(words, place, radius) -> list[str]:
    return [word for i, word in enumerate(words) if 0 < abs(i - place) <= radius]


def filled_up(words, place, radius) -> list[str]:
    """A window of full width that is pushed away from the edge."""
    start = min(max(place - radius, 0), len(words) - 2 * radius - 1)
    return [word for i, word in enumerate(words) if start <= i <= start + 2 * radius and i != place]


def pairs(change):
    return lambda item: change(*map(int, numbers(item.stem)[:2]))


def neighbours(length: int, radius: int) -> list[int]:
    return [sum(0 < abs(i - j) <= radius for j in range(length)) for i in range(length)]


def nnlm(change):
    """Vector size, context words, hidden units, vocabulary, examples."""
    return lambda item: change(*numbers(item.stem.replace("-dimensional", "")))


def bigram(change):
    """Text, history, word."""

    def made(item) -> float:
        text = re.search(r"from the text: ([abc ]+)\.", item.stem)[1].split()
        word, history = re.search(r"give (\w) after (\w)\?", item.stem).groups()
        return change(text, history, word)

    return made


def seen(text, history, word) -> int:
    return list(pairwise(text)).count((history, word))


def followed(text, history) -> int:
    return sum(first == history for first, _ in pairwise(text))


MISTAKES: dict[str, mistakes.Mistakes] = {
    "attention-weight": {
        "You left out the scaling": attention(lambda p, n, ok: share(p, n)),
        r"You divided by \$d = 4\$": attention(lambda p, n, ok: share([s / 4 for s in p], n)),
        "You used the number of keys": attention(lambda p, n, ok: share([s / math.sqrt(len(p)) for s in p], n)),
        "You put each score through a sigmoid": attention(lambda p, n, ok: SIGMOID(p[n] / 2)),
        "You normalized the scores themselves": attention(lambda p, n, ok: p[n] / sum(p)),
    },
    "masked-attention-weight": {
        "You masked after the softmax": attention(lambda p, n, ok: share(halves(p), n) * ok[n]),
        "You set the forbidden score to 0": attention(
            lambda p, n, ok: share(halves([s * allowed for s, allowed in zip(p, ok, strict=True)]), n)),
        "You read the mask the other way round": attention(lambda p, n, ok: share(halves(p), n, [not allowed for allowed in ok])),
        "You left out the scaling": attention(lambda p, n, ok: share(p, n, ok)),
    },
    "attention-context": {
        "You took the value of the best key": context(lambda s, v: v[s.index(max(s))]),
        "You took the plain mean": context(lambda s, v: sum(v) / 3),
        "You weighed with the scores": context(dot),
        "You mixed the scores": context(lambda s, v: dot(soft(s), s)),
    },
    "backprop-gradient": {
        "You left out the derivative of the tanh": backprop(lambda e, v, slope, x, other: 2 * e * v * x),
        "You left out the output weight": backprop(lambda e, v, slope, x, other: 2 * e * slope * x),
        "You left out the 2": backprop(lambda e, v, slope, x, other: e * v * slope * x),
        "You turned the sign": backprop(lambda e, v, slope, x, other: -2 * e * v * slope * x),
        "You used the other input": backprop(lambda e, v, slope, x, other: 2 * e * v * slope * other),
    },
    "iou": {
        "You added the areas": boxes(lambda a, b: len(a & b) / (len(a) + len(b))),
        "That is the Dice coefficient": boxes(lambda a, b: 2 * len(a & b) / (len(a) + len(b))),
        "You divided by the smaller box": boxes(lambda a, b: len(a & b) / min(len(a), len(b))),
        "You divided by the larger box": boxes(lambda a, b: len(a & b) / max(len(a), len(b))),
        "You counted pixels with both borders": with_borders,
    },
    "nms": {
        "You let a suppressed box suppress": suppression(
            lambda order, near: [b for n, b in enumerate(order) if not any(near(b, other) for other in order[:n])]),
        "You compared with the best box only": suppression(
            lambda order, near: [b for b in order if b == order[0] or not near(b, order[0])]),
        "You began with the lowest score": suppression(lambda order, near: greedy(order[::-1], near)),
        "You kept the best box only": suppression(lambda order, near: order[:1]),
        "You suppressed nothing": suppression(lambda order, near: order),
    },
    "confusion-metrics": {
        "That is the precision": confusion(precision),
        "That is the recall": confusion(recall),
        "That is the F1": confusion(lambda *n: 2 / (1 / precision(*n) + 1 / recall(*n))),
        "That is the accuracy": confusion(lambda f, m, a, q: (f + q) / (f + m + a + q)),
        "That is the specificity": confusion(lambda f, m, a, q: q / (q + a)),
        "You took the arithmetic mean": confusion(lambda *n: (precision(*n) + recall(*n)) / 2),
    },
    "gradient-descent-step": {
        "You went uphill": descent(lambda w, rate, g: w + rate * sum(g) / 2),
        "You added up the gradients": descent(lambda w, rate, g: w - rate * sum(g)),
        "You left out the 2": descent(lambda w, rate, g: w - rate * sum(g) / 4),
        "You used the first example only": descent(lambda w, rate, g: w - rate * g[0]),
        "You left out the learning rate": descent(lambda w, rate, g: w - sum(g) / 2),
    },
    "momentum-steps": {
        "That is plain gradient descent": momentum(lambda w, rate, mu, g: w - rate * sum(g)),
        "You added only the previous gradient": momentum(
            lambda w, rate, mu, g: w - rate * (g[0] + g[1] + mu * g[0] + g[2] + mu * g[1])),
        "You averaged": momentum(lambda w, rate, mu, g: w - rate * sum(velocities(mu, g, 1 - mu))),
        "You applied only the last velocity": momentum(lambda w, rate, mu, g: w - rate * velocities(mu, g)[-1]),
    },
    "adagrad-rate": {
        "You left out the root": adagrad(lambda rate, g: rate / dot(g, g)),
        "You used the last gradient only": adagrad(lambda rate, g: rate / abs(g[2])),
        "You took the mean of the squares": adagrad(lambda rate, g: rate / math.sqrt(dot(g, g) / 3)),
        "You left the rate as it was": adagrad(lambda rate, g: rate),
        "You added the gradients themselves": adagrad(lambda rate, g: rate / abs(sum(g))),
    },
    "adam-steps": {
        "You left out the bias correction": adam(lambda w, *g: w - 0.1 * sum(adam_steps(*g, corrected=False))),
        "That is plain gradient descent": adam(lambda w, *g: w - 0.1 * sum(g)),
        "You restarted the averages": adam(lambda w, *g: w - 0.1 * sum(math.copysign(1, one) for one in g)),
        "You made the second step only": adam(lambda w, *g: w - 0.1 * adam_steps(*g)[1]),
        "You went uphill": adam(lambda w, *g: w + 0.1 * sum(adam_steps(*g))),
    },
    "bptt-replicas": {
        "You paired each error with its own": replicas(lambda h, e: dot(h[1:], e)),
        "You used the last replica only": replicas(lambda h, e: h[2] * e[2]),
        "You added the replicas' gradients": replicas(lambda h, e: 3 * dot(h[:3], e)),
        "You took the mean of the replicas": replicas(lambda h, e: dot(h[:3], e) / 3),
        "You left out the states": replicas(lambda h, e: sum(e)),
    },
    "bptt-gradient": {
        "You stopped at the second step": through_time(lambda w, h0, h1, s1, s2, e: e * s2 * h1),
        "You left out the derivatives of the tanh": through_time(lambda w, h0, h1, s1, s2, e: e * h1 + e * w * h0),
        "You left out the weight": through_time(lambda w, h0, h1, s1, s2, e: e * s2 * h1 + e * s2 * s1 * h0),
        "That is half of it": through_time(lambda w, h0, h1, s1, s2, e: (e * s2 * h1 + e * s2 * w * s1 * h0) / 2),
    },
    "truncated-bptt-terms": {
        "You let the first errors reach back": truncated(lambda steps, k: steps * k),
        "That is without truncation": truncated(lambda steps, k: sum(range(1, steps + 1))),
        "You counted one replica per error": truncated(lambda steps, k: steps),
        "You counted the errors of one step only": truncated(lambda steps, k: k),
        "You gave each error one replica too many": truncated(
            lambda steps, k: sum(min(t, k + 1) for t in range(1, steps + 1))),
    },
    "vanishing-gradient-bound": {
        "You left out the weight": vanishing(lambda w, steps, slope: slope**steps),
        "You used the slope of a sigmoid": vanishing(lambda w, steps, slope: (w / 4) ** steps),
        "You added the factors up": vanishing(lambda w, steps, slope: slope * w * steps),
        "You counted one step too few": vanishing(lambda w, steps, slope: (slope * w) ** (steps - 1)),
        "That is the factor of one step": vanishing(lambda w, steps, slope: slope * w),
        "You left out the slope": vanishing(lambda w, steps, slope: w**steps),
    },
    "gradient-clipping": {
        "You clipped each entry by itself": clipping(lambda g, x, limit: math.copysign(min(abs(x), limit), x)),
        "You scaled the norm to 1": clipping(lambda g, x, limit: x / math.hypot(*g)),
        "You divided by the limit": clipping(lambda g, x, limit: x / limit),
        "You left it as it is": clipping(lambda g, x, limit: x),
        "You added up the absolute values": clipping(lambda g, x, limit: x * limit / sum(map(abs, g))),
    },
    "softmax-cross-entropy": {
        "That is the probability": classes(lambda p, s, label, which: p[label]),
        "You took the logarithm to base 2": classes(lambda p, s, label, which: -math.log2(p[label])),
        "You took the logarithm to base 10": classes(lambda p, s, label, which: -math.log10(p[label])),
        "You penalised the probability of the wrong": classes(lambda p, s, label, which: -math.log(1 - p[label])),
        "You left out the normalization": classes(lambda p, s, label, which: -s[label]),
    },
    "cross-entropy-gradient": {
        "You subtracted the prediction": classes(lambda p, s, label, which: (label == which) - p[which]),
        "You exchanged the targets": classes(lambda p, s, label, which: p[which] - (label != which)),
        "You took the derivative of the softmax alone": classes(
            lambda p, s, label, which: p[label] * ((label == which) - p[which])),
        "You took the derivative with respect to the probability": classes(
            lambda p, s, label, which: -1 / p[label] if label == which else 0.0),
    },
    "binary-cross-entropy": {
        "You used the term of the other class": binary(lambda p: -math.log(1 - p)),
        "You took the logarithm to base 10": binary(lambda p: -math.log10(p)),
        "That is the squared error": binary(lambda p: (1 - p) ** 2),
        "That is the probability of the wrong class": binary(lambda p: 1 - p),
    },
    "hinge-loss": {
        "That is the perceptron's loss": hinge(lambda t, f: max(0, -t * f)),
        "You left out the maximum": hinge(lambda t, f: 1 - t * f),
        "You left out the target": hinge(lambda t, f: max(0, 1 - f)),
        "You turned the sign": hinge(lambda t, f: max(0, 1 + t * f)),
        "That is the logistic loss": hinge(lambda t, f: math.log1p(math.exp(-t * f))),
    },
    "perceptron-bound": {
        "You left the radius unsquared": bound(lambda r, d: r / d**2),
        "You left out the squares": bound(lambda r, d: r / d),
        "You multiplied by the margin": bound(lambda r, d: (r * d) ** 2),
    },
    "perceptron-update": {
        "You took the example as rightly answered": update(lambda w, x, t, eta: w),
        "You subtracted": update(lambda w, x, t, eta: step(w, x, -eta * t)),
        "You left the bias alone": update(lambda w, x, t, eta: step(w, x, eta * t, bias=False)),
        "You left out the learning rate": update(lambda w, x, t, eta: step(w, x, t)),
        r"You used \$\\eta \(t - y\)": update(lambda w, x, t, eta: step(w, x, 2 * eta * t)),
        "You used the linear error": update(lambda w, x, t, eta: step(w, x, eta * (t - dot(w, x)))),
        "You updated on a right answer": update(lambda w, x, t, eta: step(w, x, eta * t)),
        r"You took \$w \\cdot x = 0\$ for an error": update(lambda w, x, t, eta: step(w, x, eta * t)),
        "You moved the weights away": update(lambda w, x, t, eta: step(w, x, -eta * t)),
        "You updated, and without the bias": update(lambda w, x, t, eta: step(w, x, eta * t, bias=False)),
    },
    "lstm-step": {
        "You showed the cell without its tanh": lstm(lambda f, i, g, o, c: o * written(f, i, g, c)),
        "You left out the output gate": lstm(lambda f, i, g, o, c: math.tanh(written(f, i, g, c))),
        "You showed the OLD cell": lstm(lambda f, i, g, o, c: o * math.tanh(c)),
        "That is the new cell state": lstm(lambda f, i, g, o, c: written(f, i, g, c)),
        "You gated before the tanh": lstm(lambda f, i, g, o, c: math.tanh(o * written(f, i, g, c))),
        "You exchanged the gates": lstm(lambda f, i, g, o, c: written(i, f, g, c)),
        "You put the candidate through a sigmoid": lstm(lambda f, i, g, o, c: f * c + i * SIGMOID(g)),
        "You left out the input gate": lstm(lambda f, i, g, o, c: written(f, 1, g, c)),
        "You left out the forget gate": lstm(lambda f, i, g, o, c: written(1, i, g, c)),
        "You squashed the cell": lstm(lambda f, i, g, o, c: math.tanh(written(f, i, g, c))),
    },
    "gru-step": {
        "You exchanged the shares": gru(lambda z, r, h, g: z * h + (1 - z) * g(r)),
        "You left out the reset gate": gru(lambda z, r, h, g: (1 - z) * h + z * g(1)),
        "You reset the carried state": gru(lambda z, r, h, g: (1 - z) * r * h + z * g(r)),
        "You kept the whole old state": gru(lambda z, r, h, g: h + z * g(r)),
        "That is the candidate": gru(lambda z, r, h, g: g(r)),
    },
    "softmax-temperature": {
        "You left out the temperature": heat(lambda s, n, t: soft(s)[n]),
        "You multiplied the scores": heat(lambda s, n, t: soft([t * score for score in s])[n]),
        "You divided the probability": heat(lambda s, n, t: soft(s)[n] / t),
        "You normalized the scores": heat(lambda s, n, t: s[n] / sum(s)),
    },
    "bits-per-character": {
        "You averaged the probabilities": bits(
            lambda b, perplexity: (lambda m: 1 / m if perplexity else -math.log2(m))(sum(2**-one for one in b) / 4)),
        "That is for the whole text": bits(lambda b, perplexity: 2 ** sum(b) if perplexity else sum(b)),
        "Those are the bits per character": bits(lambda b, perplexity: sum(b) / 4),
        "That is the perplexity": bits(lambda b, perplexity: 2 ** (sum(b) / 4)),
        "Those are nats": bits(lambda b, perplexity: sum(b) / 4 * math.log(2)),
    },
    "initial-variance": {
        "That is Xavier's": lambda item: scheme_variance("Xavier", *variances(item)[1:3]),
        "That is Glorot's": lambda item: scheme_variance("Glorot", *variances(item)[1:3]),
        "That is He's": lambda item: scheme_variance("He", *variances(item)[1:3]),
        "That is the standard deviation": lambda item: math.sqrt(scheme_variance(*variances(item)[:3])),
        "You counted channels only": lambda item: scheme_variance(variances(item)[0], *variances(item)[3:]),
        "You took the outputs": lambda item: scheme_variance(variances(item)[0], *variances(item)[2:0:-1]),
        "You left out the 2": lambda item: scheme_variance(*variances(item)[:3]) / 2,
    },
    "batch-norm-output": {
        "You divided by the variance": batch_norm(lambda x, m, q, gamma, beta: gamma * (x - m) / (q / 4) + beta),
        "You stopped before": batch_norm(lambda x, m, q, gamma, beta: (x - m) / math.sqrt(q / 4)),
        "You divided the sum of squares": batch_norm(lambda x, m, q, gamma, beta: gamma * (x - m) / math.sqrt(q / 3) + beta),
        "You exchanged them": batch_norm(lambda x, m, q, gamma, beta: beta * (x - m) / math.sqrt(q / 4) + gamma),
        "You left out the mean": batch_norm(lambda x, m, q, gamma, beta: gamma * x / math.sqrt(q / 4) + beta),
    },
    "dropout-scaling": {
        "You left it as it is": dropout(lambda a, drop: a),
        "You divided by the keep probability": dropout(lambda a, drop: a / (1 - drop)),
        "You multiplied by the keep probability": dropout(lambda a, drop: a * (1 - drop)),
        "You used the probability to be dropped": dropout(lambda a, drop: a * drop),
        "You divided by the probability": dropout(lambda a, drop: a / drop),
    },
    "cbow-context": {
        "You filled up": window(filled_up),
        "You left the target": window(
            lambda words, place, radius: words[max(0, place - radius) : place + radius + 1]),
        "You took the words before only": window(lambda words, place, radius: words[max(0, place - radius) : place]),
        "You stopped after one word": window(lambda words, place, radius: words[place + 1 : place + 2]),
        "You went one word too far": window(lambda words, place, radius: around(words, place, radius + 1)),
        "You stopped one word too soon": window(lambda words, place, radius: around(words, place, radius - 1)),
    },
    "skip-gram-pairs": {
        "You gave every word a full window": pairs(lambda n, r: n * 2 * r),
        "That is one example per word": pairs(lambda n, r: n),
        "You counted each pair once": pairs(lambda n, r: sum(neighbours(n, r)) / 2),
        "You left out the words at the edges": pairs(lambda n, r: sum(c for c in neighbours(n, r) if c == 2 * r)),
    },
    "nnlm-cost": {
        "You multiplied by the number of training examples": nnlm(lambda m, n, h, v, t: t * (n * m + n * m * h + h * v)),
        r"You took \$n\$": nnlm(lambda m, n, h, v, t: t * m + t * m * h + h * v),
        "You looked up one word": nnlm(lambda m, n, h, v, t: m + m * h + h * v),
        "You multiplied one-hot vectors": nnlm(lambda m, n, h, v, t: n * v * m + n * m * h + h * v),
        "You stopped at the hidden layer": nnlm(lambda m, n, h, v, t: n * m * h),
    },
    "bigram-probability": {
        "You left out the smoothing": bigram(lambda t, h, w: seen(t, h, w) / followed(t, h)),
        "You added a count to every continuation": bigram(lambda t, h, w: (seen(t, h, w) + 1) / (followed(t, h) + 3)),
        "You added one count below": bigram(lambda t, h, w: (seen(t, h, w) + 1) / (followed(t, h) + 1)),
        "You added one to both counts": bigram(lambda t, h, w: (seen(t, h, w) + 1) / (followed(t, h) + 1)),
        "That is the share of the pair": bigram(lambda t, h, w: seen(t, h, w) / (len(t) - 1)),
        "That is the share of the word itself": bigram(lambda t, h, w: t.count(w) / len(t)),
        "You divided by the count of the word predicted": bigram(lambda t, h, w: seen(t, h, w) / t.count(w)),
    },
}  # fmt: skip


@pytest.mark.parametrize("family", MISTAKES)
def test_each_explanation_is_true(family: str):
    mistakes.check(FAMILIES[family], MISTAKES[family])


def test_no_family_is_left_out():
    from tests.drills.test_generators_mistakes_layers import MISTAKES as LAYERS

    assert set(FAMILIES) == {*MISTAKES, *LAYERS, "network-table"}
