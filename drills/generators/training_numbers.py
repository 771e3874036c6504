"""Initial variances, batch normalization and dropout by hand."""

import math

from drills.generators import generator
from drills.generators.common import SET_BY_REGISTRY, by, fixed, grouped, tenths, times, vector
from drills.items import Computed, Item, Numeric, Tolerance, Wrong
from drills.randomness import Source

SCHEMES = {
    "Xavier": ("$1/n_{in}$", "Glorot and Bengio 2010, eq. 12 with $n_{in}$ alone, as Caffe implements it"),
    "Glorot": (
        "$2/(n_{in} + n_{out})$",
        "Glorot and Bengio 2010, Understanding the difficulty of training deep networks, eq. 12",
    ),
    "He": ("$2/n_{in}$", "He, Zhang, Ren and Sun 2015, Delving deep into rectifiers, eq. 10"),
}


@generator("initial-variance", topic="initialization", difficulty=2)
def initial_variance(source: Source) -> Item:
    """Variance of the initial weights: Xavier, Glorot, He."""
    scheme = source.choice(["Xavier", "Glorot", "He"])
    convolution = source.choice([True, False])
    if convolution:
        channels, filters, kernel = (
            source.choice([3, 8, 16, 32]),
            source.choice([10, 24, 40, 64]),
            source.choice([3, 5]),
        )
        seen, fed = kernel * kernel * channels, kernel * kernel * filters
        layer = (
            f"A convolutional layer has {filters} filters of {by(kernel, kernel)} pixels that read {channels} channels"
        )
        count = f"$n_{{in}} = {times(kernel, kernel, channels)} = {seen}$, all that one output unit sees"
        count += f", $n_{{out}} = {times(kernel, kernel, filters)} = {fed}$" if scheme == "Glorot" else ""
    else:
        seen, fed = source.integer(20, 200), source.integer(201, 400)
        layer = f"A dense layer of {fed} units reads {seen} numbers"
        count = f"$n_{{in}} = {seen}$" + (f", $n_{{out}} = {fed}$" if scheme == "Glorot" else "")
    values = {"Xavier": f"1 / {seen}", "Glorot": f"2 / ({seen} + {fed})", "He": f"2 / {seen}"}
    key = values.pop(scheme)
    variance = (
        "training.initialization."
        + {
            "Xavier": f"xavier_variance({seen})",
            "Glorot": f"glorot_variance({seen}, {fed})",
            "He": f"he_variance({seen})",
        }[scheme]
    )
    confused = {
        "Xavier": "keeps the variance of a linear or tanh unit forward",
        "Glorot": "weighs the forward against the backward pass",
        "He": "makes up for the half that a ReLU sets to zero",
    }
    wrong = {
        expression: Wrong(because=f"That is {name}'s variance, {SCHEMES[name][0]}; it {confused[name]}.")
        for name, expression in values.items()
    }
    wrong[f"({key}) ** 0.5"] = Wrong(
        because="That is the standard deviation; the variance is its square.",
        misconception="initial-standard-deviation-for-variance",
    )
    if convolution:
        inputs = {"Xavier": f"1 / {channels}", "Glorot": f"2 / ({channels} + {filters})", "He": f"2 / {channels}"}
        wrong[inputs[scheme]] = Wrong(
            because=f"You counted channels only; a unit sees a window of {by(kernel, kernel)} pixels in each of them.",
            misconception="fan-in-of-a-convolution-is-its-channels",
        )
    else:
        wrong[key.replace(str(seen), str(fed)) if scheme != "Glorot" else f"1 / ({seen} + {fed})"] = Wrong(
            because="You took the outputs for the inputs."
            if scheme != "Glorot"
            else "You left out the 2: it is the mean of both.",
        )
    tasks = {"Xavier": "Xavier (fan-in form)", "Glorot": "Glorot", "He": "He"}
    value = {"Xavier": 1 / seen, "Glorot": 2 / (seen + fed), "He": 2 / seen}[scheme]
    return Numeric(
        **SET_BY_REGISTRY,
        source=SCHEMES[scheme][1].replace("$n_{in}$", "the inputs"),
        stem=f"{layer}. What variance do its initial weights have with {tasks[scheme]} initialization?",
        unit="variance",
        convention=f"{tasks[scheme]}: {SCHEMES[scheme][0]}",
        tolerance=Tolerance(relative=0.01),
        key=Computed(compute=variance),
        because=f"{count}, so the variance is {fixed(value, 6)} (and the standard deviation {fixed(math.sqrt(value), 4)}).",
        wrong_values=wrong,
    )


@generator("batch-norm-output", topic="normalization", difficulty=2)
def batch_norm_output(source: Source) -> Item:
    """Batch normalization of four activations in training."""
    while True:
        values = [source.integer(-6, 9) for _ in range(4)]
        mean, squares = sum(values) / 4, sum(value * value for value in values)
        variance = squares / 4 - mean * mean
        which = source.integer(0, 3)
        if sum(values) % 4 == 0 and variance > 1.5 and values[which] != mean:
            break
    gamma, beta = tenths(source.choice([5, 15, 20, 30])), tenths(source.choice([-20, -10, 10, 25]))
    centre = int(mean)
    deviation = f"({values[which]} - ({centre}))"
    spread = " + ".join(f"({value} - ({centre})) ** 2" for value in values)
    column = f"array([{', '.join(f'[{value}]' for value in values)}])"
    key = (
        f"training.batchnorm.batch_norm_train({column}, array([{gamma}]), array([{beta}]), array([0]), array([1]), 0.1, 0)"
        f"[0][{which}][0]"
    )
    wrong = {
        f"{gamma} * {deviation} / (({spread}) / 4) + {beta}": Wrong(
            because="You divided by the variance; it is the standard deviation, its root, that gives variance 1.",
            misconception="batch-norm-divides-by-the-variance",
        ),
        f"{deviation} / (({spread}) / 4) ** 0.5": Wrong(
            because="You stopped before the learned scale and shift.",
            misconception="batch-norm-without-scale-and-shift",
        ),
        f"{gamma} * {deviation} / (({spread}) / 3) ** 0.5 + {beta}": Wrong(
            because="You divided the sum of squares by $n - 1$; on the mini-batch itself it is divided by $n$.",
        ),
        f"{beta} * {deviation} / (({spread}) / 4) ** 0.5 + {gamma}": Wrong(
            because="You exchanged them: $\\gamma$ scales, $\\beta$ shifts.",
        ),
        f"{gamma} * {values[which]} / (({spread}) / 4) ** 0.5 + {beta}": Wrong(
            because="You left out the mean, which is subtracted first."
        ),
    }
    normalized = (values[which] - mean) / math.sqrt(variance)
    return Numeric(
        **SET_BY_REGISTRY,
        source="Ioffe and Szegedy 2015, Batch normalization, algorithm 1",
        stem=f"In a mini-batch of four examples a unit has the activations {vector(values)}. It is batch-normalized with "
        f"$\\gamma = {gamma}$ and $\\beta = {beta}$, in training. What does the activation {values[which]} become?",
        unit="activation",
        convention="statistics of this mini-batch; $\\epsilon$ is neglected",
        tolerance=Tolerance(absolute=0.01),
        key=Computed(compute=key),
        because=f"Mean ${centre}$, variance ${fixed(variance, 2)}$, standard deviation ${fixed(math.sqrt(variance))}$: "
        f"$\\hat x = ({values[which]} - {grouped(centre)}) / {fixed(math.sqrt(variance))} = {fixed(normalized)}$, and "
        f"$\\gamma \\hat x + \\beta = {gamma} \\cdot {grouped(fixed(normalized))} + {grouped(beta)} = "
        f"{fixed(float(gamma) * normalized + float(beta))}$.",
        wrong_values=wrong,
    )


@generator("dropout-scaling", topic="dropout", difficulty=1)
def dropout_scaling(source: Source) -> Item:
    """What dropout passes on, in training and afterwards, in both of its forms."""
    percent, activation = source.choice([20, 25, 40, 60, 75]), tenths(source.integer(5, 60))
    inverted, training = source.choice([True, False]), source.choice([True, False])
    drop, keep = f"{percent / 100:.2f}", f"{(100 - percent) / 100:.2f}"
    up, down = f"{activation} / {keep}", f"{activation} * {keep}"
    if inverted:
        key = f"training.dropout.dropout(array([{activation}]), array([1]), {drop})" if training else activation
        because = (
            "Inverted dropout divides what is kept by the keep probability while training, so that nothing is left "
        )
        because += "to do afterwards."
    else:
        key = activation if training else f"training.dropout.scale_weights(array([[{activation}]]), {drop})"
        because = "The original form leaves training alone and multiplies by the keep probability afterwards, when all "
        because += "units are there."
    value = float(activation)
    if inverted == training:
        value = value / float(keep) if inverted else value * float(keep)
    wrong = {
        activation: Wrong(because="You left it as it is; this form of dropout scales at this time."),
        up: Wrong(
            because="You divided by the keep probability; that belongs to inverted dropout while TRAINING.",
            misconception="dropout-scales-up-at-evaluation" if not training else None,
        ),
        down: Wrong(
            because="You multiplied by the keep probability; that belongs to the original form AFTER training."
        ),
        f"{activation} * {drop}": Wrong(
            because=f"You used the probability to be dropped as the factor; what is kept has probability {keep}.",
            misconception="dropout-rate-is-the-keep-probability",
        ),
        f"{activation} / {drop}": Wrong(because=f"You divided by the probability {drop} of being dropped."),
    }
    when = "In a training step it is kept. What" if training else "At evaluation, after training, what"
    return Numeric(
        **SET_BY_REGISTRY,
        source="Srivastava et al. 2014, Dropout: A simple way to prevent neural networks from overfitting, sections 4 and 10",
        stem=f"{'Inverted dropout' if inverted else 'Dropout in its original form (weight scaling)'} drops units with "
        f"probability {drop}. A unit has the activation {activation}. {when} does dropout pass on?",
        unit="activation",
        convention=f"{drop} is the probability of being dropped, {keep} that of being kept",
        tolerance=Tolerance(absolute=0.005),
        key=Computed(compute=key),
        because=f"{because} Here: {fixed(value, 3)}.",
        wrong_values=wrong,  # the one that is right here is dropped by the registry
    )
