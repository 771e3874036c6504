"""Losses and their gradients by hand: softmax and cross-entropy, binary cross-entropy, margin losses."""

import math

from drills.generators import generator
from drills.generators.common import SET_BY_REGISTRY, fixed, grouped, tenths, vector
from drills.items import Computed, Item, Numeric, Tolerance, Wrong
from drills.randomness import Source

SMALL = Tolerance(absolute=0.005)
BOOK = "Goodfellow, Bengio and Courville 2016, Deep learning"


def _scores(source: Source) -> list[int]:
    """Three different scores close enough that no probability is next to nothing."""
    lowest = source.integer(-3, 1)
    return source.shuffled([lowest, lowest + 1, lowest + source.integer(2, 3)])


def _softmax(scores: list[int]) -> list[float]:
    total = sum(math.exp(score) for score in scores)
    return [math.exp(score) / total for score in scores]


def _shown_softmax(scores: list[int], which: int) -> str:
    below = " + ".join(f"e^{{{score}}}" for score in scores)
    return f"e^{{{scores[which]}}} / ({below}) = {fixed(_softmax(scores)[which])}"


@generator("softmax-cross-entropy", topic="losses", difficulty=2)
def softmax_cross_entropy(source: Source) -> Item:
    """Cross-entropy of three scores."""
    scores, label = _scores(source), source.integer(0, 2)
    p = _softmax(scores)[label]
    ours = f"feedforward.activations.softmax(array({scores}))[{label}]"
    wrong = {
        ours: Wrong(because="That is the probability of the right class; the loss is minus its logarithm."),
        f"-math.log2({ours})": Wrong(because="You took the logarithm to base 2; the loss uses the natural one."),
        f"-math.log10({ours})": Wrong(because="You took the logarithm to base 10; the loss uses the natural one (ln)."),
        f"-math.log(1 - {ours})": Wrong(
            because="You penalised the probability of the wrong classes; cross-entropy looks at that of the right one.",
        ),
        f"-({scores[label]})": Wrong(
            because="You left out the normalization: the loss is minus the score PLUS the logarithm of the sum of all "
            "exponentials.",
            misconception="cross-entropy-of-scores",
        ),
    }
    return Numeric(
        **SET_BY_REGISTRY,
        source=f"{BOOK}, eqs. 6.29 and 6.30",
        stem=f"A classifier gives an image the scores {vector(scores)} for the classes 1, 2 and 3; the right class is "
        f"{label + 1}. How large is the cross-entropy loss after a softmax?",
        unit="nats",
        convention="natural logarithm",
        tolerance=SMALL,
        key=Computed(compute=f"-feedforward.losses.log_softmax(array([{scores}]))[0][{label}]"),
        because=f"$p_{label + 1} = {_shown_softmax(scores, label)}$, and $-\\ln {fixed(p)} = {fixed(-math.log(p))}$.",
        wrong_values=wrong,
    )


@generator("cross-entropy-gradient", topic="losses", difficulty=2)
def cross_entropy_gradient(source: Source) -> Item:
    """Gradient of the cross-entropy with respect to a score."""
    scores, label, which = _scores(source), source.integer(0, 2), source.integer(0, 2)
    p = _softmax(scores)[which]
    hot = int(label == which)
    ours = f"feedforward.activations.softmax(array({scores}))[{which}]"
    wrong = {
        f"{hot} - {ours}": Wrong(
            because="You subtracted the prediction from the target; the gradient is prediction minus target.",
            misconception="cross-entropy-gradient-sign",
        ),
        f"{ours} - {1 - hot}": Wrong(
            because=f"You exchanged the targets: class {label + 1} is the right one and has target 1, the others 0.",
        ),
    }
    # the loss is -ln of the right class's probability: the derivative of the softmax is that of p_label by this score
    right = f"feedforward.activations.softmax(array({scores}))[{label}]"
    slope = f"{ours} * (1 - {ours})" if hot else f"-{right} * {ours}"
    wrong[slope] = Wrong(
        because=f"You took the derivative of the softmax alone, that of $p_{label + 1}$ with respect to this score; the "
        f"loss's derivative $-1/p_{label + 1}$ multiplies it.",
        misconception="cross-entropy-gradient-has-softmax-derivative",
    )
    if hot:
        wrong[f"-1 / {ours}"] = Wrong(
            because="You took the derivative with respect to the probability, before the softmax's own."
        )
    return Numeric(
        **SET_BY_REGISTRY,
        source="Bishop 2006, Pattern recognition and machine learning, eq. 4.109",
        stem=f"The scores {vector(scores)} of the classes 1, 2 and 3 pass a softmax; the right class is {label + 1}. "
        f"What is the derivative of the cross-entropy loss with respect to the score of class {which + 1}?",
        unit="nats per unit of score",
        tolerance=SMALL,
        key=Computed(compute=f"{ours} - {hot}"),
        because=f"Prediction minus target: $p_{which + 1} - t_{which + 1}$ with $p_{which + 1} = "
        f"{_shown_softmax(scores, which)}$ and $t_{which + 1} = {hot}$, hence ${fixed(p - hot)}$.",
        wrong_values=wrong,
    )


@generator("binary-cross-entropy", topic="losses", difficulty=1)
def binary_cross_entropy(source: Source) -> Item:
    """Binary cross-entropy of a predicted probability."""
    percent, target = source.choice([n for n in range(5, 100, 5) if n != 50]), source.integer(0, 1)
    p = f"{percent / 100:.2f}"
    right = percent if target else 100 - percent
    taken = f"{right / 100:.2f}"
    wrong = {
        f"-math.log({(100 - right) / 100:.2f})": Wrong(
            because=f"You used the term of the other class: for target {target} the loss is "
            + ("$-\\ln p$." if target else "$-\\ln(1 - p)$."),
        ),
        f"-math.log10({taken})": Wrong(
            because="You took the logarithm to base 10; the loss uses the natural one (ln)."
        ),
        f"(1 - {taken}) ** 2": Wrong(
            because="That is the squared error; a Bernoulli target gives the logarithm of the probability.",
            misconception="squared-error-for-classification",
        ),
        f"1 - {taken}": Wrong(
            because="That is the probability of the wrong class; the loss is minus the log of the right's."
        ),
    }
    return Numeric(
        **SET_BY_REGISTRY,
        source="Bishop 2006, Pattern recognition and machine learning, eq. 4.90",
        stem=f"A sigmoid output of {p} is the predicted probability of class 1; the target is {target}. How large is the "
        "binary cross-entropy of this example?",
        unit="nats",
        convention="natural logarithm",
        tolerance=SMALL,
        key=Computed(compute=f"feedforward.losses.bce(array([math.log({p} / (1 - {p}))]), array([{target}]))"),
        because=f"$-t \\ln p - (1 - t) \\ln(1 - p)$ with $t = {target}$ is $-\\ln {taken} = "
        f"{fixed(-math.log(right / 100))}$.",
        wrong_values=wrong,
    )


@generator("hinge-loss", topic="kernels", difficulty=2)
def hinge_loss(source: Source) -> Item:
    """Hinge loss, beside the perceptron's."""
    while True:
        score, target = source.integer(-25, 25), source.choice([-1, 1])
        margin = score * target
        if -20 <= margin <= 14 and score and margin not in (5, 10):
            break
    f = tenths(score)
    loss = max(0, 10 - margin)
    wrong = {
        f"max(0, -({target}) * ({f}))": Wrong(
            because="That is the perceptron's loss; the hinge also asks for a margin of 1.",
            misconception="hinge-without-margin",
        ),
        f"1 - ({target}) * ({f})": Wrong(
            because="You left out the maximum with 0; beyond the margin nothing is gained."
        ),
        f"max(0, 1 - ({f}))": Wrong(because="You left out the target: the margin is $t f$, not $f$."),
        f"max(0, 1 + ({target}) * ({f}))": Wrong(
            because="You turned the sign: a large $t f$ is good and costs nothing."
        ),
        f"math.log(1 + math.exp(-({target}) * ({f})))": Wrong(
            because="That is the logistic loss, which is smooth and never quite zero.",
        ),
    }
    return Numeric(
        **SET_BY_REGISTRY,
        source="Bishop 2006, Pattern recognition and machine learning, eq. 7.45",
        stem=f"A linear classifier gives an example the score $f = {f}$; its target is $t = {target}$. How large is the "
        "hinge loss?",
        unit="loss",
        convention="targets are +1 and -1, the margin is 1",
        tolerance=SMALL,
        key=Computed(compute=f"feedforward.losses.hinge(array([{f}]), array([{target}]))"),
        because=f"$\\max(0, 1 - t f) = \\max(0, 1 - {grouped(target)} \\cdot {grouped(f)}) = "
        f"\\max(0, {tenths(10 - margin)}) = {tenths(loss)}$.",
        wrong_values=wrong,
    )
