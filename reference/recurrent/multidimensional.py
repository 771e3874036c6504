"""Recurrent networks on a grid (chapter recurrent, topic rnn).

Instead of one predecessor in time a node has one along every axis: on an image, the pixel above and the pixel to the
left, so that the state at a pixel has seen everything above and to the left of it. Four such networks, one from every
corner, show each pixel the whole image, as two directions do in one dimension. All nodes of an anti-diagonal depend on
the one before only, so the loop runs over diagonals and a whole diagonal is one matrix product.

    h_ij = tanh(x_ij Wx + h_(i-1,j) Wu + h_(i,j-1) Wl + b),      h = 0 outside of the grid

Graves, Fernandez and Schmidhuber, "Multi-dimensional recurrent neural networks", 2007 (arXiv:0705.2011).
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn


def grid_states(
    X: Float[Tensor, "n H W d"],
    Wx: Float[Tensor, "d h"],
    Wu: Float[Tensor, "h h"],
    Wl: Float[Tensor, "h h"],
    b: Float[Tensor, " h"],
) -> Float[Tensor, "n H W h"]:
    """The state of every node, read from the top left."""
    n, height, width, _ = X.shape
    hidden = b.shape[0]
    diagonals = height + width - 1
    projected = X @ Wx + b
    # row i shifted right by i: what stands in column s are the nodes with i + j = s
    skewed = torch.stack([nn.functional.pad(projected[:, i], (0, 0, i, height - 1 - i)) for i in range(height)], dim=1)
    row, column = torch.arange(height, device=X.device), torch.arange(diagonals, device=X.device)
    offset = column - row.unsqueeze(1)
    inside = ((offset >= 0) & (offset < width)).to(X.dtype).unsqueeze(-1)  # (H, diagonals, 1)

    state = X.new_zeros(n, height, hidden)
    columns = []
    for s in range(diagonals):
        above = nn.functional.pad(state[:, :-1], (0, 0, 1, 0))  # node (i - 1, j) lies on the last diagonal, one row up
        state = torch.tanh(skewed[:, :, s] + above @ Wu + state @ Wl) * inside[:, s]
        columns.append(state)
    H = torch.stack(columns, dim=2)
    return torch.stack([H[:, i, i : i + width] for i in range(height)], dim=1)


class GridRNN(nn.Module):
    """From one corner of the grid, or from all four with `corners=4`: their states side by side."""

    def __init__(self, inputs: int, hidden: int, corners: int = 1) -> None:
        super().__init__()
        if corners not in (1, 4):
            raise ValueError(f"a grid is read from 1 corner or from all 4, not {corners}")
        bound = 1 / math.sqrt(hidden)
        self.flips = [(), (1,), (2,), (1, 2)][:corners]

        def weights(rows: int) -> nn.Parameter:
            return nn.Parameter(torch.empty(corners, rows, hidden).uniform_(-bound, bound))

        self.Wx, self.Wu, self.Wl, self.b = weights(inputs), weights(hidden), weights(hidden), weights(1)

    def forward(self, X: Float[Tensor, "n H W d"]) -> Float[Tensor, "n H W corners_times_h"]:
        """States of every node."""
        outputs = []
        for k, flip in enumerate(self.flips):
            H = grid_states(X.flip(flip), self.Wx[k], self.Wu[k], self.Wl[k], self.b[k, 0])
            outputs.append(H.flip(flip))
        return torch.cat(outputs, dim=-1)
