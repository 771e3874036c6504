"""Generative adversarial networks (chapter generative, topic gan).

Two networks play against each other: the discriminator learns to tell real data from what the generator makes of
noise, the generator learns to be taken for real; it never sees real data, only the discriminator's gradient. They are
trained in alternation from the start. Minimising log(1 - D(G(z))) gives next to no gradient while the discriminator
wins, so the generator's step minimises -log D(G(z)) instead: the same fixed point, a steeper slope.

    discriminator: min  -E[log D(x)] - E[log(1 - D(G(z)))]
    generator:     min  -E[log D(G(z))]        (saturating form: min E[log(1 - D(G(z)))])

Goodfellow et al., "Generative adversarial nets", 2014, eq. 1 and section 3; D is the sigmoid of a logit.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import logsigmoid
from torch.optim import Optimizer


class RoundLosses(NamedTuple):
    """Losses of the last discriminator step and of the generator step, detached."""

    discriminator: Float[Tensor, ""]
    generator: Float[Tensor, ""]


def discriminator_loss(real_logits: Float[Tensor, "..."], fake_logits: Float[Tensor, "..."]) -> Float[Tensor, ""]:
    """Mean cross-entropy of the real batch against 1 plus that of the fake batch against 0."""
    return -logsigmoid(real_logits).mean() - logsigmoid(-fake_logits).mean()  # log(1 - sigmoid(a)) = logsigmoid(-a)


def generator_loss(fake_logits: Float[Tensor, "..."], saturating: bool = False) -> Float[Tensor, ""]:
    """Mean -log D(G(z)), or with `saturating` mean log(1 - D(G(z))); both are minimised."""
    return logsigmoid(-fake_logits).mean() if saturating else -logsigmoid(fake_logits).mean()


def train_round(
    G: nn.Module,
    D: nn.Module,
    optimizer_g: Optimizer,
    optimizer_d: Optimizer,
    real_batches: Iterator[Tensor],
    noise: Callable[[int], Tensor],
    k: int,
) -> RoundLosses:
    """k discriminator steps, then one step of the generator with the non-saturating loss.

    Args:
        G, D: generator (noise -> data) and discriminator (data -> logits).
        optimizer_g, optimizer_d: over the parameters of G and of D.
        real_batches: yields at least k batches, batch axis first.
        noise: called k + 1 times, in order, with the size of the batch; the generator's step uses the last real
            batch's size.
        k: discriminator steps in the round.

    Raises:
        ValueError: k below 1.
    """
    if k < 1:
        raise ValueError(f"a round has at least one discriminator step; got k = {k}")
    for _ in range(k):
        real = next(real_batches)
        fake = G(noise(len(real))).detach()  # this step is the discriminator's: no gradient for G
        optimizer_d.zero_grad()  # also clears what the last generator step left in D
        d_loss = discriminator_loss(D(real), D(fake))
        d_loss.backward()  # type: ignore[no-untyped-call]
        optimizer_d.step()

    optimizer_g.zero_grad()
    g_loss = generator_loss(D(G(noise(len(real)))))
    g_loss.backward()  # type: ignore[no-untyped-call]  # through D into G; D's own gradients are not used
    optimizer_g.step()
    return RoundLosses(d_loss.detach(), g_loss.detach())
