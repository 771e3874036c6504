"""LeNet-5, as published and as it is taught today (chapter convolutional, topic architectures).

Convolution, nonlinearity, subsampling, twice; then a small multi-layer perceptron: the plan of every network that
followed. The published network has three peculiarities that later ones dropped: its subsampling has a learned gain and
bias per map, each map of C3 sees only some maps of S2, and the output units measure the distance to fixed bitmaps of
the characters. The course's version has plain pooling, full connections and ten dense outputs.

    a = A tanh(S v),  A = 1.7159, S = 2/3          S2, S4: y = a(gain * sum of the 2x2 window + bias)
    output: y[i] = |F6 - w[i]|^2, small for the class that is seen

Course: LeNet-5. Source: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition"
(1998), section II.B and table I: 60,000 trainable parameters, 340,908 connections. The course's version: 61,706.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from reference.convolutional.pooling import avg_pool2d

# table I: which maps of S2 each of the 16 maps of C3 sees
_THREES = [sorted(i % 6 for i in range(start, start + 3)) for start in range(6)]
_FOURS = [sorted(i % 6 for i in range(start, start + 4)) for start in range(6)]
_SPLIT_FOURS = [[0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5]]
C3_TABLE = (*_THREES, *_FOURS, *_SPLIT_FOURS, list(range(6)))

# the digits as bitmaps of 7 x 12, side by side; # is ink
_BITMAPS = """
..###..|...#...|..###..|.#####.|.....#.|#######|...###.|#######|..###..|..###..
.#...#.|..##...|.#...#.|#.....#|....##.|#......|..#....|......#|.#...#.|.#...#.
#.....#|.#.#...|#.....#|......#|...#.#.|#......|.#.....|......#|#.....#|#.....#
#.....#|...#...|......#|......#|...#.#.|#......|#......|.....#.|#.....#|#.....#
#.....#|...#...|......#|......#|..#..#.|#.###..|#.###..|.....#.|.#...#.|#.....#
#.....#|...#...|.....#.|...###.|.#...#.|##...#.|##...#.|....#..|..###..|.#...##
#.....#|...#...|....#..|......#|.#...#.|......#|#.....#|....#..|.#...#.|..###.#
#.....#|...#...|...#...|......#|#....#.|......#|#.....#|...#...|#.....#|......#
#.....#|...#...|..#....|......#|#######|......#|#.....#|...#...|#.....#|......#
#.....#|...#...|.#.....|......#|.....#.|......#|#.....#|..#....|#.....#|.....#.
.#...#.|...#...|#......|#.....#|.....#.|#....#.|.#...#.|..#....|.#...#.|....#..
..###..|.#####.|#######|.#####.|.....#.|.####..|..###..|..#....|..###..|.###...
"""


def scaled_tanh(v: Tensor) -> Tensor:
    """1.7159 tanh(2/3 v): +-1 are mapped to +-1, where the curvature is largest."""
    return 1.7159 * torch.tanh(2 / 3 * v)


class Subsampling(nn.Module):
    """Sum of each 2x2 window, times a learned gain, plus a learned bias, per map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.full((channels, 1, 1), 0.25))
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h2 w2"]:
        return scaled_tanh(self.gain * 4 * avg_pool2d(x, 2) + self.bias)


class SparseConv(nn.Module):
    """C3: filter k sees only the maps in `table[k]`; the weights that a full filter would have besides do not exist."""

    def __init__(self, in_channels: int, table: tuple[list[int], ...], kernel: int) -> None:
        super().__init__()
        self.weights = nn.ParameterList([torch.empty(len(row), kernel, kernel) for row in table])
        self.bias = nn.Parameter(torch.zeros(len(table)))
        for weight in self.weights:
            nn.init.uniform_(weight, -2.4 / weight.numel(), 2.4 / weight.numel())  # the paper's, by fan-in
        seen = torch.zeros(len(table), in_channels, dtype=torch.bool)
        for number, row in enumerate(table):
            seen[number, row] = True
        self.register_buffer("seen", seen, persistent=False)
        self.kernel = kernel

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n k p q"]:
        learned = torch.cat(list(self.weights))  # in the order in which `seen` is traversed: row by row, map by map
        weight = learned.new_zeros(*self.seen.shape, self.kernel, self.kernel)  # type: ignore[operator,misc]
        weight[self.seen] = learned  # type: ignore[index]
        return F.conv2d(x, weight, self.bias)


class LeNet5(nn.Module):
    """The published network: (n, 1, 32, 32) -> the distances (n, classes) to the classes' codes; the least one wins.

    Args:
        codes: (classes, 84) of -1 and 1. The paper's are 7x12 bitmaps of the characters; they are not learned.
    """

    def __init__(self, codes: Float[Tensor, "classes 84"]) -> None:
        super().__init__()
        self.c1, self.s2 = nn.Conv2d(1, 6, 5), Subsampling(6)
        self.c3, self.s4 = SparseConv(6, C3_TABLE, 5), Subsampling(16)
        self.c5, self.f6 = nn.Conv2d(16, 120, 5), nn.Linear(120, 84)
        self.codes: Tensor
        self.register_buffer("codes", codes.clone())

    def forward(self, x: Float[Tensor, "n 1 32 32"]) -> Float[Tensor, "n classes"]:
        x = self.s2(scaled_tanh(self.c1(x)))
        x = self.s4(scaled_tanh(self.c3(x)))
        x = scaled_tanh(self.f6(scaled_tanh(self.c5(x)).flatten(1)))
        return ((x[:, None, :] - self.codes) ** 2).sum(2)


def digit_codes() -> Float[Tensor, "10 84"]:
    """The codes of the ten digits: bitmaps of 7 x 12, 1 for ink and -1 for paper. Similar digits have similar codes."""
    rows = [line.split("|") for line in _BITMAPS.strip("\n").split("\n")]
    ink = torch.tensor([[[pixel == "#" for pixel in row[digit]] for row in rows] for digit in range(10)])
    return ink.float().flatten(1) * 2 - 1


def discriminative_loss(
    distances: Float[Tensor, "n classes"], labels: Int[Tensor, " n"], j: float = 0.1
) -> Float[Tensor, ""]:
    """The paper's equation 9: pull the right class's distance down, push the others' up until they exceed about j."""
    right = distances.gather(1, labels[:, None]).squeeze(1)
    rubbish = distances.new_full((len(distances), 1), j)
    return (right + torch.logsumexp(-torch.cat([distances, rubbish], dim=1), dim=1)).mean()


def lenet(classes: int = 10) -> nn.Sequential:
    """The course's version for (n, 1, 32, 32): tanh, average pooling, three dense layers; 61,706 parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * 5 * 5, 120),
        nn.Tanh(),
        nn.Linear(120, 84),
        nn.Tanh(),
        nn.Linear(84, classes),
    )
