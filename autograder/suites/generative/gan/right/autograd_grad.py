"""Gradients asked for by name, so that nothing can leak; softplus losses."""

import torch
import torch.nn.functional as F


def discriminator_loss(real_logits, fake_logits):
    return F.softplus(-real_logits).sum() / real_logits.numel() + F.softplus(fake_logits).sum() / fake_logits.numel()


def generator_loss(fake_logits, saturating=False):
    return torch.mean(-F.softplus(fake_logits) if saturating else F.softplus(-fake_logits))


def descend(loss, module, optimizer):
    parameters = list(module.parameters())
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        parameter.grad = gradient
    optimizer.step()


def train_round(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    if not k >= 1:
        raise ValueError(f"k = {k}")
    step = 0
    while step < k:
        real = next(real_batches)
        descend(discriminator_loss(D(real), D(G(noise(real.size(0))))), D, optimizer_d)
        step += 1
    descend(generator_loss(D(G(noise(real.size(0))))), G, optimizer_g)
