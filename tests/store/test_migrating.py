"""Migrations build exactly the tables that the queries expect, and keep what was there before."""

import asyncio
from pathlib import Path
from typing import Any
from warnings import catch_warnings, filterwarnings

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, TextClause, text
from sqlalchemy.schema import CreateIndex

from pledge.domain.initiatives import Ask
from pledge.store import (
    initiatives,
    known_keys,
    links,
    migrating,
    missing,
    rosters,
    signatures,
    spans,
    texts,
)
from pledge.store.database import Database, open_database, sqlite_url
from pledge.store.known_keys import Kind
from pledge.store.migrating import NEWEST, Revision, known_revisions, migrate, upgrade
from pledge.store.schema import metadata
from tests import databases
from tests.invariants import check_invariants
from tests.server import PLEDGE
from tests.site import SAMPLE, SLUG

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009")
"""In their order; `LEFT_BY` has what the program of each would have left in its database."""


def test_every_revision_is_gone_through_here() -> None:
    assert set(REVISIONS) == known_revisions()


@pytest.mark.parametrize("revision", ["", *REVISIONS])
async def test_a_database_of_any_revision_is_brought_up_to_date(
    tmp_path: Path, revision: str
) -> None:
    """With what had been signed and prepared by then; nothing of it is lost or changed."""
    url = databases.address(tmp_path, empty=True)
    database = open_database(url)
    await _left(database, revision)
    await migrate(database)
    async with database.writing() as connection:
        assert await connection.run_sync(_differences) == []
    check_invariants(url)
    if revision:
        await _holds_what_was_left(database, revision)
    await database.close()


async def test_migrating_at_once_and_again_changes_nothing(tmp_path: Path) -> None:
    for start, revision in enumerate(("", "0001", "0004")):
        (tmp_path / f"{start}").mkdir()
        url = databases.address(tmp_path / f"{start}", empty=True)
        opened = [open_database(url) for _ in range(8)]
        await _left(opened[0], revision)
        await asyncio.gather(*(migrate(database) for database in opened))
        async with opened[0].writing() as connection:
            assert await connection.run_sync(_differences) == []
        check_invariants(url)
        for database in opened:
            await database.close()


async def test_a_database_of_the_newest_revision_is_known_by_it(tmp_path: Path) -> None:
    scripts = ScriptDirectory(str(Path(migrating.__file__).parent / "migrations"))
    assert scripts.get_current_head() == NEWEST
    database = open_database(sqlite_url(tmp_path / "pledge.db"))
    async with database.reading() as connection:
        assert await migrating.revision(connection) is Revision.NONE
    async with database.writing() as connection:
        await connection.run_sync(upgrade, "0004")
        assert await migrating.revision(connection) is Revision.OLDER
    await migrate(database)
    async with database.reading() as connection:
        assert await migrating.revision(connection) is Revision.CURRENT
    await database.close()


@pytest.mark.parametrize("revision", ["", "0004"])
async def test_several_processes_begin_with_one_database(tmp_path: Path, revision: str) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    database = open_database(databases.address(data, empty=True))
    await _left(database, revision)
    await database.close()
    begun = [
        await asyncio.create_subprocess_exec(
            PLEDGE,
            *("initiative", "import", SAMPLE),
            env={**databases.environment(data), "PATH": ""},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        for _ in range(3)
    ]
    said = await asyncio.gather(*(process.communicate() for process in begun))
    assert sorted(output.decode() for output, _ in said) == [
        f"{SLUG}: created\n",
        *[f"{SLUG}: unchanged\n"] * 2,
    ], "\n".join(error.decode()[-900:] for _, error in said)
    check_invariants(databases.address(data))


async def _left(database: Database, revision: str) -> None:
    """The database of a site that has been there from the first revision to this one."""
    async with database.writing() as connection:
        if connection.dialect.name == "postgresql":
            await connection.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")
        for one in REVISIONS[: REVISIONS.index(revision) + 1 if revision else 0]:
            await connection.run_sync(upgrade, one)
            for statement in LEFT_BY[one]:
                await connection.exec_driver_sql(statement)
        if connection.dialect.name == "postgresql" and revision:
            for table in (
                "initiative",
                "meeting",
                "signing_link",
                "organizer",
            ):  # whose ids it says
                await connection.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 1)"
                )


def _differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(
        connection,
        opts={"include_object": lambda _object, name, *_: name not in _WITH_EXPRESSIONS},
    )
    with catch_warnings():
        filterwarnings("ignore", "Skipped unsupported reflection of expression-based index")
        filterwarnings("ignore", "autogenerate skipping metadata-specified expression-based index")
        found = compare_metadata(context, metadata)
    for name, index in _WITH_EXPRESSIONS.items():
        migrated = _definition(connection, name)
        connection.exec_driver_sql(f"DROP INDEX {name}")
        connection.execute(CreateIndex(index))
        if migrated != _definition(connection, name):
            found.append(migrated)
    if connection.dialect.name == "postgresql":
        found += connection.exec_driver_sql(_OF_THE_SERVERS_LANGUAGE).all()
    return found


_WITH_EXPRESSIONS = {
    str(index.name): index
    for table in metadata.tables.values()
    for index in table.indexes
    if any(isinstance(part, TextClause) for part in index.expressions)
}
"""Those of our indexes that Alembic can't compare."""


def _definition(connection: Connection, index: str) -> str:
    query = (
        "SELECT sql FROM sqlite_master WHERE name = :index"
        if connection.dialect.name == "sqlite"
        else "SELECT indexdef FROM pg_indexes WHERE indexname = :index"
    )
    return str(connection.execute(text(query), {"index": index}).scalar_one())


_OF_THE_SERVERS_LANGUAGE = """
SELECT attrelid::regclass, attname, collname FROM pg_attribute
JOIN pg_class ON pg_class.oid = attrelid
JOIN pg_collation ON pg_collation.oid = attcollation
WHERE relnamespace = current_schema()::regnamespace AND attnum > 0 AND NOT attisdropped
AND relname NOT LIKE '%alembic_version%' AND collname <> 'C'
"""
"""Columns and parts of indexes; Alembic compares no collations."""


async def _holds_what_was_left(database: Database, revision: str) -> None:
    async with database.reading() as connection:
        content = await initiatives.read(connection, 1)
        found = await links.in_use(connection, 1)
        signed = await signatures.by_numbers(connection, 1, range(1, 9))
        invited = await rosters.of_initiative(connection, 1)
        absent = await missing.companies(connection, 1, meeting_id=None, q="", limit=9)
        superseded = await texts.superseded(connection, 1)
        shown = await spans.total(connection, 1, 1)
        known = await known_keys.known(connection)
    assert (content.slug, content.text.texts["zh"].title) == ("x", "倡议书")
    assert not content.is_rehearsal
    assert [one.key for one in content.meetings] == ["m"]
    assert found is not None
    assert (found.link.stage, found.standing.scene) == (False, "signing")
    first = signed[1]
    assert (first.entry, first.company.name, first.company.uscc) == (0, "示例公司", "")
    assert (first.person.name, first.person.publish, first.is_public) == ("张某某", True, True)
    assert f"{first.signed_at:%Y-%m-%d %H:%M:%S.%f%z}" == "2023-08-10 02:00:00.000001+0000"
    assert superseded == frozenset()
    assert content.asks.ink is (Ask.OPTIONAL if revision == "0001" else Ask.REQUIRED)
    assert first.ink == ""
    if revision >= "0002":
        assert signed[2].ink == "M0 0"
    if revision >= "0003":
        # By table, and 2 before 10, which the database has sorted by text until then.
        assert [one.seat for one in invited] == ["A-2", "A-10", ""]
        # The others have signed, with a code and without.
        assert [one.company for one in absent.companies] == ["示例十公司"]
    if revision >= "0004":
        assert [signed[number].state for number in (3, 4, 5)] == [
            "replaced",
            "standing",
            "withdrawn",
        ]
        assert (signed[3].replaced_by, signed[4].replaces, signed[6].hidden) == (4, 3, True)
    assert shown == len([one for one in signed.values() if one.is_public])
    assert known[Kind.SECRET] == ({"0123456789abcdef"} if revision >= "0007" else set())


def _signature(number: int, cursor: int, company: str, **more: str) -> str:
    values = {
        "initiative_id": "1",
        "number": f"{number}",
        "cursor": f"{cursor}",
        "receipt": f"'receipt-{number}'",
        "attempt": f"'attempt-{number}'",
        "meeting_id": "1",
        "link_id": "1",
        "company": f"'{company}'",
        "company_key": f"'{company}'",
        "uscc": "''",
        "representative": "'张某某'",
        "title": "'经理'",
        "phone": "'13800000000'",
        "publish": "true",
        "vouched": "'open'",
        "text_digest": "'d'",
        "signed_at": f"'2023-08-10 02:00:00.00000{number}'",
        "state": "'standing'",
        "hidden": "false",
        "device": "''",
        **more,
    }
    return f"INSERT INTO signature ({', '.join(values)}) VALUES ({', '.join(values.values())})"


def _event(cursor: int, kind: str, number: int, total: int, **more: str) -> str:
    values = {
        "initiative_id": "1",
        "cursor": f"{cursor}",
        "kind": f"'{kind}'",
        "number": f"{number}",
        "total": f"{total}",
        "at": "'2023-08-10 02:00:00.000000'",
        **more,
    }
    return f"INSERT INTO feed ({', '.join(values)}) VALUES ({', '.join(values.values())})"


def _counted(number: int, cursor: int, total: int) -> tuple[str, str]:
    return (
        f"UPDATE head SET last_number = {number}, last_cursor = {cursor}, total = {total}",
        f"UPDATE meeting SET total = {total}",
    )


LEFT_BY = {
    "0001": (
        "INSERT INTO initiative (id, slug, organs, privacy, contact, note, letterings, created_at)"
        """ VALUES (1, 'x', '[]', '{"processor": {}, "purpose": {}, "retention": {}}', '{}',"""
        " '{}', '{}', '2023-08-10 02:00:00.000000')",
        "INSERT INTO head (initiative_id, status, text_digest, revision, last_number, last_cursor,"
        " total) VALUES (1, 'open', 'd', 1, 1, 1, 1)",
        "INSERT INTO text_version (initiative_id, digest, number, created_at)"
        " VALUES (1, 'd', 1, '2023-08-10 02:00:00.000000')",
        "INSERT INTO text_body VALUES (1, 'd', 'zh', 0, '倡议书', '正文', 's')",
        "INSERT INTO meeting (id, initiative_id, key, position, place, event, date, zone, total)"
        " VALUES (1, 1, 'm', 0, '{}', '{}', '2023', 'Asia/Shanghai', 1)",
        "INSERT INTO signing_link (id, initiative_id, meeting_id, kind, created_at)"
        " VALUES (1, 1, 1, 'poster', '2023-08-10 02:00:00.000000')",
        "INSERT INTO organizer (id, email, password, created_at)"
        " VALUES (1, 'organizer@example.org', '', '2023-08-10 02:00:00.000000')",
        "INSERT INTO role (organizer_id, initiative_id, role) VALUES (1, 1, 'owner')",
        _signature(1, 1, "示例公司"),
        _event(1, "signed", 1, 1),
    ),
    "0002": (
        "UPDATE initiative SET ink_required = true",
        _signature(2, 2, "示例二公司", ink="'M0 0'", uscc="'91350100M000100Y43'"),
        _event(2, "signed", 2, 2),
        *_counted(2, 2, 2),
        "INSERT INTO launch (initiative_id, cursor, at, total, text_digest, list_digest)"
        " VALUES (1, 2, '2023-08-10 02:00:00.000000', 2, 'd', 'l')",
    ),
    "0003": tuple(
        "INSERT INTO invitation (initiative_id, meeting_id, link_id, company, company_key, uscc,"
        " contact, phone, seat, grouping, note, extra, created_at)"
        f" VALUES (1, 1, 1, '{name}', '{name}', '', '李某某', '', '{seat}', '', '', '{{}}',"
        " '2023-08-10 02:00:00.000000')"
        for name, seat in (("示例十公司", "A-10"), ("示例公司", ""), ("示例二公司", "A-2"))
    ),
    "0004": (
        _signature(3, 3, "示例三公司", state="'replaced'", replaced_by="4", short_key="'示例三'"),
        _event(3, "signed", 3, 3),
        _signature(4, 5, "示例三公司", replaces="3", short_key="'示例三'"),
        _event(4, "hidden", 3, 2, cause="'replaced'"),
        _event(5, "signed", 4, 3),
        _signature(5, 6, "示例五公司", state="'withdrawn'", short_key="'示例五'"),
        _event(6, "signed", 5, 4),
        _event(7, "hidden", 5, 3, cause="'withdrawn'"),
        _signature(6, 8, "示例六公司", hidden="true", short_key="'示例六'"),
        _event(8, "signed", 6, 4),
        _event(9, "hidden", 6, 3, cause="'hidden'"),
        *_counted(6, 9, 3),
        "INSERT INTO audit (initiative_id, at, who, action, subject, number)"
        " VALUES (1, '2023-08-10 02:00:00.000000', 'organizer@example.org', 'hide', '', 6)",
        "INSERT INTO notice_target (initiative_id, kind, address, events, language, created_at,"
        " cursor) VALUES (1, 'standard', 'https://example.org', '[]', 'zh',"
        " '2023-08-10 02:00:00.000000', 9)",
    ),
    "0005": (
        "INSERT INTO erasure (initiative_id, numbers, erased_at)"
        " VALUES (1, '[5]', '2023-08-10 02:00:00.000000')",
    ),
    # Who signed has been counted in spans by the migration itself; few names wait to be indexed.
    "0006": ("INSERT INTO name_index (initiative_id, indexed) VALUES (1, 0)",),
    "0007": ("INSERT INTO known_key (kind, fingerprint) VALUES ('secret', '0123456789abcdef')",),
    "0008": (),  # what is kept stays the same
    "0009": (),  # what is kept stays the same
}


@pytest.mark.sqlite("its pragmas")
async def test_a_commit_is_flushed_and_readers_do_not_wait(tmp_path: Path) -> None:
    database = open_database(sqlite_url(tmp_path / "pledge.db"))
    await migrate(database)
    async with database.writing() as writing, database.reading() as reading:
        pragma = await writing.exec_driver_sql("PRAGMA synchronous")
        assert pragma.scalar_one() == 2  # FULL
        assert (await reading.exec_driver_sql("PRAGMA journal_mode")).scalar_one() == "wal"
        assert (await reading.exec_driver_sql("SELECT count(*) FROM signature")).scalar_one() == 0
    await database.close()
