"""The one table. Its history is in migrations/; this is its present form, and HEAD the revision that gives it."""

import sqlalchemy as sa

HEAD = "0002"
metadata = sa.MetaData()
events = sa.Table(
    "events",
    metadata,
    # SQLite counts rows by itself only in a column of type INTEGER
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("learner", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("at", sa.String(32), nullable=False),  # ISO 8601 in UTC: sorts as text and means the same everywhere
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.UniqueConstraint("learner", "key", name="one_row_per_key"),
    sa.Index("events_of_a_learner", "learner", "kind", "seq"),
)
