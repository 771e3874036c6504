"""Scaled dot-product attention by hand: weights, a mask, the context. Vaswani et al. 2017, eq. 1."""

import math

from drills.generators import generator
from drills.generators.common import SET_BY_REGISTRY, fixed, grouped, tenths, vector
from drills.items import Computed, Item, Numeric, Tolerance, Wrong
from drills.randomness import Source

PAPER = "Vaswani et al. 2017, Attention is all you need, eq. 1"
SMALL = Tolerance(absolute=0.005)
SIZE = 4  # sqrt(4) = 2 keeps the scores halves


def _query_and_keys(source: Source, keys: int) -> tuple[list[int], list[list[int]], list[int]]:
    """A query, keys, and their dot products: all different, and near enough for no weight to vanish."""
    while True:
        query = [source.integer(-2, 2) for _ in range(SIZE)]
        rows = [[source.integer(-2, 2) for _ in range(SIZE)] for _ in range(keys)]
        products = [sum(q * k for q, k in zip(query, row, strict=True)) for row in rows]
        if len(set(products)) == keys and max(products) - min(products) <= 6 and 0 not in products:
            return query, rows, products


def _soft(scores: list[float], which: int) -> float:
    return math.exp(scores[which]) / sum(map(math.exp, scores))


def _named(rows: list[list[int]]) -> str:
    return ", ".join(f"$k_{number} = {vector(row)}$" for number, row in enumerate(rows, start=1))


def _quotient(products: list[int], which: int) -> str:
    scores = [product / 2 for product in products]
    below = " + ".join(f"e^{{{product}/2}}" for product in products)
    return f"e^{{{products[which]}/2}} / ({below}) = {fixed(_soft(scores, which))}"


@generator("attention-weight", topic="transformer", difficulty=2)
def attention_weight(source: Source) -> Item:
    """One weight of scaled dot-product attention."""
    query, rows, products = _query_and_keys(source, 3)
    which = source.integer(0, 2)
    softmax = "attention.attention.softmax"
    dots = f"array({products})"
    wrong = {
        f"{softmax}({dots})[{which}]": Wrong(
            because="You left out the scaling: the scores are divided by $\\sqrt{4} = 2$.",
            misconception="attention-unscaled",
        ),
        f"{softmax}({dots} / 4)[{which}]": Wrong(
            because="You divided by $d = 4$; the standard deviation of a dot product grows as $\\sqrt{d} = 2$.",
            misconception="attention-scaled-by-d",
        ),
        f"{softmax}({dots} / 3 ** 0.5)[{which}]": Wrong(
            because="You used the number of keys, 3; $d$ is the number of components of a query, 4.",
            misconception="attention-scaled-by-the-number-of-keys",
        ),
        f"1 / (1 + math.exp(-({products[which]}) / 2))": Wrong(
            because="You put each score through a sigmoid of its own; then the weights do not sum to one.",
        ),
    }
    if sum(products):
        wrong[f"{products[which]} / ({' + '.join(f'({p})' for p in products)})"] = Wrong(
            because="You normalized the scores themselves; the softmax exponentiates them first.",
        )
    return Numeric(
        **SET_BY_REGISTRY,
        source=PAPER,
        stem=f"A query $q = {vector(query)}$ attends to the keys {_named(rows)}. What weight does $k_{which + 1}$ get?",
        unit="weight",
        convention="scaled dot-product attention, no mask",
        tolerance=SMALL,
        key=Computed(compute=f"attention.attention.attention_weights(array([{query}]), array({rows}))[0][{which}]"),
        because=f"The products $q \\cdot k$ are {', '.join(map(str, products))}, divided by $\\sqrt{{4}} = 2$: "
        f"${_quotient(products, which)}$.",
        wrong_values=wrong,
        exercise="attention/attention",
    )


@generator("masked-attention-weight", topic="transformer", difficulty=3)
def masked_attention_weight(source: Source) -> Item:
    """An attention weight where a mask forbids a key."""
    query, rows, products = _query_and_keys(source, 4)
    hidden = source.integer(0, 3)
    kept = [number for number in range(4) if number != hidden]
    left = [products[number] for number in kept]
    # a weight near 0 or 1 would hide what the mistakes change
    which = source.choice([n for n in kept if 0.05 < _soft([p / 2 for p in left], kept.index(n)) < 0.9])
    softmax = "attention.attention.softmax"
    zeroed = [0 if number == hidden else product for number, product in enumerate(products)]
    wrong = {
        f"{softmax}(array({products}) / 2)[{which}]": Wrong(
            because="You masked after the softmax: the forbidden key has taken its share, and the rest sums to less than one.",
            misconception="attention-mask-after-softmax",
        ),
        f"{softmax}(array({zeroed}) / 2)[{which}]": Wrong(
            because="You set the forbidden score to 0; $e^0 = 1$, so the key keeps a weight. Its score must be $-\\infty$.",
            misconception="attention-mask-sets-scores-to-zero",
        ),
        "0": Wrong(
            because="You read the mask the other way round: True means that the query may attend.",
            misconception="attention-mask-means-forbidden",
        ),
        f"{softmax}(array({left}))[{kept.index(which)}]": Wrong(
            because="You left out the scaling: the scores are divided by $\\sqrt{4} = 2$.",
            misconception="attention-unscaled",
        ),
    }
    mask = vector(["False" if number == hidden else "True" for number in range(4)])
    return Numeric(
        **SET_BY_REGISTRY,
        source=f"{PAPER} and section 3.2.3",
        stem=f"A query $q = {vector(query)}$ meets the keys {_named(rows)} with the mask {mask}. What weight does "
        f"$k_{which + 1}$ get?",
        unit="weight",
        convention="scaled dot-product attention; True in the mask means that the query may attend to the key",
        tolerance=SMALL,
        key=Computed(
            compute=f"attention.attention.attention_weights(array([{query}]), array({[rows[n] for n in kept]}))[0]"
            f"[{kept.index(which)}]"
        ),
        because=f"The products $q \\cdot k$ are {', '.join(map(str, products))}; $k_{hidden + 1}$ gets the score $-\\infty$ "
        f"and drops out. The others, divided by $\\sqrt{{4}} = 2$: ${_quotient(left, kept.index(which))}$.",
        wrong_values=wrong,
        exercise="attention/attention",
    )


@generator("attention-context", topic="transformer", difficulty=2)
def attention_context(source: Source) -> Item:
    """The context that attention gives for one query."""
    while True:
        scores = [source.integer(-2, 3) for _ in range(3)]
        values = [source.integer(-30, 30) for _ in range(3)]
        if len(set(scores)) == 3 and len(set(values)) == 3:
            break
    v = [tenths(value) for value in values]
    weights = f"attention.attention.softmax(array({scores}))"
    column = f"array([{', '.join(v)}])"
    best = scores.index(max(scores))
    # a query and keys of one component: sqrt(d) = 1, so that the products are the scores
    key = (
        f"attention.attention.attention(array([[1]]), array({[[score] for score in scores]}), "
        f"array([[{v[0]}], [{v[1]}], [{v[2]}]]))[0][0][0]"
    )
    wrong = {
        v[best]: Wrong(
            because="You took the value of the best key; attention is soft and mixes all values.",
            misconception="attention-picks-the-best-key",
        ),
        f"sum({column}) / 3": Wrong(because="You took the plain mean; the weights follow the scores."),
        f"sum(array({scores}) * {column})": Wrong(
            because="You weighed with the scores; the weights are their softmax and sum to one.",
        ),
        f"sum({weights} * array({scores}))": Wrong(
            because="You mixed the scores; they decide how much of each VALUE is taken.",
        ),
    }
    w = [_soft([float(score) for score in scores], number) for number in range(3)]
    result = sum(a * value / 10 for a, value in zip(w, values, strict=True))
    terms = " + ".join(f"{fixed(a)} \\cdot {grouped(b)}" for a, b in zip(w, v, strict=True))
    return Numeric(
        **SET_BY_REGISTRY,
        source=PAPER,
        stem=f"A query has the scaled scores {vector(scores)} with three keys, whose values are the numbers {vector(v)}. "
        "What is the context that attention returns?",
        unit="context",
        convention="the scores are already divided by $\\sqrt{d}$; no mask",
        tolerance=Tolerance(absolute=0.01),
        key=Computed(compute=key),
        because=f"The softmax of the scores is {', '.join(map(fixed, w))}; the context is ${terms} = {fixed(result, 3)}$.",
        wrong_values=wrong,
        exercise="attention/attention",
    )
