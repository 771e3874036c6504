"""Random numbers of a submission's own: the same in every process, whatever else draws there."""

from __future__ import annotations

import random
import sys
from typing import Any

import numpy as np


class Draws:
    """While entered, `random`, `numpy.random` and torch draw from states that only this submission moves on.

    They begin seeded, so that a submission that draws without a seed gets the same mark each time. torch's default dtype and
    whether it records gradients are kept apart in the same way: one submission's choice is nobody else's.
    """

    def __init__(self) -> None:
        self._numpy = np.random.MT19937(0)
        self._random: Any = None
        self._torch: Any = None
        self._outside: dict[str, Any] = {}  # what the process had before

    def __enter__(self) -> Draws:
        self._outside = {"numpy": np.random.get_bit_generator()}  # type: ignore[attr-defined]
        np.random.set_bit_generator(self._numpy)  # type: ignore[attr-defined]
        if self._random is not None:
            self._swap_random()
        if "torch" in sys.modules:
            self._swap_torch()
        return self

    def imported(self, name: str) -> None:
        """Take note that the submission has just imported a module: its draws are kept apart from now on."""
        if name == "random" and name not in self._outside:
            self._swap_random()  # not before: it takes longer than a small call
        elif name == "torch" and name not in self._outside:
            self._swap_torch()

    def __exit__(self, *failure: object) -> None:
        np.random.set_bit_generator(self._outside["numpy"])  # type: ignore[attr-defined]
        if "random" in self._outside:
            self._random = random.getstate()
            random.setstate(self._outside["random"])
        if "torch" in self._outside:
            torch = sys.modules["torch"]
            self._torch = _torch_state(torch)
            _set_torch_state(torch, self._outside["torch"])
        self._outside = {}

    def _swap_random(self) -> None:
        self._outside["random"] = random.getstate()
        if self._random is None:
            random.seed(0)
        else:
            random.setstate(self._random)

    def _swap_torch(self) -> None:
        torch = sys.modules["torch"]
        self._outside["torch"] = _torch_state(torch)
        if self._torch is None:
            self._torch = (torch.Generator().manual_seed(0).get_state(), torch.float32, True)
        _set_torch_state(torch, self._torch)


def _torch_state(torch: Any) -> tuple[Any, Any, bool]:
    return torch.get_rng_state(), torch.get_default_dtype(), torch.is_grad_enabled()


def _set_torch_state(torch: Any, state: tuple[Any, Any, bool]) -> None:
    torch.set_rng_state(state[0])
    torch.set_default_dtype(state[1])
    torch.set_grad_enabled(state[2])
