"""What holds for every family: valid, deterministic, clean by the linter, distinct options, a worked explanation."""

import json
import re
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest

from autograder.catalogue import Catalogue
from drills import lint
from drills.generators import load_generators
from drills.items import LayerTable, Numeric, SingleChoice, from_data, misconceptions, to_data, wrongs
from drills.marking import key_number, mark
from drills.networks import solution
from drills.texts import normal

ROOT = Path(__file__).parents[2]
FAMILIES = load_generators()
SEEDS = range(200)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
ALIKE = re.compile(r"\(-?\d+(?:\.\d+)?\)|-?\d+(?:\.\d+)?")


@cache
def items(family: str):
    return [FAMILIES[family](seed) for seed in SEEDS]


@pytest.fixture(autouse=True)
def formulas_are_printed_once_per_shape(monkeypatch: pytest.MonkeyPatch):
    """Whether a formula can be drawn does not depend on its digits: 200 seeds need only a few of them drawn."""
    drawn = cache(lint.not_printable)
    monkeypatch.setattr(lint, "not_printable", lambda formula: drawn(ALIKE.sub("1", formula)))


def test_there_are_as_many_families_as_promised():
    assert len(FAMILIES) >= 25


@pytest.mark.parametrize("family", FAMILIES)
def test_valid_and_clean(family: str):
    catalogue = Catalogue(ROOT)
    for item in items(family):
        assert from_data(to_data(item)) == item
        assert list(lint.check(item, generated=True)) == [], item.id
        assert item.topic in catalogue.topics
        assert misconceptions(item) <= set(catalogue.misconceptions), item.id


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_gives_the_same_item_and_others_give_others(family: str):
    assert [FAMILIES[family](seed) for seed in range(20)] == items(family)[:20]
    assert len({item.stem for item in items(family)}) >= 20


@pytest.mark.parametrize("family", FAMILIES)
def test_options_differ_and_are_explained(family: str):
    for item in items(family):
        if isinstance(item, SingleChoice):
            assert len({normal(option) for option in (item.key, *item.distractors)}) in (3, 4)
        elif isinstance(item, Numeric):
            assert len(item.wrong_values) >= 2, item.id
        for _, wrong in wrongs(item):
            assert len(wrong.because) > 20


@pytest.mark.parametrize("family", FAMILIES)
def test_the_key_earns_all_points_and_a_distractor_none(family: str):
    for item in items(family)[:40]:
        if isinstance(item, Numeric):
            key = key_number(item)
            assert mark(item, f"{key:.12g}").right
            assert not mark(item, f"{key + 1 + 2 * item.tolerance.absolute + 0.1 * abs(key)}").right
        elif isinstance(item, SingleChoice):
            assert mark(item, item.key).right
            assert all(mark(item, option).points == 0 for option in item.distractors)
        elif isinstance(item, LayerTable):
            assert mark(item, solution(item)).right


@pytest.mark.parametrize("family", FAMILIES)
def test_the_explanation_works_out_the_number(family: str):
    for item in items(family):
        if isinstance(item, Numeric):
            key = key_number(item)
            written = [float(number) for number in NUMBER.findall(item.because)]
            assert any(abs(number - key) <= max(6e-4, 6e-4 * abs(key)) for number in written), (
                item.id,
                key,
                item.because,
            )


@pytest.mark.parametrize("family", FAMILIES)
def test_no_text_shows_the_noise_of_a_float(family: str):
    for item in items(family):
        shown = " ".join([item.stem, item.because, *(wrong.because for _, wrong in wrongs(item))])
        assert not re.search(r"\d\.\d{9,}|\de[-+]\d|-0\.0+(?!\d)", shown), (item.id, shown)


DUMP = """
import json
from drills.generators import load_generators
from drills.items import to_data
print(json.dumps({i: [to_data(f(s)) for s in range(3)] for i, f in load_generators().items()}, sort_keys=True))
"""


def test_another_process_makes_the_same_items():
    environment = {"PYTHONHASHSEED": "1", "OMP_NUM_THREADS": "1"}
    said = subprocess.run(
        [sys.executable, "-c", DUMP], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(said.stdout) == {i: [to_data(item) for item in items(i)[:3]] for i in FAMILIES}


def test_loading_the_families_needs_no_torch():
    code = "import sys; from drills.generators import load_generators; load_generators(); print('torch' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_is_fast(family: str):
    FAMILIES[family](0)  # the first item imports what the reference needs
    start = time.perf_counter()
    for seed in range(10):
        FAMILIES[family](seed)
    assert (time.perf_counter() - start) / 10 < 0.1


def test_every_key_is_checked_independently():
    tests = "".join(
        path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_generators_keys_*.py")
    )
    assert [family for family in FAMILIES if f'"{family}"' not in tests] == []
