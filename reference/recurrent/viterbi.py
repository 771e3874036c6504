"""Hidden Markov models (chapter recurrent, topic state-space).

The hidden state is one of a few, jumps by a transition matrix and emits a symbol by a table; only the symbols are
seen. Because a state depends on nothing but the one before, the best of K^T paths is found in T K^2 steps: the best
path to each state extends the best path to one of its predecessors (Viterbi). Replacing the maximum by a sum gives the
probability of the symbols, and with it the tables can be learned from symbols alone (Baum-Welch, which is EM).

    v_1(j) = pi_j B_j(o_1)        v_t(j) = max_i v_(t-1)(i) A_ij  B_j(o_t)        path: follow the argmax back
    a_t(j) = sum_i a_(t-1)(i) A_ij  B_j(o_t)        p(o) = sum_j a_T(j)        all of it in logarithms

Viterbi 1967; Rabiner, "A tutorial on hidden Markov models", 1989.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor


class HMM(NamedTuple):
    """Logarithms of the start probabilities, the transitions (from, to) and the emissions (state, symbol)."""

    initial: Float[Tensor, " k"]
    transition: Float[Tensor, "k k"]
    emission: Float[Tensor, "k v"]

    @classmethod
    def of(cls, initial: Tensor, transition: Tensor, emission: Tensor) -> "HMM":
        """From probabilities; zeros are allowed."""
        return cls(initial.log(), transition.log(), emission.log())


def viterbi(symbols: Int[Tensor, "n T"], model: HMM) -> tuple[Int[Tensor, "n T"], Float[Tensor, " n"]]:
    """The most probable path of states and its log-probability together with the symbols, for every sequence."""
    emitted = _emitted(symbols, model)
    best = model.initial + emitted[:, 0]
    came_from = []
    for t in range(1, symbols.shape[1]):
        best, previous = (best.unsqueeze(2) + model.transition).max(dim=1)
        best = best + emitted[:, t]
        came_from.append(previous)
    log_p, state = best.max(dim=1)
    path = [state]
    for previous in reversed(came_from):
        state = previous.gather(1, state.unsqueeze(1)).squeeze(1)
        path.append(state)
    return torch.stack(path[::-1], dim=1), log_p


def log_likelihood(symbols: Int[Tensor, "n T"], model: HMM) -> Float[Tensor, " n"]:
    """log p(symbols), summed over all paths."""
    return _forward(_emitted(symbols, model), model)[:, -1].logsumexp(dim=1)


def baum_welch(symbols: Int[Tensor, "n T"], model: HMM) -> tuple[HMM, Float[Tensor, ""]]:
    """One step of EM: the model of the expected counts, and the log-likelihood under the old model.

    A state that is never visited has no counts to learn from: it keeps its transitions and emissions.

    Raises:
        ValueError: a sequence is impossible under the model, so that nothing can be expected from it.
    """
    emitted = _emitted(symbols, model)
    forward, backward = _forward(emitted, model), _backward(emitted, model)
    total = forward[:, -1].logsumexp(dim=1)
    if (impossible := total.isneginf()).any():
        row = int(impossible.nonzero()[0])
        raise ValueError(f"sequence {row} has probability 0 under the model: start from a model without zeros")
    occupied = (forward + backward - total[:, None, None]).exp()  # p(state at t | all symbols), (n, T, k)
    between = (
        forward[:, :-1, :, None] + model.transition + (emitted + backward)[:, 1:, None, :] - total[:, None, None, None]
    )
    jumps = between.exp().sum((0, 1))
    emissions = torch.zeros_like(model.emission).index_add_(1, symbols.reshape(-1), occupied.flatten(0, 1).mT)
    initial = occupied[:, 0].mean(0)
    return HMM.of(initial, _shares(jumps, model.transition), _shares(emissions, model.emission)), total.sum()


def _shares(counts: Float[Tensor, "k m"], before: Float[Tensor, "k m"]) -> Float[Tensor, "k m"]:
    """Each row of counts divided by its sum; where that is zero, the probabilities of before."""
    total = counts.sum(1, keepdim=True)
    return torch.where(total > 0, counts / total, before.exp())


def _emitted(symbols: Int[Tensor, "n T"], model: HMM) -> Float[Tensor, "n T k"]:
    """log B_j(o_t)."""
    return model.emission.mT[symbols]


def _forward(emitted: Float[Tensor, "n T k"], model: HMM) -> Float[Tensor, "n T k"]:
    """log p(o_1 .. o_t, state at t)."""
    a = [model.initial + emitted[:, 0]]
    for e in emitted.unbind(1)[1:]:
        a.append((a[-1].unsqueeze(2) + model.transition).logsumexp(dim=1) + e)
    return torch.stack(a, dim=1)


def _backward(emitted: Float[Tensor, "n T k"], model: HMM) -> Float[Tensor, "n T k"]:
    """log p(o_(t+1) .. o_T | state at t)."""
    b = [torch.zeros_like(emitted[:, 0])]
    for e in emitted.flip(1).unbind(1)[:-1]:
        b.append((model.transition + (b[-1] + e).unsqueeze(1)).logsumexp(dim=2))
    return torch.stack(b[::-1], dim=1)
