"""Wake-ups: a transaction tells other processes that something is committed (PostgreSQL's NOTIFY).

They go out with the commit or not at all, and say no more than where to look. One that is lost
costs the time until somebody looks anyway: the cursors in the tables are the truth. PostgreSQL lets
transactions that notify commit one by one, so that there is one of them a transaction, and none
where nothing has changed. SQLite has nothing of the kind.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, UpdateBase, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

CHANNEL = "pledge"


class Kind(StrEnum):
    MOVED = "moved"
    """The feed of an initiative, to a cursor."""
    DRAWN = "drawn"
    """Something on a stage, with its sequence."""
    ENDED = "ended"
    """A rehearsal: there is no such initiative any more."""
    ECHO = "echo"
    """Nothing has happened: a process listens for its own voice."""


@dataclass(frozen=True)
class WakeUp:
    kind: Kind
    subject: int
    """The initiative; whose echo it is."""
    newest: int = 0


def told(
    connection: AsyncConnection,
    change: UpdateBase,
    kind: Kind,
    subject: ColumnElement[int],
    newest: ColumnElement[int],
) -> UpdateBase:
    """The same change of a row, which wakes others up by what the row then says."""
    if connection.dialect.name != "postgresql":
        return change
    return change.returning(
        func.pg_notify(CHANNEL, func.concat_ws(" ", kind.value, subject, newest))
    )


async def tell(connection: AsyncConnection, kind: Kind, subject: int, newest: int = 0) -> None:
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_notify(CHANNEL, f"{kind} {subject} {newest}")))


def read(payload: str) -> WakeUp | None:
    """None of what a newer version, or somebody else, has to say."""
    try:
        kind, subject, newest = payload.split(" ")
        return WakeUp(Kind(kind), int(subject), int(newest))
    except ValueError:
        return None
