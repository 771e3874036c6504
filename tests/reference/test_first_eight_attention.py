"""attention, the fixed signatures: against torch's own, and where torch answers nan."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import scaled_dot_product_attention

from reference.attention import attention as subject

sizes = st.integers(1, 5)


def draw(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@settings(max_examples=25, deadline=None)
@given(st.lists(sizes, max_size=2), sizes, sizes, sizes, sizes, st.booleans())
def test_attention_equals_torch(batch, n, m, d, v, masked):
    Q, K, V = draw(*batch, n, d, seed=1), draw(*batch, m, d, seed=2), draw(*batch, m, v, seed=3)
    mask = None
    if masked:
        mask = draw(n, m, seed=4) > 0
        mask[:, 0] = True  # torch has no answer for a row that may attend nowhere
    context, weights = subject.attention(Q, K, V, mask)
    torch.testing.assert_close(context, scaled_dot_product_attention(Q, K, V, attn_mask=mask), rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(weights.sum(-1), torch.ones(*batch, n, dtype=torch.float64))


def test_softmax_is_stable_and_knows_its_axis():
    scores = torch.tensor([[1e3, 1e3 - 1, -1e3], [-1e3, -1e3, -1e3]], dtype=torch.float64)
    for axis in (0, 1, -1):
        torch.testing.assert_close(subject.softmax(scores, axis), torch.softmax(scores, axis))


def test_a_row_that_may_attend_nowhere_gets_zeros_and_passes_no_nan_back():
    Q, K, V = (draw(3, 4, seed=s).requires_grad_() for s in (1, 2, 3))
    mask = torch.tensor([[True, False, True], [False, False, False], [False, True, False]])
    context, weights = subject.attention(Q, K, V, mask)
    assert weights[1].tolist() == [0, 0, 0]
    assert weights[2].tolist() == [0, 1, 0]
    context.sum().backward()
    assert all(torch.isfinite(a.grad).all() for a in (Q, K, V))
    assert Q.grad[1].tolist() == [0, 0, 0, 0]


def test_a_huge_forbidden_score_does_not_shift_the_others():
    Q, K = torch.tensor([[1.0]], dtype=torch.float64), torch.tensor([[1e4], [0.0], [1.0]], dtype=torch.float64)
    weights = subject.attention_weights(Q, K, torch.tensor([False, True, True]))
    torch.testing.assert_close(weights[0, 1:], torch.softmax(torch.tensor([0.0, 1.0], dtype=torch.float64), 0))
    assert weights[0, 0] == 0


@pytest.mark.parametrize("shape", [(3, 1), (5,), (1, 3, 5), (2, 1, 5)])
def test_a_mask_need_only_broadcast_to_the_scores(shape):
    Q, K = draw(2, 3, 4, seed=1), draw(2, 5, 4, seed=2)
    mask = draw(*shape, seed=3) > 0
    whole = mask.broadcast_to(2, 3, 5).clone()
    torch.testing.assert_close(subject.attention_weights(Q, K, mask), subject.attention_weights(Q, K, whole))
