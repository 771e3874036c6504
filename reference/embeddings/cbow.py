"""The continuous bag-of-words model (chapter embeddings, topic word2vec).

A word is predicted from the words around it: the rows of C for the context are averaged (their order is lost, hence
the bag), and a softmax over U times that mean gives the probability of every word of the vocabulary. There is no
hidden non-linearity, which is what makes it cheap. Words that occur in the same contexts are pushed to similar rows.

    hidden = 1/|context| sum_c C[c]        p = softmax(U hidden)        loss = -log p[target]
    dU = (p - onehot(target)) hidden'      dC[c] += U'(p - onehot(target)) / |context|   for every c in the context

Mikolov et al., "Efficient estimation of word representations in vector space", 2013.
"""

import math
from collections.abc import Sequence
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor

Token = TypeVar("Token")


def windows(tokens: Sequence[Token], radius: int) -> list[tuple[Token, list[Token]]]:
    """Every token as a target with the `radius` tokens before and after it, in text order; fewer at the edges."""
    if radius < 0:
        raise ValueError(f"the radius is a number of neighbours, at least 0; got {radius}")
    return [
        (target, [*tokens[max(0, i - radius) : i], *tokens[i + 1 : i + 1 + radius]]) for i, target in enumerate(tokens)
    ]


def _hidden(context: Sequence[int], C: Float[Tensor, "V m"]) -> Float[Tensor, " m"]:
    if not context:
        return C.new_zeros(C.shape[1])
    return C[list(context)].mean(dim=0)


def forward(context: Sequence[int], C: Float[Tensor, "V m"], U: Float[Tensor, "V m"]) -> Float[Tensor, " V"]:
    """Probability of every word, given the indices of the context words; all equal when there are none."""
    return torch.softmax(U @ _hidden(context, C), dim=0)


def loss_and_gradients(
    target: int, context: Sequence[int], C: Float[Tensor, "V m"], U: Float[Tensor, "V m"]
) -> tuple[Float[Tensor, ""], Float[Tensor, "V m"], Float[Tensor, "V m"]]:
    """-log p(target) and its gradients dC and dU, without autograd. A word that stands twice in the context counts
    twice, in the mean and in its row of dC."""
    hidden = _hidden(context, C)
    log_p = torch.log_softmax(U @ hidden, dim=0)
    error = log_p.exp()
    error[target] -= 1
    dC = torch.zeros_like(C)
    if context:
        share = (U.mT @ error) / len(context)
        # index_add_ adds once per occurrence; dC[context] += share would count a repeated word once
        dC.index_add_(0, torch.tensor(list(context), device=C.device), share.expand(len(context), -1))
    return -log_p[target], dC, torch.outer(error, hidden)


def train(
    tokens: Sequence[int],
    C: Float[Tensor, "V m"],
    U: Float[Tensor, "V m"],
    radius: int,
    eta: float,
    epochs: int = 1,
) -> tuple[Float[Tensor, "V m"], Float[Tensor, "V m"], list[float]]:
    """Plain stochastic gradient descent: one update per position, in text order, C and U from the same gradients.

    Args:
        tokens: the text as word indices.
        C, U: where to start from; they stay as they are.
        radius, eta, epochs: reach of the window, learning rate, passes over the text.

    Returns:
        The new C and U and the mean loss of each epoch, each loss taken before its update. Targets without a context
        are skipped (a text of one word has no loss: nan).
    """
    C, U = C.clone(), U.clone()
    examples = [(target, context) for target, context in windows(tokens, radius) if context]
    losses = []
    for _ in range(epochs):
        total = 0.0
        for target, context in examples:
            loss, dC, dU = loss_and_gradients(target, context, C, U)
            C -= eta * dC
            U -= eta * dU
            total += float(loss)
        losses.append(total / len(examples) if examples else math.nan)
    return C, U, losses
