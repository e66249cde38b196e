"""`pledge migrate-database`: everything is there afterwards, or nothing."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, select

from pledge.cli import main
from pledge.domain.rights import OPERATOR
from pledge.domain.signatures import Person
from pledge.store.database import open_database, sqlite_url
from pledge.store.migrating import upgrade
from pledge.store.schema import metadata
from tests.delegate import Delegate
from tests.invariants import check_invariants
from tests.nodes.nodes import Nodes
from tests.site import SLUG, Site, open_site
from tests.test_printing import invite

pytestmark = pytest.mark.sqlite("it moves from a file of SQLite's")

SIGNED = 600
"""More than two tiles of the register hold."""


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """Of a site of which everything has been used, and that is stopped."""
    async with open_site(tmp_path / "data") as site:
        await _use(site)
    return tmp_path / "data" / "pledge.db"


async def test_all_of_it_arrives_and_the_site_goes_on(file: Path, nodes: Nodes) -> None:
    done = await _move(sqlite_url(file), nodes.address)
    assert (done.exit_code, len(done.stdout.splitlines())) == (0, 1), done.output
    assert f"{SIGNED + 1} signatures" in done.stdout
    assert f"register of {SLUG}: " in done.stderr
    await asyncio.to_thread(check_invariants, nodes.address)
    before, after = await _rows(sqlite_url(file)), await _rows(nodes.address)
    assert before == after
    assert {"erasure", "invitation", "feed", "register_tile", "audit"} <= {
        name for name, rows in before.items() if rows
    }
    [server] = await nodes.start(1)
    async with server.client() as client:
        signed = await Delegate(client, server.link).sign(company="示例新来有限公司")
        assert signed.status_code == 303
    newest = nodes.postgres.sql("SELECT max(number) FROM signature", nodes.name)
    assert int(newest) == SIGNED + 2
    await asyncio.to_thread(check_invariants, nodes.address)


async def test_it_moves_back_as_well(file: Path, nodes: Nodes, tmp_path: Path) -> None:
    assert (await _move(sqlite_url(file), nodes.address)).exit_code == 0
    back = sqlite_url(tmp_path / "back.db")
    done = await _move(nodes.address, back)
    assert done.exit_code == 0, done.output
    assert await _rows(sqlite_url(file)) == await _rows(back)


async def test_what_is_in_use_is_not_moved(nodes: Nodes, tmp_path: Path) -> None:
    async with open_site(tmp_path / "data"):
        refused = await _move(sqlite_url(tmp_path / "data" / "pledge.db"), nodes.address)
    _is_refused(refused, "in use")
    [_server] = await nodes.start(1)
    refused = await _move(nodes.address, sqlite_url(tmp_path / "other.db"))
    _is_refused(refused, "in use")


async def test_a_target_that_holds_anything_is_refused(file: Path, nodes: Nodes) -> None:
    nodes.postgres.sql("CREATE TABLE theirs (id int)", nodes.name)
    _is_refused(await _move(sqlite_url(file), nodes.address), "theirs")
    nodes.postgres.sql("DROP TABLE theirs", nodes.name)
    assert (await _move(sqlite_url(file), nodes.address)).exit_code == 0
    _is_refused(await _move(sqlite_url(file), nodes.address), "holds rows already")


async def test_another_version_is_refused(nodes: Nodes, tmp_path: Path) -> None:
    source = sqlite_url(tmp_path / "older.db")
    database = open_database(source)
    async with database.writing() as connection:
        await connection.run_sync(upgrade, "0001")
    await database.close()
    _is_refused(await _move(source, nodes.address), "older version")
    missing = sqlite_url(tmp_path / "missing.db")
    _is_refused(await _move(missing, nodes.address), "there is no database")


async def test_a_register_that_was_tampered_with_moves_nothing(file: Path, nodes: Nodes) -> None:
    engine = create_engine(sqlite_url(file))
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE register_entry SET entry = CAST(entry || ' ' AS BLOB) WHERE \"index\" = 7"
        )
    engine.dispose()
    _is_refused(await _move(sqlite_url(file), nodes.address), "the register of")
    tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
    assert nodes.postgres.sql(tables, nodes.name).strip() == "0"


async def _use(site: Site) -> None:
    await site.sign_many(1, SIGNED)
    made = site.services
    initiative_id = await made.organizing.initiative_id(SLUG)
    await made.moderating.hide(initiative_id, 3, by=OPERATOR, reason="测试条目")
    await made.amending.withdraw(initiative_id, 5, by=OPERATOR, reason="企业要求")
    await made.amending.replace(initiative_id, 9, Person("李某某"), by=OPERATOR, reason="企业要求")
    await made.erasing.erase(initiative_id, [11], by=OPERATOR, reason="本人要求")
    await invite(site, [(f"示例{number}有限公司", f"A-{number}") for number in range(1, 9)])
    await made.rehearsing.start(initiative_id, "jinan", by=OPERATOR)
    await made.organizing.first_organizer("name@example.org", "a long password for tests")


async def _move(source: str, target: str) -> Result:
    words = ["migrate-database", source, target]
    return await asyncio.to_thread(CliRunner().invoke, main, words, prog_name="pledge")


def _is_refused(result: Result, says: str) -> None:
    """One clear line, and no stack."""
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    assert says in result.stderr.splitlines()[-1]


async def _rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Everything, as the queries see it."""
    database = open_database(url)
    async with database.reading() as connection:
        found = {
            table.name: [
                tuple(row)
                for row in await connection.execute(select(table).order_by(*table.primary_key))
            ]
            for table in metadata.sorted_tables
            if table.name != "known_key"
        }
    await database.close()
    return found
