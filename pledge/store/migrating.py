"""Brings a database to the newest schema, safely when several processes start at once."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.store.database import Database, exclusively

_LOCK = 0x706C65646765  # "pledge", as PostgreSQL's advisory locks want a number


class Revision(StrEnum):
    """How a database's schema stands to that of this program."""

    CURRENT = "current"
    OLDER = "older"
    UNKNOWN = "unknown"
    """Made by a newer program, or by something else."""
    NONE = "none"


async def migrate(database: Database) -> None:
    """All of it in one transaction: SQLite's write lock or an advisory lock keeps others out."""
    async with database.writing(within=None) as connection:
        await exclusively(connection, _LOCK)
        await connection.run_sync(upgrade)


@asynccontextmanager
async def upgraded_alone(
    database: Database, look: Callable[[AsyncConnection], Awaitable[None]]
) -> AsyncIterator[AsyncConnection]:
    """The same transaction for more than that; `look` sees the database as it was found."""
    async with database.writing(within=None) as connection:
        await exclusively(connection, _LOCK)
        await look(connection)
        await connection.run_sync(upgrade)
        yield connection


def upgrade(connection: Connection, revision: str = "head") -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


async def revision(connection: AsyncConnection) -> Revision:
    """Looks, and changes nothing."""
    found = await connection.run_sync(
        lambda sync: MigrationContext.configure(sync).get_current_revision()
    )
    scripts = ScriptDirectory.from_config(_config())
    if found is None:
        return Revision.NONE
    if found == scripts.get_current_head():
        return Revision.CURRENT
    return Revision.OLDER if found in known_revisions() else Revision.UNKNOWN


def known_revisions() -> frozenset[str]:
    """Of the schema: those from which a database can be brought to the newest one, and that."""
    scripts = ScriptDirectory.from_config(_config())
    return frozenset(script.revision for script in scripts.walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
