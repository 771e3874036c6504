"""Memoryless models, Kalman filter and hidden Markov models: against NumPy, statsmodels and brute force."""

from itertools import pairwise, product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reference.recurrent import autoregressive, kalman, viterbi


def draw(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_least_squares_recovers_the_process():
    """Without noise x_t = 0.5 x_(t-2) - 0.8 x_(t-1) + 1 is found exactly."""
    series = [1.0, -2.0]
    for _ in range(20):
        series.append(0.5 * series[-2] - 0.8 * series[-1] + 1)
    weights = autoregressive.fit(torch.tensor(series, dtype=torch.float64), 2)
    assert weights.tolist() == pytest.approx([0.5, -0.8, 1.0])


def test_least_squares_equals_numpy_on_sunspots():
    from reference.data.series import sunspots

    X, y = autoregressive.design(sunspots(), 9)
    wanted, *_ = np.linalg.lstsq(X.numpy(), y.numpy(), rcond=None)
    np.testing.assert_allclose(autoregressive.fit(sunspots(), 9).numpy(), wanted, rtol=1e-8)


def test_predictions_and_forecasts_agree_where_they_overlap():
    series, weights = draw(9, seed=1), draw(4, seed=2)
    one_ahead = autoregressive.predict(series, weights)
    assert len(one_ahead) == 6
    for t in range(6):
        assert autoregressive.forecast(series[: 3 + t], weights, 1).item() == pytest.approx(one_ahead[t].item())
    future = autoregressive.forecast(series, weights, 3)
    longer = torch.cat([series, future[:2]])
    assert autoregressive.forecast(longer, weights, 1).item() == pytest.approx(future[2].item())
    assert autoregressive.persistence(series, 3).tolist() == series[2:8].tolist()


def test_windows_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        autoregressive.design(draw(5, seed=1), 0)
    with pytest.raises(ValueError, match="no window"):
        autoregressive.design(draw(3, seed=1), 3)
    with pytest.raises(ValueError, match="needs 4 values"):
        autoregressive.forecast(draw(3, seed=1), draw(5, seed=2), 1)


def system(states: int, measured: int):
    A, C = 0.5 * draw(states, states, seed=1), draw(measured, states, seed=2)
    Q, R = draw(states, states, seed=3), draw(measured, measured, seed=4)
    return A, C, Q @ Q.T + 0.1 * torch.eye(states), R @ R.T + 0.1 * torch.eye(measured)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 5))
def test_kalman_filter_equals_conditioning_the_joint_gaussian(states, measured, steps):
    """Brute force: the joint covariance of the last state and all measurements, conditioned on these."""
    A, C, Q, R = system(states, measured)
    Y = draw(steps, measured, seed=5)
    mean0, P0 = draw(states, seed=6), torch.eye(states, dtype=torch.float64) * 2
    means, covariances = [mean0], {(0, 0): P0}
    for t in range(1, steps):
        means.append(A @ means[-1])
        covariances[t, t] = A @ covariances[t - 1, t - 1] @ A.T + Q
    for s, t in product(range(steps), repeat=2):
        if s > t:
            covariances[s, t] = torch.linalg.matrix_power(A, s - t) @ covariances[t, t]
            covariances[t, s] = covariances[s, t].T
    joint = torch.cat(
        [torch.cat([C @ covariances[s, t] @ C.T + (R if s == t else 0) for t in range(steps)], 1) for s in range(steps)]
    )
    cross = torch.cat([covariances[steps - 1, t] @ C.T for t in range(steps)], dim=1)
    expected = torch.cat([C @ mean for mean in means])
    gain = torch.linalg.solve(joint, cross.T).T
    result = kalman.kalman_filter(Y, mean0, P0, A, C, Q, R)
    torch.testing.assert_close(result.means[-1], means[-1] + gain @ (Y.flatten() - expected), rtol=1e-8, atol=1e-8)
    torch.testing.assert_close(
        result.covariances[-1], covariances[steps - 1, steps - 1] - gain @ cross.T, rtol=1e-8, atol=1e-8
    )
    density = torch.distributions.MultivariateNormal(expected, joint).log_prob(Y.flatten())
    torch.testing.assert_close(result.log_likelihood, density, rtol=1e-8, atol=1e-8)


def test_kalman_filter_takes_batches():
    A, C, Q, R = system(3, 2)
    Y, mean0 = draw(4, 6, 2, seed=5), draw(4, 3, seed=6)
    P0 = torch.eye(3, dtype=torch.float64).expand(4, 3, 3)
    whole = kalman.kalman_filter(Y, mean0, P0, A, C, Q, R)
    for i in range(4):
        alone = kalman.kalman_filter(Y[i], mean0[i], P0[i], A, C, Q, R)
        torch.testing.assert_close(whole.means[i], alone.means)
        torch.testing.assert_close(whole.log_likelihood[i], alone.log_likelihood)


def hmm(states: int, symbols: int, seed: int = 0) -> viterbi.HMM:
    parts = (draw(states, seed=seed), draw(states, states, seed=seed + 1), draw(states, symbols, seed=seed + 2))
    return viterbi.HMM(*(part.log_softmax(-1) for part in parts))


def joint_log_p(path, observed, model):
    log_p = model.initial[path[0]] + model.emission[path[0], observed[0]]
    for before, state, symbol in zip(path, path[1:], observed[1:], strict=False):
        log_p = log_p + model.transition[before, state] + model.emission[state, symbol]
    return float(log_p)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 5), st.integers(0, 99))
def test_viterbi_and_likelihood_equal_brute_force(states, symbols, steps, seed):
    model = hmm(states, symbols, seed)
    observed = torch.randint(symbols, (3, steps), generator=torch.Generator().manual_seed(seed))
    paths, log_p = viterbi.viterbi(observed, model)
    total = viterbi.log_likelihood(observed, model)
    for i in range(3):
        scores = {p: joint_log_p(p, observed[i].tolist(), model) for p in product(range(states), repeat=steps)}
        assert log_p[i].item() == pytest.approx(max(scores.values()))
        assert scores[tuple(paths[i].tolist())] == pytest.approx(max(scores.values()))
        assert total[i].item() == pytest.approx(np.logaddexp.reduce(list(scores.values())))


def test_forbidden_transitions_are_never_taken():
    model = viterbi.HMM.of(
        torch.tensor([1.0, 0.0]), torch.tensor([[0.5, 0.5], [0.0, 1.0]]), torch.tensor([[0.9, 0.1], [0.4, 0.6]])
    )
    paths, log_p = viterbi.viterbi(torch.tensor([[1, 1, 0, 1]]), model)
    assert torch.isfinite(log_p).all()
    assert (paths[0].diff() >= 0).all()  # once in state 1, there is no way back


def test_baum_welch_never_lowers_the_likelihood_and_counts_correctly():
    model, symbols = hmm(2, 3, seed=4), torch.randint(3, (5, 20), generator=torch.Generator().manual_seed(1))
    values = []
    for _ in range(8):
        for part in model:
            torch.testing.assert_close(part.exp().sum(-1), torch.ones_like(part.exp().sum(-1)))
        model, log_p = viterbi.baum_welch(symbols, model)
        values.append(log_p.item())
    assert values[0] == pytest.approx(viterbi.log_likelihood(symbols, hmm(2, 3, seed=4)).sum().item())
    assert all(b > a for a, b in pairwise(values))


def test_baum_welch_with_one_state_counts_symbols():
    symbols = torch.tensor([[0, 1, 1, 2], [1, 1, 0, 1]])
    model, _ = viterbi.baum_welch(symbols, hmm(1, 3))
    assert model.emission.exp()[0].tolist() == pytest.approx([2 / 8, 5 / 8, 1 / 8])


def test_baum_welch_leaves_a_state_that_is_never_visited_as_it_is():
    """State 2 cannot be reached; state 1 is only reached at the end, so that nothing is known of how it is left."""
    tables = [[1.0, 0, 0]], [[0.5, 0.5, 0], [0.2, 0.7, 0.1], [0.3, 0.3, 0.4]], [[1.0, 0], [0, 1], [0.4, 0.6]]
    initial, transition, emission = (torch.tensor(table, dtype=torch.float64) for table in tables)
    model, symbols = viterbi.HMM.of(initial[0], transition, emission), torch.tensor([[0, 0, 1], [0, 0, 0]])
    for _ in range(3):
        model, log_p = viterbi.baum_welch(symbols, model)
        assert log_p.isfinite()
    learned = model.transition.exp()
    assert learned[0].tolist() == pytest.approx([3 / 4, 1 / 4, 0])
    torch.testing.assert_close(learned[1:], transition[1:])
    torch.testing.assert_close(model.emission.exp(), emission)


def test_baum_welch_refuses_a_sequence_that_the_model_cannot_emit():
    model = viterbi.HMM.of(torch.tensor([1.0]), torch.tensor([[1.0]]), torch.tensor([[1.0, 0.0]]))
    with pytest.raises(ValueError, match="sequence 1 has probability 0"):
        viterbi.baum_welch(torch.tensor([[0, 0], [0, 1]]), model)
