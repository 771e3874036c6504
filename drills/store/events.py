"""Appends and reads the rows of one learner.

A `Store` is bound to its learner when it is made, and no method takes another one's name: whoever holds a store can
neither read nor write for somebody else.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from drills.store.database import Database
from drills.store.tables import events

COURSE = "@course"  # what the instructor decides for everybody; no learner's name begins with @
LONGEST_KEY = 64


@dataclass(frozen=True)
class Event:
    """One row. `at` is in UTC; `key` is unique among the learner's rows."""

    seq: int
    learner: str
    kind: str
    at: datetime
    body: dict[str, Any]
    key: str


class Store:
    """The rows of one learner."""

    def __init__(self, database: Database, learner: str) -> None:
        """Binds to a learner.

        Raises:
            ValueError: the name is empty, too long or reserved.
        """
        if not 1 <= len(learner) <= 200 or learner != learner.strip() or learner.startswith("@"):
            raise ValueError(f"'{learner[:40]}' cannot be a learner's name")
        self._database, self._learner = database, learner

    @classmethod
    def of_course(cls, database: Database) -> "Store":
        """What the instructor decides for everybody, such as a voided item; no learner's name can reach it."""
        store = cls(database, "course")
        store._learner = COURSE
        return store

    @property
    def learner(self) -> str:
        """Whose rows these are."""
        return self._learner

    def append(self, kind: str, body: Mapping[str, Any], key: str | None = None, at: datetime | None = None) -> Event:
        """Writes one row and returns it once it is committed. A row whose key exists is not written, but returned.

        Args:
            key: what makes this event the one it is, at most 64 characters; random when left out. A click that arrives
                twice comes with the same key.
            at: when it happened, with a time zone; now when left out.

        Raises:
            StoreError: nothing was written.
        """
        values = self._values(kind, body, key or uuid.uuid4().hex, at or datetime.now(UTC))
        with self._database.writing() as connection:
            row = connection.execute(self._insert().values(values).returning(events)).first()
            if row is None:
                mine = (events.c.learner == self._learner) & (events.c.key == values["key"])
                row = connection.execute(sa.select(events).where(mine)).one()
        return _event(row)

    def extend(self, rows: Iterable[tuple[str, Mapping[str, Any], str, datetime]]) -> int:
        """Writes many rows (kind, body, key, at) in one transaction; returns how many were new.

        Raises:
            StoreError: none was written.
        """
        values = [self._values(*row) for row in rows]
        if not values:
            return 0
        with self._database.writing() as connection:
            return len(connection.execute(self._insert().returning(events.c.seq), values).all())

    def events(self, *kinds: str, after: int = 0) -> list[Event]:
        """The learner's rows of these kinds (all without one), oldest first; see `in_order`.

        Args:
            after: only rows with a greater `seq`, to catch up with what another tab has written.
        """
        query = sa.select(events).where(events.c.learner == self._learner, events.c.seq > after)
        return _read(self._database, query.where(events.c.kind.in_(kinds)) if kinds else query)

    def _insert(self) -> Any:
        insert = postgresql_insert if self._database.engine.dialect.name == "postgresql" else sqlite_insert
        return insert(events).on_conflict_do_nothing(index_elements=["learner", "key"])

    def _values(self, kind: str, body: Mapping[str, Any], key: str, at: datetime) -> dict[str, Any]:
        if len(key) > LONGEST_KEY:
            raise ValueError(f"a key has at most {LONGEST_KEY} characters")
        if at.tzinfo is None:
            raise ValueError("a time without a zone means something else on another machine")
        stamp = at.astimezone(UTC).isoformat(timespec="microseconds")
        return {"learner": self._learner, "kind": kind, "at": stamp, "body": dict(body), "key": key}


def everybody(database: Database, *kinds: str) -> list[Event]:
    """The rows of all learners, for the instructor's statistics; the course's own are left out."""
    query = sa.select(events).where(events.c.learner != COURSE, events.c.kind.in_(kinds))
    return _read(database, query)


def in_order(rows: Iterable[Event], now: datetime | None = None) -> list[Event]:
    """Oldest first. Rows from the future count as of now: a clock once wrong must not block what follows."""
    now = now or datetime.now(UTC)
    return sorted((replace(row, at=min(row.at, now)) for row in rows), key=lambda row: (row.at, row.seq))


def _read(database: Database, query: sa.Select[Any]) -> list[Event]:
    with database.reading() as connection:
        return in_order(_event(row) for row in connection.execute(query))


def _event(row: sa.Row[Any]) -> Event:
    return Event(row.seq, row.learner, row.kind, datetime.fromisoformat(row.at), row.body, row.key)
