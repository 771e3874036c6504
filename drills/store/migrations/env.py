"""Runs the steps on the connection that drills/store/database.py has opened and locked."""

from alembic import context

from drills.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
