"""The disk fills up, or becomes read-only, while delegates sign."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.crash.disks import Disk, Processes, failing_disk, small_disk
from tests.crash.hall import Hall
from tests.crash.sites import Base
from tests.postgres import Postgres

pytestmark = [pytest.mark.alone, pytest.mark.sqlite("runs on both engines by itself")]

Recorded = Callable[[str, object], None]
Made = Callable[[Path, int, Processes], AbstractContextManager[Disk]]

_MEGABYTES = {"sqlite": 24, "postgresql": 192}
SOON = 8.0
"""Seconds after which a site must answer, once its database can write again."""
_PATIENCE = 60.0


@pytest.mark.parametrize("engine_", ["sqlite", "postgresql"])
async def test_the_disk_is_full_for_a_while(
    tmp_path: Path, engine_: str, record_property: Recorded
) -> None:
    """The logs are on it as well. Nobody starts SQLite's site anew: it goes on by itself."""
    with _on_disk(small_disk, tmp_path, engine_) as (disk, base):
        async with _served(disk, base) as hall:
            async with hall.signing():
                await hall.until(0.3)
                await asyncio.to_thread(disk.fill)
                await hall.until_refused()
                await hall.until_refused()
                disk.free()
                async with asyncio.timeout(_PATIENCE):
                    await _database_is_back(base)
                seconds = await hall.until_ready()
                record_property("ready after", seconds)
                assert seconds < SOON
            await hall.holds()


@pytest.mark.parametrize("engine_", ["sqlite", "postgresql"])
async def test_the_disk_becomes_read_only(
    tmp_path: Path, engine_: str, record_property: Recorded
) -> None:
    """As the kernel does it when a disk fails: the machine is then started anew."""
    with _on_disk(failing_disk, tmp_path, engine_) as (disk, base):
        async with _served(disk, base) as hall:
            [server] = hall.servers
            async with hall.signing():
                await hall.until(0.3)
                disk.forbid()
                await hall.until_refused()
                await server.kill()
                if base.server:
                    await asyncio.to_thread(base.postgres.kill)
                await asyncio.to_thread(disk.repair)
                if base.server:
                    await asyncio.to_thread(base.postgres.start)
                await server.start()
                seconds = await hall.until_ready()
                record_property("ready after", seconds)
                assert seconds < SOON
            await hall.holds()


@contextmanager
def _on_disk(made: Made, folder: Path, engine: str) -> Iterator[tuple[Disk, Base]]:
    """A site's database on a disk of its own: SQLite with the data folder, PostgreSQL all of it."""
    with (
        TemporaryDirectory(prefix="pledge-disk-") as reachable,
        made(Path(reachable) / "disk", _MEGABYTES[engine], list) as disk,
    ):
        Path(reachable).chmod(0o755)  # PostgreSQL's own user comes by here
        if engine == "sqlite":
            yield disk, Base(disk.folder)
            return
        server = Postgres(disk.folder / "server")
        server.create(small=True)
        disk.flush()
        server.start()
        disk.processes = lambda: server.processes
        try:
            server.sql("CREATE DATABASE faults")
            yield disk, Base(folder, server, "faults")
        finally:
            server.kill()


@asynccontextmanager
async def _served(disk: Disk, base: Base) -> AsyncIterator[Hall]:
    async with base.served() as hall:
        if not base.server:
            disk.processes = lambda: [hall.servers[0].pid]
        yield hall


async def _database_is_back(base: Base) -> None:
    """PostgreSQL may have shut down, where it could not write its log, or be about to; then it is
    started anew.
    """
    while base.server and not await asyncio.to_thread(base.postgres.answers):
        if not base.postgres.runs:
            await asyncio.to_thread(base.postgres.start)
        await asyncio.sleep(0.05)
