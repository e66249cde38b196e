"""Migrations build exactly the tables that the queries expect."""

import asyncio
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from pledge.domain.initiatives import Ask
from pledge.store import initiatives, links, migrating, signatures
from pledge.store.database import open_database, sqlite_url
from pledge.store.migrating import NEWEST, Revision, migrate, revision, upgrade
from pledge.store.schema import metadata
from tests.invariants import check_invariants


async def test_migrations_and_tables_agree(tmp_path: Path) -> None:
    database = open_database(sqlite_url(tmp_path / "pledge.db"))
    await migrate(database)
    async with database.writing() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), metadata)
        )
    await database.close()
    assert differences == []


async def test_a_database_of_the_newest_revision_is_known_by_it(tmp_path: Path) -> None:
    scripts = ScriptDirectory(str(Path(migrating.__file__).parent / "migrations"))
    assert scripts.get_current_head() == NEWEST
    database = open_database(sqlite_url(tmp_path / "pledge.db"))
    async with database.reading() as connection:
        assert await revision(connection) is Revision.NONE
    async with database.writing() as connection:
        await connection.run_sync(upgrade, "0004")
        assert await revision(connection) is Revision.OLDER
    await migrate(database)
    async with database.reading() as connection:
        assert await revision(connection) is Revision.CURRENT
    await database.close()


async def test_migrating_twice_and_at_once_changes_nothing(tmp_path: Path) -> None:
    for start in range(5):
        url = sqlite_url(tmp_path / f"{start}.db")
        databases = [open_database(url) for _ in range(8)]
        await asyncio.gather(*(migrate(database) for database in databases))
        for database in databases:
            await database.close()


async def test_what_was_signed_before_stays(tmp_path: Path) -> None:
    """A database of the first version, with a signature in it, is brought up to date."""
    database = open_database(sqlite_url(tmp_path / "pledge.db"))
    async with database.writing() as connection:
        await connection.run_sync(upgrade, "0001")
        for statement in FIRST_ROWS:
            await connection.exec_driver_sql(statement)
    await migrate(database)
    async with database.reading() as connection:
        [signature] = await signatures.newest(connection, 1, 10)
        content = await initiatives.read(connection, 1)
        found = await links.in_use(connection, 1)
    await database.close()
    check_invariants(tmp_path / "pledge.db")  # the register's among them
    assert signature.entry == 0
    assert (signature.company.name, signature.ink, signature.is_public) == ("示例公司", "", True)
    assert (content.asks.ink, content.is_rehearsal) == (Ask.OPTIONAL, False)
    assert found is not None
    assert (found.link.stage, found.standing.scene) == (False, "signing")


FIRST_ROWS = (
    "INSERT INTO initiative (id, slug, organs, privacy, contact, note, letterings, created_at)"
    """ VALUES (1, 'x', '[]', '{"processor": {}, "purpose": {}, "retention": {}}', '{}', '{}',"""
    " '{}', '2023-08-10 02:00:00')",
    "INSERT INTO head (initiative_id, status, text_digest, revision, last_number, last_cursor,"
    " total) VALUES (1, 'open', 'd', 1, 1, 1, 1)",
    "INSERT INTO text_version VALUES (1, 'd', 1, '2023-08-10 02:00:00')",
    "INSERT INTO text_body VALUES (1, 'd', 'zh', 0, '倡议书', '正文', 's')",
    "INSERT INTO meeting VALUES (1, 1, 'm', 0, '{}', '{}', '2023', 'Asia/Shanghai', 1)",
    "INSERT INTO signing_link (id, initiative_id, meeting_id, kind, created_at)"
    " VALUES (1, 1, 1, 'poster', '2023-08-10 02:00:00')",
    "INSERT INTO signature VALUES (1, 1, 1, 'r', 'a', 1, 1, '示例公司', '示例公司', '', '张某某',"
    " '', '', 1, 'open', 'd', '2023-08-10 02:00:00', 'standing', 0, '')",
    "INSERT INTO feed VALUES (1, 1, 'signed', 1, NULL, 1, '2023-08-10 02:00:00')",
)


async def test_a_commit_is_flushed_and_readers_do_not_wait(tmp_path: Path) -> None:
    database = open_database(sqlite_url(tmp_path / "pledge.db"))
    await migrate(database)
    async with database.writing() as writing, database.reading() as reading:
        pragma = await writing.exec_driver_sql("PRAGMA synchronous")
        assert pragma.scalar_one() == 2  # FULL
        assert (await reading.exec_driver_sql("PRAGMA journal_mode")).scalar_one() == "wal"
        assert (await reading.exec_driver_sql("SELECT count(*) FROM signature")).scalar_one() == 0
    await database.close()
