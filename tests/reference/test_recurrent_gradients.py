"""Vanishing gradients and clipping: Jacobians against autograd, bounds, torch's clipping."""

import pytest
import torch

from reference.recurrent import bptt, lstm, vanishing_gradient


def draw(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def network(scale: float):
    d, h = 2, 6
    params = {"Wx": draw(d, h, seed=1), "Wh": scale * torch.linalg.qr(draw(h, h, seed=2))[0], "bh": draw(h, seed=3)}
    params |= {"Wy": draw(h, 1, seed=4), "by": draw(1, seed=5)}
    X, h0 = 0.3 * draw(3, 8, d, seed=6), torch.zeros(3, h, dtype=torch.float64)
    return X, h0, params


def test_product_norms_equal_autograd():
    X, h0, params = network(1.1)
    _, H = bptt.forward(X, h0, params)
    norms = vanishing_gradient.product_norms(H, params["Wh"])
    for t in range(8):

        def rest(state, t=t):
            return bptt.forward(X[:1, t + 1 :], state.unsqueeze(0), params)[1][0, -1] if t < 7 else state

        jacobian = torch.autograd.functional.jacobian(rest, H[0, t])
        torch.testing.assert_close(norms[0, t], torch.linalg.matrix_norm(jacobian, ord=2), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_the_bound_holds(scale):
    X, h0, params = network(scale)
    _, H = bptt.forward(X, h0, params)
    bounds = vanishing_gradient.bound(params["Wh"], 8)
    assert bounds[0] == pytest.approx(scale**7)
    assert (vanishing_gradient.product_norms(H, params["Wh"]) <= bounds * (1 + 1e-12)).all()


def test_a_single_unit_in_both_activations():
    a = torch.tensor([0.0, 1.0, -2.0], dtype=torch.float64, requires_grad=True)
    for name, f in (("tanh", torch.tanh), ("sigmoid", torch.sigmoid)):
        (slope,) = torch.autograd.grad(f(a).sum(), a)
        torch.testing.assert_close(vanishing_gradient.scalar_factors(3.0, a.detach(), name), 3 * slope)
    assert vanishing_gradient.scalar_factors(4.0, torch.zeros(1), "sigmoid").item() == pytest.approx(1.0)
    with pytest.raises(ValueError, match="tanh"):
        vanishing_gradient.scalar_factors(1.0, a.detach(), "relu")


@pytest.mark.parametrize("max_norm", [0.5, 100.0])
def test_clipping_equals_torch(max_norm):
    grads = {"a": draw(3, 4, seed=1), "b": draw(5, seed=2)}
    leaves = [torch.zeros_like(g, requires_grad=True) for g in grads.values()]
    for leaf, grad in zip(leaves, grads.values(), strict=True):
        leaf.grad = grad.clone()
    torch.nn.utils.clip_grad_norm_(leaves, max_norm)
    for got, leaf in zip(vanishing_gradient.clip(grads, max_norm).values(), leaves, strict=True):
        torch.testing.assert_close(got, leaf.grad, rtol=1e-5, atol=1e-6)  # torch adds 1e-6 to the norm


def test_clipping_keeps_the_direction_and_survives_zero():
    clipped = vanishing_gradient.clip({"a": torch.tensor([3.0, 4.0])}, 1.0)["a"]
    assert clipped.tolist() == pytest.approx([0.6, 0.8])
    assert vanishing_gradient.clip({"a": torch.zeros(2)}, 1.0)["a"].tolist() == [0, 0]
    with pytest.raises(ValueError, match="positive"):
        vanishing_gradient.clip({"a": torch.ones(2)}, 0.0)


def test_the_norm_along_the_cell_is_that_of_autograds_jacobian():
    def draw(*shape, seed):
        return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))

    n, steps, d, h = 2, 5, 3, 4
    X, h0, c0 = draw(n, steps, d, seed=1), draw(n, h, seed=2), draw(n, h, seed=3)
    params = {f"W{gate}": draw(h + d, h, seed=10 + i) for i, gate in enumerate("figo")}
    params |= {f"b{gate}": draw(h, seed=20 + i) for i, gate in enumerate("figo")}
    norms = vanishing_gradient.cell_norms(X, h0, c0, params)
    assert norms.shape == (n, steps)
    H, C = lstm.forward(X, h0, c0, params)
    for row in range(n):
        for t in range(steps - 1):

            def last_cell(c, row=row, t=t):
                return lstm.forward(X[row : row + 1, t + 1 :], H[row : row + 1, t], c, params)[1][:, -1]

            jacobian = torch.autograd.functional.jacobian(last_cell, C[row : row + 1, t])[0, :, 0]
            assert norms[row, t].item() == pytest.approx(torch.linalg.matrix_norm(jacobian, ord=2).item(), rel=1e-10)
    assert norms[:, -1].tolist() == [1, 1]
