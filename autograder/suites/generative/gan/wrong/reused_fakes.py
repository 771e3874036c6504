# expect: gan-noise-used-twice
"""Saves a pass through G by judging the discriminator's own fakes again."""

import torch


def discriminator_loss(real_logits, fake_logits):
    return -torch.nn.functional.logsigmoid(real_logits).mean() - torch.nn.functional.logsigmoid(-fake_logits).mean()


def generator_loss(fake_logits, saturating=False):
    if saturating:
        return torch.nn.functional.logsigmoid(-fake_logits).mean()
    return -torch.nn.functional.logsigmoid(fake_logits).mean()


def train_round(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    if k < 1:
        raise ValueError("k < 1")
    for _ in range(k):
        real = next(real_batches)
        fake = G(noise(len(real)))
        optimizer_d.zero_grad()
        discriminator_loss(D(real), D(fake.detach())).backward()
        optimizer_d.step()
    optimizer_g.zero_grad()
    generator_loss(D(fake)).backward()
    optimizer_g.step()
