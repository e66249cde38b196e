"""What is published of an initiative has changed: processes, phones and walls learn of it."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.store import feed, heads


async def tell(
    connection: AsyncConnection, initiative_id: int, head: heads.Head, at: datetime
) -> int:
    """The cursor of the event that says so, to be announced after the commit.

    Processes read the initiative anew, since its revision has grown; whoever follows its feed asks
    how it stands, and nothing that was told before is told again from memory.
    """
    standing = head.standing
    cursor = standing.cursor + 1
    await heads.move_counts(connection, initiative_id, 0, cursor=cursor, by=0)
    await heads.revise(connection, initiative_id)
    event = feed.Event(
        cursor,
        feed.Kind.STATE,
        standing.total,
        at,
        status=standing.status,
        cause=feed.Cause.REVISED,
    )
    await feed.append(connection, initiative_id, event)
    return cursor
