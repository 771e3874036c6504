"""Keys of steps by hand against plain Python that reads only what the learner reads: math and lists, no reference."""

import math
import re
from collections.abc import Callable

import pytest

from drills.generators import load_generators
from drills.items import Numeric
from drills.marking import key_number

FAMILIES = load_generators()
SIGMOID: Callable[[float], float] = lambda a: 1 / (1 + math.exp(-a))  # noqa: E731


def numbers(text: str) -> list[float]:
    """The numbers of a text; indices such as h_1 and k_{2} are names."""
    return [float(number) for number in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", re.sub(r"_\{?\d+\}?", "", text))]


def named(name: str, stem: str) -> float:
    return float(re.search(rf"(?<!\w){re.escape(name)} = (-?\d+(?:\.\d+)?)", stem)[1])


def vectors(text: str) -> list[list[float]]:
    return [[float(number) for number in found.split(",")] for found in re.findall(r"\(([-\d., ]+)\)", text)]


def dot(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def soft(scores: list[float]) -> list[float]:
    shifted = [math.exp(score - max(scores)) for score in scores]
    return [value / sum(shifted) for value in shifted]


def slope(f: Callable[[float], float], x: float) -> float:
    """Numerical derivative, accurate to about 1e-9 for these smooth losses."""
    h = 1e-3
    return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h)


def perceptron(item) -> str:
    w, x = vectors(item.stem)
    t, eta = named("t", item.stem), named("\\eta", item.stem)
    answer = 1 if dot(w, x) > 0 else -1
    new = w if answer == t else [a + eta * t * b for a, b in zip(w, x, strict=True)]
    return f"({', '.join(f'{value:g}' for value in new)})"


def bound(item) -> float:
    radius, margin = numbers(item.stem)[:2]
    return radius**2 / margin**2


def backprop(item) -> float:
    value = {name: named(name, item.stem) for name in ("w_1", "w_2", "b", "v", "c", "x_1", "x_2", "t")}
    which = re.search(r"respect to \$(w_\d)\$", item.stem)[1]

    def loss(w: float) -> float:
        at = {**value, which: w}
        h = math.tanh(at["w_1"] * at["x_1"] + at["w_2"] * at["x_2"] + at["b"])
        return (at["v"] * h + at["c"] - at["t"]) ** 2

    return slope(loss, value[which])


def cross_entropy(item) -> float:
    label = int(re.search(r"right class is (\d)", item.stem)[1]) - 1
    return -math.log(soft(vectors(item.stem)[0])[label])


def cross_entropy_slope(item) -> float:
    scores = vectors(item.stem)[0]
    label = int(re.search(r"right class is (\d)", item.stem)[1]) - 1
    which = int(re.search(r"score of class (\d)", item.stem)[1]) - 1
    return slope(lambda s: -math.log(soft([*scores[:which], s, *scores[which + 1 :]])[label]), scores[which])


def binary(item) -> float:
    p, target = float(re.search(r"output of (\S+) is", item.stem)[1]), int(re.search(r"target is (\d)", item.stem)[1])
    return -math.log(p if target else 1 - p)


def hinge(item) -> float:
    return max(0.0, 1 - named("f", item.stem) * named("t", item.stem))


def descent(item) -> float:
    w = named("w", item.stem)
    examples = re.findall(r"x = (-?\d+)\$, \$t = (-?\d+)", item.stem)
    rate = float(re.search(r"rate (\S+)\. What", item.stem)[1])
    assert len(examples) == 2
    return w - rate * slope(lambda v: sum((v * int(x) - int(t)) ** 2 for x, t in examples) / 2, w)


def momentum(item) -> float:
    w, _, *gradients = numbers(item.stem)[:5]
    velocity = 0.0
    for g in gradients:
        velocity = named("\\mu", item.stem) * velocity + g
        w -= named("\\eta", item.stem) * velocity
    return w


def adagrad(item) -> float:
    rate, *gradients = numbers(item.stem)
    return rate / math.sqrt(sum(g * g for g in gradients[:3]))


def adam(item) -> float:
    w = float(re.search(r"A weight of (\S+) has", item.stem)[1])
    gradients = re.search(r"gradients (\S+) and (\S+) in", item.stem).groups()
    m = v = 0.0
    for t, g in enumerate(map(float, gradients), start=1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w -= 0.1 * (m / (1 - 0.9**t)) / math.sqrt(v / (1 - 0.999**t))
    return w


def variance(item) -> float:
    found = numbers(item.stem)
    if "convolutional" in item.stem:
        filters, kernel, _, channels = found
        inputs, outputs = kernel * kernel * channels, kernel * kernel * filters
    else:
        outputs, inputs = found
    if "Glorot" in item.stem:
        return 2 / (inputs + outputs)
    return (2 if "He " in item.stem else 1) / inputs


def batch_norm(item) -> float:
    batch = vectors(item.stem)[0]
    x = float(re.search(r"activation (-?\d+) become", item.stem)[1])
    mean = sum(batch) / 4
    deviation = math.sqrt(sum((value - mean) ** 2 for value in batch) / 4)
    return named("\\gamma", item.stem) * (x - mean) / deviation + named("\\beta", item.stem)


def dropout(item) -> float:
    drop, activation = (
        float(n) for n in re.search(r"probability (\S+)\. A unit has the activation (\S+)\. ", item.stem).groups()
    )
    training, inverted = "In a training step" in item.stem, item.stem.startswith("Inverted")
    if inverted == training:
        return activation / (1 - drop) if inverted else activation * (1 - drop)
    return activation


def lstm(item) -> float:
    forget, write, candidate, show, cell = numbers(item.stem)
    new = SIGMOID(forget) * cell + SIGMOID(write) * math.tanh(candidate)
    return SIGMOID(show) * math.tanh(new) if "new state $h_t$" in item.stem else new


def gru(item) -> float:
    update, reset = numbers(item.stem)[:2]
    h = named("h_{t-1}", item.stem)
    g = math.tanh(named("u", item.stem) * SIGMOID(reset) * h + named("a", item.stem))
    return (1 - SIGMOID(update)) * h + SIGMOID(update) * g


def temperature(item) -> float:
    scores = vectors(item.stem)[0]
    heat = float(re.search(r"temperature ([\d.]+)\?", item.stem)[1])
    return soft([s / heat for s in scores])["abc".index(re.search(r"is (\w) drawn", item.stem)[1])]


def bits(item) -> float:
    inverse = [int(n) for n in re.findall(r"1/(\d+)", item.stem)]
    geometric = math.prod(inverse) ** (1 / len(inverse))
    return geometric if "perplexity" in item.stem else math.log2(geometric)


def replicas(item) -> float:
    states, errors = (numbers(part.replace(",", " ")) for part in (
        re.search(r"\\ldots, h_3 = ([^$]*)\$", item.stem)[1], re.search(r"are \$([-\d., ]+)\$\. What", item.stem)[1],
    ))  # fmt: skip
    total = sum(states[t] * errors[t] for t in range(3))
    return total / 3 if "MEAN" in item.convention else total


def through_time(item) -> float:
    value = {name: named(name, item.stem) for name in ("w", "u", "h_0", "x_1", "x_2", "t")}

    def loss(w: float) -> float:
        h = value["h_0"]
        for x in (value["x_1"], value["x_2"]):
            h = math.tanh(w * h + value["u"] * x)
        return (h - value["t"]) ** 2

    return slope(loss, value["w"])


def truncated(item) -> float:
    steps, window = numbers(item.stem)[:2]
    return sum(1 for step in range(int(steps)) for replica in range(step + 1) if step - replica < window)


def vanishing(item) -> float:
    weight = float(re.search(r"weight ([\d.]+)\. How", item.stem)[1])
    steps = int(re.search(r"state (\d+) steps", item.stem)[1])
    steepest = max(slope(SIGMOID if "sigmoid" in item.stem else math.tanh, a / 10) for a in range(-50, 51))
    return math.prod([steepest * weight] * steps)


def clipped(item) -> float:
    gradient = vectors(item.stem)[0]
    limit = float(re.search(r"at most (\d+)", item.stem)[1])
    which = [word in item.stem for word in ("first", "second", "third")].index(True)
    return gradient[which] * min(1, limit / math.hypot(*gradient))


def attention(item) -> float:
    query, *keys = [vector for vector in vectors(item.stem) if len(vector) == 4]
    which = int(re.search(r"does \$k_(\d)\$ get", item.stem)[1]) - 1
    mask = re.search(r"mask \(([^)]*)\)", item.stem)
    allowed = [word.strip() == "True" for word in mask[1].split(",")] if mask else [True] * len(keys)
    raised = [math.exp(dot(query, key) / math.sqrt(len(query))) * ok for key, ok in zip(keys, allowed, strict=True)]
    return raised[which] / sum(raised)


def context(item) -> float:
    scores, values = vectors(item.stem)
    return dot(soft(scores), values)


def cells(left: float, top: float, right: float, bottom: float) -> set[tuple[int, int]]:
    return {(x, y) for x in range(int(left), int(right)) for y in range(int(top), int(bottom))}


def overlap(item) -> float:
    a, b = (cells(*box) for box in vectors(item.stem))
    return len(a & b) / len(a | b)


def suppressed(item) -> str:
    found = re.findall(r"([A-D]) \((\d+), (\d+), (\d+), (\d+)\) with (\d\.\d+)", item.stem)
    covers = {name: cells(*map(int, box)) for name, *box, _ in found}
    kept: list[str] = []
    for name, *_ in sorted(found, key=lambda box: -float(box[5])):
        if all(2 * len(covers[name] & covers[other]) <= len(covers[name] | covers[other]) for other in kept):
            kept.append(name)
    names = sorted(kept)
    return f"only {names[0]}" if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def around(item) -> str:
    words = re.search(r'text "([^"]*)"', item.stem)[1].split()
    radius, target = int(re.search(r"window of (\d)", item.stem)[1]), re.search(r'predict "(\w+)"', item.stem)[1]
    place = words.index(target)
    assert words.count(target) == 1
    return ", ".join(word for i, word in enumerate(words) if 0 < abs(i - place) <= radius)


def pairs(item) -> float:
    length, radius = map(int, numbers(item.stem)[:2])
    return sum(1 for i in range(length) for j in range(length) if 0 < abs(i - j) <= radius)


def nnlm(item) -> float:
    size, words, hidden, vocabulary, _ = numbers(item.stem.replace("-dimensional", ""))
    return words * size + words * size * hidden + hidden * vocabulary


def bigram(item) -> float:
    text = re.search(r"from the text: ([abc ]+)\.", item.stem)[1].split()
    word, history = re.search(r"give (\w) after (\w)\?", item.stem).groups()
    following = [text[i + 1] for i in range(len(text) - 1) if text[i] == history]
    if "Laplace" in item.stem:
        following += list("abc")
    return following.count(word) / len(following)


def confusion(item) -> float:
    positive, found, _, alarms = numbers(item.stem)
    precision, recall = found / (found + alarms), found / positive
    f1 = 2 / (1 / precision + 1 / recall)
    return {"precision": precision, "recall": recall, "F1": f1}[item.unit]


KEYS = {
    "perceptron-update": perceptron, "perceptron-bound": bound, "backprop-gradient": backprop,
    "softmax-cross-entropy": cross_entropy, "cross-entropy-gradient": cross_entropy_slope,
    "binary-cross-entropy": binary, "hinge-loss": hinge, "gradient-descent-step": descent,
    "momentum-steps": momentum, "adagrad-rate": adagrad, "adam-steps": adam, "initial-variance": variance,
    "batch-norm-output": batch_norm, "dropout-scaling": dropout, "lstm-step": lstm, "gru-step": gru,
    "softmax-temperature": temperature, "bits-per-character": bits, "bptt-replicas": replicas,
    "bptt-gradient": through_time, "truncated-bptt-terms": truncated, "vanishing-gradient-bound": vanishing,
    "gradient-clipping": clipped, "attention-weight": attention, "masked-attention-weight": attention,
    "attention-context": context, "iou": overlap, "nms": suppressed, "cbow-context": around,
    "skip-gram-pairs": pairs, "nnlm-cost": nnlm, "bigram-probability": bigram, "confusion-metrics": confusion,
}  # fmt: skip


@pytest.mark.parametrize("family", KEYS)
def test_the_key_is_what_plain_python_gives(family: str):
    for seed in range(200):
        item = FAMILIES[family](seed)
        if isinstance(item, Numeric):
            assert key_number(item) == pytest.approx(KEYS[family](item), rel=1e-7, abs=1e-8), item.stem
        else:
            assert item.key == KEYS[family](item), item.stem
