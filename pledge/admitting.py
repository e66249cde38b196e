"""Admitting: who has which role in an initiative, and the invitations to join it."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncConnection

from pledge import passwords
from pledge.domain.accounts import as_stored, email_address
from pledge.domain.admissions import JOINING, Admission
from pledge.domain.audit import Action, Entry
from pledge.domain.initiatives import Initiative
from pledge.domain.rights import Actor, Right, Role, is_last_owner
from pledge.domain.standing import Standing
from pledge.secrets import digest
from pledge.store import admissions, audit, heads, initiatives, organizers
from pledge.store.database import Database
from pledge.store.organizers import Member, Organizer


class Governed(StrEnum):
    """What came of changing somebody's role."""

    DONE = "done"
    NOT_A_MEMBER = "not-a-member"
    LAST_OWNER = "last-owner"
    """It was not changed: nobody would be left who gives out roles."""


@dataclass(frozen=True)
class Team:
    initiative: Initiative
    standing: Standing
    members: list[Member]
    invited: list[Admission]
    """Who has yet to accept, the newest first."""


@dataclass(frozen=True)
class Behind:
    """What stands behind the link of an invitation."""

    admission: Admission
    initiative: Initiative
    has_account: bool
    """Whether its address has an account already."""


class Admitting:
    def __init__(self, database: Database, *, clock: Callable[[], datetime]):
        self._database = database
        self._clock = clock

    async def team(self, initiative_id: int) -> Team:
        async with self._database.reading() as connection:
            return Team(
                await initiatives.read(connection, initiative_id),
                await heads.standing_of(connection, initiative_id),
                await organizers.team(connection, initiative_id),
                await admissions.pending(connection, initiative_id, self._clock()),
            )

    async def invite(
        self, initiative_id: int, email: str, role: Role, *, creates: bool, by: Organizer
    ) -> str | None:
        """The token of a new link, which takes the place of an earlier one; it is not stored.

        None if the address has a role already. Only whoever may make initiatives can let others
        (`creates`). Raises BadAccount for what is not an address.
        """
        email = email_address(email)
        token = secrets.token_urlsafe(24)
        now = self._clock()
        async with self._database.writing() as connection:
            await heads.lock_head(connection, initiative_id)
            found = await organizers.by_email(connection, email)
            if found and await organizers.role_of(connection, found.id, initiative_id):
                return None
            earlier = await admissions.pending(connection, initiative_id, now, email=email)
            await _revoke(connection, earlier, by.actor, now)
            await admissions.create(
                connection,
                digest(token),
                initiative_id=initiative_id,
                email=email,
                role=role,
                creates=creates and by.creates,
                invited_by=by.email,
                at=now,
                expires_at=now + JOINING,
            )
            granted = {"creates": "yes"} if creates and by.creates else {}
            entry = Entry(by.actor, Action.INVITED, email, after={"role": role, **granted})
            await audit.record(connection, initiative_id, entry, now)
        return token

    async def revoke(self, initiative_id: int, admission_id: int, *, by: Actor) -> bool:
        """False if there is no such invitation that still lets somebody in."""
        now = self._clock()
        async with self._database.writing() as connection:
            found = [
                one
                for one in await admissions.pending(connection, initiative_id, now)
                if one.id == admission_id
            ]
            await _revoke(connection, found, by, now)
        return bool(found)

    async def behind(self, token: str) -> Behind | None:
        async with self._database.reading() as connection:
            found = await admissions.by_digest(connection, digest(token))
            if found is None:
                return None
            initiative = await initiatives.read(connection, found.initiative_id)
            account = await organizers.by_email(connection, found.email)
        return Behind(found, initiative, account is not None)

    async def join(self, admission: Admission, password: str) -> Organizer | None:
        """A new account with the invitation's role.

        None if the link has been used or has ended meanwhile, or if there is an account of that
        address by now: whose password it is must not be set by a link. Raises BadAccount.
        """
        hashed = await passwords.hashed(password)
        now = self._clock()
        async with self._database.writing() as connection:
            await organizers.one_by_one(connection)
            if await organizers.by_email(connection, admission.email):
                return None
            if not await _use(connection, admission, now):
                return None
            made = await organizers.create(
                connection, admission.email, hashed, now, creates=admission.creates
            )
            await _let_in(connection, admission, made, now)
        return made

    async def accept(self, admission: Admission, organizer: Organizer) -> Role | None:
        """The role that the account which the invitation names has from now on.

        None if it names another one, or has been used or has ended meanwhile.
        """
        if as_stored(organizer.email) != admission.email:
            return None
        now = self._clock()
        async with self._database.writing() as connection:
            if not await _use(connection, admission, now):
                return None
            if admission.creates:
                await organizers.let_create(connection, organizer.id)
            return await _let_in(connection, admission, organizer, now)

    async def set_role(
        self, initiative_id: int, organizer_id: int, role: Role | None, *, by: Actor
    ) -> Governed:
        """Another role, or none. Whoever governs no more has no invitations open any more."""
        now = self._clock()
        async with self._database.writing() as connection:
            await heads.lock_head(connection, initiative_id)
            team = await organizers.team(connection, initiative_id)
            roles = {one.organizer.id: one.role for one in team}
            member = next((one for one in team if one.organizer.id == organizer_id), None)
            if member is None:
                return Governed.NOT_A_MEMBER
            if role is not Role.OWNER and is_last_owner(roles, organizer_id):
                return Governed.LAST_OWNER
            if role is member.role:
                return Governed.DONE
            if role is None:
                await organizers.take_away(connection, organizer_id, initiative_id)
            else:
                await organizers.grant(connection, organizer_id, initiative_id, role)
            entry = Entry(
                by,
                Action.ROLE if role else Action.ROLE_TAKEN,
                member.organizer.email,
                before={"role": member.role},
                after={"role": role} if role else {},
            )
            await audit.record(connection, initiative_id, entry, now)
            if Right.GOVERN not in (role.rights if role else ()):
                opened = await admissions.pending(connection, initiative_id, now)
                opened = [one for one in opened if one.invited_by == member.organizer.email]
                await _revoke(connection, opened, by, now)
        return Governed.DONE

    async def accounts(self) -> list[tuple[Organizer, Mapping[str, Role]]]:
        """All of them by their address, each with its roles by the initiative's slug."""
        async with self._database.reading() as connection:
            return await organizers.every(connection)


async def _use(connection: AsyncConnection, admission: Admission, now: datetime) -> bool:
    """Whether the invitation let somebody in until now; the head comes first in every change."""
    await heads.lock_head(connection, admission.initiative_id)
    return await admissions.use(connection, admission.id, now)


async def _let_in(
    connection: AsyncConnection, admission: Admission, organizer: Organizer, now: datetime
) -> Role:
    """Whoever has a role by now keeps it: an old invitation must not lower it."""
    role = await organizers.role_of(connection, organizer.id, admission.initiative_id)
    if role is None:
        role = admission.role
        await organizers.grant(connection, organizer.id, admission.initiative_id, role)
    entry = Entry(
        organizer.actor,
        Action.JOINED,
        organizer.email,
        after={"role": role, "invited_by": admission.invited_by},
    )
    await audit.record(connection, admission.initiative_id, entry, now)
    return role


async def _revoke(
    connection: AsyncConnection, found: list[Admission], by: Actor, now: datetime
) -> None:
    revoked = await admissions.revoke(connection, [one.id for one in found], now)
    for one in found:
        if one.id in revoked:
            entry = Entry(by, Action.INVITATION_REVOKED, one.email, before={"role": one.role})
            await audit.record(connection, one.initiative_id, entry, now)
