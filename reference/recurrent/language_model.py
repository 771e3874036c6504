"""A character language model (chapter recurrent, topic language-model).

An LSTM reads text character by character and gives, after each, the distribution of the next: the targets are the
inputs shifted by one, so that any text is training data. It is trained on windows of the text, which cuts the error's
way back; when it is tested or writes, the state is carried on from one stretch to the next.

    p(text) = prod_t p(c_t | c_1 .. c_(t-1))        loss = -1/T sum_t log p(c_t | ...)        bits = loss / log 2

Graves, "Generating sequences with recurrent neural networks", 2013; Karpathy, "The unreasonable effectiveness of
recurrent neural networks", 2015.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from reference.recurrent.layers import LSTM, State


class CharacterModel(nn.Module):
    """Embedding, LSTM layers, scores of the next symbol."""

    def __init__(self, symbols: int, embedding: int, hidden: int, layers: int = 1, dropout: float = 0.0) -> None:
        super().__init__()
        self.embedding = nn.Embedding(symbols, embedding)
        self.layers = LSTM(embedding, hidden, layers, dropout=dropout, forget_bias=1.0)
        self.output = nn.Linear(hidden, symbols)

    def forward(self, text: Int[Tensor, "n T"], state: State | None = None) -> tuple[Float[Tensor, "n T v"], State]:
        """Scores of the symbol after each one, and the state to go on from."""
        H, state = self.layers(self.embedding(text), state)
        return self.output(H), state

    def step(self, symbols: Int[Tensor, " n"], state: State | None) -> tuple[Float[Tensor, "n v"], State]:
        """One symbol at a time, for `sampling.generate`."""
        scores, state = self(symbols.unsqueeze(1), state)
        return scores[:, 0], state


def loss(model: nn.Module, windows: Int[Tensor, "n T_plus_1"]) -> Float[Tensor, ""]:
    """Mean cross-entropy of every symbol of the windows but the first, in nats."""
    scores, _ = model(windows[:, :-1])
    return F.cross_entropy(scores.flatten(0, 1), windows[:, 1:].flatten())


def cut(text: Int[Tensor, " t"], length: int) -> Int[Tensor, "n {length}+1"]:
    """Windows that predict `length` symbols each and overlap by one, so that every symbol is predicted once."""
    return text[: (len(text) - 1) // length * length + 1].unfold(0, length + 1, length)


@torch.no_grad()
def log_probabilities(
    model: CharacterModel, text: Int[Tensor, " t"], streams: int = 32, stretch: int = 250
) -> Float[Tensor, " s"]:
    """log p of the symbols of a text, read in `streams` parallel streams from beginning to end, the state carried on.

    The first symbol of each stream and what does not fill the last steps are not scored.
    """
    length = (len(text) // streams - 1) // stretch * stretch
    if length < 1:
        raise ValueError(f"{len(text)} symbols are too few for {streams} streams of at least {stretch + 1}")
    lines = text[: streams * (length + 1)].view(streams, length + 1)
    state, parts = None, []
    for begin in range(0, length, stretch):
        scores, state = model(lines[:, begin : begin + stretch], state)
        log_p = scores.log_softmax(-1)
        parts.append(log_p.gather(2, lines[:, begin + 1 : begin + stretch + 1].unsqueeze(2)).flatten())
    return torch.cat(parts)
