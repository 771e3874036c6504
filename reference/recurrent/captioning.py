"""Image captioning (chapter recurrent, topic captioning).

A one-to-many network: a convolutional encoder turns the image into a vector, which becomes the first state of a GRU;
the GRU writes the sentence with output feedback, so that each word depends on those before it. It is trained with the
right words as inputs (teacher forcing) and decodes by taking, or searching for, the most likely words.

    h_0 = tanh(W cnn(image) + b)        h_t = gru(embedding(w_(t-1)), h_(t-1))        p(w_t) = softmax(U h_t + c)

Vinyals, Toshev, Bengio and Erhan, "Show and tell", 2015 (arXiv:1411.4555), there with a pre-trained CNN and an LSTM.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from reference.recurrent.beam_search import NextLogProbabilities
from reference.recurrent.layers import GRU

END = 0


class Captioner(nn.Module):
    """CNN encoder for images of 32x32 pixels, GRU decoder."""

    def __init__(self, words: int, hidden: int = 128, embedding: int = 32) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        for before, after in ((3, 16), (16, 32), (32, 64)):
            blocks += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)]
        self.encoder = nn.Sequential(*blocks, nn.Flatten(), nn.Linear(64 * 4 * 4, hidden), nn.Tanh())
        self.embedding = nn.Embedding(words, embedding)
        self.decoder = GRU(embedding, hidden)
        self.output = nn.Linear(hidden, words)

    def encode(self, images: Float[Tensor, "n 3 32 32"]) -> Float[Tensor, "1 n h"]:
        """The decoder's first state."""
        vectors: Tensor = self.encoder(images)
        return vectors.unsqueeze(0)

    def decode(self, words: Int[Tensor, "n t"], state: Float[Tensor, "1 n h"]) -> tuple[Float[Tensor, "n t v"], Tensor]:
        """Scores of the word after each one, and the state."""
        H, (last,) = self.decoder(self.embedding(words), (state,))
        return self.output(H), last

    def forward(self, images: Float[Tensor, "n 3 32 32"], captions: Int[Tensor, "n t"]) -> Float[Tensor, "n t v"]:
        """Scores of every word of the captions, given the right words before it."""
        scores, _ = self.decode(F.pad(captions, (1, 0), value=END)[:, :-1], self.encode(images))
        return scores

    @torch.no_grad()
    def greedy(self, images: Float[Tensor, "n 3 32 32"], length: int) -> Int[Tensor, "n length"]:
        """The most likely word each time, fed back; everything after the first END is END."""
        state = self.encode(images)
        word = torch.full((len(images),), END, device=images.device)
        going = torch.ones_like(word, dtype=torch.bool)
        words = []
        for _ in range(length):
            scores, state = self.decode(word.unsqueeze(1), state)
            word = scores[:, 0].argmax(1) * going
            going &= word != END
            words.append(word)
        return torch.stack(words, dim=1)

    @torch.no_grad()
    def next_words(self, image: Float[Tensor, "3 32 32"]) -> NextLogProbabilities:
        """What `beam_search` wants to know about one image."""
        state = self.encode(image.unsqueeze(0))

        @torch.no_grad()
        def log_probabilities(prefixes: Int[Tensor, "k t"]) -> Float[Tensor, "k v"]:
            inputs = F.pad(prefixes.to(image.device), (1, 0), value=END)
            scores, _ = self.decode(inputs, state.expand(-1, len(inputs), -1))
            return scores[:, -1].log_softmax(-1)

        return log_probabilities


def caption_loss(scores: Float[Tensor, "n t v"], captions: Int[Tensor, "n t"]) -> Float[Tensor, ""]:
    """Mean cross-entropy of the words up to and including the first END; what fills up the rest does not count."""
    counts = F.pad((captions == END).cumsum(1), (1, 0))[:, :-1] == 0
    return F.cross_entropy(scores[counts], captions[counts])
