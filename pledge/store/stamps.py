"""Time stamps of checkpoints, those that were given and those that are asked for.

Of each register and authority there is one row at most that has no stamp yet: whoever asks for it
takes it under the head's lock, for a while.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.stamps import Fault, Flaw, Stamp, Stamped
from pledge.domain.standing import Standing
from pledge.store.heads import to_standing
from pledge.store.schema import head, initiative, register_stamp

_columns = register_stamp.c
_LISTED = (
    *(_columns.id, _columns.authority, _columns.size, _columns.asked_at, _columns.stamped_at),
    *(_columns.fault, _columns.attempts, _columns.next_at, _columns.leased_until),
)
"""All but what was stamped and the answer, which are large."""


@dataclass(frozen=True)
class Registered:
    """A register that holds something."""

    initiative_id: int
    slug: str
    size: int
    standing: Standing


@dataclass(frozen=True)
class Given:
    """What an authority has signed, and what it said, byte for byte."""

    checkpoint: str
    response: bytes


async def registers(connection: AsyncConnection) -> list[Registered]:
    rows = await connection.execute(
        select(head, initiative.c.slug)
        .join(initiative, initiative.c.id == head.c.initiative_id)
        .where(head.c.registered > 0)
        .order_by(head.c.initiative_id)
    )
    return [
        Registered(row.initiative_id, row.slug, row.registered, to_standing(row)) for row in rows
    ]


async def stamped(connection: AsyncConnection, initiative_id: int, authority: str) -> Stamped:
    """What was given last, and what is asked for: the two newest rows at most."""
    rows = await connection.execute(
        select(*_LISTED)
        .where(_columns.initiative_id == initiative_id, _columns.authority == authority)
        .order_by(_columns.id.desc())
        .limit(2)
    )
    found = [_stamp(row) for row in rows]
    return Stamped(
        next((one for one in found if one.stamped_at), None),
        next((one for one in found if one.stamped_at is None), None),
    )


async def take(
    connection: AsyncConnection,
    initiative_id: int,
    authority: str,
    waiting: Stamp | None,
    *,
    size: int,
    checkpoint: str,
    now: datetime,
    until: datetime,
) -> int:
    """Makes the caller the only one who asks, until then; the head must be locked.

    `until` is also by what the claim is recognised.
    """
    values: dict[str, Any] = {
        "size": size,
        "checkpoint": checkpoint,
        "asked_at": now,
        "leased_until": until,
    }
    if waiting:
        await connection.execute(
            update(register_stamp).where(_columns.id == waiting.id).values(values)
        )
        return waiting.id
    added = await connection.execute(
        insert(register_stamp)
        .values(initiative_id=initiative_id, authority=authority, **values)
        .returning(_columns.id)
    )
    stamp_id: int = added.scalar_one()
    return stamp_id


async def give(
    connection: AsyncConnection, stamp_id: int, claimed: datetime, *, at: datetime, response: bytes
) -> None:
    """Stores what was verified; nothing if the claim was lost."""
    await connection.execute(
        update(register_stamp)
        .where(_columns.id == stamp_id, _columns.leased_until == claimed)
        .values(
            stamped_at=at,
            response=response,
            fault="",
            attempts=0,
            next_at=None,
            leased_until=None,
        )
    )


async def fail(
    connection: AsyncConnection,
    stamp_id: int,
    claimed: datetime,
    *,
    fault: Fault,
    attempts: int,
    next_at: datetime,
) -> None:
    """Stores what went wrong; nothing if the claim was lost."""
    await connection.execute(
        update(register_stamp)
        .where(_columns.id == stamp_id, _columns.leased_until == claimed)
        .values(
            fault=f"{fault.flaw} {fault.said}".strip(),
            attempts=attempts,
            next_at=next_at,
            leased_until=None,
        )
    )


async def given(connection: AsyncConnection, initiative_id: int, limit: int) -> Sequence[Stamp]:
    """Newest first."""
    rows = await connection.execute(
        select(*_LISTED)
        .where(_columns.initiative_id == initiative_id, _columns.stamped_at.is_not(None))
        .order_by(_columns.id.desc())
        .limit(limit)
    )
    return [_stamp(row) for row in rows]


async def count(connection: AsyncConnection, initiative_id: int) -> int:
    """How many have been given."""
    counted = await connection.execute(
        select(func.count()).where(
            _columns.initiative_id == initiative_id, _columns.stamped_at.is_not(None)
        )
    )
    return counted.scalar_one()


async def failing(connection: AsyncConnection) -> int:
    """How many are asked for, of whatever register and authority, and were not given last time."""
    counted = await connection.execute(
        select(func.count()).where(_columns.stamped_at.is_(None), _columns.attempts > 0)
    )
    return counted.scalar_one()


async def read(connection: AsyncConnection, initiative_id: int, stamp_id: int) -> Given | None:
    row = (
        await connection.execute(
            select(_columns.checkpoint, _columns.response).where(
                _columns.id == stamp_id,
                _columns.initiative_id == initiative_id,
                _columns.stamped_at.is_not(None),
            )
        )
    ).one_or_none()
    return Given(row.checkpoint, row.response) if row else None


def _stamp(row: Any) -> Stamp:
    flaw, _, said = row.fault.partition(" ")
    return Stamp(
        id=row.id,
        authority=row.authority,
        size=row.size,
        asked_at=row.asked_at,
        stamped_at=row.stamped_at,
        fault=Fault(Flaw(flaw), said) if flaw else None,
        attempts=row.attempts,
        next_at=row.next_at,
        leased_until=row.leased_until,
    )
