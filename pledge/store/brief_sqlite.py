"""SQLite for brief transactions: statements by index run where they are asked for.

A statement that takes microseconds costs ten times as much when it is handed to the thread of its
connection and back, and whoever signs waits for a dozen of them. In a brief transaction only what
may wait goes to the thread: the beginning, which waits for other writers, the commit, which waits
for the disk, and batches so large that phones would feel them.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiosqlite
from sqlalchemy.ext.asyncio import AsyncConnection

_LARGEST_INLINE = 500
"""Rows of one statement: some milliseconds."""


class BriefConnection(aiosqlite.Connection):
    """A connection whose statements run inline while it says so; all others go to its thread.

    They go there, too, while it is still at something whose end nobody waits for any more, for
    whoever did was broken off: what undoes a batch must never overtake the rest of it.
    """

    brief = False
    _handed = 0
    """How often something was handed to the thread, which this loop alone counts,"""
    _done = 0
    """and how often that has ended, which the thread alone counts."""

    def stop(self) -> "asyncio.Future[None] | None":
        """Once: a thread that has ended answers nothing, and whoever is cancelled while it closes,
        and so stops it as well, would wait for ever.
        """
        return super().stop() if self._running else None

    async def _execute(self, fn: Callable[..., Any], *args: Any, **more: Any) -> Any:
        if self._handed == self._done:
            if self.brief and not _may_wait(self._conn, fn, args):
                return fn(*args, **more)
            if self._connection and fn == self._conn.rollback and not self._conn.in_transaction:
                return None  # as after everything that was only read
        self._handed += 1
        return await super()._execute(self._counted, fn, *args, **more)  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        """Undoes first what was begun: a statement that an error still shows would keep it alive,
        and its lock with it (sqlite.org/c3ref/close.html, "zombie").
        """
        if not self._running:
            return
        if self._connection is not None:
            with suppress(sqlite3.Error):
                await self._execute(self._connection.rollback)
        await super().close()

    def _counted(self, fn: Callable[..., Any], *args: Any, **more: Any) -> Any:
        try:
            return fn(*args, **more)
        finally:
            self._done += 1


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
