"""The number of parameters of a model, from its description.

Every layer's number follows from what it connects: a weight per connection that is not shared, a bias per unit or per
filter. Pooling, dropout and activations (but for PReLU) have none; statistics that are averaged rather than learned, as
the running ones of batch normalization, are not parameters (Keras lists them as non-trainable).

    dense          inputs * outputs + outputs
    convolution    (kernel_h * kernel_w * channels_in / groups) * filters + filters: not dependent on the image's size
    recurrent      gates * (hidden * (inputs + hidden) + biases * hidden), gates = 1 RNN, 3 GRU, 4 LSTM
                   biases = 1 in the papers and in this course, 2 in torch (one for the input, one for the state)
    embedding      vocabulary * size
    normalization  2 * features
    attention      4 * (size^2 + size)

Course: feedforward, topic `parameter-count`; networks of convolutions: convolutional, `cnn-parameters`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

GATES = {"rnn": 1, "gru": 3, "lstm": 4}


def dense_parameters(inputs: int, outputs: int, bias: bool = True) -> int:
    """A fully connected layer."""
    return inputs * outputs + (outputs if bias else 0)


def mlp_parameters(sizes: Sequence[int], bias: bool = True) -> int:
    """A multi-layer perceptron with these layer sizes, the input's first."""
    return sum(dense_parameters(d, h, bias) for d, h in pairwise(sizes))


def convolution_parameters(
    in_channels: int, filters: int, kernel: int | tuple[int, int], bias: bool = True, groups: int = 1
) -> int:
    """A convolutional layer; each filter spans all input channels of its group."""
    height, width = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    return height * width * (in_channels // groups) * filters + (filters if bias else 0)


def recurrent_parameters(cell: Literal["rnn", "gru", "lstm"], inputs: int, hidden: int, biases: int = 1) -> int:
    """One recurrent layer in one direction; `biases` = 2 is torch's convention."""
    return GATES[cell] * (hidden * (inputs + hidden) + biases * hidden)


def embedding_parameters(vocabulary: int, size: int) -> int:
    """A table with a vector per symbol."""
    return vocabulary * size


def normalization_parameters(features: int) -> int:
    """Batch or layer normalization: a scale and a shift per unit or channel."""
    return 2 * features


def attention_parameters(size: int, bias: bool = True) -> int:
    """Multi-head attention: query, key, value and output projections, whatever the number of heads."""
    return 4 * dense_parameters(size, size, bias)
