# expect: gan-one-loss-for-both
"""One sum of both losses, one backward."""

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
        z = noise(len(x))
        fake = D(G(z))
        real = D(x)
        loss = discriminator_loss(real, fake) + generator_loss(fake)
        optimizer_g.zero_grad()
        optimizer_d.zero_grad()
        loss.backward()
        optimizer_g.step()
        optimizer_d.step()
