"""Random choices that are the same on every machine and every version of Python and NumPy.

Only `getrandbits` of the Mersenne Twister is used, whose stream for a seed is fixed; `shuffle` and `randrange` of the
standard library have changed before and may again.
"""

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Source:
    """Draws integers and choices from a seed; the seed may be a number or a text."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(f"{seed}")  # text seeds go through SHA-512, independent of PYTHONHASHSEED

    def integer(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        if high < low:
            raise ValueError(f"no whole number from {low} to {high}")
        span = high - low + 1
        bits = span.bit_length()
        while (drawn := self._random.getrandbits(bits)) >= span:  # rejection keeps it unbiased
            pass
        return low + drawn

    def choice(self, options: Sequence[T]) -> T:
        """One of the options, equally likely."""
        return options[self.integer(0, len(options) - 1)]

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """All options in a random order (Fisher and Yates)."""
        result = list(options)
        for last in range(len(result) - 1, 0, -1):
            other = self.integer(0, last)
            result[last], result[other] = result[other], result[last]
        return result

    def sample(self, options: Sequence[T], k: int) -> list[T]:
        """k different options in a random order."""
        return self.shuffled(options)[:k]
