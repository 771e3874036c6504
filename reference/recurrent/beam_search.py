"""Beam search (chapter recurrent, topic beam-search).

With output feedback the symbols depend on each other, so the most probable sequence is not the sequence of the most
probable symbols, and trying all V^T is out of the question. Beam search keeps the K best prefixes, extends each by
every symbol and keeps the K best of those: K = 1 is greedy decoding, and a beam that holds all prefixes is exhaustive
search. A sequence that has emitted the stop symbol stays in the beam as it is.

    score(y_1 .. y_t) = sum_s log p(y_s | y_1 .. y_(s-1))        cost: T steps of K V candidates each

Lowerre 1976 (HARPY); Sutskever, Vinyals and Le 2014, section 3.2. Longer sequences have lower scores, nothing else
being done about it: Wu et al. 2016 divide by a power of the length.
"""

from collections.abc import Callable, Sequence
from itertools import product
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

NextLogProbabilities = Callable[[Int[Tensor, "k t"]], Float[Tensor, "k v"]]
"""log p(next symbol | prefix) for a batch of prefixes of one length, which may be 0."""


class Hypothesis(NamedTuple):
    """A sequence, with its stop symbol if it has one, and its log-probability."""

    symbols: list[int]
    score: float


def beam_search(model: NextLogProbabilities, width: int, length: int, stop: int | None = None) -> list[Hypothesis]:
    """The up to `width` best sequences found, best first: of `length` symbols, or shorter and ending with `stop`.

    Raises:
        ValueError: the width is below 1.
    """
    if width < 1:
        raise ValueError(f"a beam holds at least one sequence; got a width of {width}")
    prefixes, scores = torch.zeros(1, 0, dtype=torch.int64), torch.zeros(1, dtype=torch.float64)
    finished: list[Hypothesis] = []
    for _ in range(length):
        log_p = model(prefixes).double().cpu()
        vocabulary = log_p.shape[1]
        candidates = (scores.unsqueeze(1) + log_p).flatten()
        values, order = candidates.topk(min(width, len(candidates)))
        # sequences that are complete compete for the same places
        worst = _worst_kept(values.tolist(), finished, width)
        keep = (values >= worst) & (values > -torch.inf)
        values, order = values[keep], order[keep]
        grown = torch.cat([prefixes[order // vocabulary], (order % vocabulary).unsqueeze(1)], dim=1)
        done = grown[:, -1] == stop if stop is not None else torch.zeros(len(grown), dtype=torch.bool)
        finished += [Hypothesis(row.tolist(), float(v)) for row, v in zip(grown[done], values[done], strict=True)]
        finished = _best(finished, width)
        prefixes, scores = grown[~done], values[~done]
        if len(prefixes) == 0:
            break
    running = [Hypothesis(row.tolist(), float(v)) for row, v in zip(prefixes, scores, strict=True)]
    return _best(finished + running, width)


def exhaustive_search(
    model: NextLogProbabilities, vocabulary: int, length: int, stop: int | None = None
) -> list[Hypothesis]:
    """Every sequence there is, best first; for comparison, and small cases only."""
    others = [s for s in range(vocabulary) if s != stop]
    sequences: list[tuple[int, ...]] = []
    if stop is not None:
        sequences = [(*head, stop) for t in range(length) for head in product(others, repeat=t)]
    sequences += product(others, repeat=length)
    return _best([Hypothesis(list(s), log_probability(model, s)) for s in sequences], len(sequences))


def log_probability(model: NextLogProbabilities, symbols: Sequence[int]) -> float:
    """Score of one sequence."""
    prefix = torch.tensor([list(symbols)], dtype=torch.int64)
    return sum(float(model(prefix[:, :t])[0, symbol]) for t, symbol in enumerate(symbols))


def _best(hypotheses: list[Hypothesis], width: int) -> list[Hypothesis]:
    return sorted(hypotheses, key=lambda hypothesis: -hypothesis.score)[:width]


def _worst_kept(values: list[float], finished: list[Hypothesis], width: int) -> float:
    """The lowest score that still has a place among `width` when complete sequences take part."""
    everything = sorted([*values, *(hypothesis.score for hypothesis in finished)], reverse=True)
    return everything[min(width, len(everything)) - 1]
