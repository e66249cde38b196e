"""Meetings one by one: added, changed, put in order, removed while nothing refers to them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.store.schema import (
    initiative,
    invitation,
    meeting,
    presence,
    roster_draft,
    signature,
    signing_link,
)


async def add(connection: AsyncConnection, initiative_id: int, values: Mapping[str, Any]) -> None:
    """As the last one."""
    last = await connection.execute(
        select(func.max(meeting.c.position)).where(meeting.c.initiative_id == initiative_id)
    )
    position = max(last.scalar_one() or 0, 0) + 1
    await connection.execute(
        insert(meeting).values(initiative_id=initiative_id, position=position, **values)
    )


async def change(connection: AsyncConnection, meeting_id: int, values: Mapping[str, Any]) -> None:
    await connection.execute(update(meeting).where(meeting.c.id == meeting_id).values(**values))


async def put_in_order(connection: AsyncConnection, meeting_ids: Sequence[int]) -> None:
    for position, meeting_id in enumerate(meeting_ids):
        await change(connection, meeting_id, {"position": position})


async def invited(connection: AsyncConnection, initiative_id: int) -> dict[int, int]:
    """How many companies are invited to each meeting that has a roster."""
    rows = await connection.execute(
        select(invitation.c.meeting_id, func.count().label("invited"))
        .where(invitation.c.initiative_id == initiative_id)
        .group_by(invitation.c.meeting_id)
    )
    return {row.meeting_id: row.invited for row in rows}


async def references(
    connection: AsyncConnection, initiative_id: int, meeting_id: int
) -> dict[str, int]:
    """How many signatures, invitations, links and rehearsals refer to it.

    The row is locked first: whoever would refer to it now waits, and finds it gone or not.
    """
    await connection.execute(
        select(meeting.c.id).where(meeting.c.id == meeting_id).with_for_update()
    )
    conditions: dict[str, list[ColumnElement[bool]]] = {
        "signatures": [
            signature.c.initiative_id == initiative_id,
            signature.c.meeting_id == meeting_id,
        ],
        "invitations": [
            invitation.c.initiative_id == initiative_id,
            invitation.c.meeting_id == meeting_id,
        ],
        "links": [
            signing_link.c.initiative_id == initiative_id,
            signing_link.c.meeting_id == meeting_id,
        ],
        "rehearsals": [initiative.c.rehearses == meeting_id],
    }
    return {
        name: (await connection.execute(select(func.count()).where(*where))).scalar_one()
        for name, where in conditions.items()
    }


async def remove(connection: AsyncConnection, meeting_id: int) -> None:
    """With what is only for a while: screens that were heard of, files being looked through."""
    for table in (presence, roster_draft):
        await connection.execute(delete(table).where(table.c.meeting_id == meeting_id))
    await connection.execute(delete(meeting).where(meeting.c.id == meeting_id))
