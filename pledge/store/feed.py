"""The feed: what happened to an initiative, numbered by a cursor without gaps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import and_, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.initiatives import Status
from pledge.domain.signatures import Signature
from pledge.store import heads, signatures
from pledge.store.schema import feed, head


class Kind(StrEnum):
    SIGNED = "signed"
    """A signature is public from here on; its index is this event's cursor."""
    COUNTED = "counted"
    """A signature counts, and is not shown until it is approved."""
    HIDDEN = "hidden"
    STATE = "state"
    """Signing was opened or closed, or a rehearsal has begun or ended."""
    SCENE = "scene"
    """The walls show something else."""


class Cause(StrEnum):
    """Why something is no longer shown, or walls look anew although the status is what it was."""

    HIDDEN = "hidden"
    REPLACED = "replaced"
    """By another entry of the same company."""
    WITHDRAWN = "withdrawn"
    REVISED = "revised"
    ERASED = "erased"
    """It is told anew at once, without the person."""


@dataclass(frozen=True)
class Event:
    cursor: int
    kind: Kind
    total: int
    """Of the companies whose signature stood after this event."""
    at: datetime
    signature: Signature | None = None
    status: Status | None = None
    subject: int | None = None
    """The index that a hidden signature had."""
    cause: Cause | None = None


async def append_all(
    connection: AsyncConnection, initiative_id: int, events: Sequence[Event]
) -> None:
    if not events:
        return
    await connection.execute(
        insert(feed),
        [
            {
                "initiative_id": initiative_id,
                "cursor": event.cursor,
                "kind": event.kind,
                "number": event.signature.number if event.signature else None,
                "status": event.status,
                "subject": event.subject,
                "cause": event.cause or "",
                "total": event.total,
                "at": event.at,
            }
            for event in events
        ],
    )


async def append(connection: AsyncConnection, initiative_id: int, event: Event) -> None:
    await append_all(connection, initiative_id, [event])


async def after(
    connection: AsyncConnection, initiative_id: int, cursor: int, limit: int
) -> list[Event]:
    """The events after a cursor, oldest first."""
    rows = (
        await connection.execute(
            select(feed)
            .where(feed.c.initiative_id == initiative_id, feed.c.cursor > cursor)
            .order_by(feed.c.cursor)
            .limit(limit)
        )
    ).all()
    signed = await signatures.by_numbers(
        connection, initiative_id, [row.number for row in rows if row.number is not None]
    )
    return [
        Event(
            cursor=row.cursor,
            kind=Kind(row.kind),
            total=row.total,
            at=row.at,
            signature=signed.get(row.number),
            status=Status(row.status) if row.status else None,
            subject=row.subject,
            cause=Cause(row.cause) if row.cause else None,
        )
        for row in rows
    ]


async def oldest_after(connection: AsyncConnection, told: Mapping[int, int]) -> datetime | None:
    """When the oldest event happened that comes after one of these cursors, by initiative."""
    newest = await heads.cursors(connection, list(told))
    found = [
        await connection.scalar(
            select(feed.c.at)
            .where(feed.c.initiative_id == initiative_id, feed.c.cursor > told[initiative_id])
            .order_by(feed.c.cursor)
            .limit(1)
        )
        for initiative_id, cursor in newest.items()
        if cursor > told[initiative_id]
    ]
    return min(filter(None, found), default=None)


async def newest(connection: AsyncConnection) -> datetime | None:
    """When something last happened anywhere."""
    found = await connection.execute(
        select(func.max(feed.c.at)).join(
            head,
            and_(feed.c.initiative_id == head.c.initiative_id, feed.c.cursor == head.c.last_cursor),
        )
    )
    at: datetime | None = found.scalar_one()
    return at
