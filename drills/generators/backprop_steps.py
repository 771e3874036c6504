"""One gradient of a tiny network by hand. Rumelhart, Hinton and Williams 1986."""

import math

from drills.generators import generator
from drills.generators.common import SET_BY_REGISTRY, fixed, grouped, tenths
from drills.items import Computed, Item, Numeric, Tolerance, Wrong
from drills.randomness import Source


@generator("backprop-gradient", topic="backpropagation", difficulty=3)
def backprop_gradient(source: Source) -> Item:
    """A gradient of a network with two inputs, one tanh unit and a linear output."""
    nonzero = [n for n in range(-20, 21) if abs(n) >= 3]
    while True:  # a hidden unit that is neither linear nor saturated, an error that is not tiny
        inputs, first = [source.choice(nonzero) for _ in "xx"], [source.choice(nonzero) for _ in "ww"]
        bias, second, shift, target = (source.choice(nonzero) for _ in range(4))
        a = (inputs[0] * first[0] + inputs[1] * first[1]) / 100 + bias / 10
        hidden = math.tanh(a)
        output = hidden * second / 10 + shift / 10
        if 0.3 < abs(a) < 1.3 and abs(output - target / 10) > 0.3:
            break
    which = source.integer(0, 1)
    x, w, (b1, w2, b2, t) = (
        [tenths(n) for n in inputs],
        [tenths(n) for n in first],
        map(tenths, (bias, second, shift, target)),
    )
    rows = f'{{"W1": array([[{w[0]}], [{w[1]}]]), "b1": array([{b1}]), "W2": array([[{w2}]]), "b2": array([{b2}])}}'
    forward = f"feedforward.backprop.forward(array([[{x[0]}, {x[1]}]]), {rows})"
    key = f'feedforward.backprop.backward(array([[{t}]]), {rows}, {forward}[1])["W1"][{which}][0]'
    summed = f"({x[0]} * {w[0]} + {x[1]} * {w[1]} + {b1})"
    error = f"({w2} * math.tanh({summed}) + {b2} - {t})"
    slope = f"(1 - math.tanh({summed}) ** 2)"
    wrong = {
        f"2 * {error} * {w2} * {x[which]}": Wrong(
            because="You left out the derivative of the tanh, $1 - h^2$, on the way through the hidden unit.",
            misconception="backprop-tanh-forgotten",
        ),
        f"2 * {error} * {slope} * {x[which]}": Wrong(
            because="You left out the output weight, which carries the error from the output to the hidden unit.",
            misconception="backprop-skips-the-output-weights",
        ),
        f"{error} * {w2} * {slope} * {x[which]}": Wrong(
            because="You left out the 2 of the derivative of $(y - t)^2$; here the loss has no factor 1/2.",
            misconception="squared-error-with-a-half",
        ),
        f"-2 * {error} * {w2} * {slope} * {x[which]}": Wrong(
            because="You turned the sign: the derivative of $(y - t)^2$ is $2(y - t)$. The minus belongs to the update.",
            misconception="backprop-sign-of-the-error",
        ),
        f"2 * {error} * {w2} * {slope} * {x[1 - which]}": Wrong(
            because="You used the other input; a weight's gradient has the input that this weight multiplies.",
        ),
    }
    dy = 2 * (output - target / 10)
    da = dy * second / 10 * (1 - hidden**2)
    name = f"w_{which + 1}"
    return Numeric(
        **SET_BY_REGISTRY,
        source="Rumelhart, Hinton and Williams 1986, Learning representations by back-propagating errors, eqs. 4 to 6",
        stem=f"A network computes $h = \\tanh(w_1 x_1 + w_2 x_2 + b)$ and $y = v h + c$ with $w_1 = {w[0]}$, "
        f"$w_2 = {w[1]}$, $b = {b1}$, $v = {w2}$, $c = {b2}$. For the input $x_1 = {x[0]}$, $x_2 = {x[1]}$ the target is "
        f"$t = {t}$. What is the derivative of the loss with respect to ${name}$?",
        unit="loss per unit of weight",
        convention="the loss is $(y - t)^2$, without 1/2",
        tolerance=Tolerance(relative=0.01),
        key=Computed(compute=key),
        because=f"Forward: $a = {grouped(w[0])} \\cdot {grouped(x[0])} + {grouped(w[1])} \\cdot {grouped(x[1])} + "
        f"{grouped(b1)} = {fixed(a, 2)}$, $h = \\tanh(a) = {fixed(hidden)}$, $y = {fixed(output)}$. Backward: "
        f"$2(y - t) = {fixed(dy)}$; through $v$ and the tanh, ${fixed(dy)} \\cdot {grouped(w2)} \\cdot "
        f"(1 - h^2) = {fixed(da)}$; times $x_{which + 1} = {x[which]}$: {fixed(da * inputs[which] / 10)}.",
        wrong_values=wrong,
        exercise="feedforward/backprop",
    )
