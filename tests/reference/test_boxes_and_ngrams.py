"""Overlap, suppression and n-gram estimates against brute force."""

import math
import random
from collections import Counter

import pytest
import torch

from reference.embeddings import ngram
from reference.vision import boxes


def some_boxes(seed: int, n: int, side: int = 12) -> torch.Tensor:
    draw = random.Random(seed)
    rows = []
    for _ in range(n):
        left, top = draw.randrange(side - 1), draw.randrange(side - 1)
        rows.append([left, top, draw.randrange(left + 1, side + 1), draw.randrange(top + 1, side + 1)])
    return torch.tensor(rows, dtype=torch.float64)


def pixels(box: torch.Tensor) -> set[tuple[int, int]]:
    left, top, right, bottom = (int(side) for side in box)
    return {(x, y) for x in range(left, right) for y in range(top, bottom)}


def test_iou_is_shared_pixels_over_covered_pixels():
    a, b = some_boxes(1, 30), some_boxes(2, 25)
    found = boxes.iou(a, b)
    for row, one in zip(found, a, strict=True):
        for value, other in zip(row, b, strict=True):
            together = pixels(one) | pixels(other)
            assert float(value) == pytest.approx(len(pixels(one) & pixels(other)) / len(together), abs=1e-12)


def test_iou_keeps_leading_axes_and_never_divides_by_zero():
    batch = torch.stack([some_boxes(seed, 4) for seed in range(3)])
    assert torch.equal(boxes.iou(batch, batch)[1], boxes.iou(batch[1], batch[1]))
    empty = torch.tensor([[3.0, 3.0, 3.0, 5.0]])
    assert boxes.iou(empty, empty).tolist() == [[0.0]]


@pytest.mark.parametrize("threshold", [0.2, 0.5])
@pytest.mark.parametrize("seed", range(20))
def test_nms_is_the_definition(seed: int, threshold: float):
    found = some_boxes(seed, 12)
    scores = torch.rand(12, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    overlap = boxes.iou(found, found)
    kept: list[int] = []
    for index in sorted(range(12), key=lambda i: -float(scores[i])):
        if all(float(overlap[index, other]) <= threshold for other in kept):
            kept.append(index)
    assert boxes.nms(found, scores, threshold).tolist() == kept


def test_a_suppressed_box_suppresses_nobody():
    chain = torch.tensor([[0.0, 0, 10, 10], [3, 0, 13, 10], [6, 0, 16, 10]])
    assert boxes.nms(chain, torch.tensor([0.9, 0.8, 0.7]), 0.5).tolist() == [0, 2]


TEXT = list("abacabbaccabd")


@pytest.mark.parametrize("add", [0, 1, 0.5])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_ngram_probabilities_are_counts_and_sum_to_one(n: int, add: float):
    vocabulary = sorted(set(TEXT))
    windows = Counter(" ".join(TEXT[i : i + n]) for i in range(len(TEXT) - n + 1))
    for history in {gram[:-1] for gram in ngram.ngrams(TEXT, n)}:
        found = {word: ngram.probability(TEXT, history, word, add) for word in vocabulary}
        assert sum(found.values()) == pytest.approx(1)
        seen = {word: windows[" ".join([*history, word])] for word in vocabulary}
        below = sum(seen.values()) + add * len(vocabulary)
        assert found == pytest.approx({word: (seen[word] + add) / below for word in vocabulary})


def test_perplexity_of_a_uniform_model_is_the_size_of_the_vocabulary():
    assert ngram.perplexity(list("abcd"), list("dabca"), 1) == pytest.approx(4)
    assert ngram.perplexity(list("aab"), list("ab"), 2) == pytest.approx(2)
    assert ngram.perplexity(list("aab"), list("aaab"), 2) == pytest.approx(2)


def test_what_was_never_seen():
    assert ngram.probability(TEXT, ["a"], "d") == 0
    assert math.isinf(ngram.perplexity(TEXT, ["a", "d"], 2))
    with pytest.raises(ValueError, match="never seen"):
        ngram.probability(TEXT, ["d"], "a")  # d stands only at the end: no word follows it
    assert ngram.probability(TEXT, ["d"], "a", add=1) == pytest.approx(1 / 4)
    with pytest.raises(ValueError, match="at least one"):
        ngram.ngrams(TEXT, 0)


def test_a_corpus_is_counted_once_for_any_number_of_words(monkeypatch: pytest.MonkeyPatch):
    """A long text under a long corpus: with a count per word this takes hours."""
    counted = []
    once = ngram.counts
    monkeypatch.setattr(ngram, "counts", lambda tokens, n: counted.append(n) or once(tokens, n))
    corpus = [(i * i) % 101 for i in range(20_000)]
    value = ngram.perplexity(corpus, corpus[:5_000], 3, add=1)
    assert counted == [3]
    table = ngram.Table.of(corpus, 3)
    assert counted == [3, 3]
    assert table.perplexity(corpus[:5_000], add=1) == value
    assert table.probability(corpus[:2], corpus[2], add=1) == ngram.probability(corpus, corpus[:2], corpus[2], add=1)
    with pytest.raises(ValueError, match="history of 2 words"):
        table.probability(corpus[:1], 0)
