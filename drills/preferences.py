"""What a learner sets and says: exam date, caps, time zone, contested items. The last row of each name holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

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
    _checked(name, value)
    store.append(SETTING, {"name": name, "value": value})


def settings(events: Iterable[Event]) -> Settings:
    """The settings that hold now."""
    last = {event.body["name"]: event.body["value"] for event in events if event.kind == SETTING}
    return Settings(
        **{name: _checked(name, value) for name, value in last.items() if value is not None and name in NAMES}
    )


def contest(store: Store, item: str, answer: Any, reason: str) -> None:
    """Keeps an objection for the instructor; the answer's mark stays."""
    store.append(CONTEST, {"item": item, "answer": answer, "reason": reason})


def contests(events: Iterable[Event]) -> list[Contest]:
    """The objections among the events, oldest first."""
    return [
        Contest(event.body["item"], event.body["reason"], event.body["answer"], event.at, event.learner)
        for event in events
        if event.kind == CONTEST
    ]


def _checked(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "exam":
        return date.fromisoformat(value)
    if name == "zone":
        try:
            return UTC if value == "UTC" else ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"no time zone '{value}'; write for example Europe/Rome") from error
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1000:
        raise ValueError(f"{name} is a whole number from 0 to 1000")
    return value
