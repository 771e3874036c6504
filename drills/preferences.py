"""What a learner sets and says: exam date, caps, time zone, contested items. The last row of each name holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from drills.kinds import ContestBody, SettingBody, setting, valid
from drills.scheduling import Settings
from drills.store import Event, Store

SETTING, CONTEST = "setting", "contest"
NAMES = ("exam", "daily_cap", "new_per_day", "zone")


@dataclass(frozen=True)
class Contest:
    """A learner's objection to an item, with what was answered."""

    item: str
    reason: str
    answer: Any
    at: datetime
    learner: str


def save_setting(store: Store, name: str, value: str | int | None) -> None:
    """Keeps a setting: exam as YYYY-MM-DD or None, caps as whole numbers, zone as in "Europe/Rome".

    Raises:
        ValueError: the name is unknown or the value is none of these.
    """
    if name not in NAMES:
        raise ValueError(f"no setting '{name}'; there are {', '.join(NAMES)}")
    setting(name, value)
    store.append(SETTING, {"name": name, "value": value})


def settings(events: Iterable[Event], zone: tzinfo = UTC) -> Settings:
    """The settings that hold now; `zone` is that of a learner who has set none."""
    last = {body.name: body.value for _, body in valid(events, SETTING, SettingBody)}
    held = {name: setting(name, value) for name, value in last.items() if value is not None}
    return Settings(**{"zone": zone, **held})


def contest(store: Store, item: str, answer: Any, reason: str) -> None:
    """Keeps an objection for the instructor; the answer's mark stays."""
    store.append(CONTEST, {"item": item, "answer": answer, "reason": reason})


def contests(events: Iterable[Event]) -> list[Contest]:
    """The sound objections among the events, oldest first."""
    return [
        Contest(body.item, body.reason, body.answer, event.at, event.learner)
        for event, body in valid(events, CONTEST, ContestBody)
    ]
