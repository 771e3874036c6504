"""Activations, losses, gradient checking, counts and descent, against torch, autograd and closed forms."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from reference.feedforward import (
    activations,
    gradient_check,
    gradient_descent,
    hebbian,
    losses,
    parameter_count,
)

SIZES = st.integers(1, 7)
SEEDS = st.integers(0, 2**31)


def normal(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def close(ours: Tensor, theirs: Tensor, tolerance: float = 1e-12) -> None:
    torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance)


ELEMENTWISE = [
    (activations.sigmoid, activations.sigmoid_derivative, torch.sigmoid),
    (activations.tanh, activations.tanh_derivative, torch.tanh),
    (activations.relu, activations.relu_derivative, F.relu),
    (activations.leaky_relu, activations.leaky_relu_derivative, F.leaky_relu),
    (activations.elu, activations.elu_derivative, F.elu),
    (activations.linear, activations.linear_derivative, lambda x: x * 1),
]


@pytest.mark.parametrize(("ours", "derivative", "theirs"), ELEMENTWISE, ids=lambda f: getattr(f, "__name__", ""))
@pytest.mark.parametrize("scale", [1.0, 1e3])
def test_activation_and_derivative_equal_torch(
    ours: Callable[[Tensor], Tensor],
    derivative: Callable[[Tensor], Tensor],
    theirs: Callable[[Tensor], Tensor],
    scale: float,
    device: torch.device,
) -> None:
    x = (normal(0, 50, 3) * scale).to(device)
    x[0] = 0  # at the kink the left derivative, as torch takes it
    x.requires_grad_()
    close(ours(x), theirs(x))
    close(derivative(x), torch.autograd.grad(theirs(x).sum(), x)[0])


@pytest.mark.parametrize(("ours", "derivative", "theirs"), ELEMENTWISE, ids=lambda f: getattr(f, "__name__", ""))
def test_autograd_through_an_activation_is_its_derivative_also_at_zero(
    ours: Callable[[Tensor], Tensor], derivative: Callable[[Tensor], Tensor], theirs: object, device: torch.device
) -> None:
    """Zero is no corner case: it is where every unit starts whose weights start at zero."""
    x = torch.tensor(
        [0.0, -0.0, 0.7, -0.7, 3e-9, -3e-9, 800, -800], dtype=torch.float64, device=device
    ).requires_grad_()
    slope = torch.autograd.grad(ours(x).sum(), x, create_graph=True)[0]
    close(slope, derivative(x))
    if slope.requires_grad:
        smooth = x.detach()[torch.tensor([0, 1, 2, 3])].requires_grad_()
        if ours in (activations.sigmoid, activations.tanh):
            assert torch.autograd.gradgradcheck(ours, smooth)


def test_a_network_of_zeros_gets_a_gradient() -> None:
    x, w = normal(0, 5, 3), torch.zeros(3, 2, dtype=torch.float64, requires_grad=True)
    for ours, theirs in ((activations.tanh, torch.tanh), (activations.sigmoid, torch.sigmoid)):
        upstream = normal(1, 5, 2)
        gradient = torch.autograd.grad((ours(x @ w) * upstream).sum(), w)[0]
        close(gradient, torch.autograd.grad((theirs(x @ w) * upstream).sum(), w)[0])
        assert gradient.abs().min() > 0


def test_not_a_number_passes_every_activation() -> None:
    for ours, _, _ in ELEMENTWISE:
        assert ours(torch.tensor([float("nan")])).isnan().all()


MARGINS = [
    (losses.perceptron, losses.perceptron_gradient),
    (losses.hinge, losses.hinge_gradient),
    (losses.logistic, losses.logistic_gradient),
]


@pytest.mark.parametrize(("loss", "gradient"), MARGINS, ids=lambda f: f.__name__)
def test_autograd_through_a_margin_loss_is_its_gradient_also_at_the_margin(
    loss: Callable[..., Tensor], gradient: Callable[..., Tensor]
) -> None:
    f = torch.tensor([0.0, 0.0, 1.0, -1.0, 0.3, -2.0], dtype=torch.float64, requires_grad=True)
    t = torch.tensor([1.0, -1.0, 1.0, -1.0, -1.0, 1.0], dtype=torch.float64)
    close(torch.autograd.grad(loss(f, t), f)[0], gradient(f, t))


def test_autograd_through_cross_entropies_and_the_multiclass_hinge_at_zero() -> None:
    z, T = torch.zeros(3, 4, dtype=torch.float64, requires_grad=True), torch.rand(3, 4).double()
    close(torch.autograd.grad(losses.bce(z, T), z)[0], losses.bce_gradient(z, T))
    labels = torch.tensor([2, 0, 3])
    close(torch.autograd.grad(losses.cce(z, labels), z)[0], losses.cce_gradient(z, labels))
    exactly = torch.tensor([[1.0, 0.0, 3.0], [2.0, 2.0, 1.0]], dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([0, 0])
    gradient = torch.autograd.grad(losses.multiclass_hinge(exactly, labels), exactly)[0]
    close(gradient, losses.multiclass_hinge_gradient(exactly, labels))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_activations_keep_the_type_and_stay_finite(dtype: torch.dtype) -> None:
    x = torch.tensor([-1e3, -90.0, -1e-3, 0.0, 1e-3, 90.0, 1e3], dtype=dtype)
    for ours, derivative, theirs in ELEMENTWISE:
        for result in (ours(x), derivative(x)):
            assert result.dtype == dtype
            assert result.isfinite().all()
        torch.testing.assert_close(ours(x), theirs(x))


def test_tanh_keeps_its_digits_near_zero() -> None:
    x = torch.tensor([1e-12, -1e-9], dtype=torch.float64)
    close(activations.tanh(x) / x, torch.ones(2, dtype=torch.float64))


@given(n=SIZES, k=SIZES, seed=SEEDS, scale=st.sampled_from([1.0, 300.0]))
def test_softmax_and_its_jacobian_product(n: int, k: int, seed: int, scale: float) -> None:
    x = (normal(seed, n, k) * scale).requires_grad_()
    dy = normal(seed + 1, n, k)
    y = torch.softmax(x, 1)
    close(activations.softmax(x), y)
    close(activations.softmax_backward(y, dy), torch.autograd.grad((y * dy).sum(), x)[0])


def test_softmax_along_the_first_axis() -> None:
    x = normal(2, 4, 3)
    close(activations.softmax(x, 0), torch.softmax(x, 0))


def test_step_fires_above_zero_only() -> None:
    x = torch.tensor([-2.0, 0.0, 0.5])
    assert activations.step(x).tolist() == [0, 0, 1]
    assert activations.step_derivative(x).tolist() == [0, 0, 0]


@given(n=SIZES, d=SIZES, seed=SEEDS)
def test_prelu_and_its_backward(n: int, d: int, seed: int) -> None:
    x, slope = normal(seed, n, d).requires_grad_(), normal(seed + 1, d).requires_grad_()
    dy = normal(seed + 2, n, d)
    theirs = F.prelu(x, slope) if d > 1 else F.prelu(x, slope.expand(1))
    dx, dslope = torch.autograd.grad((theirs * dy).sum(), (x, slope))
    ours = activations.prelu_backward(x, slope, dy)
    close(activations.prelu(x, slope), theirs)
    close(ours[0], dx)
    close(ours[1], dslope)


@given(n=SIZES, d=SIZES, pieces=st.integers(1, 4), seed=SEEDS)
def test_maxout_and_its_backward(n: int, d: int, pieces: int, seed: int) -> None:
    x = normal(seed, n, d * pieces).requires_grad_()
    dy = normal(seed + 1, n, d)
    y = activations.maxout(x, pieces)
    assert torch.equal(y[0, 0], x[0, :pieces].max())
    close(activations.maxout_backward(x, pieces, dy), torch.autograd.grad((y * dy).sum(), x)[0])


def test_a_randomized_relu_draws_its_slope_in_training_only() -> None:
    x = -torch.ones(2000, dtype=torch.float64)
    drawn = activations.rrelu(x, 0.1, 0.5, training=True, generator=torch.Generator().manual_seed(0))
    assert drawn.min() >= -0.5
    assert drawn.max() <= -0.1
    assert drawn.std() > 0.1
    assert float(drawn.mean()) == pytest.approx(-0.3, abs=0.01)
    close(activations.rrelu(x, 0.1, 0.5), torch.full_like(x, -0.3))


def test_modules_with_learned_activations() -> None:
    x = normal(1, 5, 4).float()
    close(activations.PReLU(4)(x), F.prelu(x, torch.tensor([0.25])), 1e-6)
    layer = activations.Maxout(4, 3, pieces=2)
    scores = layer.linear(x)
    close(layer(x), torch.maximum(scores[:, 0::2], scores[:, 1::2]), 1e-6)


LOSSES = [
    (losses.sse, losses.sse_gradient, "real", lambda z, t: F.mse_loss(z, t, reduction="sum")),
    (losses.mse, losses.mse_gradient, "real", F.mse_loss),
    (losses.bce, losses.bce_gradient, "share", F.binary_cross_entropy_with_logits),
    (losses.cce, losses.cce_gradient, "label", F.cross_entropy),
    (losses.hinge, losses.hinge_gradient, "sign", lambda z, t: F.relu(1 - t * z).mean()),
    (losses.perceptron, losses.perceptron_gradient, "sign", lambda z, t: F.relu(-t * z).mean()),
    (losses.logistic, losses.logistic_gradient, "sign", lambda z, t: -F.logsigmoid(t * z).mean()),
    (
        losses.multiclass_hinge,
        losses.multiclass_hinge_gradient,
        "label",
        lambda z, t: F.multi_margin_loss(z, t, reduction="sum") * z.shape[1] / len(z),
    ),
]


@pytest.mark.parametrize(("loss", "gradient", "kind", "theirs"), LOSSES, ids=lambda f: getattr(f, "__name__", ""))
@given(n=SIZES, k=st.integers(2, 6), seed=SEEDS, scale=st.sampled_from([1.0, 1e3]))
def test_loss_and_gradient_equal_torch(
    loss: Callable[..., Tensor],
    gradient: Callable[..., Tensor],
    kind: str,
    theirs: Callable[..., Tensor],
    n: int,
    k: int,
    seed: int,
    scale: float,
) -> None:
    z = (normal(seed, n, k) * scale).requires_grad_()
    t = {
        "real": normal(seed + 1, n, k),
        "share": normal(seed + 1, n, k).sigmoid(),
        "sign": normal(seed + 1, n, k).sign(),
        "label": (normal(seed + 1, n).abs() * 100).long() % k,
    }[kind]
    expected = theirs(z, t)
    close(loss(z, t), expected)
    close(gradient(z, t), torch.autograd.grad(expected, z)[0])


def test_cross_entropies_stay_finite_where_probabilities_round_to_zero() -> None:
    z = torch.tensor([[1e3, -1e3]], dtype=torch.float64)
    assert float(losses.cce(z, torch.tensor([1]))) == 2000
    assert float(losses.bce(z, torch.tensor([[0.0, 1.0]], dtype=torch.float64))) == 1000


def test_numerical_gradient_of_a_known_function_leaves_x_alone() -> None:
    x = normal(0, 3, 2)
    before = x.clone()
    numeric = gradient_check.numerical_gradient(lambda v: (v**3).sum(), x)
    close(numeric, 3 * x**2, 1e-8)
    assert torch.equal(x, before)


def test_gradient_check_tells_right_from_wrong() -> None:
    x = normal(1, 4)
    right = torch.cos(x)
    assert gradient_check.gradient_check(lambda v: torch.sin(v).sum(), x, right) < 1e-9
    wrong = right.clone()
    wrong[2] *= 1.01
    assert gradient_check.gradient_check(lambda v: torch.sin(v).sum(), x, wrong) > 1e-4
    assert gradient_check.gradient_check(lambda v: 1.0, x, torch.zeros(4).double()) == 0
    assert gradient_check.gradient_check(lambda v: 1.0, x, right) == 1


@given(sizes=st.lists(st.integers(1, 12), min_size=2, max_size=5), biased=st.booleans())
def test_parameters_of_an_mlp(sizes: list[int], biased: bool) -> None:
    layers = [nn.Linear(d, h, bias=biased) for d, h in pairwise(sizes)]
    assert parameter_count.mlp_parameters(sizes, biased) == sum(
        p.numel() for layer in layers for p in layer.parameters()
    )


@given(groups=st.integers(1, 3), c=SIZES, filters=SIZES, height=SIZES, width=SIZES, biased=st.booleans())
def test_parameters_of_a_convolution(groups: int, c: int, filters: int, height: int, width: int, biased: bool) -> None:
    layer = nn.Conv2d(groups * c, groups * filters, (height, width), groups=groups, bias=biased)
    ours = parameter_count.convolution_parameters(groups * c, groups * filters, (height, width), biased, groups)
    assert ours == sum(p.numel() for p in layer.parameters())


@pytest.mark.parametrize(
    ("cell", "layer", "course"), [("rnn", nn.RNN, 91), ("gru", nn.GRU, 273), ("lstm", nn.LSTM, 364)]
)
def test_parameters_of_recurrent_layers_in_both_conventions(cell: str, layer: type[nn.RNNBase], course: int) -> None:
    theirs = sum(p.numel() for p in layer(5, 7).parameters())
    assert parameter_count.recurrent_parameters(cell, 5, 7, biases=2) == theirs  # type: ignore[arg-type]
    assert parameter_count.recurrent_parameters(cell, 5, 7) == course  # type: ignore[arg-type]


def test_parameters_of_embedding_normalization_and_attention() -> None:
    for ours, module in (
        (parameter_count.embedding_parameters(11, 4), nn.Embedding(11, 4)),
        (parameter_count.normalization_parameters(6), nn.BatchNorm2d(6)),
        (parameter_count.attention_parameters(8), nn.MultiheadAttention(8, 4)),
        (parameter_count.attention_parameters(8, bias=False), nn.MultiheadAttention(8, 2, bias=False)),
    ):
        assert ours == sum(p.numel() for p in module.parameters())


@given(n=st.integers(1, 20), size=st.integers(1, 25))
def test_batches_take_every_example_once(n: int, size: int) -> None:
    for generator in (None, torch.Generator().manual_seed(n)):
        parts = list(gradient_descent.batches(n, size, generator))
        assert sorted(torch.cat(parts).tolist()) == list(range(n))
        assert all(len(part) == size for part in parts[:-1])
        if generator is None:
            assert torch.cat(parts).tolist() == list(range(n))


def test_batch_descent_finds_least_squares_below_the_largest_rate_and_diverges_above() -> None:
    X = normal(3, 30, 4)
    t = normal(4, 30)
    exact = torch.linalg.lstsq(X, t[:, None]).solution[:, 0]
    rate = gradient_descent.largest_rate(X)
    descend = gradient_descent.gradient_descent
    gradient = gradient_descent.least_squares_gradient
    w, path = descend(gradient, torch.zeros(4).double(), X, t, 0.9 * rate, 2000, 30)
    close(w, exact, 1e-10)
    assert len(path) == 2001
    far, _ = descend(gradient, torch.zeros(4).double(), X, t, 1.1 * rate, 200, 30)
    assert far.norm() > 1e6
    v = normal(5, 4).requires_grad_()
    expected = torch.autograd.grad(((X @ v - t) ** 2).mean(), v)[0]
    close(gradient(v.detach(), X, t), expected)


def test_one_epoch_of_mini_batches_by_hand() -> None:
    X = torch.tensor([[1.0], [1.0], [2.0]], dtype=torch.float64)
    t = torch.tensor([1.0, 3.0, 4.0], dtype=torch.float64)
    w, _ = gradient_descent.gradient_descent(
        gradient_descent.least_squares_gradient, torch.zeros(1).double(), X, t, 0.25, 1, 2
    )
    # first batch: gradient 2/2 (-1 - 3) = -4, w = 1; second: 2/1 * 2 (2 - 4) = -8, w = 3
    assert w.tolist() == [3.0]


def test_hebbian_rule_is_a_step_against_the_criterion() -> None:
    X, w = hebbian.with_bias(normal(6, 12, 3)), normal(7, 4).requires_grad_()
    t = normal(8, 12).sign()
    gradient = torch.autograd.grad(hebbian.criterion(w, X, t), w)[0]
    close(hebbian.criterion_gradient(w.detach(), X, t), gradient)
