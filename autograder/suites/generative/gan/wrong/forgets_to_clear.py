# expect: gan-gradients-accumulate
"""No zero_grad anywhere."""

import torch.nn.functional as F


def discriminator_loss(real_logits, fake_logits):
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


def generator_loss(fake_logits, saturating=False):
    return -F.softplus(fake_logits).mean() if saturating else F.softplus(-fake_logits).mean()


def train_round(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    if k < 1:
        raise ValueError("k")
    for _ in range(k):
        real = next(real_batches)
        fake = G(noise(len(real))).detach()
        d_loss = discriminator_loss(D(real), D(fake))
        d_loss.backward()
        optimizer_d.step()
    g_loss = generator_loss(D(G(noise(len(real)))))
    g_loss.backward()
    optimizer_g.step()
    return d_loss, g_loss
