"""Vacuuming: what was deleted or overwritten leaves the files of the database.

A deleted row stays where it was until something else is written there, in the file and in the
write-ahead log. SQLite: VACUUM writes the file anew from what is left, and a checkpoint that
truncates the log follows once no reader needs it any longer (sqlite.org/lang_vacuum.html,
sqlite.org/pragma.html#pragma_wal_checkpoint). PostgreSQL: VACUUM (FULL) writes each table anew,
with its indexes, and its statistics, which hold samples of values, are made anew and their table
written anew as well; what archives of its log and backups hold, nothing here reaches.
"""

import asyncio
import sqlite3
import time
from contextlib import closing
from enum import StrEnum
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.store.database import Database
from pledge.store.outages import sqlstate, without_end

_PATIENCE = 30.0
"""Seconds to wait for whoever reads or writes."""
_PAUSE = 0.05

_TABLES = (
    *("signature", "audit", "invitation", "signing_link", "roster_draft", "notice_target"),
    *("stage", "export", "name_gram"),
)
"""Those of which erasing changes or deletes rows."""


class Fault(StrEnum):
    """Why it came to nothing; it is tried again."""

    BUSY = "busy"
    """Somebody has been reading or writing all the time."""
    FULL = "full"
    """There is no room for the files that are written anew."""
    BROKEN = "broken"


class NotVacuumed(Exception):
    def __init__(self, fault: Fault):
        super().__init__(fault.value)
        self.fault = fault


async def size(database: Database) -> int:
    """Bytes that have to be written anew."""
    if database.writer.dialect.name == "sqlite":
        file = Path(database.writer.url.database or "")
        return (await asyncio.to_thread(file.stat)).st_size
    async with database.reading() as connection:
        found = await connection.exec_driver_sql("SELECT pg_database_size(current_database())")
        return int(found.scalar_one())


async def vacuum(database: Database) -> None:
    """Writers wait meanwhile, readers do not (of PostgreSQL, those of the table at hand do).

    Raises NotVacuumed.
    """
    if database.writer.dialect.name == "sqlite":
        await asyncio.to_thread(_vacuum_sqlite, database.writer.url.database or "")
        return
    async with database.reading(within=None) as connection:
        await _vacuum_postgresql(connection)


def _vacuum_sqlite(path: str) -> None:
    """On a connection of its own: a VACUUM stands in no transaction."""
    try:
        with closing(sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)) as connection:
            connection.execute("VACUUM")
            patience_ends = time.monotonic() + _PATIENCE
            while _is_held(connection):
                if time.monotonic() > patience_ends:
                    raise NotVacuumed(Fault.BUSY)
                time.sleep(_PAUSE)
    except sqlite3.Error as error:
        fault = {"SQLITE_BUSY": Fault.BUSY, "SQLITE_LOCKED": Fault.BUSY, "SQLITE_FULL": Fault.FULL}
        name = getattr(error, "sqlite_errorname", "")
        raise NotVacuumed(fault.get(name, Fault.BROKEN)) from error


def _is_held(connection: sqlite3.Connection) -> bool:
    """Whether somebody still needs something of the log, so that it could not be emptied."""
    busy, _in_log, _moved = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return bool(busy)


async def _vacuum_postgresql(connection: AsyncConnection) -> None:
    """Table by table, so that nobody waits for longer than one of them takes.

    Whoever has to wait for a long reader gives up soon: all others would wait behind it.
    """
    try:
        for setting in without_end(connection.dialect):
            await connection.exec_driver_sql(f"SET {setting} = 0")
        await connection.exec_driver_sql("SET lock_timeout = '3s'")
        for table in _TABLES:
            await connection.exec_driver_sql(f"VACUUM (FULL, ANALYZE) {table}")
        # Whoever owns the database may; anybody else is warned that it is skipped.
        await connection.exec_driver_sql("VACUUM (FULL) pg_catalog.pg_statistic")
    except DBAPIError as error:
        fault = {"55P03": Fault.BUSY, "53100": Fault.FULL}
        raise NotVacuumed(fault.get(sqlstate(error), Fault.BROKEN)) from error
    finally:
        # Nobody else gets it, with its timeout. To reset that would be refused if this is broken
        # off while a table is at hand, and its refusal would hide that it is to end.
        await connection.invalidate()
