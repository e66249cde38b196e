"""Which walls and tablets have been heard of lately."""

from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.presence import Presence, ScreenKind
from pledge.store.database import exclusively
from pledge.store.schema import presence

MOST = 200
"""Screens of one initiative; more are not remembered."""

_LOCK = 0x5C4EE2


async def take_turns(connection: AsyncConnection) -> None:
    """Of several processes, one writes at a time: two may hear of one screen."""
    await exclusively(connection, _LOCK)


async def put(connection: AsyncConnection, initiative_id: int, heard: Presence) -> None:
    """A screen is there, or has left; what another process has heard later stays."""
    own = (presence.c.initiative_id == initiative_id, presence.c.name == heard.name)
    values = {
        "kind": heard.kind,
        "meeting_id": heard.meeting_id,
        "seen_at": heard.seen_at,
        "left_at": heard.left_at,
    }
    known = (await connection.execute(select(presence.c.seen_at).where(*own))).one_or_none()
    if known is None:
        count = select(func.count()).where(presence.c.initiative_id == initiative_id)
        if (await connection.execute(count)).scalar_one() < MOST:
            row = {"initiative_id": initiative_id, "name": heard.name, **values}
            await connection.execute(insert(presence).values(row))
    elif known.seen_at <= heard.seen_at:
        await connection.execute(update(presence).where(*own).values(values))


async def forget(connection: AsyncConnection, before: datetime) -> None:
    await connection.execute(delete(presence).where(presence.c.seen_at < before))


async def since(
    connection: AsyncConnection, initiative_id: int, earliest: datetime
) -> list[Presence]:
    """In an order that does not change while they come and go."""
    rows = await connection.execute(
        select(presence)
        .where(presence.c.initiative_id == initiative_id, presence.c.seen_at >= earliest)
        .order_by(presence.c.kind.desc(), presence.c.name)
    )
    return [
        Presence(row.name, ScreenKind(row.kind), row.meeting_id, row.seen_at, row.left_at)
        for row in rows
    ]
