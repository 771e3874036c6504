# expect: gan-log-of-a-saturated-sigmoid, gan-saturating-loss-in-the-round
"""Probabilities first, logarithms afterwards, and the minimax loss in the round."""

import torch


def discriminator_loss(real_logits, fake_logits):
    p_real = torch.sigmoid(real_logits)
    p_fake = torch.sigmoid(fake_logits)
    return -(torch.log(p_real).mean() + torch.log(1 - p_fake).mean())


def generator_loss(fake_logits, saturating=False):
    p = torch.sigmoid(fake_logits)
    if saturating:
        return torch.log(1 - p).mean()
    return -torch.log(p).mean()


def train_round(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    if k < 1:
        raise ValueError("k has to be positive")
    for _ in range(k):
        real = next(real_batches)
        fake = G(noise(len(real))).detach()
        optimizer_d.zero_grad()
        discriminator_loss(D(real), D(fake)).backward()
        optimizer_d.step()
    optimizer_g.zero_grad()
    generator_loss(D(G(noise(len(real)))), saturating=True).backward()
    optimizer_g.step()
