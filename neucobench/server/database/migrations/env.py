"""What alembic runs for each migration: on the connection it was given."""

from alembic import context

connection = context.config.attributes["connection"]
# SQLite changes a table by copying it; "batch" writes that down.
context.configure(connection=connection, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
