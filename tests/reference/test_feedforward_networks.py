"""Perceptron, kernel perceptron, multi-layer perceptrons and backpropagation."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from reference.feedforward import activations, backprop, hebbian, kernel_perceptron, mlp

SIZES = st.integers(1, 7)
SEEDS = st.integers(0, 2**31)
XOR = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
XOR_TARGETS = torch.tensor([-1.0, 1.0, 1.0, -1.0], dtype=torch.float64)


def normal(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def close(ours: Tensor, theirs: Tensor, tolerance: float = 1e-10) -> None:
    torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance)


def test_a_point_on_the_boundary_is_negative() -> None:
    w = torch.tensor([0.0, 1.0, -1.0])
    x = torch.tensor([1.0, 2.0, 2.0])
    assert hebbian.predict(w, x) == -1
    assert hebbian.predict_all(w, torch.stack([x, 2 * x + torch.tensor([0.0, 1.0, 0.0])])).tolist() == [-1, 1]
    assert hebbian.hebbian_update(w, x, -1, 0.5) is w
    assert hebbian.hebbian_update(w, x, 1, 0.5).tolist() == [0.5, 2.0, 0.0]


def test_and_is_learned_as_by_hand() -> None:
    w, epochs, converged = hebbian.train(torch.zeros(3).double(), hebbian.with_bias(XOR), and_targets(), 1.0, 100)
    assert (w.tolist(), epochs, converged) == ([-2, 2, 1], 6, True)


def and_targets() -> Tensor:
    return torch.tensor([-1.0, -1.0, -1.0, 1.0], dtype=torch.float64)


def test_xor_is_never_learned() -> None:
    w, epochs, converged = hebbian.train(torch.zeros(3).double(), hebbian.with_bias(XOR), XOR_TARGETS, 0.3, 200)
    assert (epochs, converged) == (200, False)
    with pytest.raises(ValueError, match="margin"):
        hebbian.convergence_bound(w, hebbian.with_bias(XOR), XOR_TARGETS)


@given(n=st.integers(2, 30), d=st.integers(1, 5), eta=st.sampled_from([0.1, 1.0, 7.0]), seed=SEEDS)
def test_errors_stay_within_the_bound_whatever_the_rate(n: int, d: int, eta: float, seed: int) -> None:
    u = normal(seed, d + 1)
    X = hebbian.with_bias(normal(seed + 1, n, d))
    keep = (X @ u).abs() > 0.1 * u.norm()  # a margin, so that the bound is small enough to be reached
    X = X[keep] if keep.any() else X[:1]
    t = hebbian.predict_all(u, X)
    bound = hebbian.convergence_bound(u, X, t)
    errors = hebbian.count_errors(torch.zeros(d + 1).double(), X, t, eta, int(bound) + 2)
    w, _, converged = hebbian.train(torch.zeros(d + 1).double(), X, t, eta, int(bound) + 2)
    assert errors <= bound
    assert converged
    assert torch.equal(hebbian.predict_all(w, X), t)
    assert float(hebbian.criterion(w, X, t)) == 0


def test_a_linear_kernel_is_the_perceptron() -> None:
    X = hebbian.with_bias(normal(0, 20, 2))
    t = hebbian.predict_all(torch.tensor([0.2, 1.0, -1.5]).double(), X)
    alpha, epochs, converged = kernel_perceptron.train(X @ X.T, t, 500)
    w, expected_epochs, expected = hebbian.train(torch.zeros(3).double(), X, t, 1.0, 500)
    close((alpha * t) @ X, w)
    assert (epochs, converged) == (expected_epochs, expected)


def test_an_rbf_kernel_solves_xor() -> None:
    K = kernel_perceptron.rbf_kernel(XOR, XOR, 1.0)
    alpha, _, converged = kernel_perceptron.train(K, XOR_TARGETS, 50)
    assert converged
    assert torch.equal(kernel_perceptron.predict(alpha, XOR_TARGETS, K), XOR_TARGETS)
    assert not kernel_perceptron.train(kernel_perceptron.polynomial_kernel(XOR, XOR, 1), XOR_TARGETS, 50)[2]


def test_kernels_equal_scikit_learn() -> None:
    from sklearn.metrics.pairwise import polynomial_kernel, rbf_kernel

    A, B = normal(1, 5, 3), normal(2, 4, 3)
    close(kernel_perceptron.rbf_kernel(A, B, 0.7), torch.tensor(rbf_kernel(A.numpy(), B.numpy(), gamma=0.7)))
    expected = polynomial_kernel(A.numpy(), B.numpy(), degree=3, gamma=1, coef0=0.5)
    close(kernel_perceptron.polynomial_kernel(A, B, 3, 0.5), torch.tensor(expected))


@given(d=st.integers(1, 5), seed=SEEDS)
def test_any_truth_table_has_its_network(d: int, seed: int) -> None:
    table = (normal(seed, 2**d) > 0).double()
    layers = mlp.weights_for_truth_table(table)
    assert torch.equal(mlp.boolean(mlp.truth_inputs(d).double(), layers), table)
    assert len(layers[1][0]) == int(table.sum())


@pytest.mark.parametrize("rows", [0, 1, 3, 6])
def test_a_truth_table_has_a_power_of_two_rows(rows: int) -> None:
    with pytest.raises(ValueError, match=r"2\^d rows"):
        mlp.weights_for_truth_table(torch.ones(rows))


@pytest.mark.parametrize("units", [1, 5, 50])
def test_a_staircase_stays_within_its_bound(units: int) -> None:
    x = torch.linspace(-1, 3, 3001, dtype=torch.float64)[:, None]
    stairs = mlp.forward(x, *mlp.staircase(torch.sin, -1, 3, units), activation=activations.step)
    assert (stairs - torch.sin(x)).abs().max() <= 4 / (2 * (units + 1)) + 1e-12  # the slope of sin is at most 1


def test_an_mlp_is_its_affine_maps_and_activations() -> None:
    X, W1, b1, W2, b2 = normal(0, 4, 3), normal(1, 3, 5), normal(2, 5), normal(3, 5, 2), normal(4, 2)
    close(mlp.forward(X, [W1, W2], [b1, b2]), torch.tanh(X @ W1 + b1) @ W2 + b2)
    close(mlp.forward(X, [W1], [b1], output=torch.sigmoid), torch.sigmoid(X @ W1 + b1))
    model = mlp.MLP([3, 5, 2], dropout=0.5).double().eval()
    linear = [layer for layer in model.layers if isinstance(layer, torch.nn.Linear)]
    close(model(X), mlp.forward(X, [layer.weight.T for layer in linear], [layer.bias for layer in linear]))


@given(n=SIZES, d=SIZES, h=SIZES, k=SIZES, seed=SEEDS)
def test_backprop_equals_autograd(n: int, d: int, h: int, k: int, seed: int) -> None:
    X, T = normal(seed, n, d), normal(seed + 1, n, k)
    params = {"W1": normal(seed + 2, d, h), "b1": normal(seed + 3, h), "W2": normal(seed + 4, h, k)}
    params["b2"] = normal(seed + 5, k)
    tracked = {name: p.clone().requires_grad_() for name, p in params.items()}
    value = backprop.loss(backprop.forward(X, tracked)[0], T)
    expected = dict(zip(tracked, torch.autograd.grad(value, list(tracked.values())), strict=True))
    grads = backprop.backward(T, params, backprop.forward(X, params)[1])
    assert grads.keys() == params.keys()
    for name, gradient in grads.items():
        close(gradient, expected[name])


@given(n=SIZES, sizes=st.lists(SIZES, min_size=2, max_size=6), seed=SEEDS)
def test_deep_backprop_equals_autograd(n: int, sizes: list[int], seed: int) -> None:
    shapes = list(pairwise(sizes))
    weights = [normal(seed + i, d, h).requires_grad_() for i, (d, h) in enumerate(shapes)]
    biases = [normal(seed + 50 + i, h).requires_grad_() for i, (_, h) in enumerate(shapes)]
    X, T = normal(seed + 100, n, sizes[0]), normal(seed + 101, n, sizes[-1])
    Y, inputs = backprop.deep_forward(X, weights, biases)
    expected = torch.autograd.grad(backprop.loss(Y, T), weights + biases)
    with torch.no_grad():
        dWs, dbs = backprop.deep_backward(T, weights, inputs)
    for ours, theirs in zip(dWs + dbs, expected, strict=True):
        close(ours, theirs)


def test_loss_is_a_sum_without_half_and_mean() -> None:
    Y = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert float(backprop.loss(Y, torch.zeros(2, 2))) == 30


def test_the_module_trains_with_its_own_gradients(device: torch.device) -> None:
    model = backprop.TwoLayer(2, 6, 1, generator=torch.Generator().manual_seed(0)).double().to(device)
    X, T = XOR.to(device), XOR_TARGETS[:, None].to(device)
    params = {name: p.detach().clone() for name, p in model.named_parameters()}
    close(model(X), backprop.forward(X, params)[0])
    for _ in range(3000):
        Y, cache = backprop.forward(X, params)
        grads = backprop.backward(T, params, cache)
        params = {name: params[name] - 0.05 * grads[name] for name in params}
    assert torch.equal(Y.sign(), T)
    assert float(backprop.loss(Y, T)) < 1e-3
