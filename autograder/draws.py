"""Random numbers of a submission's own: the same in every process, whatever else draws there."""

from __future__ import annotations

import random
import sys
from typing import Any

import numpy as np

SEED = 0


class Draws:
    """While entered, `random`, `numpy.random` and torch draw from states that only this submission moves on.

    They begin seeded, so that a submission that draws without a seed gets the same mark each time. torch's default dtype and
    whether it records gradients are kept apart in the same way: one submission's choice is nobody else's.

    Args:
        source: the submission's text; where it does not say "random", the states of NumPy and Python are left alone.
        torch: whether it may use torch, and others in this process may, too.
    """

    def __init__(self, source: str, torch: bool) -> None:
        self._draws, self._uses_torch = "random" in source, torch
        self._numbers: tuple[Any, Any] | None = None  # what is its own: made at the first use
        self._torch: tuple[Any, Any, bool] | None = None
        self._outside: list[tuple[Any, Any] | None] = []  # what the process had before
        self._outside_torch: list[tuple[Any, Any, bool] | None] = []

    def __enter__(self) -> Draws:
        self._outside.append(self._enter_numbers() if self._draws else None)
        self._outside_torch.append(self._enter_torch() if self._uses_torch and "torch" in sys.modules else None)
        return self

    def __exit__(self, *failure: object) -> None:
        numbers, torch = self._outside.pop(), self._outside_torch.pop()
        if numbers is not None:
            self._numbers = _numbers()
            _set_numbers(numbers)
        if torch is not None:
            self._torch = _torch_state()
            _set_torch_state(torch)

    def imported(self, name: str) -> None:
        """Take note that the submission has just imported a module: torch may not have been there before."""
        if name == "torch" and self._uses_torch and self._outside_torch and self._outside_torch[-1] is None:
            self._outside_torch[-1] = self._enter_torch()

    def _enter_numbers(self) -> tuple[Any, Any]:
        outside = _numbers()
        if self._numbers is None:
            self._numbers = np.random.MT19937(SEED), random.Random(SEED).getstate()
        _set_numbers(self._numbers)
        return outside

    def _enter_torch(self) -> tuple[Any, Any, bool]:
        outside, torch = _torch_state(), sys.modules["torch"]
        if self._torch is None:
            self._torch = torch.Generator().manual_seed(SEED).get_state(), torch.float32, True
        _set_torch_state(self._torch)
        return outside


def _numbers() -> tuple[Any, Any]:
    return np.random.get_bit_generator(), random.getstate()  # type: ignore[attr-defined]


def _set_numbers(state: tuple[Any, Any]) -> None:
    np.random.set_bit_generator(state[0])  # type: ignore[attr-defined]
    random.setstate(state[1])


def _torch_state() -> tuple[Any, Any, bool]:
    torch = sys.modules["torch"]
    return torch.get_rng_state(), torch.get_default_dtype(), torch.is_grad_enabled()


def _set_torch_state(state: tuple[Any, Any, bool]) -> None:
    torch = sys.modules["torch"]
    torch.set_rng_state(state[0])
    torch.set_default_dtype(state[1])
    torch.set_grad_enabled(state[2])
