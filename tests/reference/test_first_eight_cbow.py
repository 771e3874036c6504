"""cbow, the fixed signatures: windows by hand, gradients against autograd, training against plain autograd SGD."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reference.embeddings import cbow


def tables(words: int, dimension: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(words * 10 + dimension)
    return tuple(torch.randn(words, dimension, dtype=torch.float64, generator=generator) for _ in "CU")


def loss_by_autograd(target, context, C, U):
    hidden = torch.stack([C[c] for c in context]).mean(0) if context else torch.zeros(C.shape[1], dtype=C.dtype)
    return torch.nn.functional.cross_entropy((U @ hidden).unsqueeze(0), torch.tensor([target]))


def test_windows_are_shorter_at_the_edges():
    assert cbow.windows("abcd", 2) == [
        ("a", ["b", "c"]),
        ("b", ["a", "c", "d"]),
        ("c", ["a", "b", "d"]),
        ("d", ["b", "c"]),
    ]
    assert cbow.windows([7], 3) == [(7, [])]
    assert cbow.windows([], 1) == []
    assert cbow.windows([1, 2], 0) == [(1, []), (2, [])]
    with pytest.raises(ValueError, match="at least 0"):
        cbow.windows([1, 2], -1)


@settings(max_examples=40, deadline=None)
@given(st.data(), st.integers(2, 6), st.integers(1, 4))
def test_gradients_equal_autograd(data, words, dimension):
    word = st.integers(0, words - 1)
    target, context = data.draw(word), data.draw(st.lists(word, max_size=6))
    C, U = (table.requires_grad_() for table in tables(words, dimension))
    wanted = loss_by_autograd(target, context, C, U)
    dC, dU = torch.autograd.grad(wanted, (C, U), allow_unused=True, materialize_grads=True)
    with torch.no_grad():
        got = cbow.loss_and_gradients(target, context, C, U)
        torch.testing.assert_close(got, (wanted.detach(), dC, dU), rtol=1e-10, atol=1e-10)
        assert cbow.forward(context, C, U)[target].log().neg().item() == pytest.approx(wanted.item())


def test_without_a_context_every_word_is_as_likely():
    assert cbow.forward([], *tables(5, 3)).tolist() == pytest.approx([0.2] * 5)


def test_training_is_plain_sgd_in_text_order():
    tokens = [0, 3, 3, 1, 4, 2, 0]
    C0, U0 = tables(5, 3)
    C, U, losses = cbow.train(tokens, C0, U0, radius=2, eta=0.1, epochs=3)

    c, u = C0.clone().requires_grad_(), U0.clone().requires_grad_()
    optimizer, wanted = torch.optim.SGD([c, u], lr=0.1), []
    for _ in range(3):
        epoch = []
        for i, target in enumerate(tokens):
            optimizer.zero_grad()
            loss = loss_by_autograd(target, tokens[max(0, i - 2) : i] + tokens[i + 1 : i + 3], c, u)
            loss.backward()
            optimizer.step()
            epoch.append(loss.item())
        wanted.append(sum(epoch) / len(epoch))
    torch.testing.assert_close((C, U), (c.detach(), u.detach()), rtol=1e-10, atol=1e-10)
    assert losses == pytest.approx(wanted)
    assert torch.equal(C0, tables(5, 3)[0])  # the caller's tables stay as they are
    assert torch.equal(U0, tables(5, 3)[1])


def test_a_text_of_one_word_teaches_nothing():
    C0, U0 = tables(5, 3)
    C, U, losses = cbow.train([2], C0, U0, radius=2, eta=0.1)
    assert torch.equal(C, C0)
    assert torch.equal(U, U0)
    assert len(losses) == 1
    assert math.isnan(losses[0])
