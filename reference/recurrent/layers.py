"""Recurrent layers as modules: stacked, bidirectional, in one of three cells (topics rnn, lstm).

Stacking gives a network that is deep at every step: the states of one layer are the inputs of the next. Where the
whole input is known (tagging, encoding; not generating), a second network that reads from right to left gives every
position its future too. With `torch.nn`'s weights loaded, the outputs are torch's (`load_torch`).

    layer l, forward:    h_t = cell(x_t, h_(t-1))        layer l, backward:  h_t = cell(x_t, h_(t+1))
    layer l + 1 reads concat([forward h_t, backward h_t]), after dropout between layers (Zaremba et al. 2014)

Schuster and Paliwal, "Bidirectional recurrent neural networks", 1997.
Under autocast the cells keep the precision of their weights.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from reference.recurrent import kernels

State = tuple[Tensor, ...]
"""Last states of every layer and direction, (layers * directions, n, h): (h,) or, for the LSTM, (h, c)."""


class Direction(nn.Module):
    """One layer in one direction; the subclasses fix the cell."""

    gates = 1

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(hidden)  # torch.nn's initialisation
        self.hidden = hidden
        self.Wx = nn.Parameter(torch.empty(inputs, self.gates * hidden).uniform_(-bound, bound))
        self.Wh = nn.Parameter(torch.empty(hidden, self.gates * hidden).uniform_(-bound, bound))
        self.b = nn.Parameter(torch.empty(self.gates * hidden).uniform_(-bound, bound))

    def run(self, X: Tensor, state: State) -> tuple[Tensor, State]:
        """States (n, T, h) after each step, and the last state."""
        raise NotImplementedError

    def load(self, Wx: Tensor, Wh: Tensor, bx: Tensor, bh: Tensor) -> None:
        """Take over torch.nn's matrices, which are transposed and have two biases."""
        self.Wx.copy_(Wx.mT)
        self.Wh.copy_(Wh.mT)
        self.b.copy_(bx + bh)


class RNNDirection(Direction):
    """tanh cell."""

    def run(self, X: Tensor, state: State) -> tuple[Tensor, State]:
        (h,) = state
        H = kernels.rnn(X, h, self.Wx, self.Wh, self.b)
        return H, (H[:, -1],)


class LSTMDirection(Direction):
    """Gates f, i, o, g side by side."""

    gates = 4

    def run(self, X: Tensor, state: State) -> tuple[Tensor, State]:
        h, c = state
        H, C = kernels.lstm(X, h, c, self.Wx, self.Wh, self.b)
        return H, (H[:, -1], C[:, -1])

    def load(self, Wx: Tensor, Wh: Tensor, bx: Tensor, bh: Tensor) -> None:
        def reordered(stacked: Tensor) -> Tensor:
            i, f, g, o = stacked.chunk(4)  # torch's order
            return torch.cat([f, i, o, g])

        super().load(reordered(Wx), reordered(Wh), reordered(bx), reordered(bh))


class GRUDirection(Direction):
    """Gates r, z, g side by side, with a second bias: the reset gate multiplies it too."""

    gates = 3

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__(inputs, hidden)
        bound = 1 / math.sqrt(hidden)
        self.bh = nn.Parameter(torch.empty(3 * hidden).uniform_(-bound, bound))

    def run(self, X: Tensor, state: State) -> tuple[Tensor, State]:
        (h,) = state
        H = kernels.gru(X, h, self.Wx, self.Wh, self.b, self.bh)
        return H, (H[:, -1],)

    def load(self, Wx: Tensor, Wh: Tensor, bx: Tensor, bh: Tensor) -> None:
        super().load(Wx, Wh, bx, torch.zeros_like(bh))
        self.bh.copy_(bh)


class Recurrent(nn.Module):
    """Layers of one kind of cell; use `RNN`, `LSTM` or `GRU`.

    Args:
        inputs, hidden: sizes of x_t and of h_t, per direction.
        layers: how many are stacked.
        bidirectional: read from both ends and concatenate.
        dropout: probability of dropping a value on its way from one layer to the next.
    """

    cell: type[Direction] = Direction
    states = 1

    def __init__(
        self, inputs: int, hidden: int, layers: int = 1, *, bidirectional: bool = False, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.hidden, self.layers, self.directions = hidden, layers, 2 if bidirectional else 1
        self.dropout = nn.Dropout(dropout)
        widths = [inputs] + [hidden * self.directions] * (layers - 1)
        self.cells = nn.ModuleList(self.cell(width, hidden) for width in widths for _ in range(self.directions))

    def initial_state(self, X: Tensor) -> State:
        """Zeros for a batch like X."""
        shape = (self.layers * self.directions, X.shape[0], self.hidden)
        return tuple(X.new_zeros(shape) for _ in range(self.states))

    def forward(
        self, X: Float[Tensor, "n T d"], state: State | None = None
    ) -> tuple[Float[Tensor, "n T {self.directions}*{self.hidden}"], State]:
        """States of the top layer after each step, and the last states of all layers and directions."""
        state = self.initial_state(X) if state is None else state
        last: list[State] = []
        for layer in range(self.layers):
            if layer > 0:
                X = self.dropout(X)
            outputs = []
            for direction in range(self.directions):
                index = layer * self.directions + direction
                cell = self.cells[index]
                assert isinstance(cell, Direction)
                H, end = cell.run(X.flip(1) if direction else X, tuple(part[index] for part in state))
                outputs.append(H.flip(1) if direction else H)
                last.append(end)
            X = torch.cat(outputs, dim=-1) if self.directions == 2 else outputs[0]
        return X, tuple(torch.stack(parts) for parts in zip(*last, strict=True))

    @torch.no_grad()
    def load_torch(self, other: nn.RNNBase) -> None:
        """Take over the weights of a torch.nn.RNN, LSTM or GRU of the same shape."""
        for layer in range(self.layers):
            for direction in range(self.directions):
                suffix = f"_l{layer}{'_reverse' if direction else ''}"
                names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
                cell = self.cells[layer * self.directions + direction]
                assert isinstance(cell, Direction)
                cell.load(*(getattr(other, name + suffix) for name in names))


class RNN(Recurrent):
    """Plain recurrent network with tanh states."""

    cell = RNNDirection


class LSTM(Recurrent):
    """Long short-term memory; see `lstm` for the cell. The forget gate's bias starts at `forget_bias` (Gers 2000)."""

    cell, states = LSTMDirection, 2

    def __init__(
        self,
        inputs: int,
        hidden: int,
        layers: int = 1,
        *,
        bidirectional: bool = False,
        dropout: float = 0.0,
        forget_bias: float = 0.0,
    ) -> None:
        super().__init__(inputs, hidden, layers, bidirectional=bidirectional, dropout=dropout)
        with torch.no_grad():
            for cell in self.cells:
                assert isinstance(cell, Direction)
                cell.b[:hidden] += forget_bias


class GRU(Recurrent):
    """Gated recurrent unit, in cuDNN's form; see `gru` for the difference from the paper's."""

    cell = GRUDirection
