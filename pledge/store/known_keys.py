"""By which keys the nodes on one database are known: their fingerprints, which are no secret."""

from collections.abc import Collection, Mapping
from enum import StrEnum

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.store.database import exclusively
from pledge.store.schema import known_key

_LOCK = 0x4E9


class Kind(StrEnum):
    SECRET = "secret"  # noqa: S105 -- a kind of key
    REGISTER = "register"


Fingerprints = Mapping[Kind, Collection[str]]


async def take_turns(connection: AsyncConnection) -> None:
    """Of nodes that start at once, the first one's keys count."""
    await exclusively(connection, _LOCK)


async def known(connection: AsyncConnection) -> dict[Kind, set[str]]:
    found: dict[Kind, set[str]] = {kind: set() for kind in Kind}
    for row in await connection.execute(select(known_key)):
        found[Kind(row.kind)].add(row.fingerprint)
    return found


async def replace(connection: AsyncConnection, own: Fingerprints) -> None:
    await connection.execute(delete(known_key))
    await connection.execute(
        insert(known_key),
        [
            {"kind": kind, "fingerprint": one}
            for kind, fingerprints in own.items()
            for one in fingerprints
        ],
    )
