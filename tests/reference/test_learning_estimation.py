"""Maximum likelihood, ridge regression and cross-validation, against autograd, SciPy and scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, LeaveOneOut, train_test_split
from torch import Tensor

from reference.learning import cross_validation, mle, ridge

SEEDS = st.integers(0, 2**31)


def normal(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def close(ours: Tensor, theirs: Tensor, tolerance: float = 1e-10) -> None:
    torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance)


@given(n=st.integers(1, 20), mu=st.floats(-3, 3), variance=st.floats(0.1, 9), seed=SEEDS)
def test_gaussian_likelihood_and_derivatives(n: int, mu: float, variance: float, seed: int) -> None:
    x = normal(seed, n) * 2 + 1
    expected = stats.norm(mu, math.sqrt(variance)).logpdf(x.numpy()).sum()
    m, v = torch.tensor(mu).double().requires_grad_(), torch.tensor(variance).double().requires_grad_()
    value = mle.gaussian_log_likelihood(x, m, v)
    assert float(value.detach()) == pytest.approx(expected, rel=1e-6)
    by_mu, by_variance = torch.autograd.grad(value, (m, v))
    ours = mle.gaussian_derivative(x, m.detach(), v.detach())
    close(ours[0], by_mu)
    close(ours[1], by_variance)


def test_gaussian_estimate_makes_the_derivatives_vanish_and_divides_by_n() -> None:
    x = normal(0, 9) * 3 + 2
    mu, variance = mle.gaussian_estimate(x)
    assert float(variance) == pytest.approx(np.var(x.numpy()))
    for derivative in mle.gaussian_derivative(x, mu, variance):
        assert abs(float(derivative)) < 1e-12


def test_bernoulli() -> None:
    x = torch.tensor([1.0, 0, 0, 1, 1, 1, 0]).double()
    p = torch.tensor(0.3).double().requires_grad_()
    value = mle.bernoulli_log_likelihood(x, p)
    assert float(value.detach()) == pytest.approx(stats.bernoulli(0.3).logpmf(x.numpy()).sum())
    close(mle.bernoulli_derivative(x, p.detach()), torch.autograd.grad(value, p)[0])
    assert float(mle.bernoulli_estimate(x)) == pytest.approx(4 / 7)
    assert float(mle.bernoulli_derivative(x, mle.bernoulli_estimate(x))) == pytest.approx(0, abs=1e-12)
    assert float(mle.bernoulli_log_likelihood(x[:1], 1.0)) == 0  # certain and right, although log 0 occurs


def test_likelihoods_are_minus_the_losses() -> None:
    from reference.feedforward import losses

    X, t, w = normal(1, 8, 3), normal(2, 8), normal(3, 3)
    constant = -4 * math.log(2 * math.pi * 0.7)
    expected = constant - losses.sse(X @ w, t) / (2 * 0.7)
    close(mle.regression_log_likelihood(w, X, t, 0.7), expected)
    labels = torch.tensor([0, 2, 1, 2, 2])
    scores = normal(4, 1, 3)
    expected = -5 * losses.cce(scores.expand(5, 3), labels)
    close(mle.categorical_log_likelihood(labels, scores[0].softmax(0)), expected)
    x = (t > 0).double()
    expected = -8 * losses.bce(torch.full((8,), 0.4).double(), x)
    close(mle.bernoulli_log_likelihood(x, torch.tensor(0.4).double().sigmoid()), expected)


def test_categorical_estimate_beats_its_neighbours() -> None:
    labels = torch.tensor([0, 2, 1, 2, 2, 0])
    p = mle.categorical_estimate(labels, 4)
    close(p, torch.tensor([2, 1, 3, 0]) / 6, 1e-6)
    best = mle.categorical_log_likelihood(labels, p)
    for seed in range(20):
        other = (p + 0.05 * normal(seed, 4).float().abs()) / (p + 0.05 * normal(seed, 4).float().abs()).sum()
        assert mle.categorical_log_likelihood(labels, other) < best


def test_least_squares_maximises_the_regression_likelihood_whatever_the_variance() -> None:
    X, t = normal(5, 12, 3), normal(6, 12)
    w = mle.regression_estimate(X, t).requires_grad_()
    for variance in (0.3, 4.0):
        slope = torch.autograd.grad(mle.regression_log_likelihood(w, X, t, variance), w)[0]
        close(slope, torch.zeros(3).double())


@given(n=st.integers(2, 15), d=st.integers(1, 5), gamma=st.floats(0.01, 100), seed=SEEDS)
def test_ridge_equals_scikit_learn_and_has_no_gradient(n: int, d: int, gamma: float, seed: int) -> None:
    X, t = normal(seed, n, d), normal(seed + 1, n)
    w = ridge.ridge(X, t, gamma)
    theirs = Ridge(alpha=gamma, fit_intercept=False, solver="svd").fit(X.numpy(), t.numpy()).coef_
    close(w, torch.tensor(theirs), 1e-8)
    close(ridge.ridge_gradient(w, X, t, gamma), torch.zeros(d).double(), 1e-8)
    v = normal(seed + 2, d).requires_grad_()
    close(ridge.ridge_gradient(v.detach(), X, t, gamma), torch.autograd.grad(ridge.ridge_loss(v, X, t, gamma), v)[0])


def test_ridge_is_the_maximum_of_the_posterior() -> None:
    X, t = normal(7, 10, 4), normal(8, 10)
    noise, prior = 0.6, 0.2
    assert ridge.gamma_of(noise, prior) == pytest.approx(3)
    w = ridge.ridge(X, t, ridge.gamma_of(noise, prior)).requires_grad_()
    close(torch.autograd.grad(ridge.log_posterior(w, X, t, noise, prior), w)[0], torch.zeros(4).double())
    u, v = normal(9, 4), normal(10, 4)  # log posterior and -E / 2 s^2 differ by a constant
    gap = ridge.log_posterior(u, X, t, noise, prior) - ridge.log_posterior(v, X, t, noise, prior)
    close(gap, (ridge.ridge_loss(v, X, t, 3.0) - ridge.ridge_loss(u, X, t, 3.0)) / (2 * noise))


def test_ridge_limits() -> None:
    X, t = normal(11, 9, 3), normal(12, 9)
    close(ridge.ridge(X, t, 0.0), mle.regression_estimate(X, t))
    assert ridge.ridge(X, t, 1e9).norm() < 1e-7
    with pytest.raises(ValueError, match="negative"):
        ridge.ridge(X, t, -1.0)


@given(n=st.integers(2, 40), data=st.data())
def test_folds_are_scikit_learns(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(2, n))
    for ours, theirs in zip(cross_validation.kfold_indices(n, k), KFold(k).split(np.zeros(n)), strict=True):
        assert ours[0].tolist() == theirs[0].tolist()
        assert ours[1].tolist() == theirs[1].tolist()


def test_shuffled_folds_partition_the_rows() -> None:
    folds = cross_validation.kfold_indices(11, 3, torch.Generator().manual_seed(0))
    assert sorted(row for _, held_out in folds for row in held_out.tolist()) == list(range(11))
    assert folds[0][1].tolist() != [0, 1, 2, 3]
    for train, held_out in folds:
        assert sorted(train.tolist() + held_out.tolist()) == list(range(11))


def test_leave_one_out_and_hold_out() -> None:
    for ours, theirs in zip(cross_validation.leave_one_out_indices(5), LeaveOneOut().split(np.zeros(5)), strict=True):
        assert [part.tolist() for part in ours] == [part.tolist() for part in theirs]
    for n, share in ((10, 0.2), (11, 0.25), (7, 0.5)):
        train, held_out = cross_validation.hold_out_indices(n, share)
        expected = train_test_split(np.arange(n), test_size=share, shuffle=False)
        assert [train.tolist(), held_out.tolist()] == [part.tolist() for part in expected]


@pytest.mark.parametrize("k", [0, 1, 8])
def test_impossible_folds_are_refused(k: int) -> None:
    with pytest.raises(ValueError, match="2 <= k <= n"):
        cross_validation.kfold_indices(7, k)


def test_the_chosen_gamma_has_the_least_error_and_the_weights_use_all_data() -> None:
    X = normal(13, 40, 6)
    t = X[:, 0] + 2 * normal(14, 40)
    gammas = [0.01, 1.0, 10.0, 100.0, 1e4]
    gamma, w = cross_validation.choose_gamma(X, t, gammas, 5)
    errors = []
    for candidate in gammas:
        parts = []
        for train, test in KFold(5).split(X):
            model = Ridge(alpha=candidate, fit_intercept=False).fit(X[train].numpy(), t[train].numpy())
            parts.append(np.mean((model.predict(X[test].numpy()) - t[test].numpy()) ** 2))
        errors.append(np.mean(parts))
        assert cross_validation.cv_score(X, t, candidate, 5) == pytest.approx(errors[-1])
    assert gamma == gammas[int(np.argmin(errors))]
    close(w, ridge.ridge(X, t, gamma))
