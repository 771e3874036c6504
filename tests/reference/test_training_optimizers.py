"""Optimizers, initialisation, penalties and early stopping, against torch.optim, torch.nn.init and scikit-learn."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Lasso
from torch import Tensor, nn

from reference.training import early_stopping, initialization, optimizers, regularization
from reference.training.systems import TORCH

SEEDS = st.integers(0, 2**31)
OTHERS = {  # nothing at its default
    "sgd": (dict(eta=0.3), lambda p: torch.optim.SGD(p, lr=0.3)),
    "momentum": (dict(eta=0.1, mu=0.7), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.7)),
    "nesterov": (dict(eta=0.1, mu=0.7), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.7, nesterov=True)),
    "adagrad": (dict(eta=0.1, eps=0.3), lambda p: torch.optim.Adagrad(p, lr=0.1, eps=0.3)),
    "rmsprop": (dict(eta=0.1, rho=0.8, eps=0.3), lambda p: torch.optim.RMSprop(p, lr=0.1, alpha=0.8, eps=0.3)),
    "adadelta": (dict(eta=0.5, rho=0.8, eps=0.3), lambda p: torch.optim.Adadelta(p, lr=0.5, rho=0.8, eps=0.3)),
    "adam": (dict(eta=0.1, b1=0.7, b2=0.8, eps=0.3), lambda p: torch.optim.Adam(p, lr=0.1, betas=(0.7, 0.8), eps=0.3)),
    "adamax": (
        dict(eta=0.1, b1=0.7, b2=0.8, eps=0.3),
        lambda p: torch.optim.Adamax(p, lr=0.1, betas=(0.7, 0.8), eps=0.3),
    ),
    "nadam": (
        dict(eta=0.1, b1=0.7, b2=0.8, eps=0.3, psi=0.1),
        lambda p: torch.optim.NAdam(p, lr=0.1, betas=(0.7, 0.8), eps=0.3, momentum_decay=0.1),
    ),
}


def normal(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("own", [False, True], ids=["defaults", "other-values"])
@pytest.mark.parametrize("name", list(optimizers.RULES))
def test_every_step_is_torch_optims(name: str, own: bool, device: torch.device) -> None:
    start = normal(1, 3, 2).to(device)
    hyperparameters, make = OTHERS[name] if own else ({}, TORCH[name])
    ours, theirs = start.clone().requires_grad_(), start.clone().requires_grad_()
    mine, other = optimizers.Optimizer([ours], name, **hyperparameters), make([theirs])
    for step in range(30):
        ours.grad = normal(step, 3, 2).to(device)
        theirs.grad = ours.grad.clone()
        mine.step()
        other.step()
        # torch keeps Nadam's product of momenta in single precision
        torch.testing.assert_close(ours, theirs, rtol=1e-7 if name == "nadam" else 1e-12, atol=1e-12)


@pytest.mark.parametrize("name", list(optimizers.RULES))
def test_rules_leave_their_arguments_alone(name: str) -> None:
    w, g = normal(0, 4), normal(1, 4)
    copies = w.clone(), g.clone()
    _, state = optimizers.RULES[name](w, g, {})
    before = {key: value.clone() if isinstance(value, Tensor) else value for key, value in state.items()}
    optimizers.RULES[name](w, g, state)
    assert torch.equal(w, copies[0])
    assert torch.equal(g, copies[1])
    for key, value in before.items():
        assert torch.equal(torch.as_tensor(state[key]), torch.as_tensor(value))


def test_an_optimizer_resumes_from_its_state() -> None:
    def run(stop: int | None) -> Tensor:
        w = normal(2, 5).requires_grad_()
        optimizer = optimizers.Optimizer([w], "nadam")
        for step in range(10):
            if step == stop:
                state = optimizer.state_dict()
                optimizer = optimizers.Optimizer([w], "nadam")
                optimizer.load_state_dict(state)
            w.grad = normal(step, 5)
            optimizer.step()
        return w.detach()

    assert torch.equal(run(None), run(4))


def test_an_unknown_rule_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="adagrad"):
        optimizers.Optimizer([torch.zeros(1)], "adamw")


def test_a_hyperparameter_that_the_rule_lacks_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match=r"adam has no mu; .*b1"):
        optimizers.Optimizer([torch.zeros(1)], "adam", mu=0.9)


@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_torchs_schedulers_change_the_rate_of_every_group(name: str) -> None:
    """Two groups, warm-up and then cosine, stepped as often as the optimizer."""
    weights, results = [normal(1, 3), normal(2, 3)], []
    for make, rate in (
        (lambda groups: optimizers.Optimizer(groups, name, eta=0.1), "lr"),
        (lambda groups: (torch.optim.SGD if name == "sgd" else torch.optim.Adam)(groups, lr=0.1), "lr"),
    ):
        first, second = (w.clone().requires_grad_() for w in weights)
        optimizer = make([{"params": [first]}, {"params": [second], rate: 0.01}])
        warm = torch.optim.lr_scheduler.LinearLR(optimizer, 0.1, total_iters=4)
        cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 6)
        scheduler = torch.optim.lr_scheduler.SequentialLR(optimizer, [warm, cosine], [4])
        for step in range(10):
            first.grad, second.grad = normal(10 + step, 3), normal(30 + step, 3)
            optimizer.step()
            scheduler.step()
        results.append((first, second))
    for mine, theirs in zip(*results, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-12, atol=1e-12)


def test_a_closure_is_evaluated_with_gradients_and_its_loss_returned() -> None:
    w = torch.tensor([3.0], requires_grad=True)
    optimizer = optimizers.Optimizer([w], "sgd", eta=0.25)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = w.square().sum()
        torch.autograd.backward(loss)
        return loss

    loss = optimizer.step(closure)
    assert loss is not None
    assert loss.item() == 9
    assert w.item() == 1.5


@pytest.mark.parametrize(
    ("make", "variance"),
    [
        (initialization.small_gaussian, 1e-4),
        (initialization.xavier, 1 / 300),
        (initialization.glorot, 2 / 500),
        (initialization.he, 2 / 300),
    ],
)
def test_weights_have_their_variance(make, variance: float) -> None:  # type: ignore[no-untyped-def]
    W = make(300, 200, torch.Generator().manual_seed(0))
    assert W.shape == (300, 200)
    # 60,000 draws: the estimate of a variance deviates by sqrt(2 / 60,000) = 0.6 %
    assert float(W.var()) == pytest.approx(variance, rel=0.03)
    assert abs(float(W.mean())) < 4 * math.sqrt(variance / 60_000)


def test_limits_and_deviations_are_torchs() -> None:
    layer = nn.Linear(30, 50)
    nn.init.xavier_uniform_(layer.weight)
    limit = initialization.glorot_limit(30, 50)
    assert float(layer.weight.detach().abs().max()) == pytest.approx(limit, rel=0.01)
    assert float(layer.weight.detach().abs().max()) <= limit
    assert initialization.he_variance(30) == pytest.approx((nn.init.calculate_gain("relu") / math.sqrt(30)) ** 2)


def test_variance_is_kept_by_the_right_pair_only() -> None:
    X = normal(0, 500, 256).float()
    generator = torch.Generator().manual_seed(1)

    def ratio(make, activation) -> float:  # type: ignore[no-untyped-def]
        weights = [make(256, 256, generator) for _ in range(20)]
        squares = initialization.propagated_variance(X, weights, activation)
        assert len(squares) == 21
        return squares[-1] / squares[0]

    assert 0.3 < ratio(initialization.he, torch.relu) < 3
    assert 0.3 < ratio(initialization.xavier, lambda x: x) < 3
    assert ratio(initialization.xavier, torch.relu) == pytest.approx(2**-20, rel=2)
    assert ratio(initialization.zeros, torch.tanh) == 0


@given(n=st.integers(1, 9), seed=SEEDS, strength=st.sampled_from([0.01, 0.7]))
def test_penalties_and_their_gradients(n: int, seed: int, strength: float) -> None:
    w = normal(seed, n).requires_grad_()
    for penalty, gradient in (
        (regularization.l2_penalty, regularization.l2_gradient),
        (regularization.l1_penalty, regularization.l1_gradient),
    ):
        expected = torch.autograd.grad(penalty(w, strength), w)[0]
        torch.testing.assert_close(gradient(w.detach(), strength), expected, rtol=1e-12, atol=1e-12)
    g = normal(seed + 1, n)
    by_penalty = w.detach() - 0.1 * (g + regularization.l2_gradient(w.detach(), strength))
    torch.testing.assert_close(regularization.weight_decay_step(w.detach(), g, 0.1, strength), by_penalty)


def test_soft_threshold_stops_at_zero() -> None:
    w = torch.tensor([-2.0, -0.3, 0.0, 0.5, 3.0])
    assert regularization.soft_threshold(w, 0.5).tolist() == [-1.5, 0, 0, 0, 2.5]


def test_lasso_equals_scikit_learn_and_sets_weights_to_zero() -> None:
    X = normal(3, 40, 8)
    t = X[:, 0] - 2 * X[:, 3] + 0.1 * normal(4, 40)
    ours = regularization.lasso(X, t, 0.2)
    theirs = Lasso(alpha=0.2, fit_intercept=False, tol=1e-12, max_iter=100_000).fit(X.numpy(), t.numpy()).coef_
    torch.testing.assert_close(ours, torch.tensor(theirs), rtol=1e-6, atol=1e-8)
    assert 0 < int((ours == 0).sum()) < 8


def test_gradients_fade_through_sigmoids_and_not_through_residual_layers() -> None:
    X = normal(5, 20, 50)
    weights = [initialization.glorot(50, 50, torch.Generator().manual_seed(i)).double() for i in range(12)]
    plain = regularization.gradients_by_depth(X, weights, torch.sigmoid)
    assert len(plain) == 12
    assert plain[0] < 1e-4 * plain[-1]
    residual = regularization.gradients_by_depth(X, weights, torch.sigmoid, residual=True)
    assert residual[0] > 0.3 * residual[-1]
    norms = [float(torch.linalg.matrix_norm(W, 2)) for W in weights]
    for earlier, later, norm in zip(plain, plain[1:], norms, strict=False):
        assert earlier <= later * norm / 4 * (1 + 1e-9)  # the slope of a sigmoid is at most 1/4


@pytest.mark.parametrize(
    ("errors", "patience", "expected"),
    [
        ([5, 4, 3, 3.5, 3.2, 2.0], 2, (5, 3)),  # the 2.0 is never seen
        ([5, 4, 3, 3.5, 2.9, 3.1, 3.0], 2, (7, 5)),  # an improvement starts the count anew
        ([1, 1, 1, 1], 3, (4, 1)),  # equal is no improvement
        ([4, 3, 2], 1, (3, 3)),  # never stopped
    ],
)
def test_early_stopping_by_hand(errors: list[float], patience: int, expected: tuple[int, int]) -> None:
    assert early_stopping.early_stopping(errors, patience) == expected


def test_early_stopping_can_ask_for_a_real_improvement() -> None:
    assert early_stopping.early_stopping([1.0, 0.99, 0.98, 0.5], 2, min_delta=0.1) == (3, 1)
    with pytest.raises(ValueError, match="at least one epoch"):
        early_stopping.EarlyStopping(0)


@given(errors=st.lists(st.integers(0, 5), min_size=1, max_size=12), patience=st.integers(1, 4))
def test_the_training_loop_stops_by_the_same_rule(errors: list[int], patience: int) -> None:
    from reference.train import Settings, fit

    values = iter(errors)
    model = nn.Linear(1, 1)
    history = fit(
        model,
        torch.optim.SGD(model.parameters(), lr=0.1),
        lambda model, batch: model(batch[0]).mean(),
        (torch.ones(1, 1),),
        Settings(epochs=len(errors), patience=patience, monitor="error"),
        validate=lambda model: {"error": float(next(values))},
    )
    assert (len(history.epochs), history.best_epoch) == early_stopping.early_stopping(errors, patience)
