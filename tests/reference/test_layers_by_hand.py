"""What autograd can do beyond first derivatives in float32, for every layer with a backward pass by hand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import gradcheck, gradgradcheck

from reference.convolutional.conv2d import Conv2d, conv2d
from reference.convolutional.pooling import max_pool2d, max_pool2d_backward
from reference.feedforward import activations
from reference.recurrent import layers as recurrent
from reference.train import Settings, fit
from reference.training.batchnorm import BatchNorm
from reference.training.layernorm import LayerNorm
from tests.reference.layers_by_hand import CASES, Case

ROOT = Path(__file__).resolve().parents[2]
slow_batching = pytest.mark.filterwarnings(
    "ignore:There is a performance drop"
)  # torch batches unfold's gradient in a loop
every_layer = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


def with_parameters(layer: nn.Module, x: Tensor):
    """The layer as a function of its input and its parameters, and these."""
    names = [name for name, _ in layer.named_parameters()]

    def function(x: Tensor, *values: Tensor) -> Tensor:
        return torch.func.functional_call(layer, dict(zip(names, values, strict=True)), (x,))

    return function, (x.requires_grad_(), *(p.detach().clone().requires_grad_() for p in layer.parameters()))


@every_layer
def test_first_and_second_derivatives(case: Case, device: torch.device) -> None:
    function, inputs = with_parameters(*case.draw(device=device))
    assert gradcheck(function, inputs, fast_mode=True)
    assert gradgradcheck(function, inputs, fast_mode=True)


@every_layer
def test_a_gradient_penalty_trains_as_with_autograd(case: Case, device: torch.device) -> None:
    """The gradient of |dy/dx|^2 by the parameters, against finite differences."""
    layer, x = case.draw(device=device)
    function, (x, *values) = with_parameters(layer, x)

    def penalty(*values: Tensor) -> Tensor:
        return torch.autograd.grad(function(x, *values).square().sum(), x, create_graph=True)[0].square().sum()

    if values:
        assert gradcheck(penalty, values, fast_mode=True)


@slow_batching
@every_layer
def test_gradients_of_each_example_by_vmap(case: Case, device: torch.device) -> None:
    if not case.per_example:
        return _an_ensemble_by_vmap(case, device)
    layer, x = case.draw(device=device)
    parameters = {name: p.detach() for name, p in layer.named_parameters()}

    def loss(parameters: dict[str, Tensor], example: Tensor) -> Tensor:
        return torch.func.functional_call(layer, parameters, (example[None],)).pow(3).sum()

    by_parameters, by_input = torch.func.vmap(torch.func.grad(loss, argnums=(0, 1)), (None, 0))(parameters, x)
    for row, example in enumerate(x):
        entering = example.clone().requires_grad_()
        leaves = [*layer.parameters(), entering]
        wanted = torch.autograd.grad(layer(entering[None]).pow(3).sum(), leaves)
        got = [*(by_parameters[name][row] for name in parameters), by_input[row]]
        torch.testing.assert_close(got, list(wanted), rtol=1e-10, atol=1e-12)
    return None


def _an_ensemble_by_vmap(case: Case, device: torch.device) -> None:
    """Several models at once, each with parameters of its own."""
    layer, x = case.draw(device=device)
    stacked = {name: torch.stack([p.detach(), 2 * p.detach()]) for name, p in layer.named_parameters()}
    buffers = {name: torch.stack([b, b]) for name, b in layer.named_buffers()}

    def loss(parameters: dict[str, Tensor], buffers: dict[str, Tensor]) -> Tensor:
        return torch.func.functional_call(layer, (parameters, buffers), (x,)).pow(3).sum()

    got = torch.func.vmap(torch.func.grad(loss))(stacked, buffers)
    for row in range(2):
        one = {name: values[row].clone().requires_grad_() for name, values in stacked.items()}
        wanted = torch.autograd.grad(loss(one, {name: b[row] for name, b in buffers.items()}), list(one.values()))
        torch.testing.assert_close([got[name][row] for name in one], list(wanted), rtol=1e-10, atol=1e-12)


@slow_batching
@every_layer
def test_forward_mode_and_hessian(case: Case, device: torch.device) -> None:
    layer, x = case.draw(device=device)
    layer.eval()
    direction = torch.randn(x.shape, generator=torch.Generator().manual_seed(2), dtype=x.dtype).to(device)
    _, moved = torch.func.jvp(layer, (x,), (direction,))
    step = 1e-6
    torch.testing.assert_close(moved, (layer(x + step * direction) - layer(x - step * direction)) / (2 * step))
    hessian = torch.func.jacfwd(torch.func.grad(lambda x: layer(x).pow(3).sum()))(x[:1])
    square = hessian.reshape(x[:1].numel(), -1)
    torch.testing.assert_close(square, square.mT)


@every_layer
@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16])
def test_autocast_and_half_precision(case: Case, half: torch.dtype, device: torch.device) -> None:
    layer, x = case.draw(torch.float32, device)
    exact = layer.double()(x.double())
    layer.float()
    with torch.autocast(device.type, half):
        y = layer(x.requires_grad_())
    y.float().square().sum().backward()
    rough = {"rtol": 0.05, "atol": 0.05}
    torch.testing.assert_close(y.double(), exact, **rough)
    assert all(p.grad is not None and p.grad.dtype == torch.float32 for p in layer.parameters())
    low = layer.to(half)(x.detach().to(half).requires_grad_())
    assert low.dtype == half
    torch.testing.assert_close(low.double(), exact, **rough)
    low.float().square().sum().backward()


@every_layer
def test_an_empty_batch(case: Case, device: torch.device) -> None:
    layer, x = case.draw(device=device)
    nothing = x[:0].clone().requires_grad_()
    if not case.per_example:  # there is nothing to take a mean of
        with pytest.raises(ValueError, match="more than one value"):
            layer(nothing)
        layer.eval()
    y = layer(nothing)
    assert y.shape == (0, *layer(x).shape[1:])
    y.sum().backward()
    assert nothing.grad is not None
    assert all(p.grad is not None and not p.grad.any() for p in layer.parameters())


@pytest.mark.slow
def test_every_layer_compiles_to_one_graph() -> None:
    """In a process of its own: the checks of shapes that these tests run under are no part of the graph."""
    script = ROOT / "tests" / "reference" / "compile_layers.py"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    finished = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.mark.parametrize("scale", [300.0, 3e4])
def test_norms_take_their_statistics_in_float32(scale: float, device: torch.device) -> None:
    """Squares beyond 65,504 overflow float16."""
    x = (torch.randn(16, 32, generator=torch.Generator().manual_seed(0)) * scale).clamp(-6e4, 6e4).to(device).half()
    for mine, theirs in ((BatchNorm(32), F.batch_norm), (LayerNorm(32), F.layer_norm)):
        exact = (
            F.batch_norm(x.double(), None, None, training=True)
            if theirs is F.batch_norm
            else F.layer_norm(x.double(), [32])
        )
        y = mine.to(device).half()(x)
        assert (y.double() - exact).abs().max() < 2e-3


def test_layer_norm_under_autocast_keeps_the_digits_beside_a_large_mean(device: torch.device) -> None:
    x = (torch.randn(8, 64, generator=torch.Generator().manual_seed(0)) + 100).to(device).bfloat16()
    layer = LayerNorm(64).to(device)
    with torch.autocast(device.type, torch.bfloat16):
        y = layer(x)
    assert y.dtype == torch.float32  # as torch's
    assert (y.double() - F.layer_norm(x.double(), [64])).abs().max() < 1e-5


def test_running_averages_of_half_precision_inputs_are_torchs(device: torch.device) -> None:
    mine, theirs = BatchNorm(5).to(device), nn.BatchNorm2d(5).to(device)
    x = (torch.randn(6, 5, 3, 2, generator=torch.Generator().manual_seed(0)) * 3 + 40).to(device).bfloat16()
    assert mine(x).dtype == torch.bfloat16
    theirs(x.float())
    torch.testing.assert_close(mine.running_mean, theirs.running_mean)
    torch.testing.assert_close(mine.running_var, theirs.running_var)


def test_a_convolutional_network_trains_in_mixed_precision(device: torch.device) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(Conv2d(1, 4, 3), BatchNorm(4), nn.Flatten(), LayerNorm(64), nn.Linear(64, 2)).to(device)
    x = torch.randn(24, 1, 6, 6, device=device)
    y = (x.mean((1, 2, 3)) > 0).long()
    history = fit(
        model,
        torch.optim.SGD(model.parameters(), 0.1),
        lambda model, batch: F.cross_entropy(model(batch[0]), batch[1]),
        (x, y),
        Settings(epochs=8, batch_size=8, device=device, precision="bfloat16"),
    )
    assert history.of("train_loss")[-1] < 0.7 * history.of("train_loss")[0]


@pytest.mark.parametrize("kind", [recurrent.RNN, recurrent.LSTM, recurrent.GRU])
def test_a_recurrent_layer_of_an_empty_batch_keeps_its_state_s_shape(kind: type[recurrent.Recurrent]) -> None:
    outputs, state = kind(3, 4, 2)(torch.zeros(0, 5, 3))
    assert outputs.shape == (0, 5, 4)
    assert all(part.shape == (2, 0, 4) for part in state)


def test_the_function_conv2d_is_differentiable_where_memory_is_shared(device: torch.device) -> None:
    """An expanded input has one number behind many pixels: each pixel still gets its own gradient."""
    x = torch.randn(1, 1, 5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(3)).to(device)
    w = torch.randn(2, 3, 2, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(4)).to(device)
    shared, copied = x.expand(1, 3, 5, 4).requires_grad_(), x.repeat(1, 3, 1, 1).requires_grad_()
    got = torch.autograd.grad(conv2d(shared, w).square().sum(), shared)[0]
    torch.testing.assert_close(got, torch.autograd.grad(conv2d(copied, w).square().sum(), copied)[0])


def test_max_pooling_sends_the_gradient_to_the_first_of_equals_by_autograd_too(device: torch.device) -> None:
    x = torch.randint(-2, 2, (2, 3, 7, 6), generator=torch.Generator().manual_seed(0)).double().to(device)
    x = x.clamp_min(0).requires_grad_()  # as after a ReLU
    y, where = max_pool2d(x, 3, 2, 1)
    dy = torch.rand(y.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).to(device)
    theirs = torch.autograd.grad(F.max_pool2d(x, 3, 2, 1), x, dy)[0]
    assert torch.equal(torch.autograd.grad(y, x, dy)[0], theirs)
    assert torch.equal(max_pool2d_backward(dy, where, (7, 6)), theirs)


def test_max_pooling_where_nothing_is_finite() -> None:
    x = torch.full((1, 1, 4, 4), float("-inf"))
    x[0, 0, 3, 3] = float("nan")
    y, where = max_pool2d(x, 2, 2, 1)
    theirs, places = F.max_pool2d(x, 2, 2, 1, return_indices=True)
    torch.testing.assert_close(y, theirs, equal_nan=True)
    assert torch.equal(where, places)


def test_maxout_sends_the_gradient_to_the_first_of_equals_by_autograd_too() -> None:
    x = torch.tensor([[1.0, 1.0, 0.0, 2.0, 2.0, 2.0]], requires_grad=True)
    dy = torch.tensor([[3.0, 5.0]])
    assert torch.autograd.grad(activations.maxout(x, 3), x, dy)[0].tolist() == [[3, 0, 0, 5, 0, 0]]
    assert activations.maxout_backward(x, 3, dy).tolist() == [[3, 0, 0, 5, 0, 0]]
