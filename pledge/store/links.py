"""Signing links."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.links import LinkKind, SigningLink
from pledge.domain.signatures import Company
from pledge.domain.standing import Standing
from pledge.store.heads import to_standing
from pledge.store.schema import head, initiative, meeting, signing_link

_MOST_IMPERSONAL = 200


@dataclass(frozen=True)
class LinkInUse:
    """A link, and how its initiative stands."""

    link: SigningLink
    standing: Standing


async def in_use(connection: AsyncConnection, link_id: int) -> LinkInUse | None:
    """What the page behind a QR code needs, in one query."""
    leads_to = func.coalesce(_rehearsed.c.initiative_id, signing_link.c.initiative_id)
    query = _leading().join(head, head.c.initiative_id == leads_to).add_columns(*_MOVING)
    row = (await connection.execute(query.where(signing_link.c.id == link_id))).one_or_none()
    return LinkInUse(_led(row), to_standing(row)) if row else None


async def by_ids(connection: AsyncConnection, ids: Collection[int]) -> dict[int, SigningLink]:
    rows = await connection.execute(_leading().where(signing_link.c.id.in_(ids)))
    return {row.id: _led(row) for row in rows}


async def create(
    connection: AsyncConnection,
    *,
    initiative_id: int,
    meeting_id: int,
    kind: LinkKind,
    company: Company | None = None,
    stage: bool = False,
    at: datetime,
) -> SigningLink:
    values = {
        "stage": stage,
        "initiative_id": initiative_id,
        "meeting_id": meeting_id,
        "kind": kind,
        "company": company.name if company else "",
        "company_key": company.key if company else "",
        "uscc": company.uscc if company else "",
        "created_at": at,
    }
    created = await connection.execute(insert(signing_link).values(values).returning(signing_link))
    return _link(created.one())


async def newest(
    connection: AsyncConnection,
    initiative_id: int,
    kind: LinkKind,
    now: datetime,
    meeting_id: int | None = None,
) -> SigningLink | None:
    """The newest link of a kind that still admits, at one meeting or at any."""
    query = (
        select(signing_link)
        .where(
            signing_link.c.initiative_id == initiative_id,
            signing_link.c.kind == kind,
            signing_link.c.revoked_at.is_(None),
            or_(signing_link.c.expires_at.is_(None), signing_link.c.expires_at > now),
        )
        .order_by(signing_link.c.id.desc())
        .limit(1)
    )
    if meeting_id is not None:
        query = query.where(signing_link.c.meeting_id == meeting_id)
    row = (await connection.execute(query)).one_or_none()
    return _link(row) if row else None


async def impersonal(connection: AsyncConnection, initiative_id: int) -> list[SigningLink]:
    """The links that lead to an initiative and are not one company's, the newest first."""
    rows = await connection.execute(
        _leading()
        .where(
            or_(
                signing_link.c.initiative_id == initiative_id,
                _rehearsed.c.initiative_id == initiative_id,
            ),
            signing_link.c.kind != LinkKind.INVITATION,
        )
        .order_by(signing_link.c.id.desc())
        .limit(_MOST_IMPERSONAL)
    )
    return [_led(row) for row in rows]


async def newest_of_company(
    connection: AsyncConnection, initiative_id: int, company: Company
) -> SigningLink | None:
    """The newest personal link of a company, whether it still admits or not."""
    row = (
        await connection.execute(
            select(signing_link)
            .where(
                signing_link.c.initiative_id == initiative_id,
                signing_link.c.kind == LinkKind.INVITATION,
                signing_link.c.company_key == company.key,
            )
            .order_by(signing_link.c.id.desc())
            .limit(1)
        )
    ).one_or_none()
    return _link(row) if row else None


def _link(row: Row[Any]) -> SigningLink:
    return SigningLink(
        id=row.id,
        initiative_id=row.initiative_id,
        meeting_id=row.meeting_id,
        kind=LinkKind(row.kind),
        company=row.company,
        uscc=row.uscc,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        stage=row.stage,
        name=row.name,
        admits_from=row.admits_from,
        most=row.most,
        used=row.used,
        used_at=row.used_at,
    )


# While its meeting is rehearsed, a link leads to the initiative that stands in for it, which has
# that one meeting.
_rehearsal = initiative.alias("rehearsal")
_rehearsed = meeting.alias("rehearsed")
_MOVING = [column for column in head.c if column.name != "initiative_id"]


def _leading() -> Select[Any]:
    return (
        select(
            signing_link,
            _rehearsed.c.initiative_id.label("rehearsal_id"),
            _rehearsed.c.id.label("rehearsal_meeting_id"),
        )
        .outerjoin(_rehearsal, _rehearsal.c.rehearses == signing_link.c.meeting_id)
        .outerjoin(_rehearsed, _rehearsed.c.initiative_id == _rehearsal.c.id)
    )


def _led(row: Row[Any]) -> SigningLink:
    link = _link(row)
    if row.rehearsal_id is None:
        return link
    return replace(link, initiative_id=row.rehearsal_id, meeting_id=row.rehearsal_meeting_id)
