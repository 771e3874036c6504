"""The library's cross-entropy, and D frozen during the generator's step."""

import torch
from torch import nn

bce = nn.BCEWithLogitsLoss()


def discriminator_loss(real_logits, fake_logits):
    return bce(real_logits, torch.ones_like(real_logits)) + bce(fake_logits, torch.zeros_like(fake_logits))


def generator_loss(fake_logits, saturating=False):
    if saturating:
        return -bce(fake_logits, torch.zeros_like(fake_logits))
    return bce(fake_logits, torch.ones_like(fake_logits))


def train_round(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    if k < 1:
        raise ValueError("k must be at least 1")
    losses = []
    for _ in range(k):
        x = next(real_batches)
        with torch.no_grad():
            fake = G(noise(x.shape[0]))
        loss = discriminator_loss(D(x), D(fake))
        optimizer_d.zero_grad(set_to_none=False)
        loss.backward()
        optimizer_d.step()
        losses.append(loss.item())
    for p in D.parameters():
        p.requires_grad_(False)
    loss = generator_loss(D(G(noise(x.shape[0]))))
    optimizer_g.zero_grad()
    loss.backward()
    optimizer_g.step()
    for p in D.parameters():
        p.requires_grad_(True)
    return {"d": losses, "g": loss.item()}
