"""SQLite for brief transactions: statements by index run where they are asked for.

A statement that takes microseconds costs ten times as much when it is handed to the thread of its
connection and back, and whoever signs waits for a dozen of them. In a brief transaction only what
may wait goes to the thread: the beginning, which waits for other writers, the commit, which waits
for the disk, and batches so large that phones would feel them.
"""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiosqlite
from sqlalchemy.ext.asyncio import AsyncConnection

_LARGEST_INLINE = 500
"""Rows of one statement: some milliseconds."""


class BriefConnection(aiosqlite.Connection):
    """A connection whose statements run inline while it says so; all others go to its thread."""

    brief = False

    async def _execute(self, fn: Callable[..., Any], *args: Any, **more: Any) -> Any:
        if self.brief and not _may_wait(self._conn, fn, args):
            return fn(*args, **more)
        return await super()._execute(fn, *args, **more)  # type: ignore[no-untyped-call]


def _may_wait(
    connection: sqlite3.Connection, fn: Callable[..., Any], args: tuple[Any, ...]
) -> bool:
    if fn == connection.commit:
        return True
    if args and isinstance(args[0], str):
        return args[0].startswith("BEGIN") or (len(args) > 1 and len(args[1]) > _LARGEST_INLINE)
    return False


def connect(path: str, **options: Any) -> BriefConnection:
    """As SQLAlchemy connects: a connection once it is awaited."""
    connection = BriefConnection(lambda: sqlite3.connect(path, **options), iter_chunk_size=64)
    connection._thread.daemon = True
    return connection


@asynccontextmanager
async def briefly(connection: AsyncConnection) -> AsyncIterator[None]:
    """Statements on it run inline meanwhile; on PostgreSQL nothing changes."""
    driver = (await connection.get_raw_connection()).driver_connection
    if not isinstance(driver, BriefConnection):
        yield
        return
    driver.brief = True
    try:
        yield
    finally:
        driver.brief = False
