"""Sampling, beam search, scheduled sampling: against torch's distributions and against exhaustive search."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reference.recurrent import beam_search, sampling, scheduled_sampling


def draw(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_temperature_sharpens_and_flattens():
    scores = torch.tensor([[1.0, 3.0, 2.0], [0.0, 0.0, 0.0]], dtype=torch.float64)
    torch.testing.assert_close(sampling.probabilities(scores), scores.softmax(-1))
    torch.testing.assert_close(sampling.probabilities(scores, 0.5), (2 * scores).softmax(-1))
    assert sampling.probabilities(scores, 0.01)[0].tolist() == pytest.approx([0, 1, 0])
    assert sampling.probabilities(scores, 1e6)[0].tolist() == pytest.approx([1 / 3] * 3, abs=1e-5)
    for refused in (0.0, -1.0):
        with pytest.raises(ValueError, match="positive"):
            sampling.probabilities(scores, refused)


def test_draws_follow_the_edges_of_the_shares():
    p = torch.tensor([0.2, 0.0, 0.5, 0.3, 0.0], dtype=torch.float64).expand(6, 5)
    u = torch.tensor([0.0, 0.1999, 0.2, 0.6999, 0.7001, 1 - 1e-17], dtype=torch.float64)
    assert sampling.draw(p, u).tolist() == [0, 0, 2, 2, 3, 3]


def test_draws_have_the_right_frequencies():
    p = draw(7, seed=1).softmax(0)
    u = torch.rand(20_000, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    counts = sampling.draw(p.expand(20_000, 7), u).bincount(minlength=7)
    chi2 = ((counts - 20_000 * p) ** 2 / (20_000 * p)).sum()
    assert chi2 < 22.5  # the 99.9 % point for 6 degrees of freedom


def test_generation_feeds_the_symbols_back():
    """A model that is sure that the next symbol is the last plus one, and counts its steps."""

    def step(symbols, count):
        return 50 * torch.nn.functional.one_hot((symbols + 1) % 5, 5).double(), count + 1

    text = sampling.generate(step, torch.tensor([0, 3]), 0, 6, torch.Generator().manual_seed(0))
    assert text.tolist() == [[1, 2, 3, 4, 0, 1], [4, 0, 1, 2, 3, 4]]


def test_bits_per_character():
    assert sampling.bits_per_character(torch.full((3, 4), math.log(1 / 8))) == pytest.approx(3.0)


def model(vocabulary: int, seed: int):
    """Scores that depend on the whole prefix: a random recurrent network."""
    first, move, out = (
        draw(1, 6, seed=seed),
        draw(vocabulary, 6, 6, seed=seed + 1),
        2 * draw(6, vocabulary, seed=seed + 2),
    )

    def next_log_p(prefixes):
        h = first.expand(len(prefixes), 6)
        for t in range(prefixes.shape[1]):
            h = torch.tanh(torch.einsum("ni,nij->nj", h, move[prefixes[:, t]]))
        return (h @ out).log_softmax(-1)

    return next_log_p


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 4), st.integers(1, 4), st.integers(0, 50), st.booleans())
def test_a_beam_that_holds_everything_is_exhaustive_search(vocabulary, length, seed, stops):
    stop = 1 if stops else None
    everything = beam_search.exhaustive_search(model(vocabulary, seed), vocabulary, length, stop)
    total = sum(math.exp(hypothesis.score) for hypothesis in everything)
    assert total == pytest.approx(1.0)  # nothing is missing and nothing is there twice
    found = beam_search.beam_search(model(vocabulary, seed), len(everything), length, stop)
    assert [h.symbols for h in found] == [h.symbols for h in everything]
    assert [h.score for h in found] == pytest.approx([h.score for h in everything])


def test_a_beam_of_one_is_greedy():
    next_log_p = model(4, 3)
    prefix = torch.zeros(1, 0, dtype=torch.int64)
    for _ in range(5):
        prefix = torch.cat([prefix, next_log_p(prefix).argmax(1, keepdim=True)], dim=1)
    (greedy,) = beam_search.beam_search(next_log_p, 1, 5)
    assert greedy.symbols == prefix[0].tolist()
    assert greedy.score == pytest.approx(beam_search.log_probability(next_log_p, greedy.symbols))


def test_greedy_misses_what_a_beam_of_two_finds():
    """0.6 then 0.5 is greedy's best, 0.4 then 0.9 is better."""
    table = {(): [0.6, 0.4], (0,): [0.5, 0.5], (1,): [0.1, 0.9]}

    def next_log_p(prefixes):
        return torch.tensor([table[tuple(p)] for p in prefixes.tolist()], dtype=torch.float64).log()

    assert beam_search.beam_search(next_log_p, 1, 2)[0].score == pytest.approx(math.log(0.30))
    best = beam_search.beam_search(next_log_p, 2, 2)[0]
    assert best.symbols == [1, 1]
    assert best.score == pytest.approx(math.log(0.36))


def test_a_finished_sequence_is_not_extended_and_search_ends_early():
    calls = []

    def next_log_p(prefixes):
        calls.append(prefixes.shape)
        return torch.tensor([[0.9, 0.1]], dtype=torch.float64).log().expand(len(prefixes), 2)

    (best,) = beam_search.beam_search(next_log_p, 1, 10, stop=0)
    assert best.symbols == [0]
    assert len(calls) == 1
    with pytest.raises(ValueError, match="at least one"):
        beam_search.beam_search(next_log_p, 0, 3)


def test_schedules_fall_from_one():
    assert [scheduled_sampling.linear_decay(i, 0.3, 0.2) for i in range(4)] == pytest.approx([1, 0.7, 0.4, 0.2])
    assert [scheduled_sampling.exponential_decay(i, 0.5) for i in range(3)] == [1, 0.5, 0.25]
    for i in (0, 3, 20):
        assert scheduled_sampling.inverse_sigmoid_decay(i, 5.0) == pytest.approx(5 / (5 + math.exp(i / 5)))
    assert scheduled_sampling.inverse_sigmoid_decay(10**6, 5.0) == 0.0


def test_the_choice_is_made_per_sequence_and_passes_no_gradient():
    truth, own = torch.zeros(4, 2, 3), torch.ones(4, 2, 3, requires_grad=True)
    chosen = scheduled_sampling.choose(truth, own, 0.5, torch.tensor([0.1, 0.5, 0.49, 0.9]))
    assert chosen[:, 0, 0].tolist() == [0, 1, 0, 1]
    assert not chosen.requires_grad
    assert torch.equal(scheduled_sampling.choose(truth, own, 1.0, torch.rand(4)), truth)
    assert torch.equal(
        scheduled_sampling.choose(truth[:, 0, 0], own[:, 0, 0], 0.0, torch.rand(4)), own[:, 0, 0].detach()
    )
