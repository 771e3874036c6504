"""Sampling from a language model (chapter recurrent, topic language-model).

A language model gives the distribution of the next symbol; drawing one, feeding it back and drawing again writes text.
The temperature divides the scores before the softmax: below 1 the likely symbols gain (towards 0 it is the argmax),
above 1 the distribution flattens (towards infinity it is uniform). How good a model is, is measured in bits per
character: the mean of -log2 p of the character that came, which is what a perfect compressor would need.

    p_k = exp(s_k / tau) / sum_j exp(s_j / tau)        draw: the first k with p_1 + ... + p_k > u, u uniform in [0, 1)

Shannon, "Prediction and entropy of printed English", 1951; Graves 2013 (arXiv:1308.0850).
"""

import math
from collections.abc import Callable
from typing import TypeVar

import torch
from jaxtyping import Float, Int
from torch import Tensor

State = TypeVar("State")


def probabilities(scores: Float[Tensor, "*n v"], temperature: float = 1.0) -> Float[Tensor, "*n v"]:
    """softmax(scores / temperature).

    Raises:
        ValueError: the temperature is not positive.
    """
    if not temperature > 0:
        raise ValueError(f"a temperature is positive; got {temperature}. For the most likely symbol take the argmax")
    return torch.softmax(scores / temperature, dim=-1)


def draw(p: Float[Tensor, "*n v"], u: Float[Tensor, "*n"]) -> Int[Tensor, "*n"]:
    """The symbol into whose share of [0, 1) the uniform number u falls."""
    edges = p.cumsum(dim=-1)
    # the last edge may fall short of 1 by rounding; and a symbol of probability 0 is never drawn
    last = p.shape[-1] - 1 - (p.flip(-1) > 0).to(torch.int8).argmax(dim=-1)
    return torch.minimum((edges <= u.unsqueeze(-1)).sum(dim=-1), last)


def bits_per_character(log_p: Float[Tensor, "..."]) -> float:
    """Mean of -log2 p, given natural logarithms of the probabilities of what came."""
    return float(-log_p.double().mean() / math.log(2))


def generate(
    step: Callable[[Int[Tensor, " n"], State], tuple[Float[Tensor, "n v"], State]],
    first: Int[Tensor, " n"],
    state: State,
    length: int,
    generator: torch.Generator,
    temperature: float = 1.0,
) -> Int[Tensor, "n length"]:
    """`length` symbols after `first`, each fed back; `step(symbols, state)` gives the next scores and state."""
    symbols, text = first, []
    for _ in range(length):
        scores, state = step(symbols, state)
        u = torch.rand(len(symbols), generator=generator, dtype=scores.dtype).to(scores.device)
        symbols = draw(probabilities(scores, temperature), u)
        text.append(symbols)
    return torch.stack(text, dim=1) if text else first.new_empty(len(first), 0)
