# expect: gan-discriminator-stays-frozen
"""Freezes D for the generator and leaves it so."""

import torch
import torch.nn.functional as F

def discriminator_loss(real_logits, fake_logits):
    ones, zeros = torch.ones_like(real_logits), torch.zeros_like(fake_logits)
    return F.binary_cross_entropy_with_logits(real_logits, ones) + F.binary_cross_entropy_with_logits(fake_logits, zeros)

def generator_loss(fake_logits, saturating=False):
    if saturating:
        return -F.binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))
    return F.binary_cross_entropy_with_logits(fake_logits, torch.ones_like(fake_logits))

def train_round(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    for i in range(k):
        x = next(real_batches)
        z = noise(x.shape[0])
        optimizer_d.zero_grad()
        loss_d = discriminator_loss(D(x), D(G(z).detach()))
        loss_d.backward()
        optimizer_d.step()
    z = noise(x.shape[0])
    optimizer_g.zero_grad()
    D.requires_grad_(False)
    loss_g = generator_loss(D(G(z)))
    loss_g.backward()
    optimizer_g.step()
    return loss_d.item(), loss_g.item()
