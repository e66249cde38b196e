"""How many signed in each minute, at each meeting: what the dashboard draws."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import BigInteger, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.store.schema import pace


async def add(
    connection: AsyncConnection, initiative_id: int, by_meeting: Mapping[int, int], at: datetime
) -> None:
    """So many signed just now. Under the head's lock nobody else adds the minute's first row."""
    minute = at.replace(second=0, microsecond=0)
    for meeting_id, signed in by_meeting.items():
        counted = await connection.execute(
            _MORE, {"of": initiative_id, "at": meeting_id, "in": minute, "more": signed}
        )
        if not counted.rowcount:
            first = {"initiative_id": initiative_id, "meeting_id": meeting_id, "minute": minute}
            await connection.execute(insert(pace).values(signed=signed, **first))


_MORE = (
    update(pace)
    .where(
        pace.c.initiative_id == bindparam("of"),
        pace.c.meeting_id == bindparam("at"),
        pace.c.minute == bindparam("in"),
    )
    .values(signed=pace.c.signed + bindparam("more", type_=BigInteger))
)


async def by_minute(
    connection: AsyncConnection,
    initiative_id: int,
    meeting_ids: Collection[int],
    since: datetime | None = None,
) -> dict[datetime, int]:
    """Of all these meetings together, oldest first; minutes in which nobody signed are left out."""
    query = select(pace.c.minute, func.sum(pace.c.signed).label("signed")).where(
        pace.c.initiative_id == initiative_id, pace.c.meeting_id.in_(meeting_ids)
    )
    if since is not None:
        query = query.where(pace.c.minute >= since)
    rows = await connection.execute(query.group_by(pace.c.minute).order_by(pace.c.minute))
    return {row.minute: int(row.signed) for row in rows}


async def any_before(
    connection: AsyncConnection, initiative_id: int, meeting_ids: Collection[int], moment: datetime
) -> bool:
    """Whether somebody has signed earlier at one of these meetings."""
    found = await connection.execute(
        select(pace.c.minute)
        .where(
            pace.c.initiative_id == initiative_id,
            pace.c.meeting_id.in_(meeting_ids),
            pace.c.minute < moment,
        )
        .limit(1)
    )
    return found.first() is not None


async def newest(connection: AsyncConnection) -> datetime | None:
    """The last minute in which anybody signed anything."""
    found = await connection.execute(select(func.max(pace.c.minute)))
    minute: datetime | None = found.scalar_one()
    return minute
