"""Rosters, and the tables that may become one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.links import LinkKind
from pledge.domain.rosters import Column, Invitation, Line, short_name
from pledge.domain.seats import seat_key
from pledge.domain.signatures import Company, Signature
from pledge.store.schema import invitation, roster_draft, signing_link

_MOST_TO_CHOOSE_FROM = 5000


@dataclass(frozen=True)
class Draft:
    name: str
    initiative_id: int
    meeting_id: int
    file: str
    table: list[list[str]]


@dataclass(frozen=True)
class Invited:
    """What an import has done."""

    added: int
    changed: int


BY_SEAT = (invitation.c.seat_key == "", invitation.c.seat_key, invitation.c.id)
"""In the order of the tables, those without one last, then as on the roster."""


async def of_initiative(
    connection: AsyncConnection, initiative_id: int, meeting_id: int | None = None
) -> list[Invitation]:
    """In the order of the tables at which they sit, then of the roster."""
    query = select(invitation).where(invitation.c.initiative_id == initiative_id)
    if meeting_id is not None:
        query = query.where(invitation.c.meeting_id == meeting_id)
    rows = await connection.execute(query.order_by(*BY_SEAT))
    return [_invitation(row) for row in rows]


async def count(connection: AsyncConnection, initiative_id: int, meeting_id: int | None) -> int:
    query = select(func.count()).where(invitation.c.initiative_id == initiative_id)
    if meeting_id is not None:
        query = query.where(invitation.c.meeting_id == meeting_id)
    return (await connection.execute(query)).scalar_one()


async def companies(connection: AsyncConnection, initiative_id: int) -> list[str]:
    """The names of the invited companies, each once."""
    names = await connection.execute(
        select(invitation.c.company)
        .where(invitation.c.initiative_id == initiative_id)
        .distinct()
        .order_by(invitation.c.company)
        .limit(_MOST_TO_CHOOSE_FROM)
    )
    return list(names.scalars())


async def invite(
    connection: AsyncConnection,
    initiative_id: int,
    meeting_id: int,
    lines: Sequence[Line],
    at: datetime,
) -> Invited:
    """Adds companies with a link each; what is known of one already is brought up to date."""
    known = {
        found.company.uscc or found.company.key: found
        for found in await of_initiative(connection, initiative_id, meeting_id)
    }
    by_name = {found.company.key: found for found in known.values()}
    added, changed = [], 0
    for line in lines:
        company = line.company
        found = known.get(company.uscc) if company.uscc else None
        found = found or _same_name(by_name.get(company.key), company)
        if found is None:
            added.append(line)
        else:
            changed += await _bring_up_to_date(connection, found, line)
    await _add(connection, initiative_id, meeting_id, added, at)
    return Invited(len(added), changed)


async def confirm(
    connection: AsyncConnection, initiative_id: int, invitation_id: int, number: int
) -> str | None:
    """An organizer has said whose signature this is; 0 takes it back. The invited company's name,
    or None if it is not on the roster.
    """
    confirmed = await connection.execute(
        update(invitation)
        .where(invitation.c.initiative_id == initiative_id, invitation.c.id == invitation_id)
        .values(confirmed=number)
        .returning(invitation.c.company)
    )
    company: str | None = confirmed.scalar_one_or_none()
    return company


async def follow(
    connection: AsyncConnection, initiative_id: int, retired: Sequence[Signature]
) -> None:
    """Whoever was said to have signed by one of these has signed by what stands in its place."""
    if not retired:
        return
    await connection.execute(
        update(invitation)
        .where(
            invitation.c.initiative_id == initiative_id,
            invitation.c.confirmed == bindparam("was"),
        )
        .values(confirmed=bindparam("becomes")),
        [{"was": entry.number, "becomes": entry.replaced_by or 0} for entry in retired],
    )


async def remove(
    connection: AsyncConnection, initiative_id: int, invitation_id: int
) -> Invitation | None:
    """Takes a company off; its link stays, for whoever has signed by it. None: it is not there."""
    row = (
        await connection.execute(
            delete(invitation)
            .where(invitation.c.initiative_id == initiative_id, invitation.c.id == invitation_id)
            .returning(*invitation.c)
        )
    ).one_or_none()
    return _invitation(row) if row else None


async def keep_draft(connection: AsyncConnection, draft: Draft, *, at: datetime) -> None:
    await connection.execute(
        insert(roster_draft).values(
            name=draft.name,
            initiative_id=draft.initiative_id,
            meeting_id=draft.meeting_id,
            file=draft.file,
            table=draft.table,
            created_at=at,
        )
    )


async def draft(connection: AsyncConnection, initiative_id: int, name: str) -> Draft | None:
    row = (
        await connection.execute(
            select(roster_draft).where(
                roster_draft.c.initiative_id == initiative_id, roster_draft.c.name == name
            )
        )
    ).one_or_none()
    return Draft(row.name, row.initiative_id, row.meeting_id, row.file, row.table) if row else None


async def forget_drafts(connection: AsyncConnection, *, name: str, before: datetime) -> None:
    """The one that is done with, and those that nobody came back to."""
    await connection.execute(
        delete(roster_draft).where(
            (roster_draft.c.name == name) | (roster_draft.c.created_at < before)
        )
    )


def _same_name(found: Invitation | None, company: Company) -> Invitation | None:
    """A namesake is the same company unless both have a code."""
    if found and company.uscc and found.company.uscc:
        return None
    return found


async def _add(
    connection: AsyncConnection,
    initiative_id: int,
    meeting_id: int,
    lines: Sequence[Line],
    at: datetime,
) -> None:
    """All at once: while a roster is written, nobody signs."""
    if not lines:
        return
    here = {"initiative_id": initiative_id, "meeting_id": meeting_id, "created_at": at}
    made = await connection.execute(
        insert(signing_link).returning(signing_link.c.id, sort_by_parameter_order=True),
        [
            {
                **here,
                "kind": LinkKind.INVITATION,
                "company": line.company.name,
                "company_key": line.company.key,
                "uscc": line.company.uscc,
            }
            for line in lines
        ],
    )
    await connection.execute(
        insert(invitation),
        [
            {**here, "link_id": link_id, **_values(line)}
            for line, link_id in zip(lines, made.scalars(), strict=True)
        ],
    )


async def _bring_up_to_date(connection: AsyncConnection, found: Invitation, line: Line) -> int:
    values = _values(line)
    values["uscc"] = values["uscc"] or found.company.uscc
    before = {
        "company": found.company.name,
        "company_key": found.company.key,
        "short_key": short_name(found.company.name),
        "uscc": found.company.uscc,
        "contact": found.contact,
        "phone": found.phone,
        "seat": found.seat,
        "seat_key": seat_key(found.seat),
        "grouping": found.group,
        "note": found.note,
        "extra": dict(found.extra),
    }
    if values == before:
        return 0
    await connection.execute(update(invitation).where(invitation.c.id == found.id).values(**values))
    # The link fills in what the roster says, and stays the same code on the same card.
    await connection.execute(
        update(signing_link)
        .where(signing_link.c.id == found.link_id)
        .values({name: values[name] for name in ("company", "company_key", "uscc")})
    )
    return 1


def _values(line: Line) -> dict[str, Any]:
    company = line.company
    return {
        "company": company.name,
        "company_key": company.key,
        "short_key": short_name(company.name),
        "uscc": company.uscc,
        "contact": line.values.get(Column.CONTACT, ""),
        "phone": line.values.get(Column.PHONE, ""),
        "seat": line.values.get(Column.SEAT, ""),
        "seat_key": seat_key(line.values.get(Column.SEAT, "")),
        "grouping": line.values.get(Column.GROUP, ""),
        "note": line.values.get(Column.NOTE, ""),
        "extra": dict(line.extra),
    }


def _invitation(row: Row[Any]) -> Invitation:
    return Invitation(
        id=row.id,
        meeting_id=row.meeting_id,
        link_id=row.link_id,
        company=Company(row.company, row.uscc),
        contact=row.contact,
        phone=row.phone,
        seat=row.seat,
        group=row.grouping,
        note=row.note,
        extra=row.extra,
        confirmed=row.confirmed,
    )
