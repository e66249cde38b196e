"""What was frozen at launches."""

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.scenes import Launch
from pledge.store.schema import launch


async def record(
    connection: AsyncConnection, initiative_id: int, frozen: Launch, *, cursor: int
) -> None:
    await connection.execute(
        insert(launch).values(
            initiative_id=initiative_id,
            cursor=cursor,
            at=frozen.at,
            total=frozen.total,
            text_digest=frozen.text,
            list_digest=frozen.list,
        )
    )


async def newest(connection: AsyncConnection, initiative_id: int) -> Launch | None:
    row = (
        await connection.execute(
            select(launch)
            .where(launch.c.initiative_id == initiative_id)
            .order_by(launch.c.cursor.desc())
            .limit(1)
        )
    ).one_or_none()
    return Launch(row.at, row.total, row.text_digest, row.list_digest) if row else None
