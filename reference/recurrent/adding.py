"""The adding problem (chapter recurrent, topic lstm).

A sequence of random numbers comes with a second channel that marks two of them, one in each half; what is asked for at
the end is their sum. The first may lie a hundred steps back, so the task measures how far a network can learn to
remember: always answering 1 has a mean squared error of 1/6, the variance of the sum of two uniform numbers.

Hochreiter and Schmidhuber 1997, experiment 4, in the form of Le, Jaitly and Hinton 2015 (arXiv:1504.00941).
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from reference.recurrent.layers import Recurrent

ALWAYS_ONE = 1 / 6
"""Mean squared error of the best constant answer."""


def adding_problem(
    examples: int, steps: int, generator: torch.Generator
) -> tuple[Float[Tensor, "n T 2"], Float[Tensor, "n 1"]]:
    """Sequences of (number, mark) and the sums of the marked numbers."""
    numbers = torch.rand(examples, steps, generator=generator)
    marks = torch.zeros(examples, steps)
    half = steps // 2
    rows = torch.arange(examples)
    marks[rows, torch.randint(0, half, (examples,), generator=generator)] = 1
    marks[rows, torch.randint(half, steps, (examples,), generator=generator)] = 1
    return torch.stack([numbers, marks], dim=2), (numbers * marks).sum(1, keepdim=True)


class ManyToOne(nn.Module):
    """A recurrent layer whose last state is read out linearly."""

    def __init__(self, layer: Recurrent, outputs: int) -> None:
        super().__init__()
        self.layer = layer
        self.output = nn.Linear(layer.hidden * layer.directions, outputs)

    def forward(self, X: Float[Tensor, "n T d"]) -> Float[Tensor, "n k"]:
        """The output after the last step."""
        H, _ = self.layer(X)
        Y: Tensor = self.output(H[:, -1])
        return Y
