"""Initiatives, their texts and meetings, and the head that moves while they are signed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.initiatives import (
    Initiative,
    Lettering,
    Meeting,
    Organ,
    PartialDate,
    Path,
    Privacy,
    Standing,
    Status,
    Text,
    TextVersion,
)
from pledge.store.schema import head, initiative, meeting, role, text_body, text_version


@dataclass(frozen=True)
class Head:
    """The hot row of an initiative, as it was when it was locked."""

    standing: Standing
    text: str
    last_number: int


async def lock_head(connection: AsyncConnection, initiative_id: int) -> Head:
    """Everybody else who signs this initiative waits from here until the transaction ends."""
    row = (
        await connection.execute(
            update(head)
            .where(head.c.initiative_id == initiative_id)
            .values(last_number=head.c.last_number)
            .returning(*head.c)
        )
    ).one()
    return Head(_standing(row), row.text_digest, row.last_number)


async def advance_head(
    connection: AsyncConnection,
    initiative_id: int,
    *,
    number: int,
    cursor: int,
    by_meeting: Mapping[int, int],
) -> None:
    """Moves the sequences of numbers and events on, and the counts by what was signed."""
    await connection.execute(
        update(head)
        .where(head.c.initiative_id == initiative_id)
        .values(
            last_number=number,
            last_cursor=cursor,
            total=head.c.total + sum(by_meeting.values()),
        )
    )
    for meeting_id, signed in by_meeting.items():
        await connection.execute(
            update(meeting).where(meeting.c.id == meeting_id).values(total=meeting.c.total + signed)
        )


async def set_status(
    connection: AsyncConnection, initiative_id: int, status: Status, *, cursor: int, at: datetime
) -> None:
    await connection.execute(
        update(head)
        .where(head.c.initiative_id == initiative_id)
        .values(
            status=status,
            last_cursor=cursor,
            closed_at=at if status is Status.CLOSED else None,
        )
    )


async def standing_of(connection: AsyncConnection, initiative_id: int) -> Standing:
    row = (
        await connection.execute(select(head).where(head.c.initiative_id == initiative_id))
    ).one()
    return _standing(row)


async def last_number(connection: AsyncConnection, initiative_id: int) -> int:
    """How many signatures have ever been numbered."""
    found = await connection.execute(
        select(head.c.last_number).where(head.c.initiative_id == initiative_id)
    )
    number: int = found.scalar_one()
    return number


async def cursors(connection: AsyncConnection, initiative_ids: Sequence[int]) -> dict[int, int]:
    """The newest cursor of each feed."""
    rows = await connection.execute(
        select(head.c.initiative_id, head.c.last_cursor).where(
            head.c.initiative_id.in_(initiative_ids)
        )
    )
    return {row.initiative_id: row.last_cursor for row in rows}


@dataclass(frozen=True)
class Found:
    """An initiative found by its slug or in a list."""

    id: int
    slug: str
    standing: Standing


async def by_slug(connection: AsyncConnection, slug: str) -> Found | None:
    row = (await connection.execute(_found().where(initiative.c.slug == slug))).one_or_none()
    return _to_found(row) if row else None


async def published(connection: AsyncConnection) -> list[Found]:
    """All initiatives that are not drafts: the open ones first, then the newest."""
    rows = await connection.execute(
        _found()
        .where(head.c.status != Status.DRAFT)
        .order_by(head.c.status.desc(), initiative.c.id.desc())
    )
    return [_to_found(row) for row in rows]


async def of_organizer(connection: AsyncConnection, organizer_id: int) -> list[Found]:
    """The initiatives in which an organizer has a role."""
    rows = await connection.execute(
        _found()
        .join(role, role.c.initiative_id == initiative.c.id)
        .where(role.c.organizer_id == organizer_id)
        .order_by(initiative.c.id.desc())
    )
    return [_to_found(row) for row in rows]


async def newest_slug(connection: AsyncConnection) -> str | None:
    newest = await connection.execute(
        select(initiative.c.slug).order_by(initiative.c.id.desc()).limit(1)
    )
    return newest.scalar_one_or_none()


async def all_ids(connection: AsyncConnection) -> list[int]:
    rows = await connection.execute(select(initiative.c.id).order_by(initiative.c.id))
    return list(rows.scalars())


async def read(connection: AsyncConnection, initiative_id: int) -> Initiative:
    """The whole initiative with the text that is signed now."""
    row = (
        await connection.execute(
            select(initiative, head.c.text_digest)
            .join(head, head.c.initiative_id == initiative.c.id)
            .where(initiative.c.id == initiative_id)
        )
    ).one()
    return Initiative(
        id=row.id,
        slug=row.slug,
        organs=tuple(Organ(**organ) for organ in row.organs),
        meetings=await _meetings(connection, initiative_id),
        text=await text_of(connection, initiative_id, row.text_digest),
        privacy=Privacy(**row.privacy),
        contact=row.contact,
        note=row.note,
        letterings={shape: _lettering(drawn) for shape, drawn in row.letterings.items()},
    )


async def text_of(connection: AsyncConnection, initiative_id: int, digest: str) -> TextVersion:
    rows = (
        await connection.execute(
            select(text_body, text_version.c.number)
            .join(text_version)
            .where(text_body.c.initiative_id == initiative_id, text_body.c.digest == digest)
            .order_by(text_body.c.position)
        )
    ).all()
    return TextVersion(
        number=rows[0].number,
        texts={row.language: Text(row.title, row.markdown) for row in rows},
    )


async def text_numbers(connection: AsyncConnection, initiative_id: int) -> dict[str, int]:
    """The number of every text version, by its digest."""
    rows = await connection.execute(
        select(text_version.c.digest, text_version.c.number).where(
            text_version.c.initiative_id == initiative_id
        )
    )
    return {row.digest: row.number for row in rows}


async def totals_by_meeting(connection: AsyncConnection, initiative_id: int) -> dict[int, int]:
    rows = await connection.execute(
        select(meeting.c.id, meeting.c.total).where(meeting.c.initiative_id == initiative_id)
    )
    return {row.id: row.total for row in rows}


async def create(
    connection: AsyncConnection,
    slug: str,
    *,
    status: Status,
    content: Mapping[str, Any],
    at: datetime,
) -> int:
    """A new initiative without text and meetings; `add_text` and `put_meetings` complete it."""
    created = await connection.execute(
        insert(initiative).values(slug=slug, created_at=at, **content).returning(initiative.c.id)
    )
    initiative_id: int = created.scalar_one()
    await connection.execute(
        insert(head).values(
            initiative_id=initiative_id,
            status=status,
            text_digest="",
            revision=0,
            last_number=0,
            last_cursor=0,
            total=0,
        )
    )
    return initiative_id


async def change(
    connection: AsyncConnection, initiative_id: int, content: Mapping[str, Any]
) -> None:
    await connection.execute(
        update(initiative).where(initiative.c.id == initiative_id).values(**content)
    )


async def content_of(connection: AsyncConnection, initiative_id: int) -> dict[str, Any]:
    """What `create` and `change` store, to be compared with what is to be stored."""
    names = ("organs", "privacy", "contact", "note", "letterings")
    row = (
        await connection.execute(
            select(*(initiative.c[name] for name in names)).where(initiative.c.id == initiative_id)
        )
    ).one()
    return dict(row._mapping)


async def revise(connection: AsyncConnection, initiative_id: int) -> None:
    """Tells every process that what is published has changed."""
    await connection.execute(
        update(head)
        .where(head.c.initiative_id == initiative_id)
        .values(revision=head.c.revision + 1)
    )


async def add_text(
    connection: AsyncConnection, initiative_id: int, version: TextVersion, at: datetime
) -> None:
    """Stores a version, unless it is there, and makes it the one that is signed from now on."""
    known = await text_numbers(connection, initiative_id)
    if version.digest not in known:
        await connection.execute(
            insert(text_version).values(
                initiative_id=initiative_id,
                digest=version.digest,
                number=len(known) + 1,
                created_at=at,
            )
        )
        await connection.execute(
            insert(text_body),
            [
                {
                    "initiative_id": initiative_id,
                    "digest": version.digest,
                    "language": language,
                    "position": position,
                    "title": body.title,
                    "markdown": body.markdown,
                    "sha256": body.sha256,
                }
                for position, (language, body) in enumerate(version.texts.items())
            ],
        )
    await connection.execute(
        update(head).where(head.c.initiative_id == initiative_id).values(text_digest=version.digest)
    )


async def put_meetings(
    connection: AsyncConnection, initiative_id: int, meetings: Sequence[Mapping[str, Any]]
) -> None:
    """Adds or changes meetings by their keys, in this order; those not named stay, before them."""
    known = {
        row.key: row.id
        for row in await connection.execute(
            select(meeting.c.key, meeting.c.id).where(meeting.c.initiative_id == initiative_id)
        )
    }
    named = {values["key"] for values in meetings}
    dropped = [known[key] for key in known if key not in named]
    for position, meeting_id in enumerate(dropped, start=-len(dropped)):
        await connection.execute(
            update(meeting).where(meeting.c.id == meeting_id).values(position=position)
        )
    for position, values in enumerate(meetings):
        values = {**values, "position": position}
        if values["key"] in known:
            await connection.execute(
                update(meeting).where(meeting.c.id == known[values["key"]]).values(**values)
            )
        else:
            await connection.execute(insert(meeting).values(initiative_id=initiative_id, **values))


async def meeting_values(connection: AsyncConnection, initiative_id: int) -> list[dict[str, Any]]:
    """What `put_meetings` stores, in order; dropped meetings have negative positions."""
    names = ("key", "position", "place", "event", "date", "zone")
    rows = await connection.execute(
        select(*(meeting.c[name] for name in names))
        .where(meeting.c.initiative_id == initiative_id)
        .order_by(meeting.c.position)
    )
    return [dict(row._mapping) for row in rows]


async def _meetings(connection: AsyncConnection, initiative_id: int) -> tuple[Meeting, ...]:
    rows = await connection.execute(
        select(meeting)
        .where(meeting.c.initiative_id == initiative_id)
        .order_by(meeting.c.position, meeting.c.id)
    )
    return tuple(
        Meeting(row.id, row.key, row.place, row.event, PartialDate.parse(row.date), row.zone)
        for row in rows
    )


def lettering_values(lettering: Lettering) -> dict[str, Any]:
    return asdict(lettering)


def _lettering(drawn: Mapping[str, Any]) -> Lettering:
    return Lettering(drawn["view_box"], tuple(Path(**path) for path in drawn["paths"]))


def _found() -> Any:
    return select(initiative.c.id, initiative.c.slug, *head.c).join(
        head, head.c.initiative_id == initiative.c.id
    )


def _to_found(row: Row[Any]) -> Found:
    return Found(row.id, row.slug, _standing(row))


def _standing(row: Row[Any]) -> Standing:
    return Standing(Status(row.status), row.total, row.last_cursor, row.revision, row.closed_at)
