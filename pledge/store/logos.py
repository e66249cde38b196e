"""Logos: one an initiative at most."""

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.logos import Logo
from pledge.store.schema import logo


async def of_initiative(connection: AsyncConnection, initiative_id: int) -> Logo | None:
    row = (
        await connection.execute(select(logo).where(logo.c.initiative_id == initiative_id))
    ).one_or_none()
    return Logo(row.media_type, row.content) if row else None


async def put(connection: AsyncConnection, initiative_id: int, new: Logo | None) -> None:
    """In place of the one that there was; None leaves none."""
    await connection.execute(delete(logo).where(logo.c.initiative_id == initiative_id))
    if new:
        await connection.execute(
            insert(logo).values(
                initiative_id=initiative_id,
                media_type=new.media_type,
                content=new.content,
                digest=new.digest,
            )
        )
