"""Generative adversarial training. Real and fake batches differ in size; both networks start with gradients left over."""

import numpy as np

from autograder import distinct_sizes, points
from autograder.calls import Recipe
from autograder.wire import Tensor

LOG3 = np.log(3)
EXAMPLE = Tensor(np.array([LOG3, 0.0]))
EXTREME = np.array([[-1000.0], [1000.0], [-40.0], [30.0], [0.5]])
SGD, MOMENTUM = {"lr": 0.4}, {"lr": 0.2, "momentum": 0.9}
STILL = {"lr": 0.0}


def logits(rng, *shape):
    """Logits on both sides of 0, from undecided to rather sure."""
    return Tensor(rng.uniform(0.2, 3, shape) * rng.permuted(np.resize([1, -1], shape)))


def network(rng, inputs, hidden, outputs, activation):
    """A module of two layers with given weights, and gradients that an earlier round has left."""
    shapes = {"0.weight": (hidden, inputs), "0.bias": (hidden,), "2.weight": (outputs, hidden), "2.bias": (outputs,)}
    layers = [("linear", inputs, hidden), activation, ("linear", hidden, outputs)]
    state = {name: rng.normal(0, 0.8, shape) for name, shape in shapes.items()}
    left = {name: rng.normal(0, 1, shape) for name, shape in shapes.items()}
    return Recipe("module", {"layers": layers, "state": state, "gradients": left})


def game(rng, sizes, k, g=SGD, d=SGD, spare=3):
    """The arguments of a round: real batches of the given sizes, and noise for k + 1 steps and some to spare."""
    z, features, h_g, h_d = distinct_sizes(rng, 4, low=2, high=6)
    G = network(rng, z, h_g, features, ("tanh",))
    D = network(rng, features, h_d, 1, ("leaky_relu", 0.2))
    optimizers = [
        Recipe("optimizer", {"name": "sgd", "of": of, "options": options}) for of, options in ((0, g), (1, d))
    ]
    rows = [*sizes[:k], sizes[k - 1], *[sizes[-1]] * spare]
    real = Recipe("batches", {"arrays": [rng.normal(1, 1, (n, features)) for n in sizes]})
    noise = Recipe("noise", {"arrays": [rng.normal(0, 1, (n, z)) for n in rows]})
    return G, D, *optimizers, real, noise, k


def both_after_a_round(module, G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    """The parameters of G and of D."""
    return tuple(module.arguments_after("train_round", G, D, optimizer_g, optimizer_d, real_batches, noise, k)[:2])


def discriminator_after_a_round(module, G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    return module.arguments_after("train_round", G, D, optimizer_g, optimizer_d, real_batches, noise, k)[1]


def generator_after_a_round(module, G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    return module.arguments_after("train_round", G, D, optimizer_g, optimizer_d, real_batches, noise, k)[0]


def gradient_of_the_discriminator_loss(module, real, fake):
    after = module.arguments_after("discriminator_loss", real, fake)
    return after[0]["grad"], after[1]["grad"]


def gradient_of_the_generator_loss(module, fake, saturating):
    return module.arguments_after("generator_loss", fake, saturating)[0]["grad"]


@points(1)
def test_discriminator_loss_by_hand(check):
    """the discriminator's loss by hand: 1.8767, and 2 log 2 for one that only guesses"""
    check.value("discriminator_loss", EXAMPLE, Tensor(np.array([LOG3])), expected=np.log(8 / 3) / 2 + np.log(4))
    zeros = Tensor(np.zeros((3, 1)))
    check.value("discriminator_loss", zeros, zeros, expected=2 * np.log(2))


@points(2)
def test_discriminator_loss(check, rng):
    """real against 1 plus fake against 0, each with its own mean"""
    check.against_reference("discriminator_loss", logits(rng, 4, 1), logits(rng, 4, 1))
    check.against_reference("discriminator_loss", logits(rng, 3, 1), logits(rng, 5, 1))
    check.against_reference("discriminator_loss", logits(rng, 6), logits(rng, 2))


@points(1)
def test_generator_loss_by_hand(check):
    """the generator's loss by hand: 0.4904"""
    check.value("generator_loss", EXAMPLE, expected=np.log(8 / 3) / 2)


@points(1)
def test_saturating_loss_by_hand(check):
    """the saturating loss by hand: -1.0397"""
    check.value("generator_loss", EXAMPLE, saturating=True, expected=-np.log(8) / 2)


@points(1)
def test_generator_loss(check, rng):
    """both losses of the generator are means"""
    for saturating in (False, True):
        check.against_reference("generator_loss", logits(rng, 5, 1), saturating)
        check.against_reference("generator_loss", logits(rng, 3), saturating)


@points(1)
def test_discriminator_loss_survives_extreme_logits(check, rng):
    """the discriminator's loss and its gradient survive logits of +-1000"""
    real, fake = rng.permutation(EXTREME), rng.permutation(EXTREME)[:4] + 0.25
    check.against_reference("discriminator_loss", Tensor(real), Tensor(fake))
    leaves = Recipe("leaf", {"array": real}), Recipe("leaf", {"array": fake})
    check.against_reference(gradient_of_the_discriminator_loss, *leaves)


@points(1)
def test_generator_loss_survives_extreme_logits(check, rng):
    """the generator's losses and their gradients survive logits of +-1000"""
    fake = rng.permutation(EXTREME)
    for saturating in (False, True):
        check.against_reference("generator_loss", Tensor(fake), saturating)
        check.against_reference(gradient_of_the_generator_loss, Recipe("leaf", {"array": fake}), saturating)


@points(2)
def test_discriminator_step(check, rng):
    """k = 1: the discriminator makes one step on its loss"""
    check.against_reference(discriminator_after_a_round, *game(rng, (4, 4), 1, g=STILL))


@points(2)
def test_generator_step(check, rng):
    """k = 1: the generator makes one step on the non-saturating loss"""
    check.against_reference(generator_after_a_round, *game(rng, (4, 4), 1, d=STILL))


@points(1)
def test_one_round(check, rng):
    """k = 1: the discriminator first, then the generator against the new discriminator"""
    check.against_reference(both_after_a_round, *game(rng, (4, 4), 1))


@points(2)
def test_k_steps_of_the_discriminator(check, rng):
    """k = 3: three steps of the discriminator, each with new real data, new noise and new gradients"""
    check.against_reference(discriminator_after_a_round, *game(rng, (5, 5, 5, 5), 3, g=STILL))
    check.against_reference(discriminator_after_a_round, *game(rng, (5, 5, 5), 3, g=STILL, d=MOMENTUM))


@points(2)
def test_a_round_with_k_steps(check, rng):
    """k = 3: one step of the generator at the end"""
    check.against_reference(both_after_a_round, *game(rng, (5, 5, 5, 5), 3))
    check.against_reference(both_after_a_round, *game(rng, (4, 4, 4), 2, g=MOMENTUM, d=MOMENTUM))


@points(1)
def test_exactly_k_batches_are_enough(check, rng):
    """exactly k real batches, of different sizes, are enough"""
    check.against_reference(both_after_a_round, *game(rng, (3, 6, 4), 3, spare=0))
    check.against_reference(both_after_a_round, *game(rng, (5,), 1, spare=0))


@points(1)
def test_logits_stay_as_they_are(check, rng):
    """the logits are not modified"""
    check.unchanged("discriminator_loss", logits(rng, 4, 1), logits(rng, 3, 1))
    check.unchanged("generator_loss", logits(rng, 4, 1))
    check.unchanged("generator_loss", logits(rng, 4, 1), saturating=True)
