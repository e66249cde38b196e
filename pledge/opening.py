"""Opening and closing signing: one change of status, whoever brings it about."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.audit import Action, Entry
from pledge.domain.initiatives import Status
from pledge.domain.rights import Actor
from pledge.store import audit, feed, heads


async def change_status(
    connection: AsyncConnection,
    initiative_id: int,
    head: heads.Head,
    status: Status,
    *,
    by: Actor,
    now: datetime,
    since: datetime | None = None,
) -> int:
    """The feed's newest cursor afterwards. The head must be locked.

    `since` is when it was to happen, where that is earlier: from then on it held.
    """
    cursor = head.standing.cursor + 1
    await heads.set_status(connection, initiative_id, status, cursor=cursor, at=since or now)
    await feed.append(
        connection,
        initiative_id,
        feed.Event(cursor, feed.Kind.STATE, head.standing.total, now, status=status),
    )
    entry = Entry(
        by, Action.STATUS, before={"status": head.standing.status}, after={"status": status}
    )
    await audit.record(connection, initiative_id, entry, now)
    return cursor
