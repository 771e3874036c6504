"""Recurrent cells by hand, one step at a time: LSTM and GRU from their pre-activations, and text from their scores."""

import math

from drills.generators import generator
from drills.generators.common import SET_BY_REGISTRY, fixed, grouped, tenths, vector
from drills.items import Computed, Item, Numeric, Tolerance, Wrong
from drills.randomness import Source

SMALL = Tolerance(absolute=0.005)
ZERO = "array([[0], [0]])"


def _sigmoid(a: float) -> float:
    return 1 / (1 + math.exp(-a))


@generator("lstm-step", topic="lstm", difficulty=3)
def lstm_step(source: Source) -> Item:
    """One step of an LSTM unit, from the pre-activations of its gates."""
    while True:
        forget, write, show = (source.choice([-2, -1, 1, 2, 3]) for _ in range(3))
        candidate, cell = source.choice([-2, -1, 1, 2]), tenths(source.choice([-15, -8, -5, 5, 8, 12, 20]))
        if forget != write and abs(_sigmoid(forget) * float(cell) + _sigmoid(write) * math.tanh(candidate)) > 0.3:
            break
    state = source.choice([True, False])
    params = (
        f'{{"Wf": {ZERO}, "Wi": {ZERO}, "Wg": {ZERO}, "Wo": {ZERO}, "bf": array([{forget}]), "bi": array([{write}]), '
        f'"bg": array([{candidate}]), "bo": array([{show}])}}'
    )
    step = f"recurrent.lstm.step(array([0]), array([0]), array([{cell}]), {params})"
    f, i, o, g = (f"(1 / (1 + math.exp(-({a}))))" for a in (forget, write, show, candidate))
    tanh = f"math.tanh({candidate})"
    new = f"({f} * {cell} + {i} * {tanh})"
    if state:
        wrong = {
            f"{o} * {new}": Wrong(
                because="You showed the cell without its tanh; the cell is unbounded, the state is not.",
                misconception="lstm-cell-shown-unsquashed",
            ),
            f"math.tanh({new})": Wrong(
                because="You left out the output gate, which decides how much of the cell is shown.",
                misconception="lstm-output-not-gated",
            ),
            f"{o} * math.tanh({cell})": Wrong(
                because="You showed the OLD cell; the output comes after the cell's update.",
                misconception="lstm-output-from-the-old-cell",
            ),
            new: Wrong(because="That is the new cell state; the state is what the output gate lets out of it."),
            f"math.tanh({o} * {new})": Wrong(
                because="You gated before the tanh; the gate multiplies its result.",
                misconception="lstm-output-squashed-after-the-gate",
            ),
        }
    else:
        wrong = {
            f"{i} * {cell} + {f} * {tanh}": Wrong(
                because="You exchanged the gates: the forget gate scales the old cell, the input gate the candidate.",
                misconception="lstm-forget-and-input-swapped",
            ),
            f"{f} * {cell} + {i} * {g}": Wrong(
                because="You put the candidate through a sigmoid; it is a tanh, so that it can lower the cell.",
                misconception="lstm-candidate-is-a-gate",
            ),
            f"{f} * {cell} + {tanh}": Wrong(
                because="You left out the input gate, which decides how much of the candidate is written.",
                misconception="lstm-candidate-not-gated",
            ),
            f"{cell} + {i} * {tanh}": Wrong(
                because="You left out the forget gate, which scales what was in the cell.",
                misconception="lstm-cell-never-forgets",
            ),
            f"math.tanh({new})": Wrong(
                because="You squashed the cell before passing it on; only what is shown goes through the tanh.",
                misconception="lstm-cell-is-squashed",
            ),
        }
    n = {name: _sigmoid(a) for name, a in (("f", forget), ("i", write), ("o", show))} | {"g": math.tanh(candidate)}
    c = n["f"] * float(cell) + n["i"] * n["g"]
    shown = (
        f" Then $h_t = o \\tanh(c_t) = {fixed(n['o'])} \\cdot {grouped(fixed(math.tanh(c)))} = "
        f"{fixed(n['o'] * math.tanh(c))}$."
    )
    return Numeric(
        **SET_BY_REGISTRY,
        source="Hochreiter and Schmidhuber 1997, Long short-term memory; Gers et al. 2000 for the forget gate",
        stem="In one step of an LSTM unit the weighted inputs, biases included, are "
        f"{forget} for the forget gate, {write} for the input gate, {candidate} for the candidate and {show} for the output "
        f"gate. The previous cell state is {cell}. What is the new {'state $h_t$' if state else 'cell state $c_t$'}?",
        unit="state" if state else "cell state",
        convention="gates are sigmoids, the candidate a tanh, no peephole connections",
        tolerance=SMALL,
        key=Computed(compute=f"{step}[{0 if state else 1}]"),
        because=f"$f = \\sigma({forget}) = {fixed(n['f'])}$, $i = \\sigma({write}) = {fixed(n['i'])}$, $g = \\tanh({candidate}) "
        f"= {fixed(n['g'])}$, $o = \\sigma({show}) = {fixed(n['o'])}$. $c_t = f c_{{t-1}} + i g = {fixed(n['f'])} \\cdot "
        f"{grouped(cell)} + {fixed(n['i'])} \\cdot {grouped(fixed(n['g']))} = {fixed(c)}$." + (shown if state else ""),
        wrong_values=wrong,
        exercise="recurrent/lstm",
    )


@generator("gru-step", topic="lstm", difficulty=3)
def gru_step(source: Source) -> Item:
    """One step of a GRU unit."""
    update, reset = source.choice([-2, -1, 1, 2]), source.choice([-2, -1, 1, 2])
    before, weight = tenths(source.choice([-9, -6, -4, 4, 6, 9])), tenths(source.choice([-20, -15, 15, 20]))
    entering = source.choice([-1, 1])
    params = (
        f'{{"Wz": {ZERO}, "Wr": {ZERO}, "Wg": array([[{weight}], [0]]), "bz": array([{update}]), "br": array([{reset}]), '
        f'"bg": array([{entering}])}}'
    )
    z, r = (f"(1 / (1 + math.exp(-({a}))))" for a in (update, reset))
    g, whole = f"math.tanh({r} * {before} * {weight} + {entering})", f"math.tanh({before} * {weight} + {entering})"
    wrong = {
        f"{z} * {before} + (1 - {z}) * {g}": Wrong(
            because="You exchanged the shares: in the form stated here $z$ is the share of the candidate.",
            misconception="gru-update-gate-reversed",
        ),
        f"(1 - {z}) * {before} + {z} * {whole}": Wrong(
            because="You left out the reset gate, which scales the old state inside the candidate.",
            misconception="gru-without-reset-gate",
        ),
        f"(1 - {z}) * {r} * {before} + {z} * {g}": Wrong(
            because="You reset the carried state as well; the reset gate acts inside the candidate only.",
        ),
        f"{before} + {z} * {g}": Wrong(because="You kept the whole old state; only the share $1 - z$ of it is kept."),
        g: Wrong(because="That is the candidate; the update gate mixes it with the old state."),
    }
    zn, rn = _sigmoid(update), _sigmoid(reset)
    inner = rn * float(before) * float(weight) + entering
    gn = math.tanh(inner)
    return Numeric(
        **SET_BY_REGISTRY,
        source="Chung, Gulcehre, Cho and Bengio 2014, Empirical evaluation of gated recurrent neural networks, section 3.2",
        stem=f"In one step of a GRU unit the weighted inputs, biases included, are {update} for the update gate $z$ and "
        f"{reset} for the reset gate $r$. The candidate is $g = \\tanh(u\\, r h_{{t-1}} + a)$ with $u = {weight}$ and "
        f"$a = {entering}$; the previous state is $h_{{t-1}} = {before}$. What is the new state?",
        unit="state",
        convention="$h_t = (1 - z) h_{t-1} + z g$; gates are sigmoids",
        tolerance=SMALL,
        key=Computed(compute=f"recurrent.gru.step(array([0]), array([{before}]), {params})"),
        because=f"$z = \\sigma({update}) = {fixed(zn)}$, $r = \\sigma({reset}) = {fixed(rn)}$, $g = \\tanh({grouped(weight)} "
        f"\\cdot {fixed(rn)} \\cdot {grouped(before)} + {grouped(entering)}) = {fixed(gn)}$, $h_t = {fixed(1 - zn)} \\cdot "
        f"{grouped(before)} + {fixed(zn)} \\cdot {grouped(fixed(gn))} = {fixed((1 - zn) * float(before) + zn * gn)}$.",
        wrong_values=wrong,
    )


@generator("softmax-temperature", topic="language-model", difficulty=2)
def softmax_temperature(source: Source) -> Item:
    """The probability of a character at a temperature."""
    scores = source.shuffled([0, source.integer(1, 2), source.integer(3, 4)])
    temperature, which = source.choice(["0.5", "2", "4"]), source.integer(0, 2)
    warm = [math.exp(score / float(temperature)) for score in scores]
    plain = f"feedforward.activations.softmax(array({scores}))[{which}]"
    wrong = {
        plain: Wrong(because="You left out the temperature, which divides the scores before the softmax."),
        f"feedforward.activations.softmax({temperature} * array({scores}))[{which}]": Wrong(
            because="You multiplied the scores by the temperature; it divides them, so that heat flattens.",
            misconception="temperature-multiplies-the-scores",
        ),
        f"{plain} / {temperature}": Wrong(
            because="You divided the probability; then the probabilities would no longer sum to one.",
            misconception="temperature-divides-the-probabilities",
        ),
        f"{scores[which]} / {sum(scores)}": Wrong(
            because="You normalized the scores; the softmax exponentiates them first."
        ),
    }
    below = " + ".join(f"e^{{{score}/{temperature}}}" for score in scores)
    return Numeric(
        **SET_BY_REGISTRY,
        source="Hinton, Vinyals and Dean 2015, Distilling the knowledge in a neural network, section 2, eq. 1",
        stem=f"A character model gives the next three characters a, b and c the scores {vector(scores)}. With what "
        f"probability is {'abc'[which]} drawn at temperature {temperature}?",
        unit="probability",
        tolerance=SMALL,
        key=Computed(compute=f"recurrent.sampling.probabilities(array({scores}), {temperature})[{which}]"),
        because=f"$e^{{{scores[which]}/{temperature}}} / ({below}) = {fixed(warm[which])} / {fixed(sum(warm))} = "
        f"{fixed(warm[which] / sum(warm))}$.",
        wrong_values=wrong,
    )


@generator("bits-per-character", topic="language-model", difficulty=2)
def bits_per_character(source: Source) -> Item:
    """Bits per character, or perplexity, of a short text."""
    while True:
        powers = [source.integer(1, 5) for _ in range(4)]
        if len(set(powers)) > 2:
            break
    perplexity = source.choice([True, False])
    shown = [f"1/{2**power}" for power in powers]
    bits = sum(powers) / 4
    logs = "[" + ", ".join(f"math.log({p})" for p in shown) + "]"
    key = f"recurrent.sampling.bits_per_character(array({logs}))"
    mean = "(" + " + ".join(shown) + ") / 4"
    wrong = {
        f"1 / ({mean})" if perplexity else f"-math.log2({mean})": Wrong(
            because="You averaged the probabilities; it is their logarithms that are averaged.",
            misconception="perplexity-averages-probabilities",
        ),
        f"2 ** {sum(powers)}" if perplexity else f"{sum(powers)}": Wrong(
            because="That is for the whole text; divide the bits by the number of characters.",
        ),
        key if perplexity else f"2 ** {key}": Wrong(
            because="Those are the bits per character; the perplexity is 2 to this power."
            if perplexity
            else "That is the perplexity; its logarithm to base 2 are the bits per character.",
        ),
    }
    if not perplexity:
        wrong[f"{key} * math.log(2)"] = Wrong(because="Those are nats: you took natural logarithms instead of base 2.")
    asked = "perplexity per character" if perplexity else "number of bits per character"
    return Numeric(
        **SET_BY_REGISTRY,
        source="Jurafsky and Martin, Speech and language processing (3rd edition draft), chapter N-gram language "
        "models, perplexity",
        stem=f"A language model gave the four characters of a text, as they came, the probabilities {', '.join(shown)}. "
        f"What is its {asked} on this text?",
        unit="perplexity" if perplexity else "bits per character",
        tolerance=Tolerance(absolute=0.01),
        key=Computed(compute=f"2 ** {key}" if perplexity else key),
        because=f"$-\\log_2 p$ is {', '.join(map(str, powers))}; their mean is {fixed(bits, 2)}"
        + (f", and $2^{{{fixed(bits, 2)}}} = {fixed(2**bits, 3)}$." if perplexity else "."),
        wrong_values=wrong,
    )
