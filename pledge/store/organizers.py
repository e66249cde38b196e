"""Organizers' accounts and their roles; `store.sessions` has their sessions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, delete, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.rights import Actor, Role
from pledge.store.database import exclusively
from pledge.store.schema import initiative, organizer, role

_LOCK = 0x6F7267616E  # "organ"


@dataclass(frozen=True)
class Organizer:
    id: int
    email: str
    password: str
    """As argon2id has hashed it."""
    creates: bool = True
    """Whether this account may make initiatives of its own."""
    totp: str = ""
    """The secret of the second factor; empty while there is none."""
    seen_at: datetime | None = None

    @property
    def actor(self) -> Actor:
        return Actor(self.email)


@dataclass(frozen=True)
class Member:
    """An organizer with a role in an initiative."""

    organizer: Organizer
    role: Role


async def one_by_one(connection: AsyncConnection) -> None:
    """Until the transaction ends, nobody else makes an account."""
    await exclusively(connection, _LOCK)


async def claim_first(connection: AsyncConnection) -> bool:
    """Whether there is no organizer yet; until the transaction ends, nobody else is told so."""
    await one_by_one(connection)
    return not await any_exists(connection)


async def any_exists(connection: AsyncConnection) -> bool:
    return bool((await connection.execute(select(exists(select(organizer.c.id))))).scalar_one())


async def by_email(connection: AsyncConnection, email: str) -> Organizer | None:
    row = (
        await connection.execute(
            select(organizer).where(func.lower(organizer.c.email) == email.lower())
        )
    ).one_or_none()
    return to_organizer(row) if row else None


async def by_id(connection: AsyncConnection, organizer_id: int) -> Organizer | None:
    row = (
        await connection.execute(select(organizer).where(organizer.c.id == organizer_id))
    ).one_or_none()
    return to_organizer(row) if row else None


async def create(
    connection: AsyncConnection, email: str, password: str, at: datetime, *, creates: bool = True
) -> Organizer:
    values = {"email": email.lower(), "password": password, "created_at": at, "creates": creates}
    created = await connection.execute(insert(organizer).values(**values).returning(organizer.c.id))
    return Organizer(created.scalar_one(), email.lower(), password, creates)


async def only_one(connection: AsyncConnection) -> int | None:
    """The organizer's id, where there is exactly one."""
    found = (await connection.execute(select(organizer.c.id).limit(2))).scalars().all()
    return found[0] if len(found) == 1 else None


async def every(connection: AsyncConnection) -> list[tuple[Organizer, Mapping[str, Role]]]:
    """All accounts by their address, each with its roles by the initiative's slug."""
    roles: dict[int, dict[str, Role]] = {}
    granted = await connection.execute(
        select(role.c.organizer_id, initiative.c.slug, role.c.role)
        .join(initiative, initiative.c.id == role.c.initiative_id)
        .order_by(initiative.c.slug)
    )
    for organizer_id, slug, name in granted:
        roles.setdefault(organizer_id, {})[slug] = Role(name)
    rows = await connection.execute(select(organizer).order_by(organizer.c.email))
    return [(to_organizer(row), roles.get(row.id, {})) for row in rows]


async def set_password(connection: AsyncConnection, organizer_id: int, password: str) -> None:
    await _set(connection, organizer_id, password=password)


async def let_create(connection: AsyncConnection, organizer_id: int) -> None:
    await _set(connection, organizer_id, creates=True)


async def set_second_factor(
    connection: AsyncConnection, organizer_id: int, secret: str, step: int = 0
) -> None:
    """An empty secret takes it away. The step is the last one that has been used."""
    await _set(connection, organizer_id, totp=secret, totp_step=step)


async def use_step(connection: AsyncConnection, organizer_id: int, secret: str, step: int) -> bool:
    """Whether no code of this step or a later one has been used; of several at once, one may."""
    used: CursorResult[Any] = await connection.execute(
        update(organizer)
        .where(
            organizer.c.id == organizer_id,
            organizer.c.totp == secret,
            organizer.c.totp_step < step,
        )
        .values(totp_step=step)
    )
    return used.rowcount == 1


async def see(connection: AsyncConnection, organizer_id: int, at: datetime) -> None:
    await _set(connection, organizer_id, seen_at=at)


async def grant(
    connection: AsyncConnection, organizer_id: int, initiative_id: int, granted: Role
) -> None:
    """Gives a role, in place of the one that the organizer has in this initiative."""
    await take_away(connection, organizer_id, initiative_id)
    await connection.execute(
        insert(role).values(organizer_id=organizer_id, initiative_id=initiative_id, role=granted)
    )


async def take_away(connection: AsyncConnection, organizer_id: int, initiative_id: int) -> None:
    await connection.execute(
        delete(role).where(
            role.c.organizer_id == organizer_id, role.c.initiative_id == initiative_id
        )
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


async def team(connection: AsyncConnection, initiative_id: int) -> list[Member]:
    """Who has a role in an initiative, by address."""
    rows = await connection.execute(
        select(organizer, role.c.role)
        .join(role, role.c.organizer_id == organizer.c.id)
        .where(role.c.initiative_id == initiative_id)
        .order_by(organizer.c.email)
    )
    return [Member(to_organizer(row), Role(row.role)) for row in rows]


def to_organizer(row: Any) -> Organizer:
    return Organizer(row.id, row.email, row.password, row.creates, row.totp, row.seen_at)


async def _set(connection: AsyncConnection, organizer_id: int, **values: Any) -> None:
    await connection.execute(
        update(organizer).where(organizer.c.id == organizer_id).values(**values)
    )
