"""Arguments built beside the submission: modules, optimizers, batches and noise, and what is read back."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from autograder import recipes
from autograder.calls import Limits, Recipe, Returned, Submission
from autograder.sandbox.client import Sandbox
from autograder.wire import Tensor

RNG = np.random.default_rng(5)
STATE = {"0.weight": RNG.normal(size=(1, 2)), "0.bias": RNG.normal(size=1)}
MODULE = Recipe("module", {"layers": [("linear", 2, 1)], "state": STATE})
STEP = """
import torch
def step(model, optimizer, batches, noise, times):
    for _ in range(times):
        x = next(batches) + noise(3)
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()
def loss(a, b):
    return torch.nn.functional.softplus(a).mean() + (a * b).sum()
"""
ARRAYS = [RNG.normal(size=(3, 2)) for _ in range(4)]


def arguments(times: int) -> list[object]:
    return [
        MODULE,
        Recipe("optimizer", {"name": "sgd", "of": 0, "options": {"lr": 0.1}}),
        Recipe("batches", {"arrays": ARRAYS}),
        Recipe("noise", {"arrays": ARRAYS[::-1]}),
        times,
    ]


def by_hand(times: int) -> dict[str, np.ndarray]:
    """Gradient descent on mean((x w + b)^2), by its formula."""
    w, b = STATE["0.weight"].copy(), STATE["0.bias"].copy()
    for x, noise in list(zip(ARRAYS, ARRAYS[::-1], strict=True))[:times]:
        z = x + noise
        y = z @ w.T + b
        w -= 0.1 * (2 * y * z).mean(0, keepdims=True)
        b -= 0.1 * (2 * y).mean(0)
    return {"0.weight": w, "0.bias": b}


def test_a_training_step_in_the_worker_equals_the_formula() -> None:
    with Sandbox("strict") as sandbox:
        runner = sandbox.open(Submission(STEP, "step.py", framework="torch"), Limits(call_seconds=60))
        runner.load()
        outcome = runner.call("step", arguments(3), {})
        leaf = RNG.normal(size=4)
        other = RNG.normal(size=4)
        gradient = runner.call("loss", [Recipe("leaf", {"array": leaf}), Tensor(other)], {})
        runner.close()
    assert isinstance(outcome, Returned), outcome
    state, steps, consumed, sizes, times = outcome.arguments[0]
    for name, value in by_hand(3).items():
        np.testing.assert_allclose(state[name], value, rtol=1e-12)
    assert (steps, consumed, sizes, times) == (3, 3, [3, 3, 3], 3)
    assert isinstance(gradient, Returned), gradient
    found = gradient.arguments[0][0]["grad"]
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-leaf)) / 4 + other, rtol=1e-12)


def test_building_and_reading_are_inverse_in_this_process() -> None:
    args, kwargs = recipes.build_arguments(
        [MODULE], {"optimizer": Recipe("optimizer", {"name": "adam", "of": 0}), "n": 2}
    )
    assert isinstance(args[0], torch.nn.Sequential)
    assert kwargs["optimizer"].param_groups[0]["params"][0] is args[0][0].weight
    back, rest = recipes.read_arguments(args, kwargs)
    assert all(np.array_equal(back[0][name], STATE[name]) for name in STATE)
    assert rest == {"optimizer": 0, "n": 2}


def test_what_is_read_back_does_not_change_with_the_module() -> None:
    args, _ = recipes.build_arguments([MODULE], {})
    before = recipes.read(args[0])
    with torch.no_grad():
        args[0][0].weight += 1
    assert np.array_equal(before["0.weight"], STATE["0.weight"])


def test_what_was_frozen_in_a_call_is_told() -> None:
    """A network that can no longer learn has all its weights right, and is not as it was."""
    args, _ = recipes.build_arguments([MODULE], {})
    assert "frozen" not in recipes.read(args[0])
    args[0][0].bias.requires_grad_(False)
    assert recipes.read(args[0])["frozen"] == ["0.bias"]


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe("nothing", {}),
        Recipe("module", {"layers": [("warp", 3)]}),
        Recipe("optimizer", {"name": "lbfgs2", "of": 0}),
    ],
)
def test_unknown_recipes_are_our_mistake(recipe: Recipe) -> None:
    with pytest.raises((ValueError, KeyError)):
        recipes.build_arguments([MODULE, recipe], {})


def test_noise_and_batches_end() -> None:
    (batches, noise), _ = recipes.build_arguments(
        [Recipe("batches", {"arrays": ARRAYS[:1]}), Recipe("noise", {"arrays": ARRAYS[:1]})], {}
    )
    assert len(list(batches)) == 1
    with pytest.raises(ValueError, match="7 rows"):
        noise(7)
    with pytest.raises(RuntimeError, match="more than 1"):
        noise(3)
