"""Whether a family's explanations are true: each claims an error, and the error, made by hand, must give the wrong value."""

import re
from collections.abc import Callable

import pytest

from drills.generators import Generator
from drills.items import Item, Numeric, SingleChoice
from drills.marking import computed
from drills.texts import normal

SEEDS = range(100)
Mistakes = dict[
    str, Callable[[Item], float | str]
]  # the explanation, as far as it is a pattern -> the value of its error


def check(family: Generator, mistakes: Mistakes) -> None:
    """Every explanation of 100 seeds is claimed by one error of the table, and every error occurs."""
    met = set()
    for seed in SEEDS:
        item = family(seed)
        assert isinstance(item, Numeric | SingleChoice)
        wrongs = item.wrong_values if isinstance(item, Numeric) else item.distractors
        for value, why in wrongs.items():
            claims = [pattern for pattern in mistakes if re.match(pattern, why.because)]
            assert len(claims) == 1, (item.id, why.because, claims)
            met.add(claims[0])
            made = mistakes[claims[0]](item)
            if isinstance(made, str):
                assert normal(value) == normal(made), (item.id, item.stem, why.because, value, made)
            else:
                assert computed(value) == pytest.approx(made, rel=1e-7, abs=1e-8), (item.id, item.stem, why.because)
    assert met == set(mistakes), set(mistakes) - met
