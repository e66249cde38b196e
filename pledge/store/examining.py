"""Looking at a database without changing it, or making a file beside it.

SQLite is opened read-only (sqlite.org/uri.html, sqlite.org/wal.html#readonly): where no process has
a write-ahead log, as what stands still, since else a log would be made to read it by.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from pledge.errors import InvalidSetting

_VERSIONS = slice(18, 20)
"""Of the file's header: how it is written and read; 2 is a write-ahead log (fileformat2, 1.3.3)."""
_LOG = b"\x02\x02"
_SHOWN = 200


class LeftOpen(Exception):
    """A write-ahead log lies there without its index, as after a copy: whoever reads it makes one,
    which would then be that person's, and not the site's."""


@asynccontextmanager
async def opened_to_look(url: str) -> AsyncIterator[AsyncConnection]:
    """Raises FileNotFoundError where there is no database yet, and LeftOpen."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InvalidSetting("PLEDGE_DATABASE_URL is not a database address") from None
    if parsed.get_backend_name() == "sqlite":
        engine = create_async_engine(
            await asyncio.to_thread(_read_only, parsed), poolclass=NullPool, hide_parameters=True
        )
    else:
        engine = create_async_engine(
            parsed.set(drivername="postgresql+asyncpg"),
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={"server_settings": {"default_transaction_read_only": "on"}},
        )
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


async def damage(connection: AsyncConnection) -> str | None:
    """The first thing that is wrong with the file; PostgreSQL watches over its own."""
    if connection.dialect.name != "sqlite":
        return None
    found = str((await connection.exec_driver_sql("PRAGMA quick_check(1)")).scalar_one())
    return None if found == "ok" else " ".join(found.split())[:_SHOWN]


async def may_lose(connection: AsyncConnection, url: str) -> str:
    """What keeps a commit from outliving a power cut; empty if nothing does."""
    if connection.dialect.name == "sqlite":
        logged = await asyncio.to_thread(_keeps_log, Path(make_url(url).database or ""))
        return "" if logged else "it has no write-ahead log"
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        set_to = (await connection.exec_driver_sql(f"SHOW {name}")).scalar_one()
        if set_to == "off":
            return f"{name} is off"
    return ""


def _read_only(url: URL) -> URL:
    path = Path(url.database or "")
    if not path.is_file():
        raise FileNotFoundError(2, "no such file", str(path))
    log, index = (path.with_name(f"{path.name}-{end}") for end in ("wal", "shm"))
    used = log.exists() and index.exists()
    if not used and log.exists() and log.stat().st_size:
        raise LeftOpen
    return URL.create(
        "sqlite+aiosqlite",
        database=f"file:{quote(str(path.resolve()))}",
        query={"mode": "ro", "uri": "true", **({} if used else {"immutable": "1"})},
    )


def _keeps_log(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(_VERSIONS.stop)[_VERSIONS] == _LOG
