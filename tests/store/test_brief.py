"""Brief transactions of SQLite: they run where they are asked for, and hold up nobody."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError, OperationalError

from pledge.store import database as databases
from pledge.store.brief_sqlite import BriefConnection
from pledge.store.database import Database, open_database, sqlite_url

_INSERT = text("INSERT INTO kept (id, said) VALUES (:id, said(:id))")
_LARGE = [{"id": id} for id in range(2000)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "brief.db")) as connection:
        connection.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY, said TEXT)")
    return tmp_path / "brief.db"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    opened = open_database(sqlite_url(path))
    yield opened
    await opened.close()


def _stored(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM kept").fetchone()[0])


async def _says(database: Database, said: Callable[[int], str]) -> BriefConnection:
    """The connection that writes; this one and those after it have a function of SQL of ours."""

    def define(connection: Any, _record: Any) -> None:
        connection.run_async(lambda driver: driver.create_function("said", 1, said))

    event.listen(database.writer.sync_engine, "connect", define)
    async with database.writing() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, BriefConnection)
    return driver


async def test_statements_run_where_they_are_asked_for_unless_they_are_many(
    database: Database, path: Path
) -> None:
    where: dict[int, int] = {}

    def said(id: int) -> str:
        where[id] = threading.get_ident()
        return ""

    await _says(database, said)
    async with database.writing(brief=True) as connection:
        await connection.execute(_INSERT, [{"id": -1}])
        await connection.execute(_INSERT, _LARGE)
    async with database.writing() as connection:
        await connection.execute(_INSERT, [{"id": -2}])
    assert where[-1] == threading.get_ident()
    assert where[0] == where[-2] != threading.get_ident()
    assert _stored(path) == len(_LARGE) + 2


async def test_what_is_broken_off_in_a_large_batch_leaves_nothing_behind(
    database: Database, path: Path
) -> None:
    """The thread is still at the batch when whoever gave it is broken off: what undoes it waits."""
    reached, go_on = threading.Event(), threading.Event()

    def said(id: int) -> str:
        if id == 1000:
            reached.set()
            go_on.wait(10)
        return ""

    await _says(database, said)

    async def write() -> None:
        async with database.writing(brief=True) as connection:
            await connection.execute(_INSERT, _LARGE)

    writing = asyncio.create_task(write())
    await asyncio.to_thread(reached.wait, 10)
    writing.cancel()
    # The loop turns meanwhile, which the rollback would keep it from if it ran here.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert _stored(path) == 0

    async with database.writing(brief=True) as connection:
        await connection.execute(_INSERT, [{"id": 1}])
    assert _stored(path) == 1


async def test_what_fails_is_undone_and_the_next_one_is_written(
    database: Database, path: Path
) -> None:
    await _says(database, lambda _: "")
    with pytest.raises(IntegrityError):
        async with database.writing(brief=True) as connection:
            await connection.execute(_INSERT, [{"id": 1}, {"id": 1}])
    assert _stored(path) == 0
    async with database.writing(brief=True) as connection:
        await connection.execute(_INSERT, [{"id": 1}])
    assert _stored(path) == 1


async def test_a_lock_that_another_process_holds_is_waited_for_off_the_loop(
    database: Database, path: Path
) -> None:
    await _says(database, lambda _: "")

    async def write() -> None:
        async with database.writing(brief=True) as connection:
            await connection.execute(_INSERT, [{"id": 1}])

    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(write())
        for _ in range(50):  # the loop goes round, while the lock is held
            await asyncio.sleep(0.001)
        assert not writing.done()
        async with database.reading(brief=True) as connection:
            assert (await connection.execute(text("SELECT count(*) FROM kept"))).scalar_one() == 0
        other.execute("COMMIT")
    await writing
    assert _stored(path) == 1


async def test_a_lock_that_is_never_given_back_is_told_of(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "_SQLITE_PATIENCE", 0.05)
    database = open_database(sqlite_url(path))
    await _says(database, lambda _: "")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError):
            async with database.writing(brief=True) as connection:
                await connection.execute(_INSERT, [{"id": 1}])
    async with database.writing(brief=True) as connection:
        await connection.execute(_INSERT, [{"id": 1}])
    assert _stored(path) == 1
    await database.close()


async def test_whoever_waits_for_a_lock_may_be_broken_off(database: Database, path: Path) -> None:
    driver = await _says(database, lambda _: "")

    async def write(id: int) -> None:
        async with database.writing(brief=True) as connection:
            await connection.execute(_INSERT, [{"id": id}])

    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        broken_off = asyncio.create_task(write(1))
        for _ in range(50):  # it has come to the lock
            await asyncio.sleep(0.001)
        assert driver._handed > driver._done
        broken_off.cancel()
        next_one = asyncio.create_task(write(2))
        await asyncio.sleep(0)
        other.execute("COMMIT")
        with pytest.raises(asyncio.CancelledError):
            await broken_off
    await next_one
    assert _stored(path) == 1


async def test_everything_that_is_written_is_counted(database: Database) -> None:
    await _says(database, lambda _: "")
    before = database.written.count
    async with database.writing(brief=True) as connection:
        await connection.execute(_INSERT, [{"id": 1}])
    assert database.written.count > before
    before = database.written.count
    with pytest.raises(IntegrityError):
        async with database.writing(brief=True) as connection:
            await connection.execute(_INSERT, [{"id": 1}])
    assert database.written.count > before


async def test_a_disk_that_is_full_is_told_of_and_nothing_is_half_done(
    database: Database, path: Path
) -> None:
    driver = await _says(database, lambda _: "-" * 9000)
    pages: Any = await (await driver.execute("PRAGMA page_count")).fetchone()
    await driver.execute(f"PRAGMA max_page_count = {pages[0] + 2}")
    with pytest.raises(OperationalError):
        async with database.writing(brief=True) as connection:
            await connection.execute(_INSERT, [{"id": id} for id in range(9)])
    await driver.execute("PRAGMA max_page_count = 1000000")
    assert _stored(path) == 0
    async with database.writing(brief=True) as connection:
        await connection.execute(_INSERT, [{"id": 1}])
    assert _stored(path) == 1


async def test_a_connection_that_is_still_in_use_is_closed_once_it_is_given_back(
    database: Database,
) -> None:
    reading, may_end = asyncio.Event(), asyncio.Event()

    async def read() -> BriefConnection:
        async with database.reading() as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            assert isinstance(driver, BriefConnection)
            reading.set()
            await may_end.wait()
        return driver

    user = asyncio.create_task(read())
    await reading.wait()
    closing_ = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    may_end.set()
    await closing_
    driver = await user
    assert not driver._running
    assert driver._connection is None
