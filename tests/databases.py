"""The database behind each data folder of the tests: SQLite's file in it, or one of PostgreSQL's.

`pytest --engine postgresql` gives every folder a database of its own on a real server, copied from
one that was migrated once. Tests ask here and need not know which engine it is.
"""

import asyncio
import hashlib
import shutil
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from pledge.store.database import open_database, sqlite_url
from pledge.store.migrating import migrate, upgrade
from tests.postgres import Postgres, postgres

Found = TypeVar("Found")

_PATIENCE = 60.0
_EMPTY, _MIGRATED = "template1", "migrated"


class Engine(StrEnum):
    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass
class _PostgreSQL:
    """A server and what was made on it, by the folder that it belongs to."""

    server: Postgres
    admin: asyncpg.Connection
    made: dict[Path, str] = field(default_factory=dict)

    def make(self, data: Path, template: str) -> str:
        name = f"site_{hashlib.sha256(bytes(data)).hexdigest()[:16]}"
        # Copied file by file, since the server is hasty: faster than by way of its log.
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        self.made[data] = name
        return name

    def drop(self, data: Path) -> None:
        self.run(f"DROP DATABASE {self.made.pop(data)} WITH (FORCE)")

    def run(self, statement: str) -> None:
        _wait(self.admin.execute(statement))


_postgresql: _PostgreSQL | None = None


def engine() -> Engine:
    """Of this session."""
    return Engine.SQLITE if _postgresql is None else Engine.POSTGRESQL


@contextmanager
def serving_postgresql() -> Iterator[None]:
    """From now on folders get databases on a server that is gone in the end."""
    global _postgresql
    with postgres(hasty=True) as server:
        admin = _wait(asyncpg.connect(server.url()))
        _wait(admin.execute(f"CREATE DATABASE {_MIGRATED}"))
        _wait(migrated(server.url(_MIGRATED)))
        _postgresql = _PostgreSQL(server, admin)
        try:
            yield
        finally:
            _postgresql = None
            _wait(admin.close())


@contextmanager
def dropping() -> Iterator[None]:
    """The databases that are made meanwhile are dropped in the end; files go with their folders."""
    before = set(_postgresql.made) if _postgresql else set()
    yield
    if _postgresql:
        for data in set(_postgresql.made) - before:
            _postgresql.drop(data)


def address(data: Path, *, empty: bool = False) -> str:
    """The database of a folder, as SQLAlchemy takes it; made, if need be, without any rows.

    An empty one has no tables either: so a first start finds it.
    """
    data = data.resolve()
    if _postgresql is None:
        file = data / "pledge.db"
        if not empty and not file.exists():
            data.mkdir(exist_ok=True, mode=0o700)
            file.write_bytes(_migrated_file())
        return sqlite_url(file)
    name = _postgresql.made.get(data)
    return _postgresql.server.url(
        name or _postgresql.make(data, template=_EMPTY if empty else _MIGRATED)
    )


def environment(data: Path) -> dict[str, str]:
    """By which the site of a folder is found, as its operator would set it."""
    if _postgresql is None:
        return {"PLEDGE_DATA": str(data)}
    return {"PLEDGE_DATA": str(data), "PLEDGE_DATABASE_URL": address(data)}


def copy(data: Path, to: Path) -> Path:
    """The folder of another site that knows what this one knows; nobody may be using it."""
    shutil.copytree(data, to)
    if _postgresql is not None and data.resolve() in _postgresql.made:
        _postgresql.make(to.resolve(), template=_postgresql.made[data.resolve()])
    return to


def folders(data: Path) -> list[Path]:
    """Everything that a site and its database consist of, as it is on the disk."""
    if _postgresql is None:
        return [data]
    _postgresql.run("CHECKPOINT")
    query = f"SELECT oid FROM pg_database WHERE datname = '{_postgresql.made[data.resolve()]}'"
    oid = _wait(_postgresql.admin.fetchval(query))
    return [data, _postgresql.server.data / "base" / str(oid)]


def sql(data: Path, *statements: str, **values: Any) -> list[tuple[Any, ...]]:
    """Statements in one transaction; the rows of the last."""

    def run(connection: Connection) -> list[tuple[Any, ...]]:
        for statement in statements:
            done = connection.execute(text(statement), values)
        return [tuple(row) for row in done] if done.returns_rows else []

    return using(address(data), run)


def using(url: str, ask: Callable[[Connection], Found]) -> Found:
    """What is answered on a connection, in a transaction, whatever loop runs or does not."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        sqlite = create_engine(parsed, poolclass=NullPool)
        with sqlite.begin() as connection:
            return ask(connection)

    async def asked() -> Found:
        engine = create_async_engine(
            parsed.set(drivername="postgresql+asyncpg"), poolclass=NullPool
        )
        async with engine.begin() as connection:
            return await connection.run_sync(ask)

    return _wait(asked())


async def migrated(url: str) -> None:
    database = open_database(url)
    await migrate(database)
    await database.close()


@cache
def _migrated_file() -> bytes:
    """The file of a database brought up to date, empty: migrated once, copied for each site.

    How migrations go is tested in `tests/store`, and by each server that starts in a process.
    """
    with create_engine("sqlite://").connect() as connection:
        upgrade(connection)
        connection.commit()
        content: bytes = connection.connection.driver_connection.serialize()  # type: ignore[union-attr]
    return content


def _wait(work: Coroutine[Any, Any, Found]) -> Found:
    """Done on a loop of its own, so that tests with and without one can ask."""
    return asyncio.run_coroutine_threadsafe(work, _loop()).result(_PATIENCE)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="databases of tests", daemon=True).start()
    return loop
