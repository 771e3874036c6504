"""Image captioning (chapter recurrent, topic captioning).

A one-to-many network: a convolutional encoder turns the image into a vector, which becomes the first state of a GRU
and is shown to it again at every step; the GRU writes the sentence with output feedback, so that each word depends on
those before it. It is trained with the right words as inputs (teacher forcing) and decodes by taking, or searching
for, the most likely words.

    h_0 = v = tanh(W cnn(image) + b)      h_t = gru([embedding(w_(t-1)), v], h_(t-1))      p(w_t) = softmax(U h_t + c)

Vinyals et al., "Show and tell", 2015 (arXiv:1411.4555), who show the image once; Mao et al. 2015 (arXiv:1412.6632), who
show it at every step: the state then need not carry through the sentence what the picture can be asked again.
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
        self.decoder = GRU(embedding + hidden, hidden)
        self.output = nn.Linear(hidden, words)

    def decode(
        self, words: Int[Tensor, "n t"], seen: Float[Tensor, "n h"], state: Float[Tensor, "1 n h"] | None = None
    ) -> tuple[Float[Tensor, "n t v"], Float[Tensor, "1 n h"]]:
        """Scores of the word after each one, and the state; `seen` is the encoder's vector and the first state."""
        inputs = torch.cat([self.embedding(words), seen.unsqueeze(1).expand(-1, words.shape[1], -1)], dim=2)
        H, (last,) = self.decoder(inputs, (seen.unsqueeze(0) if state is None else state,))
        return self.output(H), last

    def forward(self, images: Float[Tensor, "n 3 32 32"], captions: Int[Tensor, "n t"]) -> Float[Tensor, "n t v"]:
        """Scores of every word of the captions, given the right words before it."""
        scores, _ = self.decode(F.pad(captions, (1, 0), value=END)[:, :-1], self.encoder(images))
        return scores

    @torch.no_grad()
    def greedy(self, images: Float[Tensor, "n 3 32 32"], length: int) -> Int[Tensor, "n length"]:
        """The most likely word each time, fed back; everything after the first END is END."""
        seen, state = self.encoder(images), None
        word = torch.full((len(images),), END, device=images.device)
        going = torch.ones_like(word, dtype=torch.bool)
        words = []
        for _ in range(length):
            scores, state = self.decode(word.unsqueeze(1), seen, state)
            word = scores[:, 0].argmax(1) * going
            going &= word != END
            words.append(word)
        return torch.stack(words, dim=1)

    @torch.no_grad()
    def next_words(self, image: Float[Tensor, "3 32 32"]) -> NextLogProbabilities:
        """What `beam_search` wants to know about one image."""
        seen = self.encoder(image.unsqueeze(0))

        @torch.no_grad()
        def log_probabilities(prefixes: Int[Tensor, "k t"]) -> Float[Tensor, "k v"]:
            inputs = F.pad(prefixes.to(image.device), (1, 0), value=END)
            scores, _ = self.decode(inputs, seen.expand(len(inputs), -1))
            return scores[:, -1].log_softmax(-1)

        return log_probabilities


def caption_loss(scores: Float[Tensor, "n t v"], captions: Int[Tensor, "n t"]) -> Float[Tensor, ""]:
    """Mean cross-entropy of the words up to and including the first END; what fills up the rest does not count."""
    counts = F.pad((captions == END).cumsum(1), (1, 0))[:, :-1] == 0
    return F.cross_entropy(scores[counts], captions[counts])
