"""A database that can't be used is told as one thing, whatever its engine raises, and by no value.

What PostgreSQL raises is taken from a real server.
"""

import asyncio
import traceback
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from pledge.store.database import UNAVAILABLE, Database, open_database
from pledge.store.outages import sqlstate
from pledge.store.schema import organizer
from tests import databases
from tests.postgres import Postgres, postgres


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres(hasty=True) as started:
        yield started


@pytest.fixture
async def database(server: Postgres) -> AsyncIterator[Database]:
    await databases.migrated(server.url())
    database = open_database(server.url())
    yield database
    await database.close()


async def _asked(database: Database) -> int:
    async with database.reading() as connection:
        return int((await connection.execute(text("SELECT 1"))).scalar_one())


async def _written(database: Database, **values: object) -> None:
    async with database.writing() as connection:
        row = {"email": "a@example.org", "password": "", "created_at": None, **values}
        await connection.execute(insert(organizer), [row])


async def test_a_server_that_is_away_is_unavailable_and_used_again(
    server: Postgres, database: Database
) -> None:
    assert await _asked(database) == 1
    for end in (server.stop, server.kill):
        end()
        for _ in range(2):
            with pytest.raises(UNAVAILABLE):
                await _asked(database)
        server.start()
        assert await _asked(database) == 1


async def test_a_server_that_goes_away_in_a_transaction_is_unavailable(
    server: Postgres, database: Database
) -> None:
    for end in (server.stop, server.kill):
        with pytest.raises(UNAVAILABLE):  # noqa: PT012 -- in whichever statement it is noticed
            async with database.writing() as connection:
                await connection.execute(text("SELECT 1"))
                end()
                await connection.execute(text("SELECT 1"))
        server.start()
        assert await _asked(database) == 1
        async with database.reading() as connection:
            end()
            with pytest.raises(UNAVAILABLE):
                await connection.execute(text("SELECT 1"))
        server.start()


async def test_a_commit_that_is_not_answered_is_unavailable(
    server: Postgres, database: Database
) -> None:
    with pytest.raises(UNAVAILABLE):  # noqa: PT012 -- at the commit
        async with database.writing() as connection:
            await connection.execute(text("SELECT 1"))
            server.kill()
    server.start()


async def test_a_replica_is_read_and_not_written(server: Postgres) -> None:
    server.sql("CREATE DATABASE replica")
    server.sql("ALTER DATABASE replica SET default_transaction_read_only = on")
    database = open_database(server.url("replica"))
    assert await _asked(database) == 1
    with pytest.raises(OperationalError) as told:
        async with database.writing() as connection:
            await connection.execute(text("CREATE TABLE x ()"))
    assert sqlstate(told.value) == "25006"
    await database.close()


async def test_files_that_the_server_may_not_touch_are_an_outage_and_missing_rights_are_none(
    server: Postgres,
) -> None:
    """PostgreSQL says both by one code; the first is what a disk that became read-only makes."""
    server.sql("CREATE DATABASE forbidden")
    server.sql("CREATE TABLE kept (a int); CREATE ROLE guest LOGIN", "forbidden")
    [path] = server.sql("SELECT pg_relation_filepath('kept')", "forbidden").split()
    (server.data / path).chmod(0)
    told = [await _refusal(server.url("forbidden"))]
    told.append(await _refusal(server.url("forbidden").replace("postgres@", "guest@")))
    assert [sqlstate(one) for one in told] == ["42501", "42501"]
    assert [isinstance(one, OperationalError) for one in told] == [True, False]


async def _refusal(url: str) -> DBAPIError:
    database = open_database(url)
    with pytest.raises(DBAPIError) as told:
        async with database.writing() as connection:
            await connection.execute(text("INSERT INTO kept VALUES (1)"))
    await database.close()
    return told.value


async def test_no_room_for_connections_is_unavailable(server: Postgres) -> None:
    server.sql("CREATE ROLE few LOGIN CONNECTION LIMIT 0")
    crowded = open_database(server.url().replace("postgres@", "few@"))
    with pytest.raises(OperationalError) as told:
        await _asked(crowded)
    assert sqlstate(told.value) == "53300"
    await crowded.close()


@pytest.mark.parametrize("away", ["nobody", "nowhere"])
async def test_whom_the_server_does_not_let_in_it_is_unavailable(
    server: Postgres, away: str
) -> None:
    url = {"nobody": server.url().replace("postgres@", "nobody@"), "nowhere": server.url("nowhere")}
    database = open_database(url[away])
    with pytest.raises(OperationalError):
        await _asked(database)
    await database.close()


async def test_who_waits_in_a_circle_may_try_again(database: Database) -> None:
    locks, met = (1, 2), asyncio.Barrier(2)

    async def lock(first: int, second: int) -> None:
        async with database.writing() as connection:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({first})"))
            await met.wait()
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({second})"))

    done = await asyncio.gather(lock(*locks), lock(*reversed(locks)), return_exceptions=True)
    [failed] = [one for one in done if one is not None]
    assert isinstance(failed, OperationalError)
    assert sqlstate(failed) == "40P01"


async def test_what_is_wrong_with_a_row_is_no_outage_and_is_told_without_its_values(
    database: Database,
) -> None:
    """An index that is not met, and values that no column takes."""
    at = datetime.now(UTC)
    await _written(database, email="张某某@example.org", created_at=at)
    wrong = (
        {"email": "张某某@example.org"},
        {"email": "张某某\ud800"},
        {"email": "张某某\0"},
        {"email": "张某某" * 200},
        {"id": 2**63, "email": "张某某"},
    )
    for row in wrong:
        with pytest.raises((DBAPIError, ValueError)) as told:
            await _written(database, created_at=at, **row)
        assert not isinstance(told.value, UNAVAILABLE), row
        shown = "".join(traceback.format_exception(told.value))
        assert "张某某" not in shown
        assert str(2**63) not in shown
    async with database.reading() as connection:
        assert len((await connection.execute(select(organizer.c.id))).all()) == 1
    with pytest.raises(IntegrityError):
        await _written(database, email="张某某@example.org", created_at=at)
