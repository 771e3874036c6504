"""The bank of this course: it loads, it is clean, and it covers the syllabus."""

import pytest

from autograder.catalogue import Catalogue
from drills.bank import Bank, read_bank
from drills.items import misconceptions
from drills.lint import lint

AT_LEAST = 2  # items of every topic of the syllabus
AT_LEAST_WITH_EXERCISE = 10  # items of a topic that has an exercise


@pytest.fixture(scope="module")
def bank() -> Bank:
    """All items of the course beside the problems found in reading them."""
    return read_bank()


@pytest.fixture(scope="module")
def catalogue(bank: Bank) -> Catalogue:
    """Syllabus, exercises and misconceptions of the same course."""
    return bank.catalogue


def test_every_item_loads(bank):
    assert [str(problem) for problem in bank.problems] == []
    assert bank.items


def test_the_bank_is_clean(bank):
    assert [str(problem) for problem in lint(bank)] == []


def test_every_topic_has_items(bank, catalogue):
    counts = {topic: len(bank.of_topic(topic)) for topic in catalogue.topics}
    assert {topic: count for topic, count in counts.items() if count < AT_LEAST} == {}


def test_topics_with_an_exercise_have_many_items(bank, catalogue):
    topics = {exercise.topic for exercise in catalogue.exercises.values()}
    assert len(topics) >= 8
    counts = {topic: len(bank.of_topic(topic)) for topic in topics}
    assert {topic: count for topic, count in counts.items() if count < AT_LEAST_WITH_EXERCISE} == {}


def test_every_misconception_exists(bank, catalogue):
    used = {(item.id, name) for item in bank.items.values() for name in misconceptions(item)}
    assert used, "no item names a misconception"
    assert {(item, name) for item, name in used if name not in catalogue.misconceptions} == set()
