"""Erasures: which entries, and how far it has got; and what else holds those entries' data."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.exports import JobState
from pledge.domain.links import LinkKind
from pledge.domain.signatures import Signature
from pledge.store import notices
from pledge.store.schema import (
    erasure,
    export,
    invitation,
    roster_draft,
    signing_link,
    stage,
)


@dataclass(frozen=True)
class Erasure:
    id: int
    initiative_id: int
    numbers: frozenset[int]
    erased_at: datetime
    swept_at: datetime | None
    """When nothing of it was left in the files of the database."""
    fault: str
    """Why that came to nothing the last time; empty if it has not been tried, or has been done."""


async def add(
    connection: AsyncConnection, initiative_id: int, numbers: Collection[int], at: datetime
) -> None:
    await connection.execute(
        insert(erasure).values(initiative_id=initiative_id, numbers=sorted(numbers), erased_at=at)
    )


async def after(connection: AsyncConnection, last: int) -> list[Erasure]:
    """What was erased since the one with this id, of all initiatives."""
    rows = await connection.execute(
        select(erasure).where(erasure.c.id > last).order_by(erasure.c.id)
    )
    return [_erasure(row) for row in rows]


async def of_entry(connection: AsyncConnection, initiative_id: int, number: int) -> Erasure | None:
    """The newest that concerns an entry."""
    rows = await connection.execute(
        select(erasure)
        .where(erasure.c.initiative_id == initiative_id)
        .order_by(erasure.c.id.desc())
    )
    return next((one for one in map(_erasure, rows) if number in one.numbers), None)


async def unswept(connection: AsyncConnection) -> list[Erasure]:
    rows = await connection.execute(
        select(erasure).where(erasure.c.swept_at.is_(None)).order_by(erasure.c.id)
    )
    return [_erasure(row) for row in rows]


async def claim(connection: AsyncConnection, *, now: datetime, until: datetime) -> list[int]:
    """Of those that are unswept, the ones which nobody else is at; they are ours until then."""
    claimed = await connection.execute(
        update(erasure)
        .where(
            erasure.c.swept_at.is_(None),
            or_(erasure.c.leased_until.is_(None), erasure.c.leased_until <= now),
        )
        .values(leased_until=until)
        .returning(erasure.c.id)
    )
    return list(claimed.scalars())


async def settle(connection: AsyncConnection, ids: Sequence[int], at: datetime) -> None:
    """Nothing of these is left."""
    await connection.execute(
        update(erasure)
        .where(erasure.c.id.in_(ids))
        .values(swept_at=at, fault="", leased_until=None)
    )


async def fail(
    connection: AsyncConnection, ids: Sequence[int], fault: str, *, again_at: datetime
) -> None:
    """Unless somebody else has done it meanwhile."""
    await connection.execute(
        update(erasure)
        .where(erasure.c.id.in_(ids), erasure.c.swept_at.is_(None))
        .values(fault=fault, leased_until=again_at)
    )


async def forget_contacts(
    connection: AsyncConnection, initiative_id: int, entries: Collection[Signature]
) -> None:
    """On the rosters, all that may be about a person on the lines of these entries' companies."""
    await connection.execute(
        update(invitation)
        .where(invitation.c.initiative_id == initiative_id, _invited(entries))
        .values(contact="", phone="", note="", extra={})
    )


async def forget_companies(
    connection: AsyncConnection,
    initiative_id: int,
    entries: Collection[Signature],
    at: datetime,
) -> None:
    """Takes these entries' companies off the rosters, and ends the links that name them."""
    await connection.execute(
        delete(invitation).where(invitation.c.initiative_id == initiative_id, _invited(entries))
    )
    named = or_(
        signing_link.c.company_key.in_({entry.company.key for entry in entries}),
        signing_link.c.uscc.in_({entry.company.uscc for entry in entries} - {""}),
    )
    await connection.execute(
        update(signing_link)
        .where(
            signing_link.c.initiative_id == initiative_id,
            signing_link.c.kind == LinkKind.INVITATION,
            named,
        )
        .values(
            company="",
            company_key="",
            uscc="",
            revoked_at=func.coalesce(signing_link.c.revoked_at, at),
        )
    )


async def forget_what_passes(connection: AsyncConnection, initiative_id: int, at: datetime) -> None:
    """What is kept for a while only, and may hold anybody's data: tables that were sent in for a
    roster, what targets of notices have answered, what was drawn last on the stage.
    """
    await connection.execute(
        delete(roster_draft).where(roster_draft.c.initiative_id == initiative_id)
    )
    for target in await notices.of_initiative(connection, initiative_id):
        if target.answer and target.answer.said:
            await notices.set_answer(connection, target.id, replace(target.answer, said=""))
    await connection.execute(
        update(stage)
        .where(stage.c.initiative_id == initiative_id)
        .values(sequence=stage.c.sequence + 1, shown={}, at=at)
    )


async def remove_exports(connection: AsyncConnection, initiative_id: int) -> list[str]:
    """Calls off those under way, and forgets those that are done; what waits is made later, of
    what is left. Their names.
    """
    removed = await connection.execute(
        delete(export)
        .where(
            export.c.initiative_id == initiative_id,
            export.c.state.in_([JobState.RUNNING, JobState.DONE]),
        )
        .returning(export.c.name)
    )
    return list(removed.scalars())


def _invited(entries: Collection[Signature]) -> Any:
    """Lines of a roster by whose link was signed, or that name the same company."""
    codes = {entry.company.uscc for entry in entries} - {""}
    names = {entry.company.key for entry in entries} - {""}
    without = {entry.company.key for entry in entries if not entry.company.uscc} - {""}
    return or_(
        invitation.c.link_id.in_({entry.link_id for entry in entries}),
        invitation.c.confirmed.in_({entry.number for entry in entries}),
        invitation.c.uscc.in_(codes),
        invitation.c.company_key.in_(without),
        and_(invitation.c.company_key.in_(names), invitation.c.uscc == ""),
    )


def _erasure(row: Row[Any]) -> Erasure:
    return Erasure(
        id=row.id,
        initiative_id=row.initiative_id,
        numbers=frozenset(row.numbers),
        erased_at=row.erased_at,
        swept_at=row.swept_at,
        fault=row.fault,
    )
