"""Rehearsals: an initiative each, that stands in for a meeting and goes without a trace."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.initiatives import (
    Initiative,
    Meeting,
    Status,
    TextVersion,
    rehearsal_slug,
    rehearsal_texts,
)
from pledge.store import heads, initiatives, wakeups
from pledge.store.schema import (
    audit,
    export,
    feed,
    head,
    initiative,
    invitation,
    launch,
    logo,
    meeting,
    name_gram,
    name_index,
    notice_target,
    pace,
    presence,
    role,
    roster_draft,
    shown_span,
    signature,
    signing_link,
    stage,
    text_body,
    text_draft,
    text_version,
)


@dataclass(frozen=True)
class Rehearsal:
    id: int
    slug: str
    signatures: int
    """How many have been signed in it."""


async def of_meeting(connection: AsyncConnection, meeting_id: int) -> Rehearsal | None:
    row = (
        await connection.execute(
            select(initiative.c.id, initiative.c.slug, head.c.last_number)
            .join(head, head.c.initiative_id == initiative.c.id)
            .where(initiative.c.rehearses == meeting_id)
        )
    ).one_or_none()
    return Rehearsal(row.id, row.slug, row.last_number) if row else None


async def create(
    connection: AsyncConnection, real: Initiative, rehearsed: Meeting, *, cursor: int, at: datetime
) -> None:
    """`cursor` is the newest of the real initiative's feed, which moves with every rehearsal.

    The number that it gives the rehearsal is negative and never used twice: what a process still
    remembers of an earlier rehearsal must not be taken for this one.
    """
    initiative_id = await initiatives.create(
        connection,
        rehearsal_slug(real.slug, rehearsed.key),
        status=Status.OPEN,
        content={
            **await initiatives.content_of(connection, real.id),
            "id": -(cursor * 2**20 + rehearsed.id),
            "rehearses": rehearsed.id,
        },
        at=at,
    )
    values = await initiatives.meeting_values(connection, real.id)
    await initiatives.put_meetings(
        connection, initiative_id, [one for one in values if one["key"] == rehearsed.key]
    )
    texts = rehearsal_texts(real.text.texts)
    await initiatives.add_text(connection, initiative_id, TextVersion(0, texts), at)
    await heads.revise(connection, initiative_id)


async def remove(connection: AsyncConnection, rehearsal_id: int) -> None:
    """All of it: what refers to others goes before them."""
    for table in (
        *(shown_span, name_gram, name_index),
        *(signature, feed, launch, stage, head, text_body, text_version),
        *(audit, export, logo, notice_target, pace, presence, text_draft),
        *(invitation, roster_draft, signing_link, role, meeting),
    ):
        await connection.execute(delete(table).where(table.c.initiative_id == rehearsal_id))
    await connection.execute(delete(initiative).where(initiative.c.id == rehearsal_id))
    await wakeups.tell(connection, wakeups.Kind.ENDED, rehearsal_id)
