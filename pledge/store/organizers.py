"""Organizers' accounts, their roles and their sessions."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.rights import Actor, Role
from pledge.store.database import exclusively
from pledge.store.schema import organizer, role, session

_LOCK = 0x6F7267616E  # "organ"


@dataclass(frozen=True)
class Organizer:
    id: int
    email: str
    password: str
    """As argon2id has hashed it."""
    creates: bool = True
    """Whether this account may make initiatives."""

    @property
    def actor(self) -> Actor:
        return Actor(self.email)


async def claim_first(connection: AsyncConnection) -> bool:
    """Whether there is no organizer yet; until the transaction ends, nobody else is told so."""
    await exclusively(connection, _LOCK)
    return not await any_exists(connection)


async def any_exists(connection: AsyncConnection) -> bool:
    return bool((await connection.execute(select(exists(select(organizer.c.id))))).scalar_one())


async def by_email(connection: AsyncConnection, email: str) -> Organizer | None:
    row = (
        await connection.execute(
            select(organizer).where(func.lower(organizer.c.email) == email.lower())
        )
    ).one_or_none()
    return Organizer(row.id, row.email, row.password, row.creates) if row else None


async def create(connection: AsyncConnection, email: str, password: str, at: datetime) -> Organizer:
    created = await connection.execute(
        insert(organizer)
        .values(email=email.lower(), password=password, created_at=at)
        .returning(organizer.c.id)
    )
    return Organizer(created.scalar_one(), email.lower(), password)


async def only_one(connection: AsyncConnection) -> int | None:
    """The organizer's id, where there is exactly one."""
    found = (await connection.execute(select(organizer.c.id).limit(2))).scalars().all()
    return found[0] if len(found) == 1 else None


async def set_password(connection: AsyncConnection, organizer_id: int, password: str) -> None:
    """Whoever was in with the old one is out."""
    await connection.execute(
        update(organizer).where(organizer.c.id == organizer_id).values(password=password)
    )
    await connection.execute(delete(session).where(session.c.organizer_id == organizer_id))


async def grant(
    connection: AsyncConnection, organizer_id: int, initiative_id: int, granted: Role
) -> None:
    """Gives a role, in place of the one that the organizer has in this initiative."""
    await connection.execute(
        delete(role).where(
            role.c.organizer_id == organizer_id, role.c.initiative_id == initiative_id
        )
    )
    await connection.execute(
        insert(role).values(organizer_id=organizer_id, initiative_id=initiative_id, role=granted)
    )


async def role_of(
    connection: AsyncConnection, organizer_id: int, initiative_id: int
) -> Role | None:
    granted = await connection.execute(
        select(role.c.role).where(
            role.c.organizer_id == organizer_id, role.c.initiative_id == initiative_id
        )
    )
    found = granted.scalar_one_or_none()
    return Role(found) if found else None


async def start_session(
    connection: AsyncConnection,
    digest: str,
    organizer_id: int,
    *,
    at: datetime,
    expires_at: datetime,
) -> None:
    """Remembers a session by the hash of its token, and forgets those that have run out."""
    await connection.execute(delete(session).where(session.c.expires_at <= at))
    await connection.execute(
        insert(session).values(
            digest=digest, organizer_id=organizer_id, created_at=at, expires_at=expires_at
        )
    )


async def end_session(connection: AsyncConnection, digest: str) -> None:
    await connection.execute(delete(session).where(session.c.digest == digest))


async def by_session(connection: AsyncConnection, digest: str, now: datetime) -> Organizer | None:
    row = (
        await connection.execute(
            select(organizer)
            .join(session, session.c.organizer_id == organizer.c.id)
            .where(session.c.digest == digest, session.c.expires_at > now)
        )
    ).one_or_none()
    return Organizer(row.id, row.email, row.password, row.creates) if row else None
