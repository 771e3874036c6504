"""Backpropagation through time by hand: replicas, truncation, vanishing, clipping."""

import math

from drills.generators import generator
from drills.generators.common import SET_BY_REGISTRY, fixed, grouped, tenths, vector
from drills.items import Computed, Item, Numeric, Tolerance, Wrong
from drills.randomness import Source

WERBOS = "Werbos 1990, Backpropagation through time: what it does and how to do it"
NONZERO = [n for n in range(-20, 21) if abs(n) >= 3]


@generator("bptt-replicas", topic="bptt", difficulty=2)
def bptt_replicas(source: Source) -> Item:
    """The gradient of the recurrent weight, from the replicas' errors."""
    states = [tenths(source.choice([n for n in NONZERO if abs(n) < 10])) for _ in range(4)]
    while True:
        errors = [source.choice(NONZERO) for _ in range(3)]
        total = sum(float(h) * e / 10 for h, e in zip(states, errors, strict=False))
        if abs(total) > 0.2:
            break
    average = source.choice([True, False])
    deltas = [tenths(e) for e in errors]
    products = [f"({h}) * ({d})" for h, d in zip(states, deltas, strict=False)]
    summed = " + ".join(products)
    late = " + ".join(f"({h}) * ({d})" for h, d in zip(states[1:], deltas, strict=True))
    share = " / 3" if average else ""
    wrong = {
        f"({late}){share}": Wrong(
            because="You paired each error with its own step's state; the recurrent weight multiplies the state BEFORE it.",
            misconception="bptt-pairs-the-error-with-the-new-state",
        ),
        products[2] + share: Wrong(
            because="You used the last replica only; all three use the weight, and all have a say.",
            misconception="bptt-last-replica-only",
        ),
        summed if average else f"({summed}) / 3": Wrong(
            because="You added the replicas' gradients; here their mean is asked for."
            if average
            else "You took the mean of the replicas' gradients; here their sum is asked for.",
        ),
        f"({' + '.join(deltas)}){share}".replace("+ -", "- "): Wrong(
            because="You left out the states; that sum is the gradient of the bias.",
        ),
    }
    terms = " + ".join(f"{grouped(h)} \\cdot {grouped(d)}" for h, d in zip(states, deltas, strict=False))
    shown = f"${terms} = {fixed(total, 3)}$" + (f", divided by 3: {fixed(total / 3)}." if average else ".")
    return Numeric(
        **SET_BY_REGISTRY,
        source=f"{WERBOS}; Goodfellow, Bengio and Courville 2016, eq. 10.26",
        stem=f"A recurrent network with one unit, $h_t = \\tanh(w h_{{t-1}} + u x_t)$, is unrolled over 3 steps. Its states "
        f"are $h_0, \\ldots, h_3 = {', '.join(states)}$; the derivatives of the loss with respect to the weighted inputs of "
        f"steps 1 to 3, all later errors included, are ${', '.join(deltas)}$. What is the gradient of $w$?",
        unit="loss per unit of weight",
        convention="the MEAN of the three replicas' gradients"
        if average
        else "the SUM of the three replicas' gradients, as autograd gives it",
        tolerance=Tolerance(absolute=0.005),
        key=Computed(compute=f"({summed}){share}"),
        because=f"Replica $t$ contributes $h_{{t-1}} \\delta_t$: {shown}",
        wrong_values=wrong,
        exercise="recurrent/bptt",
    )


@generator("bptt-gradient", topic="bptt", difficulty=3)
def bptt_gradient(source: Source) -> Item:
    """A gradient through two steps of a recurrent unit."""
    while True:
        w, u, start = (source.choice(NONZERO) for _ in range(3))
        inputs, target = [source.choice([-1, 1, 2]) for _ in "xx"], source.choice(NONZERO)
        h1 = math.tanh(w / 10 * start / 10 + u / 10 * inputs[0])
        h2 = math.tanh(w / 10 * h1 + u / 10 * inputs[1])
        d2 = 2 * (h2 - target / 10) * (1 - h2 * h2)
        d1 = d2 * w / 10 * (1 - h1 * h1)
        parts = start / 10 * d1, h1 * d2
        if max(abs(h1), abs(h2)) < 0.85 and min(map(abs, parts)) > 0.05 and abs(sum(parts)) > 0.1:
            break
    weight, entering, first, wanted = (tenths(n) for n in (w, u, start, target))
    params = (
        f'{{"Wx": array([[{entering}]]), "Wh": array([[{weight}]]), "bh": array([0]), "Wy": array([[1]]), '
        f'"by": array([0])}}'
    )
    x = f"array([[[{inputs[0]}], [{inputs[1]}]]])"
    # a target of step 1 equal to its output leaves the loss of step 2 alone, which is all the stem asks about
    free = f"math.tanh({weight} * {first} + {entering} * {inputs[0]})"
    gradient = f"recurrent.bptt.bptt({x}, array([[[{free}], [{wanted}]]]), array([[{first}]]), {params}"
    a, b = f"(1 - {free} ** 2)", f"math.tanh({weight} * {free} + {entering} * {inputs[1]})"
    error = f"2 * ({b} - ({wanted}))"
    back = f"{error} * (1 - {b} ** 2)"
    wrong = {
        f'{gradient}, 1)["Wh"][0][0]': Wrong(
            because="You stopped at the second step. The first one used $w$ too, and the error reaches it by way of $h_1$.",
            misconception="bptt-last-replica-only",
        ),
        f"{error} * {free} + {error} * {weight} * {first}": Wrong(
            because="You left out the derivatives of the tanh, $1 - h^2$, one per step.",
            misconception="backprop-tanh-forgotten",
        ),
        f"{back} * {free} + {back} * {a} * {first}": Wrong(
            because="You left out the weight $w$ on the way from the second step back to the first.",
        ),
        f'{gradient}, None, True)["Wh"][0][0]': Wrong(
            because="That is half of it: you took the mean of the two replicas, or left out the 2 of the derivative of a "
            "square.",
        ),
    }
    return Numeric(
        **SET_BY_REGISTRY,
        source=f"{WERBOS}; Goodfellow, Bengio and Courville 2016, eqs. 10.20 to 10.26",
        stem=f"A recurrent unit computes $h_t = \\tanh(w h_{{t-1}} + u x_t)$ with $w = {weight}$, $u = {entering}$, "
        f"$h_0 = {first}$. It reads $x_1 = {inputs[0]}$ and $x_2 = {inputs[1]}$; only after the second step there is a "
        f"loss, $(h_2 - t)^2$ with $t = {wanted}$. What is the derivative of the loss with respect to $w$?",
        unit="loss per unit of weight",
        convention="the contributions of both steps are added",
        tolerance=Tolerance(relative=0.01),
        key=Computed(compute=f'{gradient})["Wh"][0][0]'),
        because=f"$h_1 = {fixed(h1)}$, $h_2 = {fixed(h2)}$. $\\delta_2 = 2(h_2 - t)(1 - h_2^2) = {fixed(d2)}$, $\\delta_1 = "
        f"\\delta_2 w (1 - h_1^2) = {fixed(d1)}$. The gradient is $h_0 \\delta_1 + h_1 \\delta_2 = {fixed(parts[0])} + "
        f"{grouped(fixed(parts[1]))} = {fixed(sum(parts))}$.",
        wrong_values=wrong,
        exercise="recurrent/bptt",
    )


@generator("truncated-bptt-terms", topic="bptt", difficulty=2)
def truncated_bptt_terms(source: Source) -> Item:
    """How many contributions truncated BPTT adds up."""
    steps = source.integer(6, 14)
    window = source.integer(2, steps - 2)
    reach = [min(step, window) for step in range(1, steps + 1)]
    wrong = {
        f"{steps} * {window}": Wrong(
            because="You let the first errors reach back before the sequence begins; step 1 has one replica only.",
        ),
        f"{steps} * ({steps} + 1) // 2": Wrong(
            because="That is without truncation: each error reaches all replicas up to its own.",
        ),
        f"{steps}": Wrong(
            because="You counted one replica per error; a window of $k$ lets it reach up to $k$ of them."
        ),
        f"{window}": Wrong(
            because="You counted the errors of one step only; every one of the steps has a loss.",
            misconception="truncated-bptt-only-the-last-window",
        ),
        f"sum({[min(step, window + 1) for step in range(1, steps + 1)]})": Wrong(
            because="You gave each error one replica too many; the error's own step counts among them.",
        ),
    }
    return Numeric(
        **SET_BY_REGISTRY,
        source="Williams and Peng 1990, An efficient gradient-based algorithm for on-line training of recurrent networks",
        stem=f"A recurrent network is unrolled over {steps} steps with a loss at every step. Truncation lets the error of a "
        f"step reach {window} replicas: its own and the {window - 1} before it, where there are so many. Over how many "
        "pairs (error of a step, replica) does the gradient of the recurrent weights sum?",
        unit="pairs",
        key=Computed(compute=f"sum({reach})"),
        because=f"Step $t$ reaches $\\min(t, {window})$ replicas: ${' + '.join(map(str, reach))} = {sum(reach)}$.",
        wrong_values=wrong,
        exercise="recurrent/bptt",
    )


@generator("vanishing-gradient-bound", topic="vanishing-gradient", difficulty=2)
def vanishing_gradient_bound(source: Source) -> Item:
    """How large a gradient can still be after many steps."""
    sigmoid = source.choice([True, False])
    weight = tenths(source.choice([12, 16, 20, 24, 30, 36] if sigmoid else [3, 5, 6, 7, 8, 9]))
    steps = source.integer(3, 8)
    name, slope = ("sigmoid", "0.25") if sigmoid else ("tanh", "1")
    wrong = {
        f"({slope}) ** {steps}" if sigmoid else f"({weight} / 4) ** {steps}": Wrong(
            because="You left out the weight: each step multiplies by the slope AND by the weight."
            if sigmoid
            else "You used the slope of a sigmoid, at most 1/4; the tanh's is at most 1.",
            misconception="rnn-step-scales-by-a-quarter" if sigmoid else None,
        ),
        f"{slope} * {weight} * {steps}": Wrong(because="You added the factors up; each step multiplies."),
        f"({slope} * {weight}) ** {steps - 1}": Wrong(
            because=f"You counted one step too few; from $t$ to $t - {steps}$ are {steps}."
        ),
        f"{slope} * {weight}": Wrong(because=f"That is the factor of one step; {steps} of them multiply."),
    }
    if sigmoid:
        wrong[f"{weight} ** {steps}"] = Wrong(because="You left out the slope of the sigmoid, which is at most 1/4.")
    factor = float(slope) * float(weight)
    return Numeric(
        **SET_BY_REGISTRY,
        source="Pascanu, Mikolov and Bengio 2013, On the difficulty of training recurrent neural networks, section 2.1",
        stem=f"A recurrent network has one {name} unit and the recurrent weight {weight}. How large can the derivative "
        f"of its state with respect to the state {steps} steps earlier be at most?",
        unit="bound",
        convention="the smallest bound that holds whatever the inputs are",
        tolerance=Tolerance(relative=0.01),
        key=Computed(compute=f"recurrent.vanishing_gradient.bound(array([[{weight}]]), {steps + 1}, {slope})[0]"),
        because=f"Each step multiplies by $w$ times the slope of the {name}, which is at most {'1/4' if sigmoid else '1'}: "
        f"$({fixed(factor, 3)})^{{{steps}}}$, which is {fixed(factor**steps, 7)}.",
        wrong_values=wrong,
    )


@generator("gradient-clipping", topic="bptt", difficulty=1)
def gradient_clipping(source: Source) -> Item:
    """A gradient clipped by its norm."""
    *sides, norm = source.choice(
        [(3, 4, 5), (6, 8, 10), (5, 12, 13), (8, 15, 17), (2, 3, 6, 7), (1, 4, 8, 9), (2, 6, 9, 11)]
    )
    g = [n * source.choice([-1, 1]) for n in source.shuffled(sides)]
    limit = source.choice([limit for limit in (1, 2, 4) if limit < norm - 1])
    which = source.integer(0, len(g) - 1)
    wrong = {
        f"min({limit}, max(-{limit}, {g[which]}))": Wrong(
            because="You clipped each entry by itself, which turns the gradient; by the norm all entries shrink alike.",
            misconception="clipping-entry-by-entry",
        ),
        f"({g[which]}) / {norm}": Wrong(because=f"You scaled the norm to 1; it is clipped to {limit}."),
        f"({g[which]}) / {limit}": Wrong(because="You divided by the limit; the factor is limit over norm."),
        f"{g[which]}": Wrong(because=f"You left it as it is; its norm {norm} exceeds the limit."),
        f"({g[which]}) * {limit} / {sum(map(abs, g))}": Wrong(
            because="You added up the absolute values; the norm is the root of the sum of squares.",
        ),
    }
    return Numeric(
        **SET_BY_REGISTRY,
        source="Pascanu, Mikolov and Bengio 2013, On the difficulty of training recurrent neural networks, algorithm 1",
        stem=f"The gradient {vector(g)} is clipped to a norm of at most {limit}. What is its "
        f"{('first', 'second', 'third')[which]} entry afterwards?",
        unit="gradient",
        convention="Euclidean norm of the whole gradient",
        tolerance=Tolerance(absolute=0.005),
        key=Computed(compute=f'recurrent.vanishing_gradient.clip({{"w": array({g})}}, {limit})["w"][{which}]'),
        because=f"The norm is $\\sqrt{{{' + '.join(str(n * n) for n in g)}}} = {norm}$, so every entry is multiplied by "
        f"${limit}/{norm}$: ${grouped(g[which])} \\cdot {limit}/{norm} = {fixed(g[which] * limit / norm)}$.",
        wrong_values=wrong,
    )
