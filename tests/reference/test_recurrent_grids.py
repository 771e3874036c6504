"""Networks on grids and networks of networks: against the loop over nodes, and against padding."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reference.recurrent.hierarchical import HierarchicalClassifier
from reference.recurrent.multidimensional import GridRNN, grid_states

sizes = st.integers(1, 4)


def draw(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@settings(max_examples=20, deadline=None)
@given(sizes, sizes, sizes, sizes, sizes)
def test_diagonals_equal_the_loop_over_nodes(n, height, width, d, h):
    X = draw(n, height, width, d, seed=1)
    Wx, Wu, Wl, b = draw(d, h, seed=2), draw(h, h, seed=3), draw(h, h, seed=4), draw(h, seed=5)
    H = grid_states(X, Wx, Wu, Wl, b)
    outside = torch.zeros(n, h, dtype=torch.float64)
    for i in range(height):
        for j in range(width):
            above = H[:, i - 1, j] if i else outside
            left = H[:, i, j - 1] if j else outside
            node = torch.tanh(X[:, i, j] @ Wx + above @ Wu + left @ Wl + b)
            torch.testing.assert_close(H[:, i, j], node, rtol=1e-10, atol=1e-10)


def test_every_node_sees_the_whole_grid_from_four_corners_only():
    torch.manual_seed(0)
    X = draw(1, 3, 4, 2, seed=1).requires_grad_()
    for corners, seen_all in ((1, False), (4, True)):
        net = GridRNN(2, 3, corners).double()
        H = net(X)
        assert H.shape == (1, 3, 4, 3 * corners)
        (gradient,) = torch.autograd.grad(H[0, 1, 1].sum(), X)
        seen = gradient[0].abs().sum(-1) > 0
        assert bool(seen.all()) == seen_all
        assert seen[:2, :2].all()
    with pytest.raises(ValueError, match="corner"):
        GridRNN(2, 3, 2)


def test_padding_changes_nothing():
    torch.manual_seed(0)
    net = HierarchicalClassifier(symbols=9, embedding=4, lower=5, upper=6, classes=3)
    text = torch.tensor([[[3, 1, 4], [1, 5, 0]], [[2, 0, 0], [0, 0, 0]]])
    padded = torch.nn.functional.pad(text, (0, 2, 0, 3))
    torch.testing.assert_close(net(padded), net(text))


def test_the_order_of_symbols_and_of_parts_matters():
    torch.manual_seed(0)
    net = HierarchicalClassifier(symbols=9, embedding=4, lower=5, upper=6, classes=3)
    text = torch.tensor([[[3, 1, 4], [1, 5, 0]], [[1, 3, 4], [1, 5, 0]], [[1, 5, 0], [3, 1, 4]]])
    scores = net(text)
    assert not torch.allclose(scores[0], scores[1])
    assert not torch.allclose(scores[0], scores[2])
