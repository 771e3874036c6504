"""A key per row, so that a click sent twice or a backup restored twice is one row; an index for reading one learner."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("events", sa.Column("key", sa.String(64), nullable=True))
    op.execute("UPDATE events SET key = 'row-' || seq")
    with op.batch_alter_table("events") as table:
        table.alter_column("key", existing_type=sa.String(64), nullable=False)
        table.create_unique_constraint("one_row_per_key", ["learner", "key"])
        table.create_index("events_of_a_learner", ["learner", "kind", "seq"])
