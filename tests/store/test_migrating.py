"""Migrations build exactly the tables that the queries expect."""

import asyncio
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from pledge.store.database import open_database, sqlite_url
from pledge.store.migrating import migrate
from pledge.store.schema import metadata


async def test_migrations_and_tables_agree(tmp_path: Path) -> None:
    database = open_database(sqlite_url(tmp_path / "pledge.db"))
    await migrate(database)
    async with database.writing() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), metadata)
        )
    await database.close()
    assert differences == []


async def test_migrating_twice_and_at_once_changes_nothing(tmp_path: Path) -> None:
    for start in range(5):
        url = sqlite_url(tmp_path / f"{start}.db")
        databases = [open_database(url) for _ in range(8)]
        await asyncio.gather(*(migrate(database) for database in databases))
        for database in databases:
            await database.close()


async def test_a_commit_is_flushed_and_readers_do_not_wait(tmp_path: Path) -> None:
    database = open_database(sqlite_url(tmp_path / "pledge.db"))
    await migrate(database)
    async with database.writing() as writing, database.reading() as reading:
        pragma = await writing.exec_driver_sql("PRAGMA synchronous")
        assert pragma.scalar_one() == 2  # FULL
        assert (await reading.exec_driver_sql("PRAGMA journal_mode")).scalar_one() == "wal"
        assert (await reading.exec_driver_sql("SELECT count(*) FROM signature")).scalar_one() == 0
    await database.close()
