"""Connections to PostgreSQL: a pool for a process, and one more that listens."""

from typing import Any

from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from pledge.errors import InvalidSetting
from pledge.store.outages import CONNECTING, watch

CONNECTIONS = 10
"""Of a process, if nothing else is set."""


def open_engine(url: URL, connections: int, patience: float) -> AsyncEngine:
    """At most so many connections at once; for one of them is waited for so many seconds."""
    return _engine(url, pool_size=connections, max_overflow=0, pool_timeout=patience)


def open_listener(url: URL) -> AsyncEngine:
    """For the one connection of a process that is kept outside of its pool."""
    return _engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")


def _engine(url: URL, **options: Any) -> AsyncEngine:
    try:
        engine = create_async_engine(
            url.set(drivername="postgresql+asyncpg"),
            connect_args=CONNECTING,
            hide_parameters=True,
            **options,
        )
    except ModuleNotFoundError:
        raise InvalidSetting(
            "PLEDGE_DATABASE_URL: PostgreSQL needs the package asyncpg, which is not installed"
        ) from None
    watch(engine)
    return engine
