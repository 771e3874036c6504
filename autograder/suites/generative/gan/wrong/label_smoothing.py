# expect: none
"""Real labels of 0.9, a trick from elsewhere that was not asked for."""

import torch
import torch.nn.functional as F


def discriminator_loss(real_logits, fake_logits):
    real = F.binary_cross_entropy_with_logits(real_logits, torch.full_like(real_logits, 0.9))
    return real + F.softplus(fake_logits).mean()


def generator_loss(fake_logits, saturating=False):
    return -F.softplus(fake_logits).mean() if saturating else F.softplus(-fake_logits).mean()


def train_round(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    if k < 1:
        raise ValueError("k")
    for _ in range(k):
        real = next(real_batches)
        fake = G(noise(len(real))).detach()
        optimizer_d.zero_grad()
        discriminator_loss(D(real), D(fake)).backward()
        optimizer_d.step()
    optimizer_g.zero_grad()
    generator_loss(D(G(noise(len(real))))).backward()
    optimizer_g.step()
