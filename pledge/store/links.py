"""Signing links."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.links import NO_LIMITS, Limits, LinkKind, SigningLink
from pledge.domain.signatures import Company
from pledge.domain.standing import Standing
from pledge.store.heads import to_standing
from pledge.store.schema import head, initiative, invitation, meeting, signing_link

_MOST_IMPERSONAL = 200


@dataclass(frozen=True)
class LinkInUse:
    """A link, and how its initiative stands."""

    link: SigningLink
    standing: Standing


async def in_use(connection: AsyncConnection, link_id: int) -> LinkInUse | None:
    """What the page behind a QR code needs, in one query."""
    row = (await connection.execute(_IN_USE, {"link": link_id})).one_or_none()
    return LinkInUse(_led(row), to_standing(row)) if row else None


async def by_ids(connection: AsyncConnection, ids: Collection[int]) -> dict[int, SigningLink]:
    rows = await connection.execute(_BY_IDS, {"ids": list(ids)})
    return {row.id: _led(row) for row in rows}


async def count_uses(connection: AsyncConnection, signed: Mapping[int, int], at: datetime) -> None:
    """So many more have signed through each of these links; under the head's lock."""
    await connection.execute(
        _COUNT_USES,
        [{"link": link, "more": number, "at": at} for link, number in sorted(signed.items())],
    )


async def create(
    connection: AsyncConnection,
    *,
    initiative_id: int,
    meeting_id: int,
    kind: LinkKind,
    company: Company | None = None,
    stage: bool = False,
    name: str = "",
    limits: Limits = NO_LIMITS,
    at: datetime,
) -> SigningLink:
    values = {
        "stage": stage,
        "name": name,
        **asdict(limits),
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


async def of_initiative(
    connection: AsyncConnection, initiative_id: int, link_id: int
) -> SigningLink | None:
    """As it was made, whether or not its meeting is rehearsed."""
    row = (
        await connection.execute(
            select(signing_link).where(
                signing_link.c.initiative_id == initiative_id, signing_link.c.id == link_id
            )
        )
    ).one_or_none()
    return _link(row) if row else None


async def page(
    connection: AsyncConnection, initiative_id: int, *, limit: int, offset: int
) -> list[SigningLink]:
    """Those that are not of a roster: by meeting, the latest first, and newest first."""
    rows = await connection.execute(
        select(signing_link)
        .join(meeting, meeting.c.id == signing_link.c.meeting_id)
        .where(*_by_themselves(initiative_id))
        .order_by(meeting.c.position.desc(), signing_link.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [_link(row) for row in rows]


async def count(connection: AsyncConnection, initiative_id: int) -> int:
    counted = await connection.execute(
        select(func.count()).select_from(signing_link).where(*_by_themselves(initiative_id))
    )
    return counted.scalar_one()


async def of_rosters(connection: AsyncConnection, initiative_id: int) -> tuple[int, int]:
    """How many companies on rosters have a link of their own, and how many have signed by it."""
    row = (
        await connection.execute(
            select(
                func.count().label("given"),
                func.count(signing_link.c.used_at).label("used"),
            )
            .select_from(invitation)
            .join(signing_link, signing_link.c.id == invitation.c.link_id)
            .where(invitation.c.initiative_id == initiative_id)
        )
    ).one()
    return row.given, row.used


async def change(connection: AsyncConnection, link_id: int, *, name: str, limits: Limits) -> None:
    await connection.execute(
        update(signing_link).where(signing_link.c.id == link_id).values(name=name, **asdict(limits))
    )


async def revoke(connection: AsyncConnection, link_id: int, at: datetime) -> None:
    await connection.execute(
        update(signing_link).where(signing_link.c.id == link_id).values(revoked_at=at)
    )


async def standing(
    connection: AsyncConnection, initiative_id: int, kind: LinkKind, meeting_id: int
) -> list[SigningLink]:
    """A meeting's links of a kind that were not revoked, newest first, even if none admits."""
    rows = await connection.execute(
        select(signing_link)
        .where(
            signing_link.c.initiative_id == initiative_id,
            signing_link.c.kind == kind,
            signing_link.c.meeting_id == meeting_id,
            signing_link.c.revoked_at.is_(None),
        )
        .order_by(signing_link.c.id.desc())
    )
    return [_link(row) for row in rows]


async def newest(
    connection: AsyncConnection,
    initiative_id: int,
    kind: LinkKind,
    now: datetime,
    meeting_id: int | None = None,
) -> SigningLink | None:
    """The newest link of a kind that admits now, at one meeting or at any.

    One without a limit goes before those that will run out one day: it is printed and shown.
    """
    runs_out = or_(signing_link.c.most.is_not(None), signing_link.c.expires_at.is_not(None))
    query = (
        select(signing_link)
        .where(
            signing_link.c.initiative_id == initiative_id,
            signing_link.c.kind == kind,
            signing_link.c.revoked_at.is_(None),
            or_(signing_link.c.expires_at.is_(None), signing_link.c.expires_at > now),
            or_(signing_link.c.admits_from.is_(None), signing_link.c.admits_from <= now),
            or_(signing_link.c.most.is_(None), signing_link.c.most > signing_link.c.used),
        )
        .order_by(runs_out, signing_link.c.id.desc())
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


async def most_used(
    connection: AsyncConnection, initiative_id: int, most: int
) -> dict[int, LinkKind]:
    """The kinds of the links that are for anybody, by their ids."""
    rows = await connection.execute(
        select(signing_link.c.id, signing_link.c.kind)
        .where(
            signing_link.c.initiative_id == initiative_id,
            signing_link.c.kind != LinkKind.INVITATION,
        )
        .order_by(signing_link.c.used.desc(), signing_link.c.id)
        .limit(most)
    )
    return {key: LinkKind(kind) for key, kind in rows}


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


def _by_themselves(initiative_id: int) -> list[ColumnElement[bool]]:
    on_rosters = select(invitation.c.link_id).where(invitation.c.initiative_id == initiative_id)
    return [
        signing_link.c.initiative_id == initiative_id,
        signing_link.c.id.not_in(on_rosters),
    ]


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


_LEADS_TO = func.coalesce(_rehearsed.c.initiative_id, signing_link.c.initiative_id)
_IN_USE = (
    _leading()
    .join(head, head.c.initiative_id == _LEADS_TO)
    .add_columns(*_MOVING)
    .where(signing_link.c.id == bindparam("link"))
)
_BY_IDS = _leading().where(signing_link.c.id.in_(bindparam("ids", expanding=True)))
_COUNT_USES = (
    update(signing_link)
    .where(signing_link.c.id == bindparam("link"))
    .values(used=signing_link.c.used + bindparam("more", type_=BigInteger), used_at=bindparam("at"))
)


def _led(row: Row[Any]) -> SigningLink:
    link = _link(row)
    if row.rehearsal_id is None:
        return link
    return replace(
        link,
        initiative_id=row.rehearsal_id,
        meeting_id=row.rehearsal_meeting_id,
        rehearsed=True,
    )
