"""Everything a learner does is one appended row; whatever is shown is derived from the rows."""

from drills.store.database import Database, StoreError, database_url, open_database
from drills.store.events import Event, Store

__all__ = ["Database", "Event", "Store", "StoreError", "database_url", "open_database"]
