"""Hierarchical recurrent networks (chapter recurrent, topic lstm).

Long sequences have parts: a verse is words, a word is characters. A lower network reads each part on its own and
hands its last state to an upper network, whose steps are parts instead of symbols: its way back in time is shorter by
the length of a part, and the lower network runs over all parts at once.

    v_w = last state of the lower network over the symbols of part w        h_w = upper(v_w, h_(w-1))

El Hihi and Bengio, "Hierarchical recurrent neural networks for long-term dependencies", 1995.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from reference.recurrent.layers import GRU


def last_valid(H: Float[Tensor, "n T h"], lengths: Int[Tensor, " n"]) -> Float[Tensor, "n h"]:
    """The state after the last symbol that is no padding; zeros for a sequence of length 0."""
    rows = torch.arange(H.shape[0], device=H.device)
    return H[rows, (lengths - 1).clamp(min=0)] * (lengths > 0).unsqueeze(1)


class HierarchicalClassifier(nn.Module):
    """Symbols -> parts -> whole -> class scores; both levels are GRUs, the lower one bidirectional.

    Args:
        symbols: size of the vocabulary; symbol 0 is padding, at the end of a part; parts of padding end the whole.
        embedding, lower, upper: sizes of the symbols' vectors and of the two states (lower: per direction).
        classes: number of classes.
    """

    def __init__(self, symbols: int, embedding: int, lower: int, upper: int, classes: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(symbols, embedding, padding_idx=0)
        self.forwards, self.backwards = GRU(embedding, lower), GRU(embedding, lower)
        self.upper = GRU(2 * lower, upper)
        self.output = nn.Linear(upper, classes)

    def forward(self, text: Int[Tensor, "n parts symbols"]) -> Float[Tensor, "n classes"]:
        """Scores of the classes."""
        n, parts, length = text.shape
        flat = text.reshape(n * parts, length)
        sizes = (flat > 0).sum(1)
        reversed_parts = _reversed_within(flat, sizes)
        forward_states, _ = self.forwards(self.embedding(flat))
        backward_states, _ = self.backwards(self.embedding(reversed_parts))
        vectors = torch.cat([last_valid(forward_states, sizes), last_valid(backward_states, sizes)], dim=-1)
        H, _ = self.upper(vectors.view(n, parts, -1))
        scores: Tensor = self.output(last_valid(H, (sizes.view(n, parts) > 0).sum(1)))
        return scores


def _reversed_within(text: Int[Tensor, "n T"], lengths: Int[Tensor, " n"]) -> Int[Tensor, "n T"]:
    """Each row's symbols in reverse, its padding still at the end."""
    position = torch.arange(text.shape[1], device=text.device)
    source = torch.where(position < lengths.unsqueeze(1), lengths.unsqueeze(1) - 1 - position, position)
    return text.gather(1, source)
