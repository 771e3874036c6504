"""Generative adversarial training. Real and fake batches differ in size; both networks start with gradients left over.

Logits stay moderate where they are not meant to be extreme, and tolerances are wider than usual: who adds 1e-8 before taking a
logarithm makes one mistake, which shows at extreme logits, always and only there.
"""

import numpy as np

from autograder import distinct_sizes, points
from autograder.calls import Recipe
from autograder.compare import Tolerance
from autograder.wire import Tensor

LOG3 = np.log(3)
EXAMPLE = Tensor(np.array([LOG3, 0.0]))
EXTREME = np.array([-1000.0, 1000.0, -40.0, 30.0])
SGD, MOMENTUM = {"lr": 0.4}, {"lr": 0.2, "momentum": 0.9}
STILL = {"lr": 0.0}
BY_HAND = np.log(8 / 3) / 2 + np.log(4)
WIDE = Tolerance(relative=3e-4)  # a little added before a logarithm is within, a wrong idea far outside


def some(rng, *shape):
    """Logits on both sides of 0, from undecided to rather sure."""
    return rng.uniform(0.2, 2, shape) * rng.permuted(np.resize([1, -1], shape))


def logits(rng, *shape):
    return Tensor(some(rng, *shape))


def leaf(rng, *shape):
    return Recipe("leaf", {"array": some(rng, *shape)})


def extreme(rng, rows):
    """A column of extreme logits, each moved a little, and moderate ones."""
    column = np.concatenate([EXTREME + rng.uniform(-0.3, 0.3, 4), some(rng, rows - 4)])
    return rng.permutation(column)[:, None]


def network(rng, inputs, hidden, outputs, activation):
    """A module of two layers with given weights, and gradients that an earlier round has left."""
    shapes = {"0.weight": (hidden, inputs), "0.bias": (hidden,), "2.weight": (outputs, hidden), "2.bias": (outputs,)}
    layers = [("linear", inputs, hidden), activation, ("linear", hidden, outputs)]
    scale = {"0.weight": 1 / np.sqrt(inputs), "2.weight": 1 / np.sqrt(hidden)}
    state = {
        name: rng.uniform(0.4, 1, shape) * rng.choice([-1, 1], shape) * scale.get(name, 0.5)
        for name, shape in shapes.items()
    }
    left = {name: rng.uniform(0.3, 1, shape) * rng.choice([-1, 1], shape) for name, shape in shapes.items()}
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


def both_after_each_of_two_rounds(module, one, other):
    """The parameters of two pairs of networks, each after a round of its own."""
    return tuple(tuple(module.arguments_after("train_round", *game)[:2]) for game in (one, other))


def discriminator_after_a_round(module, G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    return module.arguments_after("train_round", G, D, optimizer_g, optimizer_d, real_batches, noise, k)[1]


def generator_after_a_round(module, G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    return module.arguments_after("train_round", G, D, optimizer_g, optimizer_d, real_batches, noise, k)[0]


def discriminator_loss_and_gradients(module, real, fake):
    after = module.arguments_after("discriminator_loss", real, fake)
    return module.discriminator_loss(real, fake), after[0]["grad"], after[1]["grad"]


def generator_loss_and_gradient(module, fake, saturating):
    after = module.arguments_after("generator_loss", fake, saturating)
    return module.generator_loss(fake, saturating), after[0]["grad"]


def two_losses_in_a_row(module, real, fake, other_real, other_fake):
    return module.discriminator_loss(real, fake), module.discriminator_loss(other_real, other_fake)


def three_losses_in_a_row(module, fake, other):
    return module.generator_loss(fake), module.generator_loss(other), module.generator_loss(fake, saturating=True)


@points(1)
def test_discriminator_loss_by_hand(check, rng):
    """the discriminator's loss by hand: 1.8767, and 2 log 2 for one that only guesses"""
    check.value("discriminator_loss", EXAMPLE, Tensor(np.array([LOG3])), expected=BY_HAND, tolerance=WIDE)
    zeros = Tensor(np.zeros((3, 1)))
    check.value("discriminator_loss", zeros, zeros, expected=2 * np.log(2), tolerance=WIDE)
    check.against_reference("discriminator_loss", logits(rng, 4, 1), logits(rng, 4, 1), tolerance=WIDE)


@points(1)
def test_discriminator_loss(check, rng):
    """real against 1 plus fake against 0, each with its own mean"""
    check.against_reference("discriminator_loss", logits(rng, 3, 1), logits(rng, 5, 1), tolerance=WIDE)
    check.against_reference("discriminator_loss", logits(rng, 6), logits(rng, 2), tolerance=WIDE)
    four = [logits(rng, 3, 1) for _ in range(4)]
    check.against_reference(two_losses_in_a_row, *four, tolerance=WIDE)


@points(1)
def test_discriminator_loss_has_a_gradient(check, rng):
    """`backward()` on the discriminator's loss reaches the logits"""
    check.against_reference(discriminator_loss_and_gradients, leaf(rng, 4, 1), leaf(rng, 3, 1), tolerance=WIDE)


@points(1)
def test_discriminator_loss_survives_extreme_logits(check, rng):
    """the discriminator's loss and its gradient survive logits of +-1000"""
    real, fake = extreme(rng, 6), extreme(rng, 5)
    check.against_reference("discriminator_loss", Tensor(real), Tensor(fake))
    leaves = Recipe("leaf", {"array": real}), Recipe("leaf", {"array": fake})
    check.against_reference(discriminator_loss_and_gradients, *leaves)


@points(1)
def test_generator_loss_by_hand(check, rng):
    """the generator's loss by hand: 0.4904"""
    check.value("generator_loss", EXAMPLE, expected=np.log(8 / 3) / 2, tolerance=WIDE)
    check.against_reference("generator_loss", logits(rng, 5, 1), tolerance=WIDE)
    check.against_reference("generator_loss", logits(rng, 3), False, tolerance=WIDE)
    check.against_reference(three_losses_in_a_row, logits(rng, 4, 1), logits(rng, 4, 1), tolerance=WIDE)


@points(1)
def test_saturating_loss_by_hand(check, rng):
    """the saturating loss by hand: -1.0397"""
    check.value("generator_loss", EXAMPLE, saturating=True, expected=-np.log(8) / 2, tolerance=WIDE)
    check.against_reference("generator_loss", logits(rng, 5, 1), saturating=True, tolerance=WIDE)
    check.against_reference("generator_loss", logits(rng, 3), True, tolerance=WIDE)


@points(1)
def test_generator_loss_has_a_gradient(check, rng):
    """`backward()` on the generator's losses reaches the logits"""
    for saturating in (False, True):
        check.against_reference(generator_loss_and_gradient, leaf(rng, 5, 1), saturating, tolerance=WIDE)


@points(1)
def test_generator_loss_survives_extreme_logits(check, rng):
    """the generator's losses and their gradients survive logits of +-1000"""
    fake = extreme(rng, 6)
    for saturating in (False, True):
        check.against_reference("generator_loss", Tensor(fake), saturating)
        check.against_reference(generator_loss_and_gradient, Recipe("leaf", {"array": fake}), saturating)


@points(2)
def test_discriminator_step(check, rng):
    """k = 1: the discriminator makes one step on its loss"""
    check.against_reference(discriminator_after_a_round, *game(rng, (4, 4), 1, g=STILL), tolerance=WIDE)


@points(2)
def test_generator_step(check, rng):
    """k = 1: the generator makes one step on the non-saturating loss"""
    check.against_reference(generator_after_a_round, *game(rng, (4, 4), 1, d=STILL), tolerance=WIDE)


@points(1)
def test_one_round(check, rng):
    """k = 1: the discriminator first, then the generator against the new discriminator"""
    check.against_reference(both_after_a_round, *game(rng, (4, 4), 1), tolerance=WIDE)
    one, other = game(rng, (4, 4), 1), game(rng, (4, 4), 1)
    check.against_reference(both_after_each_of_two_rounds, list(one), list(other), tolerance=WIDE)


@points(2)
def test_k_steps_of_the_discriminator(check, rng):
    """k = 3: three steps of the discriminator, each with new real data, new noise and new gradients"""
    check.against_reference(discriminator_after_a_round, *game(rng, (5, 5, 5, 5), 3, g=STILL), tolerance=WIDE)
    game_with_momentum = game(rng, (5, 5, 5), 3, g=STILL, d=MOMENTUM)
    check.against_reference(discriminator_after_a_round, *game_with_momentum, tolerance=WIDE)


@points(2)
def test_a_round_with_k_steps(check, rng):
    """k = 3: one step of the generator at the end"""
    check.against_reference(both_after_a_round, *game(rng, (5, 5, 5, 5), 3), tolerance=WIDE)
    check.against_reference(both_after_a_round, *game(rng, (4, 4, 4), 2, g=MOMENTUM, d=MOMENTUM), tolerance=WIDE)


@points(1)
def test_exactly_k_batches_are_enough(check, rng):
    """exactly k real batches, of different sizes, are enough"""
    sizes = distinct_sizes(rng, 3, low=4, high=7)
    check.against_reference(both_after_a_round, *game(rng, sizes, 3, spare=0), tolerance=WIDE)
    check.against_reference(both_after_a_round, *game(rng, (5,), 1, spare=0), tolerance=WIDE)


@points(1)
def test_logits_stay_as_they_are(check, rng):
    """the logits are not modified"""
    check.unchanged("discriminator_loss", logits(rng, 4, 1), logits(rng, 3, 1))
    check.unchanged("generator_loss", logits(rng, 4, 1))
    check.unchanged("generator_loss", logits(rng, 4, 1), saturating=True)
