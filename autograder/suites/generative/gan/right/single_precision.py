"""Example by example, in single precision; one batch of real and fake through D; the fakes go backward into G and are cleared."""

import itertools

import torch
from torch.nn.functional import softplus


def mean_of(losses):
    total = 0.0
    for loss in losses:
        total = total + loss
    return total / len(losses)


def discriminator_loss(real_logits, fake_logits):
    real = [softplus(-a) for a in real_logits.float().flatten()]
    fake = [softplus(a) for a in fake_logits.float().flatten()]
    return mean_of(real) + mean_of(fake)


def generator_loss(fake_logits, saturating=False):
    sign = 1 if saturating else -1
    return -sign * mean_of([softplus(sign * a) for a in fake_logits.float().flatten()])


def train_round(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    for real in itertools.islice(real_batches, k):
        n = len(real)
        judged = D(torch.cat([real, G(noise(n))]))
        D.zero_grad(set_to_none=True)
        discriminator_loss(judged[:n], judged[n:]).backward()
        optimizer_d.step()
    G.zero_grad(set_to_none=True)
    D.requires_grad_(False)
    generator_loss(D(G(noise(n)))).backward()
    D.requires_grad_(True)
    optimizer_g.step()
