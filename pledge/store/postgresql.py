"""Connections to PostgreSQL: how many there are, and that none of them holds anybody up for long.

A node may be stopped, cut off or gone at any moment, also while it holds the lock that everybody
who signs waits for. Whoever waits gives up later than the server takes such a lock away, and gives
up all the same: a phone that is told to come back does.
"""

import socket
from contextlib import suppress
from typing import Any

from sqlalchemy import URL, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from pledge.errors import InvalidSetting

CONNECTIONS = 10
"""Of a process, if nothing else is set."""

_CONNECT_SECONDS = 3.0
_UNACKNOWLEDGED_SECONDS = 6
"""After which a peer that takes nothing any more counts as gone (tcp(7), TCP_USER_TIMEOUT)."""

_SERVER = {
    "application_name": "pledge",
    # A transaction takes milliseconds and waits for nobody but the server. One that says nothing
    # for so long is of a process that was stopped: its locks go to the next one.
    "idle_in_transaction_session_timeout": "5s",
    # Longer than that, so that whoever waits behind such a process gets its turn.
    "lock_timeout": "8s",
    # What takes longer on purpose (migrating, vacuuming, moving in) sets its own.
    "statement_timeout": "30s",
    # The server, too, notices that a node is gone: between statements, and while it works for it.
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": f"{_UNACKNOWLEDGED_SECONDS}s",
    "client_connection_check_interval": "2s",
}


def open_engine(url: URL, connections: int, patience: float) -> AsyncEngine:
    """At most so many connections at once; for one of them is waited for so many seconds."""
    return _engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=patience,
        pool_pre_ping=True,
    )


def open_listener(url: URL) -> AsyncEngine:
    """For the one connection of a process that is kept outside of its pool."""
    return _engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")


def _engine(url: URL, **options: Any) -> AsyncEngine:
    try:
        engine = create_async_engine(
            url.set(drivername="postgresql+asyncpg"),
            hide_parameters=True,
            connect_args={"timeout": _CONNECT_SECONDS, "server_settings": _SERVER},
            **options,
        )
    except ModuleNotFoundError:
        raise InvalidSetting(
            "PLEDGE_DATABASE_URL: PostgreSQL needs the package asyncpg, which is not installed"
        ) from None
    event.listen(engine.sync_engine, "connect", _notice_a_dead_peer)
    return engine


def _notice_a_dead_peer(connection: Any, _record: Any) -> None:
    """A network that swallows everything is noticed in seconds; by itself TCP takes minutes."""
    opened = connection.driver_connection._transport.get_extra_info("socket")
    if opened is None or opened.family not in (socket.AF_INET, socket.AF_INET6):
        return
    with suppress(OSError, AttributeError):  # not every system has all of them
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 5)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 2)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
        opened.setsockopt(
            socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED_SECONDS * 1000
        )
