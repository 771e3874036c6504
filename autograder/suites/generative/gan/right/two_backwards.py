"""The two terms of the discriminator go backward one after the other; logaddexp; everything cleared each time."""

import torch


def minus_log_sigmoid(a):
    return torch.logaddexp(torch.zeros_like(a), -a)


def discriminator_loss(real_logits, fake_logits):
    return minus_log_sigmoid(real_logits).mean() + minus_log_sigmoid(-fake_logits).mean()


def generator_loss(fake_logits, saturating=False):
    if not saturating:
        return minus_log_sigmoid(fake_logits).mean()
    return (-minus_log_sigmoid(-fake_logits)).mean()


def train_round(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    if k < 1:
        raise ValueError("no step of the discriminator")
    for _ in range(k):
        real = next(real_batches)
        fake = G(noise(len(real)))
        for module in (G, D):
            module.zero_grad()
        minus_log_sigmoid(D(real)).mean().backward()
        minus_log_sigmoid(-D(fake.detach())).mean().backward()
        optimizer_d.step()
    z = noise(len(fake))
    for module in (G, D):
        module.zero_grad()
    loss = generator_loss(D(G(z)))
    loss.backward()
    optimizer_g.step()
    return loss.detach()
