"""Organizers' sessions, each known by the hash of its token."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.store.organizers import Organizer, to_organizer
from pledge.store.schema import organizer, session


@dataclass(frozen=True)
class Session:
    digest: str
    created_at: datetime
    seen_at: datetime | None
    agent: str
    """What the browser calls itself; empty if it says nothing."""


async def start(
    connection: AsyncConnection,
    digest: str,
    organizer_id: int,
    *,
    at: datetime,
    expires_at: datetime,
    agent: str,
) -> None:
    """Remembers a session, and forgets those that have run out."""
    await connection.execute(delete(session).where(session.c.expires_at <= at))
    await connection.execute(
        insert(session).values(
            digest=digest,
            organizer_id=organizer_id,
            created_at=at,
            expires_at=expires_at,
            seen_at=at,
            agent=agent,
        )
    )


async def find(
    connection: AsyncConnection, digest: str, now: datetime
) -> tuple[Organizer, datetime | None] | None:
    """Whose session it is, and when it was seen last."""
    row = (
        await connection.execute(
            select(organizer, session.c.seen_at.label("session_seen_at"))
            .join(session, session.c.organizer_id == organizer.c.id)
            .where(session.c.digest == digest, session.c.expires_at > now)
        )
    ).one_or_none()
    return (to_organizer(row), row.session_seen_at) if row else None


async def see(connection: AsyncConnection, digest: str, at: datetime) -> None:
    await connection.execute(update(session).where(session.c.digest == digest).values(seen_at=at))


async def of_organizer(
    connection: AsyncConnection, organizer_id: int, now: datetime
) -> list[Session]:
    """Those that have not run out, the newest first."""
    rows = await connection.execute(
        select(session)
        .where(session.c.organizer_id == organizer_id, session.c.expires_at > now)
        .order_by(session.c.created_at.desc(), session.c.digest)
    )
    return [Session(row.digest, row.created_at, row.seen_at, row.agent) for row in rows]


async def end(connection: AsyncConnection, organizer_id: int, digest: str) -> bool:
    """False if the organizer has no such session."""
    ended: CursorResult[Any] = await connection.execute(
        delete(session).where(session.c.organizer_id == organizer_id, session.c.digest == digest)
    )
    return ended.rowcount == 1


async def end_all(connection: AsyncConnection, organizer_id: int, *, but: str = "") -> int:
    """Ends an organizer's sessions, except the one of that digest; says how many."""
    ended: CursorResult[Any] = await connection.execute(
        delete(session).where(session.c.organizer_id == organizer_id, session.c.digest != but)
    )
    return ended.rowcount
