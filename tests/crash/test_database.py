"""PostgreSQL is killed while delegates sign: it comes back, or its replica takes over."""

import asyncio
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.crash.sites import Base
from tests.postgres import Postgres, as_user

pytestmark = [pytest.mark.alone, pytest.mark.sqlite("PostgreSQL's own faults")]

Recorded = Callable[[str, object], None]

SOON = 8.0
"""Seconds after which a site must answer, once its database does."""
_PATIENCE = 60.0


@pytest.mark.parametrize("nodes", [1, 2], ids=["one node", "two nodes"])
async def test_the_database_is_killed_and_comes_back(
    postgresql: Base, nodes: int, record_property: Recorded
) -> None:
    async with postgresql.served(nodes=nodes) as hall:
        async with hall.signing():
            for share in (0.3, 0.6):
                await hall.until(share)
                await asyncio.to_thread(postgresql.postgres.kill)
                await hall.until_refused()
                await asyncio.to_thread(postgresql.postgres.start)
                seconds = await hall.until_ready()
                record_property("ready after", seconds)
                assert seconds < SOON
        await hall.holds()


async def test_the_replica_takes_over(postgresql: Base, record_property: Recorded) -> None:
    """What was acknowledged is on it, since it had to be there before (`synchronous_commit`)."""
    primary = postgresql.postgres
    with _replica(primary) as replica:
        url = (
            f"postgresql://postgres@/{postgresql.name}?host=127.0.0.1:{primary.port}"
            f"&host=127.0.0.1:{replica.port}&target_session_attrs=read-write"
        )
        async with postgresql.served(url=url) as hall:
            async with hall.signing():
                await hall.until(0.4)
                await asyncio.to_thread(primary.kill)
                await hall.until_refused()
                await asyncio.to_thread(replica.promote)
                seconds = await hall.until_ready()
                record_property("ready after", seconds)
                assert seconds < SOON
                hall.database = replica.url(postgresql.name)
            await hall.holds()


@contextmanager
def _replica(primary: Postgres) -> Iterator[Postgres]:
    """A streaming one, which has to have every commit before it is acknowledged."""
    folder = primary.folder.with_name("replica")
    folder.mkdir()
    if user := as_user():
        shutil.chown(folder, user["user"])
    replica = Postgres(folder)
    source = f"{primary.url()}?application_name=replica"
    primary.run(
        *("pg_basebackup", "-d", source, "-D", str(replica.data)),
        *("-R", "-X", "stream", "-c", "fast"),
    )
    replica.start()
    primary.sql("ALTER SYSTEM SET synchronous_standby_names = 'replica'")
    primary.sql("SELECT pg_reload_conf()")
    deadline = time.monotonic() + _PATIENCE
    while primary.sql("SELECT sync_state FROM pg_stat_replication") != "sync\n":
        assert time.monotonic() < deadline, replica.logged
        time.sleep(0.02)
    try:
        yield replica
    finally:
        replica.kill()
        (primary.data / "postgresql.auto.conf").write_text("")
        shutil.rmtree(folder)
