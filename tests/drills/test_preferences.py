"""Settings and objections, as rows of the store."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from drills.preferences import contest, contests, save_setting, settings
from drills.scheduling import Settings
from drills.store import Store, open_database


@pytest.fixture
def store(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'drills.db'}")
    yield Store(database, "ada")
    database.close()


def test_the_last_setting_holds(store):
    assert settings(store.events()) == Settings()
    save_setting(store, "exam", "2026-06-01")
    save_setting(store, "exam", "2026-07-01")
    save_setting(store, "daily_cap", 25)
    save_setting(store, "zone", "Europe/Rome")
    assert settings(store.events()) == Settings(exam=date(2026, 7, 1), daily_cap=25, zone=ZoneInfo("Europe/Rome"))
    save_setting(store, "exam", None)
    assert settings(store.events()).exam is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("exam", "soon"), ("daily_cap", -1), ("daily_cap", "5"), ("new_per_day", True), ("zone", "Mars"), ("colour", 1)],
)
def test_a_bad_setting_is_not_kept(store, name, value):
    with pytest.raises(ValueError, match=r"\w"):
        save_setting(store, name, value)
    assert store.events() == []


def test_objections(store):
    contest(store, "lstm", "4", "the key should be 5")
    (said,) = contests(store.events())
    assert (said.item, said.answer, said.reason, said.learner) == ("lstm", "4", "the key should be 5", "ada")
