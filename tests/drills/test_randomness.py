"""The source of chance: fixed for a seed on every machine, fair, and within its limits."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from drills.generators import instance
from drills.randomness import Source

ROOT = Path(__file__).parents[2]
INTEGERS = [14, 5, 83, 6, 56, 18, 40, 61]
SHUFFLED = ["c", "f", "d", "b", "a", "e"]
SAMPLE = [17, 31, 76, 62]


def test_the_stream_of_a_seed_never_changes():
    """Recorded once: if these change, every generated item and every exam changes with them."""
    source = Source("conv-output-size:7")
    assert [source.integer(0, 99) for _ in range(8)] == INTEGERS
    assert source.shuffled("abcdef") == SHUFFLED
    assert Source(12).sample(range(100), 4) == SAMPLE


@pytest.mark.parametrize("hash_seed", ["0", "1", "random"])
def test_it_does_not_depend_on_pythons_hash_seed(hash_seed):
    code = "from drills.generators import instance; print(instance('conv-output-size@7').stem)"
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    said = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, env=environment, text=True)
    assert said.strip() == instance("conv-output-size@7").stem


def test_both_ends_are_reached_and_all_values_are_as_likely():
    source = Source(1)
    counts = Counter(source.integer(-2, 4) for _ in range(7000))
    assert set(counts) == set(range(-2, 5))
    assert all(850 < count < 1150 for count in counts.values())


def test_all_orders_are_as_likely():
    source = Source(2)
    counts = Counter("".join(source.shuffled("abc")) for _ in range(6000))
    assert len(counts) == 6
    assert all(850 < count < 1150 for count in counts.values())


def test_one_value_and_none():
    assert Source(3).integer(5, 5) == 5
    with pytest.raises(ValueError, match="from 5 to 4"):
        Source(3).integer(5, 4)
