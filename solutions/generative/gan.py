"""Generative adversarial training · 3 of 5 · 45 minutes

A generator G turns noise into samples, a discriminator D looks at samples and gives a logit a, with D(x) = sigmoid(a) the
probability that x is real. Each learns from the other: D to tell real from fake, G to be taken for real, though it never sees
a real example. You write both losses and one round of the training, in which nearly everything that can go wrong leaves the
program running.
(Goodfellow et al. 2014, algorithm 1)

This exercise uses PyTorch: arguments are tensors and modules, gradients come from autograd.

Run `anndl grade gan` after each function; they are tested one by one.

You may import PyTorch and NumPy and the harmless part of the standard library (math, itertools, random, ...).
"""

import torch


def discriminator_loss(real_logits, fake_logits):
    """What the discriminator minimises: cross-entropy of the real batch against 1, plus that of the fake batch against 0.

    loss = mean of -log sigmoid(a) over the real logits  +  mean of -log(1 - sigmoid(a)) over the fake logits

    Logits of +-1e3 must work, for the loss and for its gradient. The two batches may differ in size.

    Args:
        real_logits, fake_logits: tensors of floats of any shape, what D says about each example. They stay as they are.

    Returns:
        A tensor with one number and no axes, through which `backward()` reaches the logits: not a Python number, which has
        no gradient.

    By hand: sigmoid(log 3) = 3/4, so real_logits = [log 3, 0] and fake_logits = [log 3] have the loss
    -(log 3/4 + log 1/2) / 2 - log 1/4 = 1.8767.

    >>> discriminator_loss(torch.log(torch.tensor([3.0, 1.0])), torch.log(torch.tensor([3.0])))
    1.8767
    """
    ### BEGIN SOLUTION
    log_real = torch.nn.functional.logsigmoid(real_logits)  # not log(sigmoid(a)): the sigmoid underflows to 0
    log_fake = torch.nn.functional.logsigmoid(-fake_logits)  # 1 - sigmoid(a) = sigmoid(-a)
    return -log_real.mean() - log_fake.mean()  # each batch has its own mean: they may differ in size
    ### END SOLUTION


def generator_loss(fake_logits, saturating=False):
    """What the generator minimises.

    non-saturating: mean of -log sigmoid(a)        saturating: mean of log(1 - sigmoid(a))

    Both fall when D takes the samples for real. The saturating one, from the minimax game, is flat where D is sure of itself.
    Logits of +-1e3 must work, for the loss and for its gradient.

    Args:
        fake_logits: tensor of floats of any shape, what D says about G's samples. It stays as it is.
        saturating: which of the two losses.

    Returns:
        A tensor with one number and no axes, through which `backward()` reaches the logits.

    By hand: [log 3, 0] has -(log 3/4 + log 1/2) / 2 = 0.4904, and the saturating loss (log 1/4 + log 1/2) / 2 = -1.0397.

    >>> logits = torch.log(torch.tensor([3.0, 1.0]))
    >>> generator_loss(logits)
    0.4904
    >>> generator_loss(logits, saturating=True)
    -1.0397
    """
    ### BEGIN SOLUTION
    if saturating:
        return torch.nn.functional.logsigmoid(-fake_logits).mean()  # minimised as it stands: no minus
    return -torch.nn.functional.logsigmoid(fake_logits).mean()
    ### END SOLUTION


def train_round(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    """One round: k steps of the discriminator, then one step of the generator with the non-saturating loss.

    A discriminator step takes a new real batch and as many new fakes, and changes D only: the fakes are data there, so that no
    gradient of its loss goes on into G. The generator's step takes new noise again, as many rows as the last real batch
    had; its gradient passes through D, and it changes G only.

    Each step follows the gradient of its own loss and of nothing else. `backward()` ADDS to what lies in `.grad`, so clear the
    gradients before it: G and D may come with gradients from elsewhere, and every step of G leaves some in D. Afterwards
    both networks can be trained on: whatever you froze must learn again.

    Args:
        G, D: modules, noise -> samples and samples -> logits.
        optimizer_g, optimizer_d: over the parameters of G and over those of D.
        real_batches: iterator; `next(real_batches)` gives a tensor, batch axis first. It may have no more than k, and they may
            differ in size.
        noise: function; `noise(n)` gives n new rows of noise. Call it once in each of the k + 1 steps.
        k: number of discriminator steps, at least 1.

    Returns:
        Whatever you like (the losses, say): only the parameters of G and D count.

    By hand, with k = 1, a learning rate of 1, D(x) = 0 x + 0 and G(z) = 1 z + 0, the real example 3 and always the noise 2:
    D's step: both logits are 0. The slope of -log sigmoid(a) there is -1/2, that of -log(1 - sigmoid(a)) is 1/2. So D's weight
    has the gradient -1/2 * 3 + 1/2 * 2 = -1/2, its bias -1/2 + 1/2 = 0, and D becomes 0.5 x.
    G's step: D(G(2)) = 1, where the slope of -log sigmoid(a) is sigmoid(1) - 1 = -0.2689. Through D's weight it becomes
    -0.1345 for G's bias, and times the noise -0.2689 for G's weight. So G becomes 1.2689 z + 0.1345.

    >>> D = torch.nn.Linear(1, 1)
    >>> D.weight.data[:], D.bias.data[:] = 0.0, 0.0
    >>> G = torch.nn.Linear(1, 1)
    >>> G.weight.data[:], G.bias.data[:] = 1.0, 0.0
    >>> optimizers = [torch.optim.SGD(net.parameters(), lr=1.0) for net in (G, D)]
    >>> train_round(G, D, *optimizers, iter([torch.tensor([[3.0]])]), lambda n: torch.full((n, 1), 2.0), 1)
    >>> D.weight.item(), D.bias.item()
    (0.5, 0.0)
    >>> G.weight.item(), G.bias.item()
    (1.2689, 0.1345)
    """
    ### BEGIN SOLUTION
    for _ in range(k):
        real = next(real_batches)
        fake = G(noise(len(real))).detach()  # G is not trained here: the gradient stops
        optimizer_d.zero_grad()  # also clears what the last generator step left in D on its way to G
        discriminator_loss(D(real), D(fake)).backward()
        optimizer_d.step()
    optimizer_g.zero_grad()
    generator_loss(D(G(noise(len(real))))).backward()  # through D into G; D's gradients are not used
    optimizer_g.step()
    ### END SOLUTION
