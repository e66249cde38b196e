"""The audit log. Rows are added, in the transaction of what they tell of, and never changed; but
what is erased of a person (rule 8) is erased from them too.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.audit import Action, Entry, Recorded
from pledge.store.letters import holds, holds_in_json
from pledge.store.schema import audit


async def record(
    connection: AsyncConnection, initiative_id: int | None, entry: Entry, at: datetime
) -> None:
    """`initiative_id` is None for what concerns accounts alone."""
    await connection.execute(
        insert(audit).values(
            initiative_id=initiative_id,
            at=at,
            who=entry.by.name,
            action=entry.action,
            subject=entry.subject,
            number=entry.number,
            reason=entry.reason,
            before=dict(entry.before),
            after=dict(entry.after),
        )
    )


async def page(
    connection: AsyncConnection,
    initiative_id: int,
    *,
    q: str = "",
    action: str = "",
    limit: int,
    offset: int = 0,
) -> list[Recorded]:
    """Newest first."""
    rows = await connection.execute(
        select(audit)
        .where(*_matching(initiative_id, q, action))
        .order_by(audit.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [_recorded(row) for row in rows]


async def count(
    connection: AsyncConnection, initiative_id: int, *, q: str = "", action: str = ""
) -> int:
    counted = await connection.execute(
        select(func.count()).select_from(audit).where(*_matching(initiative_id, q, action))
    )
    return counted.scalar_one()


async def after(
    connection: AsyncConnection, initiative_id: int, last: int, limit: int
) -> list[Recorded]:
    """What follows a line, oldest first."""
    rows = await connection.execute(
        select(audit)
        .where(audit.c.initiative_id == initiative_id, audit.c.id > last)
        .order_by(audit.c.id)
        .limit(limit)
    )
    return [_recorded(row) for row in rows]


async def of_signatures(
    connection: AsyncConnection, initiative_id: int, numbers: Sequence[int]
) -> list[Recorded]:
    """The history of these signatures, oldest first."""
    rows = await connection.execute(
        select(audit)
        .where(audit.c.initiative_id == initiative_id, audit.c.number.in_(numbers))
        .order_by(audit.c.id)
    )
    return [_recorded(row) for row in rows]


async def mentioning(connection: AsyncConnection, initiative_id: int, words: str) -> list[Recorded]:
    rows = await connection.execute(
        select(audit).where(*_matching(initiative_id, words, "")).order_by(audit.c.id)
    )
    return [_recorded(row) for row in rows]


async def rewrite(connection: AsyncConnection, lines: Sequence[Recorded]) -> None:
    """What these lines say after something was erased from them. Who, when and what stay."""
    for line in lines:
        await connection.execute(
            update(audit)
            .where(audit.c.id == line.id)
            .values(
                subject=line.subject,
                reason=line.reason,
                before=dict(line.before),
                after=dict(line.after),
            )
        )


def _matching(initiative_id: int, q: str, action: str) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [audit.c.initiative_id == initiative_id]
    if action:
        conditions.append(audit.c.action == action)
    if q:
        conditions.append(
            or_(
                *(holds(column, q) for column in (audit.c.who, audit.c.subject, audit.c.reason)),
                *(holds_in_json(column, q) for column in (audit.c.before, audit.c.after)),
            )
        )
    return conditions


def _recorded(row: Any) -> Recorded:
    return Recorded(
        id=row.id,
        at=row.at,
        who=row.who,
        action=Action(row.action),
        subject=row.subject,
        number=row.number,
        reason=row.reason,
        before=row.before,
        after=row.after,
    )
