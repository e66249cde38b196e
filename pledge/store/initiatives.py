"""Initiatives, their texts and their meetings."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.initiatives import (
    Ask,
    Asks,
    Initiative,
    Lettering,
    Meeting,
    Organ,
    PartialDate,
    Path,
    Privacy,
    Shows,
    Status,
    Text,
    TextVersion,
)
from pledge.domain.rights import Role
from pledge.domain.standing import Standing
from pledge.store.database import exclusively
from pledge.store.heads import to_standing
from pledge.store.schema import head, initiative, logo, meeting, role, text_body, text_version
from pledge.store.texts import superseded

_LOCK = 0x736C7567  # "slug"


@dataclass(frozen=True)
class Found:
    """An initiative found by its slug or in a list."""

    id: int
    slug: str
    standing: Standing
    rights_of: int
    """The initiative whose roles count: a rehearsal has those of what it stands in for."""


async def one_by_one(connection: AsyncConnection) -> None:
    """Until the transaction ends, nobody else makes an initiative that may be the same."""
    await exclusively(connection, _LOCK)


async def by_slug(connection: AsyncConnection, slug: str) -> Found | None:
    row = (await connection.execute(_found().where(initiative.c.slug == slug))).one_or_none()
    return _to_found(row) if row else None


async def by_id(connection: AsyncConnection, initiative_id: int) -> Found | None:
    row = (await connection.execute(_found().where(initiative.c.id == initiative_id))).one_or_none()
    return _to_found(row) if row else None


async def published(connection: AsyncConnection) -> list[Found]:
    """All initiatives that are not drafts: the open ones first, then the newest."""
    rows = await connection.execute(
        _found()
        .where(head.c.status != Status.DRAFT, initiative.c.rehearses.is_(None))
        .order_by(head.c.status.desc(), initiative.c.id.desc())
    )
    return [_to_found(row) for row in rows]


async def of_organizer(connection: AsyncConnection, organizer_id: int) -> list[tuple[Found, Role]]:
    """The initiatives in which an organizer has a role, the newest first."""
    rows = await connection.execute(
        _found()
        .add_columns(role.c.role)
        .join(role, role.c.initiative_id == initiative.c.id)
        .where(role.c.organizer_id == organizer_id)
        .order_by(initiative.c.id.desc())
    )
    return [(_to_found(row), Role(row.role)) for row in rows]


async def newest_slug(connection: AsyncConnection) -> str | None:
    newest = await connection.execute(
        select(initiative.c.slug)
        .where(initiative.c.rehearses.is_(None))
        .order_by(initiative.c.id.desc())
        .limit(1)
    )
    return newest.scalar_one_or_none()


async def slugs(connection: AsyncConnection) -> list[str]:
    """Of everything but rehearsals, drafts too."""
    rows = await connection.execute(
        select(initiative.c.slug).where(initiative.c.rehearses.is_(None)).order_by(initiative.c.id)
    )
    return list(rows.scalars())


async def all_ids(connection: AsyncConnection) -> list[int]:
    """Of everything but rehearsals."""
    rows = await connection.execute(
        select(initiative.c.id).where(initiative.c.rehearses.is_(None)).order_by(initiative.c.id)
    )
    return list(rows.scalars())


async def read(connection: AsyncConnection, initiative_id: int) -> Initiative:
    """The whole initiative with the text that is signed now."""
    rehearsed = meeting.alias("rehearsed")
    shown_by = func.coalesce(rehearsed.c.initiative_id, initiative.c.id)
    row = (
        await connection.execute(
            select(initiative, head.c.text_digest, logo.c.digest.label("logo"))
            .join(head, head.c.initiative_id == initiative.c.id)
            .outerjoin(rehearsed, rehearsed.c.id == initiative.c.rehearses)
            .outerjoin(logo, logo.c.initiative_id == shown_by)
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
        asks=Asks(**{name: Ask(said) for name, said in row.asks.items()}),
        shows=Shows(**row.shows),
        logo=row.logo or "",
        superseded=await superseded(connection, initiative_id),
        is_rehearsal=row.rehearses is not None,
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


async def text_numbered(
    connection: AsyncConnection, initiative_id: int, number: int
) -> TextVersion | None:
    found = await connection.execute(
        select(text_version.c.digest).where(
            text_version.c.initiative_id == initiative_id, text_version.c.number == number
        )
    )
    digest = found.scalar_one_or_none()
    return await text_of(connection, initiative_id, digest) if digest else None


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
            registered=None if content.get("rehearses") else 0,
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
    names = ("organs", "privacy", "contact", "note", "letterings", "asks", "shows")
    row = (
        await connection.execute(
            select(*(initiative.c[name] for name in names)).where(initiative.c.id == initiative_id)
        )
    ).one()
    return dict(row._mapping)


async def copy_logo(connection: AsyncConnection, initiative_id: int, copy: int) -> None:
    columns = [column for column in logo.c if column.name != "initiative_id"]
    copied = select(literal(copy, logo.c.initiative_id.type), *columns).where(
        logo.c.initiative_id == initiative_id
    )
    names = ["initiative_id", *(column.name for column in columns)]
    await connection.execute(insert(logo).from_select(names, copied))


async def add_text(
    connection: AsyncConnection, initiative_id: int, version: TextVersion, at: datetime
) -> None:
    """Stores a version, unless it is there, and makes it the one that is signed from now on.

    Signatories of a text that is in force again have signed what is in force.
    """
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
        update(text_version)
        .where(
            text_version.c.initiative_id == initiative_id, text_version.c.digest == version.digest
        )
        .values(superseded=False)
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
    names = ("key", "position", "place", "event", "date", "zone", "venue", "time")
    rows = await connection.execute(
        select(*(meeting.c[name] for name in names))
        .where(meeting.c.initiative_id == initiative_id)
        .order_by(meeting.c.position)
    )
    return [dict(row._mapping) for row in rows]


async def _meetings(connection: AsyncConnection, initiative_id: int) -> tuple[Meeting, ...]:
    rehearsal = initiative.alias("rehearsal")
    rows = await connection.execute(
        select(meeting, rehearsal.c.slug.label("rehearsal"))
        .outerjoin(rehearsal, rehearsal.c.rehearses == meeting.c.id)
        .where(meeting.c.initiative_id == initiative_id)
        .order_by(meeting.c.position, meeting.c.id)
    )
    return tuple(
        Meeting(
            row.id,
            row.key,
            row.place,
            row.event,
            PartialDate.parse(row.date),
            row.zone,
            row.rehearsal or "",
            row.venue,
            row.time,
        )
        for row in rows
    )


def lettering_values(lettering: Lettering) -> dict[str, Any]:
    return asdict(lettering)


def _lettering(drawn: Mapping[str, Any]) -> Lettering:
    return Lettering(drawn["view_box"], tuple(Path(**path) for path in drawn["paths"]))


def _found() -> Any:
    rehearsed = meeting.alias("rehearsed")
    rights_of = func.coalesce(rehearsed.c.initiative_id, initiative.c.id)
    return (
        select(initiative.c.id, initiative.c.slug, rights_of.label("rights_of"), *head.c)
        .join(head, head.c.initiative_id == initiative.c.id)
        .outerjoin(rehearsed, rehearsed.c.id == initiative.c.rehearses)
    )


def _to_found(row: Row[Any]) -> Found:
    return Found(row.id, row.slug, to_standing(row), row.rights_of)
