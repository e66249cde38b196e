"""Alembic's entry: `store.migrating` hands over the connection on which it holds the lock."""

from alembic import context

from pledge.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
