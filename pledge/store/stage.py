"""What is being drawn on the stage: the newest of it, and nothing of what went before."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.store.schema import stage
from pledge.store.wakeups import Kind, told


@dataclass(frozen=True)
class Shown:
    sequence: int
    """Grows with every change."""
    content: Mapping[str, Any]
    at: datetime


async def put(
    connection: AsyncConnection, initiative_id: int, content: Mapping[str, Any], at: datetime
) -> Shown:
    drawn = Kind.DRAWN, stage.c.initiative_id, stage.c.sequence
    change = (
        update(stage)
        .where(stage.c.initiative_id == initiative_id)
        .values(sequence=stage.c.sequence + 1, shown=content, at=at)
        .returning(stage.c.sequence)
    )
    changed = await connection.execute(told(connection, change, *drawn))
    sequence = changed.scalar_one_or_none()
    if sequence is None:
        sequence = 1
        begun = insert(stage).values(
            initiative_id=initiative_id, sequence=sequence, shown=content, at=at
        )
        await connection.execute(told(connection, begun, *drawn))
    return Shown(sequence, content, at)


async def newest(connection: AsyncConnection, initiative_ids: Collection[int]) -> dict[int, Shown]:
    rows = await connection.execute(select(stage).where(stage.c.initiative_id.in_(initiative_ids)))
    return {row.initiative_id: Shown(row.sequence, row.shown, row.at) for row in rows}
