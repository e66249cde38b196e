"""Rosters held against signatures by the database: how many have signed, and who has not yet.

What these find is what `domain.rosters.signed_by` finds, without reading thousands of rows for
every look at the dashboard. Each invitation is looked up by index, so that it takes as long with a
hundred signatures as with a hundred thousand.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.names import company_key
from pledge.store.letters import holds
from pledge.store.rosters import BY_SEAT
from pledge.store.schema import invitation, signature
from pledge.store.signatures import HAS_CODE, STANDS


@dataclass(frozen=True)
class Progress:
    """How far a roster has signed."""

    invited: int
    signed: int
    """Of the invited, wherever they have signed."""
    on_roster: int
    """Signatures that count at the meeting and are an invited company's."""


@dataclass(frozen=True)
class MissingCompany:
    """An invited company that has not signed yet."""

    company: str
    seat: str
    contact: str
    link_id: int
    at_seat: int
    """How many are missing at its table, itself too."""


@dataclass(frozen=True)
class Missing:
    found: int
    companies: list[MissingCompany]
    """The first of them, by table."""


async def progress(
    connection: AsyncConnection, initiative_id: int, meeting_id: int | None
) -> Progress:
    """Of the roster of one meeting, or of all of them."""
    own = (
        select(
            invitation.c.initiative_id,
            invitation.c.meeting_id,
            _own_signature().label("number"),
        )
        .where(invitation.c.initiative_id == initiative_id)
        .subquery()
    )
    here: ColumnElement[bool] = true()
    signed_here: ColumnElement[bool] = true()
    if meeting_id is not None:
        here, signed_here = own.c.meeting_id == meeting_id, signature.c.meeting_id == meeting_id
    counts = and_(STANDS, signature.c.hidden.is_(False), signed_here)
    row = (
        await connection.execute(
            select(
                func.count(case((here, 1))).label("invited"),
                func.count(case((here, own.c.number))).label("signed"),
                func.count(case((counts, signature.c.number)).distinct()).label("on_roster"),
            )
            .select_from(own)
            .outerjoin(
                signature,
                and_(
                    signature.c.initiative_id == own.c.initiative_id,
                    signature.c.number == own.c.number,
                ),
            )
        )
    ).one()
    return Progress(row.invited, row.signed, row.on_roster)


async def companies(
    connection: AsyncConnection,
    initiative_id: int,
    *,
    meeting_id: int | None,
    q: str,
    limit: int,
) -> Missing:
    """Who has not signed yet, by table: those with this in their name, contact or table."""
    query: Select[Any] = select(
        invitation.c.company,
        invitation.c.seat,
        invitation.c.contact,
        invitation.c.link_id,
        func.count().over(partition_by=invitation.c.seat).label("at_seat"),
        func.count().over().label("found"),
    ).where(invitation.c.initiative_id == initiative_id, _own_signature().is_(None))
    if meeting_id is not None:
        query = query.where(invitation.c.meeting_id == meeting_id)
    if key := company_key(q):
        query = query.where(
            or_(
                invitation.c.company_key.contains(key, autoescape=True),
                holds(invitation.c.seat, q),
                holds(invitation.c.contact, q),
            )
        )
    query = query.order_by(*BY_SEAT).limit(limit)
    rows = (await connection.execute(query)).all()
    return Missing(
        found=rows[0].found if rows else 0,
        companies=[
            MissingCompany(row.company, row.seat, row.contact, row.link_id, row.at_seat)
            for row in rows
        ],
    )


def _own_signature() -> ColumnElement[int]:
    """The number of an invitation's signature: the one that was confirmed, else the company's.

    One after the other and not in one join: so each is one look into an index.
    """
    of_initiative = signature.c.initiative_id == invitation.c.initiative_id
    without_code = or_(~HAS_CODE, invitation.c.uscc == "")

    def first(*conditions: ColumnElement[bool]) -> Any:
        query = select(signature.c.number).where(of_initiative, *conditions)
        return query.limit(1).correlate(invitation).scalar_subquery()

    return func.coalesce(
        first(signature.c.number == invitation.c.confirmed),
        first(STANDS, HAS_CODE, signature.c.uscc == invitation.c.uscc),
        first(
            STANDS,
            signature.c.short_key == invitation.c.short_key,
            signature.c.company_key == invitation.c.company_key,
            without_code,
        ),
    )
