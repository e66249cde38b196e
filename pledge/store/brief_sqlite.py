"""SQLite for brief transactions: statements by index run where they are asked for.

A statement that takes microseconds costs ten times as much when it is handed to the thread of its
connection and back, and whoever signs waits for a dozen of them. In a brief transaction only what
may wait goes to the thread: the beginning, which waits for other writers, the commit, which waits
for the disk, and batches so large that phones would feel them.

All other transactions go to the thread, a statement with all that it finds by one errand.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any

import aiosqlite
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
    SQLiteDialect_aiosqlite,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.util import EMPTY_DICT, await_

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

    @property
    def is_idle(self) -> bool:
        """Its thread is at nothing."""
        return self._handed == self._done

    async def _execute(self, fn: Callable[..., Any], *args: Any, **more: Any) -> Any:
        if self.brief and self.is_idle and fn != self._conn.commit:
            return fn(*args, **more)
        return await self.hand(fn, *args, **more)

    async def hand(self, fn: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Has the thread do it."""
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


class _AtOnce:
    """Nothing to wait for. SQLAlchemy takes a driver that never awaits anything for a wrong one."""

    def __await__(self) -> Generator[Any, None, None]:
        yield from ()


_AT_ONCE = _AtOnce()


class BriefCursor(AsyncAdapt_aiosqlite_cursor):
    """SQLite's own cursor, used where its connection says, or by one errand to the thread."""

    __slots__ = ()
    _awaitable_cursor_close = False
    _cursor: Any
    _connection: Any

    def __init__(self, adapt_connection: AsyncAdapt_aiosqlite_connection):
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._soft_closed_memoized = EMPTY_DICT
        self._rows = deque()
        try:
            self._cursor = self._connection._conn.cursor()
        except ValueError as error:  # it is closed
            adapt_connection._handle_exception(error)

    def execute(self, operation: str, parameters: Any = None) -> None:
        self._ask(self._cursor.execute, operation, parameters or ())

    def executemany(self, operation: str, seq_of_parameters: Any) -> None:
        self._ask(self._cursor.executemany, operation, seq_of_parameters)

    def close(self) -> None:
        self._rows.clear()
        if self._connection.is_idle:  # else its thread is at it, for somebody who was broken off
            self._cursor.close()

    def _ask(self, ask: Callable[..., Any], operation: str, parameters: Any) -> None:
        driver = self._connection
        try:
            if driver.brief and driver.is_idle and not _may_wait(operation, parameters):
                await_(_AT_ONCE)
                self._rows = self._found(ask, operation, parameters)
            else:
                self._rows = await_(driver.hand(self._found, ask, operation, parameters))
        except Exception as error:
            self._adapt_connection._handle_exception(error)

    def _found(self, ask: Callable[..., Any], operation: str, parameters: Any) -> deque[Any]:
        ask(operation, parameters)
        return deque(self._cursor.fetchall() if self._cursor.description else ())


def _may_wait(operation: str, parameters: Any) -> bool:
    return operation.startswith("BEGIN") or len(parameters) > _LARGEST_INLINE


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()
    _cursor_cls: Any = BriefCursor


class _Driver(AsyncAdapt_aiosqlite_dbapi):
    def connect(self, path: str, **options: Any) -> AsyncAdapt_aiosqlite_connection:
        driver: Any = await_(connect(path, **options))
        return _Connection(self, driver)


class BriefDialect(SQLiteDialect_aiosqlite):
    """SQLAlchemy's own, with these connections and cursors: `sqlite+brief`."""

    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> _Driver:
        return _Driver(aiosqlite, sqlite3)


registry.register("sqlite.brief", __name__, BriefDialect.__name__)


def connect(path: str, **options: Any) -> BriefConnection:
    """A connection once it is awaited."""
    connection = BriefConnection(lambda: sqlite3.connect(path, **options), iter_chunk_size=64)
    connection._thread.daemon = True
    return connection


def be_brief(connection: AsyncConnection, brief: bool) -> None:
    """How a connection that was just taken from its pool works from now on: until the next one
    takes it, so that it is given back as it was used. Nothing changes on PostgreSQL.
    """
    taken = connection.sync_connection
    driver = taken.connection.driver_connection if taken else None
    if isinstance(driver, BriefConnection):
        driver.brief = brief
