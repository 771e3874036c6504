"""Steps of gradient descent and of its relatives with a memory: momentum, Adagrad, Adam."""

import math

from drills.generators import generator
from drills.generators.common import SET_BY_REGISTRY, fixed, grouped, tenths
from drills.items import Computed, Item, Numeric, Tolerance, Wrong
from drills.randomness import Source

OPTIMIZERS = "training.optimizers"
NONZERO = tuple(n for n in range(-40, 41, 5) if n)  # tenths


def _steps(rule: str, start: str, gradients: list[str], settings: str) -> str:
    """The expression of (weight, state) after one step of the reference's rule per gradient."""
    weight, state = f"array([{start}])", "{}"
    for gradient in gradients:
        step = f"{OPTIMIZERS}.{rule}({weight}, array([{gradient}]), {state}, {settings})"
        weight, state = f"{step}[0]", f"{step}[1]"
    return step


@generator("gradient-descent-step", topic="gradient-descent", difficulty=2)
def gradient_descent_step(source: Source) -> Item:
    """One gradient-descent step of a linear model on two examples."""
    while True:
        inputs, targets = [source.integer(1, 4), -source.integer(1, 4)], [source.integer(-4, 4) for _ in "tt"]
        weight, rate = tenths(source.choice(NONZERO)), source.choice(["0.05", "0.1", "0.2"])
        if source.integer(0, 1):
            inputs.reverse()
        errors = [float(weight) * x - t for x, t in zip(inputs, targets, strict=True)]
        parts = [e * x for e, x in zip(errors, inputs, strict=True)]
        if abs(sum(parts)) > 1 and abs(parts[0]) > 0.4 and abs(parts[1]) > 0.4:
            break
    gradient = (
        f"feedforward.gradient_descent.least_squares_gradient(array([{weight}]), "
        f"array([[{inputs[0]}], [{inputs[1]}]]), array({targets}))[0]"
    )
    wrong = {
        f"{weight} + {rate} * {gradient}": Wrong(
            because="You went uphill: the step is against the gradient.",
            misconception="gradient-step-uphill",
        ),
        f"{weight} - 2 * {rate} * {gradient}": Wrong(
            because="You added up the gradients of both examples; the loss is their mean.",
            misconception="mean-loss-summed",
        ),
        f"{weight} - {rate} * {gradient} / 2": Wrong(because="You left out the 2 of the derivative of a square."),
        f"{weight} - {rate} * 2 * ({weight} * {inputs[0]} - {targets[0]}) * {inputs[0]}": Wrong(
            because="You used the first example only; that is online learning, not a step on the batch.",
        ),
        f"{weight} - {gradient}": Wrong(because="You left out the learning rate, which scales the gradient."),
    }
    terms = " + ".join(
        f"({grouped(weight)} \\cdot {grouped(x)} - {grouped(t)}) \\cdot {grouped(x)}"
        for x, t in zip(inputs, targets, strict=True)
    )
    return Numeric(
        **SET_BY_REGISTRY,
        source="Goodfellow, Bengio and Courville 2016, Deep learning, section 4.3 and eq. 5.8",
        stem=f"The model $y = w x$ has $w = {weight}$. One step of batch gradient descent is made on the examples "
        f"$x = {inputs[0]}$, $t = {targets[0]}$ and $x = {inputs[1]}$, $t = {targets[1]}$ with learning rate {rate}. "
        "What is $w$ afterwards?",
        unit="weight",
        convention="the loss is the MEAN of $(y - t)^2$ over the two examples",
        tolerance=Tolerance(absolute=0.005),
        key=Computed(compute=f"{weight} - {rate} * {gradient}"),
        because=f"The gradient is $\\frac{{2}}{{2}} [{terms}] = {fixed(sum(parts), 2)}$, so $w = {weight} - {rate} "
        f"\\cdot {grouped(fixed(sum(parts), 2))} = {fixed(float(weight) - float(rate) * sum(parts), 3)}$.",
        wrong_values=wrong,
    )


@generator("momentum-steps", topic="optimizers", difficulty=2)
def momentum_steps(source: Source) -> Item:
    """Three steps with momentum."""
    first, second, third = (source.choice(NONZERO) for _ in range(3))
    g = [tenths(n) for n in (first, second, third)]
    start, rate, keep = tenths(source.integer(-20, 20)), "0.1", source.choice(["0.5", "0.8", "0.9"])
    mu = float(keep)
    v = [first / 10, mu * first / 10 + second / 10]
    v.append(mu * v[1] + third / 10)
    g1, g2, g3 = map(grouped, g)
    wrong = {
        f"{start} - {rate} * ({g1} + {g2} + {g3})": Wrong(
            because="That is plain gradient descent; the velocity is never used.",
        ),
        f"{start} - {rate} * ({g1} + {g2} + {keep} * {g1} + {g3} + {keep} * {g2})": Wrong(
            because="You added only the previous gradient. The velocity holds ALL earlier gradients, each multiplied by "
            "$\\mu$ once more with every step.",
            misconception="momentum-remembers-one-gradient",
        ),
        f"{start} - {rate} * (1 - {keep}) * ({g1} * (1 + {keep} + {keep} ** 2) + {g2} * (1 + {keep}) + {g3})": Wrong(
            because="You averaged, with $(1 - \\mu) g$; in the form stated here the gradient enters with weight 1.",
        ),
        f"{start} - {rate} * ({g1} * {keep} ** 2 + {g2} * {keep} + {g3})": Wrong(
            because="You applied only the last velocity; each of the three steps moves the weight.",
        ),
    }
    final = float(start) - 0.1 * sum(v)
    return Numeric(
        **SET_BY_REGISTRY,
        source="Polyak 1964; Goodfellow, Bengio and Courville 2016, Deep learning, section 8.3.2; PyTorch's form",
        stem=f"A weight is {start}, its velocity 0. In three steps its gradients are {g[0]}, {g[1]} and {g[2]}. The "
        f"learning rate is $\\eta = {rate}$, the momentum $\\mu = {keep}$. What is the weight after the three steps?",
        unit="weight",
        convention="$v \\leftarrow \\mu v + g$, then $w \\leftarrow w - \\eta v$",
        tolerance=Tolerance(absolute=0.005),
        key=Computed(compute=_steps("momentum", start, g, f"{rate}, {keep}") + "[0]"),
        because=f"$v_1 = {fixed(v[0], 3)}$, $v_2 = {keep} \\cdot {grouped(fixed(v[0], 3))} + {g2} = {fixed(v[1], 3)}$, "
        f"$v_3 = {keep} \\cdot {grouped(fixed(v[1], 3))} + {g3} = {fixed(v[2], 3)}$; $w = {start} - {rate} \\cdot "
        f"{grouped(fixed(sum(v), 3))} = {fixed(final)}$.",
        wrong_values=wrong,
    )


@generator("adagrad-rate", topic="optimizers", difficulty=2)
def adagrad_rate(source: Source) -> Item:
    """The effective learning rate of Adagrad after three gradients."""
    sides = source.choice([(1, 2, 2, 3), (2, 3, 6, 7), (1, 4, 8, 9), (2, 6, 9, 11), (4, 4, 7, 9), (6, 6, 7, 11)])
    g = [n * source.choice([-1, 1]) for n in source.shuffled(sides[:3])]
    rate, length = source.choice(["0.1", "0.3", "0.5"]), sides[3]
    squares = " + ".join(f"({n}) ** 2" for n in g)
    wrong = {
        f"{rate} / ({squares})": Wrong(because="You left out the root of the sum of squares."),
        f"{rate} / abs({g[2]})": Wrong(
            because="You used the last gradient only; Adagrad adds up the squares of all gradients so far.",
        ),
        f"{rate} / (({squares}) / 3) ** 0.5": Wrong(
            because="You took the mean of the squares, which stays bounded, much as RMSprop does; Adagrad takes the SUM.",
            misconception="adagrad-averages-squares",
        ),
        rate: Wrong(because="You left the rate as it was; Adagrad divides it for each weight, more with every step."),
    }
    if sum(g):
        wrong[f"{rate} / abs({g[0]} + ({g[1]}) + ({g[2]}))"] = Wrong(
            because="You added the gradients themselves; their SQUARES are added, so that signs cannot cancel.",
        )
    return Numeric(
        **SET_BY_REGISTRY,
        source="Duchi, Hazan and Singer 2011, Adaptive subgradient methods for online learning, section 1.1",
        stem=f"Adagrad runs with learning rate {rate}. The first three gradients of a weight are {g[0]}, {g[1]} and {g[2]}. "
        "By what factor is the third gradient multiplied in the third step?",
        unit="effective learning rate",
        convention="the sum of squares includes the third gradient and starts from 0; epsilon is neglected",
        tolerance=Tolerance(relative=0.01),
        key=Computed(compute=f'{rate} / {_steps("adagrad", "0", list(map(str, g)), rate)}[1]["s"] ** 0.5'),
        because=f"$\\sqrt{{{' + '.join(str(n * n) for n in g)}}} = {length}$, so ${rate} / {length} = "
        f"{fixed(float(rate) / length)}$. The sum only grows: the learning RATE decays to zero, the gradient does not.",
        wrong_values=wrong,
    )


@generator("adam-steps", topic="optimizers", difficulty=3)
def adam_steps(source: Source) -> Item:
    """Two steps of Adam, with its bias correction."""
    while True:
        first, second = source.choice(NONZERO), source.choice(NONZERO)
        if abs(first) != abs(second):
            break
    g1, g2 = tenths(first), tenths(second)
    start, rate = tenths(source.integer(-20, 20)), "0.1"
    m, v = f"(0.9 * 0.1 * ({g1}) + 0.1 * ({g2}))", f"(0.999 * 0.001 * ({g1}) ** 2 + 0.001 * ({g2}) ** 2)"
    sign = 1 if first > 0 else -1
    direction = f"{m} / (1 - 0.9 ** 2) / ({v} / (1 - 0.999 ** 2)) ** 0.5"
    root = "0.1 ** 1 / 0.001 ** 0.5"
    wrong = {
        f"{start} - {rate} * {sign} * {root} - {rate} * {m} / {v} ** 0.5": Wrong(
            because="You left out the bias correction: both averages start at 0 and are too small at first, the second far "
            "more than the first.",
            misconception="adam-without-bias-correction",
        ),
        f"{start} - {rate} * ({g1}) - {rate} * ({g2})": Wrong(
            because="That is plain gradient descent; Adam divides by the root of the averaged squares.",
        ),
        f"{start} - {rate} * {sign} - {rate} * {1 if second > 0 else -1}": Wrong(
            because="You restarted the averages; in the second step the first gradient still counts.",
        ),
        f"{start} - {rate} * {direction}": Wrong(
            because="You made the second step only; the first moves the weight too."
        ),
        f"{start} + {rate} * {sign} + {rate} * {direction}": Wrong(
            because="You went uphill: the step is against the gradient."
        ),
    }
    a, b = first / 10, second / 10
    m_hat, v_hat = (0.09 * a + 0.1 * b) / 0.19, (0.000999 * a * a + 0.001 * b * b) / 0.001999
    ratio = m_hat / math.sqrt(v_hat)
    return Numeric(
        **SET_BY_REGISTRY,
        source="Kingma and Ba 2015, Adam: A method for stochastic optimization, algorithm 1",
        stem=f"Adam runs with learning rate {rate}, $\\beta_1 = 0.9$ and $\\beta_2 = 0.999$. A weight of {start} has the "
        f"gradients {g1} and {g2} in the first two steps. What is the weight after the two steps?",
        unit="weight",
        convention="with bias correction; epsilon is neglected",
        tolerance=Tolerance(absolute=0.003),
        key=Computed(compute=_steps("adam", start, [g1, g2], f"{rate}, 0.9, 0.999, 0") + "[0]"),
        because=f"Step 1: $\\hat m / \\sqrt{{\\hat v}} = g_1 / |g_1| = {sign}$. Step 2: $\\hat m = (0.9 \\cdot 0.1 \\cdot "
        f"{grouped(g1)} + 0.1 \\cdot {grouped(g2)}) / (1 - 0.9^2) = {fixed(m_hat)}$, $\\sqrt{{\\hat v}} = "
        f"{fixed(math.sqrt(v_hat))}$, ratio {fixed(ratio)}. $w = {start} - 0.1 \\cdot {grouped(sign)} - 0.1 \\cdot "
        f"{grouped(fixed(ratio))} = {fixed(float(start) - 0.1 * sign - 0.1 * ratio)}$.",
        wrong_values=wrong,
    )
