"""gan, the fixed signatures: losses against torch and in the limits, one round against a round written out."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from reference.generative import gan

LIMITS = torch.tensor([-1e3, -30.0, 0.0, 30.0, 1e3], dtype=torch.float64)


def test_losses_equal_torch():
    real, fake = LIMITS, LIMITS.flip(0) * 0.5 + 1
    bce = binary_cross_entropy_with_logits
    ones, zeros = torch.ones_like(fake), torch.zeros_like(fake)
    torch.testing.assert_close(gan.discriminator_loss(real, fake), bce(real, ones) + bce(fake, zeros))
    torch.testing.assert_close(gan.generator_loss(fake), bce(fake, ones))
    torch.testing.assert_close(gan.generator_loss(fake, saturating=True), -bce(fake, zeros))


def test_losses_at_an_undecided_discriminator():
    zero = torch.zeros(3, 1, dtype=torch.float64)
    log2 = torch.tensor(2.0, dtype=torch.float64).log()
    torch.testing.assert_close(gan.discriminator_loss(zero, zero), 2 * log2)
    torch.testing.assert_close(gan.generator_loss(zero), log2)
    torch.testing.assert_close(gan.generator_loss(zero, saturating=True), -log2)


def test_only_the_saturating_loss_starves_the_generator():
    confident = torch.full((4,), -20.0, dtype=torch.float64, requires_grad=True)
    (steep,) = torch.autograd.grad(gan.generator_loss(confident), confident)
    (flat,) = torch.autograd.grad(gan.generator_loss(confident, saturating=True), confident)
    assert steep.abs().min() > 0.24
    assert flat.abs().max() < 1e-8


def players():
    torch.manual_seed(3)
    G = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 3)).double()
    D = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    return G, D, torch.optim.Adam(G.parameters(), lr=0.05), torch.optim.SGD(D.parameters(), lr=0.2, momentum=0.9)


def batches(count):
    generator = torch.Generator().manual_seed(5)
    return [torch.randn(6 + i, 3, dtype=torch.float64, generator=generator) for i in range(count)]


class Noise:
    def __init__(self):
        self.generator = torch.Generator().manual_seed(7)
        self.sizes = []

    def __call__(self, size):
        self.sizes.append(size)
        return torch.randn(size, 2, dtype=torch.float64, generator=self.generator)


def written_out(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    """The same round by torch.autograd.grad, where nothing can leak from one player to the other."""
    bce = binary_cross_entropy_with_logits
    for _ in range(k):
        real = next(real_batches)
        on_real, on_fake = D(real), D(G(noise(len(real))))
        loss = bce(on_real, torch.ones_like(on_real)) + bce(on_fake, torch.zeros_like(on_fake))
        for p, grad in zip(D.parameters(), torch.autograd.grad(loss, list(D.parameters())), strict=True):
            p.grad = grad
        optimizer_d.step()
    on_fake = D(G(noise(len(real))))
    loss = bce(on_fake, torch.ones_like(on_fake))
    for p, grad in zip(G.parameters(), torch.autograd.grad(loss, list(G.parameters())), strict=True):
        p.grad = grad
    optimizer_g.step()


@pytest.mark.parametrize("k", [1, 3])
def test_rounds_train_each_player_on_its_own_loss(k):
    mine, wanted = players(), players()
    assert all(torch.equal(a, b) for a, b in zip(mine[0].parameters(), wanted[0].parameters(), strict=True))
    initial = copy.deepcopy(mine[0].state_dict())
    noise, other_noise = Noise(), Noise()
    real, other_real = iter(batches(2 * k)), iter(batches(2 * k))
    for _ in range(2):
        losses = gan.train_round(*mine, real, noise, k)
        written_out(*wanted, other_real, other_noise, k)
        assert not losses.discriminator.requires_grad
    for a, b in zip(
        (*mine[0].parameters(), *mine[1].parameters()), (*wanted[0].parameters(), *wanted[1].parameters()), strict=True
    ):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)
    assert noise.sizes == other_noise.sizes
    assert any(not torch.equal(initial[name], value) for name, value in mine[0].state_dict().items())


def test_the_discriminator_steps_leave_the_generator_without_gradient():
    G, D, _, optimizer_d = players()
    frozen = torch.optim.SGD(G.parameters(), lr=0.0)
    seen = []
    D[0].register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0].requires_grad))
    gan.train_round(G, D, frozen, optimizer_d, iter(batches(2)), Noise(), 2)
    assert seen == [False, False, False, False, True]  # real and fake twice, then the generator's own step


def test_a_round_without_a_discriminator_step_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        gan.train_round(*players(), iter(batches(1)), Noise(), 0)
