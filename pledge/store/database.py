"""Connections to the database: embedded SQLite, or PostgreSQL.

SQLite runs with a write-ahead log and synchronous=FULL: a commit that has been answered survives a
power cut (sqlite.org/pragma.html#pragma_synchronous). Writers begin with BEGIN IMMEDIATE, so that
a transaction that reads and then writes cannot fail halfway; readers never wait for a writer.
Parameters, which are personal data, are kept out of error messages.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import URL, Connection, event, make_url, text
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from pledge.errors import InvalidSetting
from pledge.store import postgresql
from pledge.store.brief_sqlite import be_brief
from pledge.store.outages import LONGEST, ending, without_end

_POOL_PATIENCE = 2.5
"""Seconds to wait for a connection that others use; whoever still has none is told to come back."""
_SQLITE_READERS = 4
_SQLITE_PATIENCE = 10.0
"""Seconds to wait for a lock that another process holds."""
_PAUSE = 0.01


UNAVAILABLE: tuple[type[Exception], ...] = (OperationalError, InterfaceError, PoolTimeout)
"""What is raised while the database can't be reached, written or waited for any longer."""


PoolIsFull = PoolTimeout
"""One of those: all connections of this process have been in use for too long."""


@dataclass(frozen=True)
class Pool:
    """Connections: how many are in use, and how many may be."""

    used: int
    most: int


@dataclass
class Written:
    """How often this process may have changed something: what it has read before may be old."""

    count: int = 0


@dataclass(frozen=True)
class Database:
    writer: AsyncEngine
    reader: AsyncEngine
    listener: AsyncEngine | None = None
    """Of what other processes commit; only on PostgreSQL."""

    written: Written = field(default_factory=Written)

    @asynccontextmanager
    async def writing(
        self, *, within: float | None = LONGEST, brief: bool = False
    ) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed when the block ends, rolled back when it raises.

        If its commit raises, it may have been committed nevertheless. On PostgreSQL it is given up
        after so many seconds, commit and all, and waits for locks no longer; None is for what
        takes as long as it takes. A brief one asks by index alone and takes a few milliseconds in
        all: see `brief_sqlite`.
        """
        is_sqlite = self.writer.dialect.name == "sqlite"
        try:
            async with self.writer.connect() as connection:
                be_brief(connection, brief)
                limit = nullcontext() if is_sqlite else ending(connection, within)
                with limit:
                    async with connection.begin():
                        if within is None and not is_sqlite:
                            await _wait_for_ever(connection)
                        yield connection
        finally:
            self.written.count += 1

    @asynccontextmanager
    async def reading(
        self, *, within: float | None = LONGEST, brief: bool = False
    ) -> AsyncIterator[AsyncConnection]:
        """A connection on which every statement sees what is committed when it begins."""
        is_sqlite = self.reader.dialect.name == "sqlite"
        async with self.reader.connect() as connection:
            be_brief(connection, brief)
            with nullcontext() if is_sqlite else ending(connection, within):
                yield connection

    def pools(self) -> dict[str, Pool]:
        """By name; readers and writers share one on PostgreSQL."""
        if self.reader.pool is self.writer.pool:
            return {"all": _pool(self.writer)}
        return {"reader": _pool(self.reader), "writer": _pool(self.writer)}

    async def close(self) -> None:
        """Closes all connections, those in use once whoever uses them has ended, or given up on."""
        await self._given_back()
        await self.reader.dispose()
        await self.writer.dispose()
        if self.listener is not None:
            await self.listener.dispose()

    async def _given_back(self) -> None:
        """Until no connection is in use, or for a while: an engine closes none that still is.

        A request that was broken off gives its connection back after it has ended.
        """
        patience_ends = time.monotonic() + _POOL_PATIENCE
        while any(pool.used for pool in self.pools().values()):
            if time.monotonic() > patience_ends:
                return
            await asyncio.sleep(_PAUSE)


def _pool(engine: AsyncEngine) -> Pool:
    pool = engine.pool
    return Pool(pool.checkedout(), pool.size()) if isinstance(pool, QueuePool) else Pool(0, 0)


async def _wait_for_ever(connection: AsyncConnection) -> None:
    """Until this transaction of PostgreSQL ends."""
    for setting in without_end(connection.dialect):
        await connection.execute(text(f"SET LOCAL {setting} = 0"))


async def exclusively(connection: AsyncConnection, lock: int) -> None:
    """Lets one transaction at a time past, for what no row can be locked for.

    SQLite's writers always come one by one.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})


def sqlite_url(path: Path) -> str:
    return URL.create("sqlite", database=str(path)).render_as_string()


def sqlite_file(url: str) -> Path | None:
    """Where a database is; None of PostgreSQL."""
    parsed = _parsed(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


def open_database(url: str, connections: int = postgresql.CONNECTIONS) -> Database:
    """Connects lazily; a wrong address fails at the first use.

    At most so many connections at once, of PostgreSQL's; SQLite has no use for many.
    """
    parsed = _parsed(url)
    match parsed.get_backend_name():
        case "sqlite":
            return _open_sqlite(parsed)
        case "postgresql":
            return _open_postgresql(parsed, connections)
        case other:
            raise InvalidSetting(f"PLEDGE_DATABASE_URL: {other} is not sqlite or postgresql")


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise InvalidSetting("PLEDGE_DATABASE_URL is not a database address") from None


def _open_sqlite(url: URL) -> Database:
    url = url.set(drivername="sqlite+brief")
    writer = create_async_engine(
        url,
        pool_size=1,
        max_overflow=0,
        pool_timeout=_SQLITE_PATIENCE,
        hide_parameters=True,
    )
    reader = create_async_engine(
        url,
        pool_size=_SQLITE_READERS,
        max_overflow=0,
        pool_timeout=_POOL_PATIENCE,
        # Nothing to begin and nothing to undo: each statement stands by itself.
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        pool_reset_on_return=None,
        hide_parameters=True,
    )
    event.listen(writer.sync_engine, "connect", _prepare_sqlite)
    event.listen(writer.sync_engine, "begin", _begin_immediate)
    event.listen(reader.sync_engine, "connect", _prepare_sqlite)
    event.listen(reader.sync_engine, "connect", _forbid_writing)
    return Database(writer, reader)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself
    connection.run_async(_set_up_sqlite)


async def _set_up_sqlite(connection: aiosqlite.Connection) -> None:
    await connection.execute(f"PRAGMA busy_timeout = {_SQLITE_PATIENCE * 1000:.0f}")
    await _keep_write_ahead_log(connection)
    # What is deleted is overwritten (decision 034): little stays behind even before sweeping.
    pragmas = ("synchronous = FULL", "foreign_keys = ON", "cache_size = -16000")
    for pragma in (*pragmas, "secure_delete = ON"):
        await connection.execute(f"PRAGMA {pragma}")


async def _keep_write_ahead_log(connection: aiosqlite.Connection) -> None:
    """Turns the log on in a new file; several processes may start with the same one.

    The switch turns a read lock into an exclusive one, and SQLite does not wait there, whatever
    its busy timeout: it says at once that the database is locked.
    """
    patience_ends = time.monotonic() + _SQLITE_PATIENCE
    while True:
        try:
            await connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > patience_ends:
                raise
        await asyncio.sleep(_PAUSE)


def _forbid_writing(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA query_only = ON")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _open_postgresql(url: URL, connections: int) -> Database:
    engine = postgresql.open_engine(url, connections, _POOL_PATIENCE)
    reader = engine.execution_options(isolation_level="AUTOCOMMIT")
    return Database(engine, reader, postgresql.open_listener(url))
