"""Connections to PostgreSQL that end when they should, and outages that are said as such.

A server that is away, starting, full, read-only or overrun is an outage: OperationalError, which
pages answer with 503, so that phones try again. Nothing waits for a network that swallows what is
sent (a cable that was pulled says nothing): connecting, asking whether a kept connection still
lives, and every transaction have an end. The server, too, lets go of what a silent node has locked.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Dialect, ExceptionContext
from sqlalchemy.exc import InvalidatePoolError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

LONGEST = 10.0
"""Seconds of a transaction, from its first statement to the end of its commit."""

CONNECTING: dict[str, Any] = {
    "timeout": 5.0,  # seconds, for all hosts of an address together
    "server_settings": {
        "application_name": "pledge",
        # A lock that takes longer is given up before our own patience ends, so that the server
        # does not go on waiting for somebody who has left.
        "lock_timeout": "8s",
        # What a node held that has fallen silent, or was cut off, is free for others after this,
        # before those lose their patience.
        "idle_in_transaction_session_timeout": "5s",
        # Nor does the server go on working for a node that is gone.
        "client_connection_check_interval": "2s",
        "tcp_keepalives_idle": "5",
        "tcp_keepalives_interval": "2",
        "tcp_keepalives_count": "3",
        "tcp_user_timeout": "10000",
    },
}
"""How asyncpg connects."""

_TRANSACTION = "9s"
"""How long the server lets a transaction last. Who falls silent while it has a statement parsed is
not idle in the server's eyes, since asyncpg sends no Sync there, and would keep its locks for ever.
More than a lock is waited for, which is the milder end; less than our patience."""
_KNOWS_TRANSACTIONS = (17,)
"""PostgreSQL as of which it can be told so; others find out by themselves when a machine is gone,
but not when a process is only silent."""

_FRESH = 1.0
"""Seconds for which a connection that was just used is believed to live."""
_ANSWERS_WITHIN = 2.0

_OUTAGES = (
    "08",  # the connection
    "53",  # disk full, out of memory, too many connections
    "57P",  # shut down, crashed, or starting
    "58",  # input or output of the server failed
    "25006",  # read-only: a standby, or a disk that has become so
    "25P03",  # idle in a transaction for too long
    "25P04",  # or in one that took too long
    "55P03",  # a lock was waited for in vain
    "40001",  # others were faster
    "40P01",  # two transactions have waited for each other
    "57014",  # cancelled: statement_timeout of the server
)
"""How SQLSTATE begins (PostgreSQL, appendix A) where the same may succeed in a moment."""

_FORBIDDEN = "42501"
"""What a server says of its own files on a disk that has become read-only, and of rights that it
has not been granted (aclchk.c): only the first is an outage."""
_OF_RIGHTS = "aclchk.c"

_DATA = "22"
_REFUSED = "a value that its column can't take"

_GONE = ("08", "57P", "25006", "25P03", "25P04")
"""After these a connection leads nowhere any more."""


def watch(engine: AsyncEngine) -> None:
    """From now on the engine's connections are as said above."""
    listened = engine.sync_engine
    event.listen(listened, "do_connect", _connect)
    event.listen(listened, "handle_error", _tell)
    event.listen(listened, "checkout", _ask)
    event.listen(listened, "checkin", _note_use)


@contextmanager
def ending(connection: AsyncConnection, within: float | None) -> Iterator[None]:
    """Ends the connection, whatever it is waiting for, once this takes longer."""
    held = connection.sync_connection
    if within is None or held is None:
        yield
        return
    driver = held.connection.driver_connection
    timer = asyncio.get_running_loop().call_later(within, driver.terminate)  # type: ignore[union-attr]
    try:
        yield
    finally:
        timer.cancel()


def _connect(dialect: Dialect, _record: Any, words: Any, named: Any) -> Any:
    driver: Any = dialect.loaded_dbapi
    try:
        made = dialect.connect(*words, **named)
        made.run_async(_limit_transactions)
        return made
    except (OSError, driver.Error) as error:
        raise driver.OperationalError(str(error) or "it does not answer", error) from error


async def _limit_transactions(driver: Any) -> None:
    if driver.get_server_version() >= _KNOWS_TRANSACTIONS:
        await _execute(driver, f"SET transaction_timeout = '{_TRANSACTION}'")


def without_end(dialect: Dialect) -> Sequence[str]:
    """Settings of PostgreSQL that are 0 where something takes as long as it takes."""
    settings = ["lock_timeout", "idle_in_transaction_session_timeout"]
    if (dialect.server_version_info or ()) >= _KNOWS_TRANSACTIONS:
        settings.append("transaction_timeout")
    return settings


def sqlstate(error: BaseException) -> str:
    """What PostgreSQL has said, through what it was wrapped in; empty if it has said nothing."""
    return str(getattr(getattr(error, "orig", None) or error, "sqlstate", None) or "")


def _tell(failed: ExceptionContext) -> Exception | None:
    """What is raised instead, if anything."""
    error = failed.original_exception
    if not isinstance(error, Exception):
        return None  # whoever waits for an answer was broken off
    if _hide_values(error):
        return ValueError(_REFUSED)
    state = sqlstate(error)
    if state.startswith(_GONE) or isinstance(error, OSError):
        failed.is_disconnect = True
    if not (failed.is_disconnect or state.startswith(_OUTAGES) or _disk_is_read_only(error)):
        return None
    return OperationalError(
        failed.statement,
        None,
        error,
        hide_parameters=True,
        connection_invalidated=failed.is_disconnect,
    )


def _disk_is_read_only(error: Exception) -> bool:
    sources = {getattr(one, "server_source_filename", None) for one in _chain(error)} - {None}
    return sqlstate(error) == _FORBIDDEN and bool(sources) and _OF_RIGHTS not in sources


def _chain(error: BaseException) -> list[Any]:
    """An error and what it was wrapped around."""
    chain: list[Any] = []
    cause: BaseException | None = error
    while cause is not None:
        chain.append(cause)
        cause = cause.__cause__
    return chain


def _hide_values(error: Exception) -> bool:
    """What errors say of rows and values is personal data, and has no place in a log.

    True if a value was refused: it is told of without the error, which quotes it.
    """
    chain = _chain(error)
    for one in chain:
        if type(one).__module__.startswith("asyncpg.") and hasattr(one, "detail"):
            one.detail = None
    refused = sqlstate(error).startswith(_DATA)
    if refused:
        for one in chain:
            one.args = (_REFUSED,)
    return refused


def _ask(connection: Any, record: Any, _proxy: Any) -> None:
    """Whether it still lives; if not, all that were kept with it are opened anew."""
    if time.monotonic() - record.info.get("used", 0.0) < _FRESH:
        return
    try:
        connection.run_async(_answers)
    except Exception as error:  # whatever it is: a connection that can't say so does not live
        raise InvalidatePoolError from error


async def _answers(driver: Any) -> None:
    await _execute(driver, "SELECT")


async def _execute(driver: Any, statement: str) -> None:
    """Ends the connection if that takes long."""
    timer = asyncio.get_running_loop().call_later(_ANSWERS_WITHIN, driver.terminate)
    try:
        await driver.execute(statement)
    finally:
        timer.cancel()


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used"] = time.monotonic()
