"""Brings a database to the newest schema, safely when several processes start at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, column, inspect, select, table
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.late import late
from pledge.store.database import Database, exclusively

if TYPE_CHECKING:
    from alembic import command, config, script
else:
    command = late("alembic.command")
    config = late("alembic.config")
    script = late("alembic.script")

NEWEST = "0009"
"""The revision that the newest script in `migrations` leads to, so that a database which has it is
known without reading them all."""

_VERSIONS = table("alembic_version", column("version_num"))
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
    async with database.reading() as connection:
        if await connection.run_sync(_current) == NEWEST:
            return
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
    chosen = _config()
    chosen.attributes["connection"] = connection
    command.upgrade(chosen, revision)


def _current(connection: Connection) -> str | None:
    """The revision that a database has, None if it has no tables of ours yet."""
    if not inspect(connection).has_table(_VERSIONS.name):
        return None
    return connection.execute(select(_VERSIONS.c.version_num)).scalar()


async def revision(connection: AsyncConnection) -> Revision:
    """Looks, and changes nothing."""
    found = await connection.run_sync(_current)
    if found is None:
        return Revision.NONE
    if found == NEWEST:
        return Revision.CURRENT
    return Revision.OLDER if found in known_revisions() else Revision.UNKNOWN


def known_revisions() -> frozenset[str]:
    """Of the schema: those from which a database can be brought to the newest one, and that."""
    scripts = script.ScriptDirectory.from_config(_config())
    return frozenset(one.revision for one in scripts.walk_revisions())


def _config() -> config.Config:
    made = config.Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return made
