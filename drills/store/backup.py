"""A learner's rows as one JSON text, and back: into an empty database or one that already holds some of them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from drills.store.database import StoreError
from drills.store.events import LONGEST_KEY, Store

FORMAT = 1


class Row(BaseModel):
    """One event of a backup."""

    kind: str = Field(max_length=40)
    at: AwareDatetime
    body: dict[str, Any]
    key: str = Field(max_length=LONGEST_KEY)


class Backup(BaseModel):
    """The whole file. `learner` is for the reader; a restore goes to the store it is given."""

    anndl_backup: int
    learner: str
    made: AwareDatetime
    events: list[Row]


def backup(store: Store) -> str:
    """All rows of the learner as JSON."""
    rows = [Row(kind=event.kind, at=event.at, body=event.body, key=event.key) for event in store.events()]
    whole = Backup(anndl_backup=FORMAT, learner=store.learner, made=datetime.now(UTC), events=rows)
    return whole.model_dump_json(indent=1)


def restore(store: Store, text: str) -> int:
    """Adds the rows of a backup that the store does not have yet, all or none; returns how many were added.

    Raises:
        StoreError: the text is no backup, or one of a newer version.
    """
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise StoreError(f"This is no backup: line {error.lineno} is no JSON ({error.msg}).") from error
    version = found.get("anndl_backup") if isinstance(found, dict) else None
    if not isinstance(version, int):
        raise StoreError("This is no backup: it was not written by `anndl drills backup`.")
    if version > FORMAT:
        raise StoreError(f"This backup is of version {version}; this anndl reads {FORMAT}. Update anndl.")
    try:
        whole = Backup.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        where = " > ".join(map(str, first["loc"]))
        raise StoreError(f"This backup is damaged at {where}: {first['msg']}.") from error
    return store.extend((row.kind, row.body, row.key, row.at) for row in whole.events)


def write_backup(store: Store, file: Path) -> None:
    """Writes the backup beside its place first, so that a full disk never leaves half a file under the name."""
    new = file.with_name(file.name + ".new")
    new.write_text(backup(store), encoding="utf-8")
    new.replace(file)
