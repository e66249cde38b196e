"""Links that let somebody in once; of the link itself, only a hash is stored."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.admissions import Admission, Reset
from pledge.domain.rights import Role
from pledge.store.schema import admission


async def create(
    connection: AsyncConnection,
    digest: str,
    *,
    initiative_id: int,
    email: str,
    role: Role,
    creates: bool,
    invited_by: str,
    at: datetime,
    expires_at: datetime,
) -> None:
    await connection.execute(
        insert(admission).values(
            digest=digest,
            initiative_id=initiative_id,
            email=email,
            role=role,
            creates=creates,
            invited_by=invited_by,
            created_at=at,
            expires_at=expires_at,
        )
    )


async def create_reset(
    connection: AsyncConnection, digest: str, *, email: str, at: datetime, expires_at: datetime
) -> None:
    """Those for the same address that were made before let nobody in any more."""
    await connection.execute(
        update(admission)
        .where(admission.c.initiative_id.is_(None), admission.c.email == email, *_pending(at))
        .values(revoked_at=at)
    )
    await connection.execute(
        insert(admission).values(
            digest=digest,
            email=email,
            role="",
            invited_by="",
            created_at=at,
            expires_at=expires_at,
        )
    )


async def by_digest(connection: AsyncConnection, digest: str) -> Admission | None:
    row = (
        await connection.execute(
            select(admission).where(
                admission.c.digest == digest, admission.c.initiative_id.is_not(None)
            )
        )
    ).one_or_none()
    return _admission(row) if row else None


async def reset_by_digest(connection: AsyncConnection, digest: str) -> Reset | None:
    row = (
        await connection.execute(
            select(admission).where(
                admission.c.digest == digest, admission.c.initiative_id.is_(None)
            )
        )
    ).one_or_none()
    return Reset(**_link(row)) if row else None


async def use(connection: AsyncConnection, admission_id: int, now: datetime) -> bool:
    """Whether it still let somebody in; of several at once, one."""
    used: CursorResult[Any] = await connection.execute(
        update(admission).where(admission.c.id == admission_id, *_pending(now)).values(used_at=now)
    )
    return used.rowcount == 1


async def pending(
    connection: AsyncConnection, initiative_id: int, now: datetime, *, email: str = ""
) -> list[Admission]:
    """Those that still let somebody in, the newest first; for one address, if it is given."""
    found = select(admission).where(admission.c.initiative_id == initiative_id, *_pending(now))
    if email:
        found = found.where(admission.c.email == email)
    rows = await connection.execute(found.order_by(admission.c.id.desc()))
    return [_admission(row) for row in rows]


async def revoke(connection: AsyncConnection, ids: Sequence[int], now: datetime) -> set[int]:
    """Says which of them still let somebody in until now."""
    revoked = await connection.execute(
        update(admission)
        .where(admission.c.id.in_(ids), *_pending(now))
        .values(revoked_at=now)
        .returning(admission.c.id)
    )
    return set(revoked.scalars())


def _pending(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        admission.c.used_at.is_(None),
        admission.c.revoked_at.is_(None),
        admission.c.expires_at > now,
    )


def _admission(row: Any) -> Admission:
    return Admission(
        **_link(row),
        initiative_id=row.initiative_id,
        role=Role(row.role),
        creates=row.creates,
        invited_by=row.invited_by,
    )


def _link(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "email": row.email,
        "expires_at": row.expires_at,
        "used_at": row.used_at,
        "revoked_at": row.revoked_at,
    }
