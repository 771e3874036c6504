"""Numbers of parameters, layer by layer, with the convention stated wherever libraries count differently."""

from itertools import pairwise

from drills.generators import generator
from drills.generators.common import SET_BY_REGISTRY, by, single_choice, times
from drills.items import Computed, Item, Numeric, Wrong
from drills.randomness import Source

BOOK = "Goodfellow, Bengio and Courville 2016, Deep learning"
COUNT = "feedforward.parameter_count"


@generator("mlp-parameters", topic="parameter-count", difficulty=1)
def mlp_parameters(source: Source) -> Item:
    """Parameters of a multi-layer perceptron."""
    inputs, hidden, second, outputs = (source.integer(low, high) for low, high in ((4, 40), (5, 30), (5, 30), (2, 12)))
    sizes = [inputs, hidden, second, outputs] if source.integer(0, 1) else [inputs, hidden, outputs]
    layers = list(pairwise(sizes))
    weights = " + ".join(f"{d} * {h}" for d, h in layers)
    widths = " and ".join(str(size) for size in sizes[1:-1])
    wrong = {
        weights: Wrong(
            because="You left out the biases, one per unit of every layer after the input.",
            misconception="parameter-count-without-biases",
        ),
        f"{weights} + {' + '.join(map(str, sizes))}": Wrong(
            because=f"You gave the {inputs} inputs biases as well; they are data, not units.",
            misconception="input-layer-has-biases",
        ),
        f"{weights} + {len(layers)}": Wrong(
            because="You gave each layer a single bias; every unit has its own.",
            misconception="one-bias-per-layer",
        ),
        " + ".join(map(str, sizes[1:])): Wrong(
            because="You counted units; each unit has one weight per input and a bias."
        ),
    }
    return Numeric(
        **SET_BY_REGISTRY,
        source=f"{BOOK}, section 6.1",
        stem=f"A multi-layer perceptron has {inputs} inputs, {'two hidden layers' if len(sizes) == 4 else 'a hidden layer'}"
        f" of {widths} units and {outputs} outputs; neighbouring layers are fully connected. How many parameters does it "
        "have?",
        unit="parameters",
        convention="every unit has a bias",
        key=Computed(compute=f"{COUNT}.mlp_parameters({sizes})"),
        because="A layer of $h$ units that reads $d$ numbers has $(d + 1) h$ parameters: $"
        + " + ".join(f"({d} + 1) \\cdot {h}" for d, h in layers)
        + " = "
        + " + ".join(str((d + 1) * h) for d, h in layers)
        + f" = {sum((d + 1) * h for d, h in layers)}$.",
        wrong_values=wrong,
    )


@generator("conv-parameters", topic="cnn-parameters", difficulty=1)
def conv_parameters(source: Source) -> Item:
    """Parameters of a convolutional layer."""
    channels, filters, kernel = source.choice([1, 3, 8, 12, 16]), source.integer(4, 40), source.choice([3, 5, 7])
    size = source.integer(20, 64)
    wrong = {
        f"{filters} * {kernel} * {kernel} * {channels}": Wrong(
            because=f"You left out the biases, one per filter: {filters}.",
            misconception="parameter-count-without-biases",
        ),
        f"{filters} * ({kernel} * {kernel} + 1)": Wrong(
            because=f"You gave each filter a single channel; it spans all {channels} channels of its input.",
            misconception="conv-filter-has-one-channel",
        ),
        f"{filters} * {kernel} * {kernel} * {channels} + 1": Wrong(
            because="You gave the layer a single bias; every filter has its own.",
            misconception="one-bias-per-layer",
        ),
        f"{filters} * ({kernel} * {kernel} + 1) * {channels}": Wrong(
            because=f"You gave a filter one bias per channel; it adds its bias once, after summing over the {channels} "
            "channels.",
            misconception="conv-bias-per-channel",
        ),
        f"{filters} * ({kernel} * {kernel} * {channels} + 1) * {size} * {size}": Wrong(
            because="You gave every pixel weights of its own; a filter uses the same weights everywhere, so the size of "
            "the image plays no part.",
            misconception="conv-parameters-grow-with-the-image",
        ),
    }
    return Numeric(
        **SET_BY_REGISTRY,
        source=f"{BOOK}, section 9.2",
        stem=f"A convolutional layer of {filters} filters of {by(kernel, kernel)} pixels reads "
        f"{channels} {'channel' if channels == 1 else 'channels'} of {by(size, size)} pixels. How many parameters does "
        "it have?",
        unit="parameters",
        convention="every filter has a bias",
        key=Computed(compute=f"convolutional.output_size.conv_parameters({channels}, {filters}, {kernel})"),
        because=f"A filter has ${times(kernel, kernel, channels)}$ weights and one bias: "
        f"${filters} \\cdot ({times(kernel, kernel, channels)} + 1) = {filters} \\cdot {kernel * kernel * channels + 1} "
        f"= {filters * (kernel * kernel * channels + 1)}$. "
        "The size of the image does not matter.",
        wrong_values=wrong,
        exercise="convolutional/output_size",
    )


@generator("separable-parameters", topic="conv-layer", difficulty=2)
def separable_parameters(source: Source) -> Item:
    """Parameters of a depth-wise separable convolution."""
    channels, filters, kernel = source.integer(4, 32), source.integer(6, 48), source.choice([3, 5])
    shape = (channels, 16, 16)
    depthwise = f'{{"type": "conv", "filters": {channels}, "kernel": {kernel}, "groups": {channels}, "bias": False}}'
    pointwise = f'{{"type": "conv", "filters": {filters}, "kernel": 1, "bias": False}}'
    row = "convolutional.network_summary.layer_row"
    wrong = {
        f"{filters} * {kernel} * {kernel} * {channels}": Wrong(
            because="That is an ordinary convolution. Separated, one filter per channel looks at the neighbourhood and "
            "a 1 x 1 convolution mixes the channels.",
            misconception="separable-convolution-costs-the-same",
        ),
        f"{kernel} * {kernel} + {channels} * {filters}": Wrong(
            because=f"You let all channels share one filter; each of the {channels} channels has its own.",
        ),
        f"{kernel} * {kernel} * {channels} + {filters}": Wrong(
            because=f"You gave each 1 x 1 filter one weight; it has one per channel, {channels}.",
            misconception="one-by-one-convolution-has-one-weight",
        ),
        f"{kernel} * {kernel} * {filters} + {channels} * {filters}": Wrong(
            because=f"You counted {filters} depth-wise filters; that step comes first and has one filter per input "
            f"channel, {channels}.",
        ),
    }
    return Numeric(
        **SET_BY_REGISTRY,
        source="Howard et al. 2017, MobileNets: Efficient convolutional neural networks for mobile vision, section 3.1",
        stem=f"A depth-wise separable convolution reads {channels} channels: a {by(kernel, kernel)} depth-wise "
        f"convolution, then a {by(1, 1)} convolution with {filters} filters. How many parameters do the two have together?",
        unit="parameters",
        convention="no biases",
        key=Computed(compute=f"{row}({shape}, {depthwise})[3] + {row}({shape}, {pointwise})[3]"),
        because=f"Depth-wise: one {by(kernel, kernel)} filter per channel, ${times(kernel, kernel, channels)} = "
        f"{kernel * kernel * channels}$. Point-wise: {filters} filters of {channels} weights, "
        f"${times(channels, filters)} = {channels * filters}$; together "
        f"{channels * (kernel * kernel + filters)}. An ordinary convolution would have "
        f"${times(kernel, kernel, channels, filters)} = {kernel * kernel * channels * filters}$.",
        wrong_values=wrong,
    )


@generator("batch-norm-parameters", topic="normalization", difficulty=1)
def batch_norm_parameters(source: Source) -> Item:
    """Parameters of batch normalization after a convolution, trainable or in total."""
    filters, size, batch = source.integer(6, 96), source.integer(8, 32), source.choice([16, 20, 32, 50])
    trainable = source.choice([True, False])
    asked = "learned parameters" if trainable else "parameters, as a Keras summary counts them,"
    counted = 2 if trainable else 4
    other = f"{6 - counted} * {filters}"
    wrong = {
        other: Wrong(
            because="You counted the running means and variances too; they are averaged, not learned."
            if trainable
            else "You counted the learned scale and shift alone; the summary also lists the running mean and variance.",
            misconception="batch-norm-learns-its-statistics" if trainable else None,
        ),
        f"{counted} * {filters} * {size} * {size}": Wrong(
            because="You gave every pixel numbers of its own; after a convolution all positions of a channel share theirs.",
            misconception="batch-norm-parameters-per-pixel",
        ),
        f"{counted} * {batch}": Wrong(
            because="You counted per example of the mini-batch; its size changes the statistics, not the parameters.",
            misconception="batch-norm-parameters-per-batch",
        ),
        f"{counted}": Wrong(because="You counted the numbers of one channel; every channel has its own."),
        f"{filters}": Wrong(because=f"You counted one number per channel; there are {counted}."),
    }
    key = f"{COUNT}.normalization_parameters({filters})"
    return Numeric(
        **SET_BY_REGISTRY,
        source="Ioffe and Szegedy 2015, Batch normalization, algorithm 1 and section 3.2",
        stem=f"A convolution with {filters} filters gives maps of {by(size, size)} pixels, which are batch-normalized in "
        f"mini-batches of {batch} images. How many {asked} does the batch normalization have?",
        unit="parameters",
        convention="learned parameters only; running statistics are not learned"
        if trainable
        else "learned parameters and running statistics together",
        key=Computed(compute=key if trainable else f"2 * {key}"),
        because=f"Every channel has a scale $\\gamma$ and a shift $\\beta$, which are learned, and a running mean and "
        f"variance, which are not: ${times(2 if trainable else 4, filters)} = {filters * (2 if trainable else 4)}$ "
        "count here.",
        wrong_values=wrong,
    )


@generator("gated-cell-parameters", topic="lstm", difficulty=2)
def gated_cell_parameters(source: Source) -> Item:
    """Parameters of an LSTM or GRU layer, with one or two bias vectors."""
    cell, biases = source.choice(["lstm", "gru"]), source.integer(1, 2)
    inputs = source.integer(3, 24)
    hidden = inputs + source.integer(1, 16)
    gates = 4 if cell == "lstm" else 3
    parts = "Three gates and the candidate" if cell == "lstm" else "Two gates and the candidate"
    one = f"{hidden} * ({inputs} + {hidden})"
    convention = (
        "one bias vector per gate and for the candidate (the papers' form)"
        if biases == 1
        else "two bias vectors per gate and for the candidate, one for the input and one for the state (PyTorch's form)"
    )
    wrong = {
        f"{gates} * {one}": Wrong(
            because="You left out the biases, which the convention counts.",
            misconception="parameter-count-without-biases",
        ),
        f"{gates} * ({one} + {3 - biases} * {hidden})": Wrong(
            because=f"You counted {'two bias vectors' if biases == 1 else 'one bias vector'} per gate; the convention "
            "above says otherwise.",
        ),
        f"{7 - gates} * ({one} + {biases} * {hidden})": Wrong(
            because="You counted an LSTM: a GRU has an update gate, a reset gate and a candidate."
            if cell == "gru"
            else "You left one of the four out: the forget, input and output gate and the candidate each have weights.",
            misconception="gru-has-the-gates-of-an-lstm" if cell == "gru" else "lstm-candidate-has-no-weights",
        ),
        f"{gates} * ({hidden} * {inputs} + {biases} * {hidden})": Wrong(
            because="You left out the recurrent weights: every gate reads $h_{t-1}$ as well as $x_t$.",
            misconception="gates-read-the-input-only",
        ),
        f"{one} + {biases} * {hidden}": Wrong(
            because=f"That is a plain recurrent layer; here {gates} such blocks stand side by side.",
        ),
    }
    ones = "+ 1" if biases == 1 else "+ 2"
    return Numeric(
        **SET_BY_REGISTRY,
        source="Hochreiter and Schmidhuber 1997 and Gers et al. 2000 for the LSTM; Cho et al. 2014 for the GRU",
        stem=f"{'An LSTM' if cell == 'lstm' else 'A GRU'} layer reads vectors of {inputs} numbers and has {hidden} units. "
        "How many parameters does it have?",
        unit="parameters",
        convention=convention,
        key=Computed(compute=f'{COUNT}.recurrent_parameters("{cell}", {inputs}, {hidden}, {biases})'),
        because=f"{parts} each have ${hidden} \\cdot ({inputs} + {hidden} {ones})$ parameters: ${gates} \\cdot "
        f"{hidden * (inputs + hidden + biases)} = {gates * hidden * (inputs + hidden + biases)}$.",
        wrong_values=wrong,
    )


@generator("rnn-parameters", topic="rnn", difficulty=1)
def rnn_parameters(source: Source) -> Item:
    """Parameters of a recurrent network with an output layer."""
    inputs, hidden, outputs = source.integer(3, 20), source.integer(4, 24), source.integer(2, 9)
    steps = source.integer(5, 40)
    recurrent = f"{hidden} * ({inputs} + {hidden} + 1)"
    wrong = {
        f"{steps} * ({recurrent} + {outputs} * ({hidden} + 1))": Wrong(
            because="You gave every time step its own weights; all steps share one set.",
            misconception="unrolled-steps-have-their-own-weights",
        ),
        f"{hidden} * ({inputs} + 1) + {outputs} * ({hidden} + 1)": Wrong(
            because="You left out the weights from the previous state to the new one.",
            misconception="rnn-state-has-no-weights",
        ),
        f"{hidden} * ({inputs} + {hidden}) + {outputs} * {hidden}": Wrong(
            because="You left out the biases of the state and of the outputs.",
            misconception="parameter-count-without-biases",
        ),
        recurrent: Wrong(because=f"You stopped at the state; the {outputs} outputs have weights and biases too."),
    }
    return Numeric(
        **SET_BY_REGISTRY,
        source="Elman 1990, Finding structure in time; Goodfellow, Bengio and Courville 2016, eqs. 10.8 and 10.9",
        stem=f"A recurrent network reads sequences of {steps} vectors of {inputs} numbers. Its state has {hidden} tanh "
        f"units, from which {outputs} outputs are computed at every step. How many parameters does it have?",
        unit="parameters",
        convention="one bias vector for the state and one for the outputs",
        key=Computed(
            compute=f'{COUNT}.recurrent_parameters("rnn", {inputs}, {hidden}) + '
            f"{COUNT}.dense_parameters({hidden}, {outputs})"
        ),
        because=f"State: ${hidden} \\cdot ({inputs} + {hidden} + 1) = {hidden * (inputs + hidden + 1)}$; outputs: "
        f"${outputs} \\cdot ({hidden} + 1) = {outputs * (hidden + 1)}$; together "
        f"{hidden * (inputs + hidden + 1) + outputs * (hidden + 1)}. "
        f"The {steps} steps share them.",
        wrong_values=wrong,
    )


@generator("multi-head-parameters", topic="transformer", difficulty=2)
def multi_head_parameters(source: Source) -> Item:
    """Parameters of multi-head attention."""
    heads, width = source.choice([2, 4, 8]), source.integer(2, 12)
    size, bias = heads * width, source.choice([True, False])
    extra = f" + {size}" if bias else ""
    wrong = {
        f"3 * ({size} * {size}{extra})": Wrong(
            because="You left out the projection that mixes the heads' outputs, $W^O$.",
            misconception="multi-head-without-output-projection",
        ),
        f"{heads} * 4 * ({size} * {size}{extra})": Wrong(
            because=f"You multiplied by the {heads} heads. Each head projects to {width} numbers only, so together their "
            f"matrices are as large as one of {by(size, size)}.",
            misconception="multi-head-multiplies-the-parameters",
        ),
        f"4 * ({size} * {width}{f' + {width}' if bias else ''})": Wrong(
            because=f"You counted one head; all {heads} have projections of their own.",
        ),
    }
    if bias:
        wrong[f"4 * {size} * {size}"] = Wrong(
            because="You left out the biases of the projections.",
            misconception="parameter-count-without-biases",
        )
    else:
        wrong[f"4 * ({size} * {size} + {size})"] = Wrong(because="You counted biases; the projections here have none.")
    return Numeric(
        **SET_BY_REGISTRY,
        source="Vaswani et al. 2017, Attention is all you need, section 3.2.2",
        stem=f"Multi-head attention works on vectors of {size} numbers with {heads} heads of {width} numbers each. How "
        "many parameters do its projections have?",
        unit="parameters",
        convention="projections of queries, keys, values and of the joined heads, "
        + ("with biases" if bias else "without biases"),
        key=Computed(compute=f"{COUNT}.attention_parameters({size}, {bias})"),
        because=f"Queries, keys and values of the {heads} heads are projections from {size} to "
        f"${times(heads, width)} = {size}$ numbers; the joined heads pass a fourth one: $4 \\cdot "
        + (f"({times(size, size)} + {size})" if bias else times(size, size))
        + f" = {4 * (size * size + bias * size)}$.",
        wrong_values=wrong,
    )


@generator("dense-after-flatten", topic="cnn-parameters", difficulty=2)
def dense_after_flatten(source: Source) -> Item:
    """Parameters of the dense layer after convolution, pooling and flatten."""
    channels, filters, kernel = source.choice([1, 3]), source.integer(4, 20), source.choice([3, 5])
    size, units = 2 * source.integer(8, 18) + kernel - 1, source.integer(5, 40)
    side = size - kernel + 1
    half = side // 2
    layers = (
        f'[{{"type": "conv", "filters": {filters}, "kernel": {kernel}}}, {{"type": "pool", "kernel": 2}}, '
        f'{{"type": "flatten"}}, {{"type": "dense", "units": {units}}}]'
    )
    wrong = {
        f"{units} * {filters} * {half} * {half}": Wrong(
            because=f"You left out the biases, one per unit: {units}.",
            misconception="parameter-count-without-biases",
        ),
        f"{units} * ({filters} * {side} * {side} + 1)": Wrong(
            because=f"You left out the pooling, which halves both sides of the {by(side, side)} maps.",
        ),
        f"{units} * ({half} * {half} + 1)": Wrong(
            because=f"You flattened one map; there are {filters}, one per filter.",
            misconception="flatten-forgets-the-depth",
        ),
        f"{units} * ({filters} * {size // 2} * {size // 2} + 1)": Wrong(
            because=f"You let the convolution keep the size; without padding it takes {kernel - 1} rows and columns.",
            misconception="convolution-keeps-the-size",
        ),
    }
    return Numeric(
        **SET_BY_REGISTRY,
        source="LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document recognition, section II",
        stem=f"An image of {channels} {'channel' if channels == 1 else 'channels'} and {by(size, size)} pixels passes a "
        f"convolution with {filters} filters of {by(kernel, kernel)} pixels, stride 1 and no padding, then {by(2, 2)} max "
        f"pooling with stride 2, then flatten, then a dense layer of {units} units. How many parameters does the dense "
        "layer have?",
        unit="parameters",
        convention="every unit has a bias",
        key=Computed(
            compute=f"convolutional.network_summary.network_summary(({channels}, {size}, {size}), {layers})[3][3]"
        ),
        because=f"Convolution: {by(filters, side, side)}; pooling: {by(filters, half, half)}; flatten: "
        f"{filters * half * half}. Each unit has a weight for each of them and a bias: "
        f"${units} \\cdot ({filters * half * half} + 1) = {units * (filters * half * half + 1)}$.",
        wrong_values=wrong,
        exercise="convolutional/output_size",
    )


@generator("dense-as-convolution", topic="cnn-parameters", difficulty=3)
def dense_as_convolution(source: Source) -> Item:
    """The convolution that does the work of the first dense layer."""
    channels, side = source.choice([8, 12, 16, 24, 32]), source.integer(4, 9)
    units = source.choice([10, 20, 40, 64, 100])
    flat = channels * side * side

    def filters(count: int, kernel: int, depth: int) -> str:
        return f"{count} filters of {by(kernel, kernel)} pixels that read {depth} channels"

    candidates = [
        (filters(units, 1, flat), Wrong(
            because=f"You made the filters 1 x 1. That fits the dense layers after this one; the volume here is not a "
            f"vector of {flat} channels but still {by(side, side)} pixels large.",
            misconception="every-dense-layer-is-one-by-one",
        )),
        (filters(channels, side, units), Wrong(
            because=f"You exchanged input and output: {channels} channels come in and {units} numbers go out, one per "
            "filter.",
        )),
        (filters(units, 1, channels), Wrong(
            because="You gave each unit one weight per channel; a dense layer has one per channel AND position.",
        )),
    ]  # fmt: skip
    return single_choice(
        filters(units, side, channels),
        candidates,
        source="Long, Shelhamer and Darrell 2015, Fully convolutional networks for semantic segmentation, section 3.1",
        stem=f"A volume of {channels} channels and {by(side, side)} pixels is flattened and read by a dense layer of "
        f"{units} units. Which convolution computes the same {units} numbers and also runs on larger images?",
        because=f"Each unit has one weight per channel and position, ${times(channels, side, side)}$ of them, that is a "
        f"filter as large as the volume. In both forms there are ${times(units, channels, side, side)}$ weights.",
    )
