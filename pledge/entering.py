"""Entering: passwords, second factors and sessions, and what organizers change of their own."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from pledge import passwords
from pledge.domain.accounts import as_stored
from pledge.domain.admissions import RESETTING, Reset
from pledge.domain.audit import Action, Entry
from pledge.domain.rights import OPERATOR
from pledge.errors import NotFound
from pledge.second_factor import step_of
from pledge.secrets import digest
from pledge.store import admissions, audit, organizers, sessions
from pledge.store.database import Database
from pledge.store.organizers import Organizer
from pledge.store.sessions import Session

_SEEN_EVERY = timedelta(minutes=5)
_LONGEST_AGENT = 300


class Entering:
    def __init__(self, database: Database, *, clock: Callable[[], datetime], session_hours: int):
        self._database = database
        self._clock = clock
        self._session_hours = session_hours

    async def by_password(self, email: str, password: str) -> Organizer | None:
        """Whose password it is. Takes the same time whether the account exists."""
        async with self._database.reading() as connection:
            organizer = await organizers.by_email(connection, as_stored(email))
        stored = organizer.password if organizer else passwords.NOBODYS
        return organizer if await passwords.matches(stored, password) else None

    async def by_id(self, organizer_id: int) -> Organizer | None:
        async with self._database.reading() as connection:
            return await organizers.by_id(connection, organizer_id)

    async def use_code(self, organizer: Organizer, code: str) -> bool:
        """Whether it is the second factor's code of this moment, and nobody has used it yet."""
        step = step_of(organizer.totp, code, self._clock())
        if step is None:
            return False
        async with self._database.writing() as connection:
            return await organizers.use_step(connection, organizer.id, organizer.totp, step)

    async def start_session(self, organizer: Organizer, agent: str = "") -> str | None:
        """A new session's token; None if the account has been secured anew since it was read."""
        token = secrets.token_urlsafe(24)
        now = self._clock()
        async with self._database.writing() as connection:
            if not await _is_as_it_was(connection, organizer, now):
                return None
            await sessions.start(
                connection,
                digest(token),
                organizer.id,
                at=now,
                expires_at=now + timedelta(hours=self._session_hours),
                agent=agent[:_LONGEST_AGENT],
            )
        return token

    async def log_out(self, organizer: Organizer, token: str) -> None:
        async with self._database.writing() as connection:
            await sessions.end(connection, organizer.id, digest(token))

    async def organizer_of(self, token: str) -> Organizer | None:
        """Who is in by a session; that it is used is written down every few minutes alone."""
        now = self._clock()
        async with self._database.reading() as connection:
            found = await sessions.find(connection, digest(token), now)
        if found is None:
            return None
        organizer, seen_at = found
        if seen_at is None or now - seen_at >= _SEEN_EVERY:
            async with self._database.writing() as connection:
                await sessions.see(connection, digest(token), now)
                await organizers.see(connection, organizer.id, now)
        return organizer

    async def sessions_of(self, organizer: Organizer) -> list[Session]:
        async with self._database.reading() as connection:
            return await sessions.of_organizer(connection, organizer.id, self._clock())

    async def end_session(self, organizer: Organizer, session_digest: str) -> bool:
        """False if there is no such session of this organizer."""
        async with self._database.writing() as connection:
            ended = await sessions.end(connection, organizer.id, session_digest)
            if ended:
                entry = _entry(organizer, Action.SESSIONS_ENDED, after={"sessions": "1"})
                await audit.record(connection, None, entry, self._clock())
        return ended

    async def end_other_sessions(self, organizer: Organizer, token: str) -> int:
        """Ends all but the session of this token; says how many."""
        async with self._database.writing() as connection:
            ended = await sessions.end_all(connection, organizer.id, but=digest(token))
            if ended:
                entry = _entry(organizer, Action.SESSIONS_ENDED, after={"sessions": str(ended)})
                await audit.record(connection, None, entry, self._clock())
        return ended

    async def change_password(
        self, organizer: Organizer, current: str, new: str, *, token: str
    ) -> bool:
        """Ends all sessions but that of the token; False if the current password is not right, or
        the account has been secured anew meanwhile.

        Raises BadAccount for a new one that can't be taken.
        """
        if not await passwords.matches(organizer.password, current):
            return False
        hashed = await passwords.hashed(new)
        now = self._clock()
        async with self._database.writing() as connection:
            if not await _is_as_it_was(connection, organizer, now):
                return False
            await organizers.set_password(connection, organizer.id, hashed)
            await sessions.end_all(connection, organizer.id, but=digest(token))
            await audit.record(connection, None, _entry(organizer, Action.PASSWORD_SET), now)
        return True

    async def turn_second_factor_on(self, organizer: Organizer, secret: str, code: str) -> bool:
        """False if the code is not of that secret, or the account has been secured anew meanwhile;
        the code that is right counts as used.
        """
        now = self._clock()
        step = step_of(secret, code, now)
        if step is None:
            return False
        async with self._database.writing() as connection:
            if not await _is_as_it_was(connection, organizer, now):
                return False
            await organizers.set_second_factor(connection, organizer.id, secret, step)
            await audit.record(connection, None, _entry(organizer, Action.SECOND_FACTOR_ON), now)
        return True

    async def turn_second_factor_off(self, organizer: Organizer, code: str) -> bool:
        """False if the code is not right, or has been used."""
        now = self._clock()
        step = step_of(organizer.totp, code, now)
        if step is None:
            return False
        async with self._database.writing() as connection:
            if not await organizers.use_step(connection, organizer.id, organizer.totp, step):
                return False
            await organizers.set_second_factor(connection, organizer.id, "")
            await audit.record(connection, None, _entry(organizer, Action.SECOND_FACTOR_OFF), now)
        return True

    async def reset(self, email: str) -> str:
        """The token of a link with which the account's password is chosen anew.

        From now on nobody is in, or gets in, by the old password; the second factor is gone.
        Raises NotFound.
        """
        nobodys = await passwords.void()
        token = secrets.token_urlsafe(24)
        now = self._clock()
        async with self._database.writing() as connection:
            organizer = await organizers.by_email(connection, as_stored(email))
            if organizer is None:
                raise NotFound(f"there is no organizer {email}: see pledge organizer list")
            await organizers.set_password(connection, organizer.id, nobodys)
            await organizers.set_second_factor(connection, organizer.id, "")
            await sessions.end_all(connection, organizer.id)
            await admissions.create_reset(
                connection,
                digest(token),
                email=organizer.email,
                at=now,
                expires_at=now + RESETTING,
            )
            await audit.record(
                connection, None, Entry(OPERATOR, Action.RESET, organizer.email), now
            )
        return token

    async def reset_by(self, token: str) -> Reset | None:
        """What stands behind such a link, also when it has ended."""
        async with self._database.reading() as connection:
            return await admissions.reset_by_digest(connection, digest(token))

    async def choose_password(self, reset: Reset, password: str) -> Organizer | None:
        """None if the link has been used or has ended meanwhile. Raises BadAccount."""
        hashed = await passwords.hashed(password)
        now = self._clock()
        async with self._database.writing() as connection:
            organizer = await organizers.by_email(connection, reset.email)
            if organizer is None or not await admissions.use(connection, reset.id, now):
                return None
            await organizers.set_password(connection, organizer.id, hashed)
            await audit.record(connection, None, _entry(organizer, Action.PASSWORD_SET), now)
        return replace(organizer, password=hashed)

    async def password_is(self, organizer: Organizer, password: str) -> bool:
        return await passwords.matches(organizer.password, password)


async def _is_as_it_was(connection: AsyncConnection, organizer: Organizer, now: datetime) -> bool:
    """Whether the account is secured as when it was read; until the transaction ends, it stays so.

    Noting that it is seen locks its row: whoever secures it anew meanwhile is waited for.
    """
    await organizers.see(connection, organizer.id, now)
    current = await organizers.by_id(connection, organizer.id)
    return current is not None and _secured(current) == _secured(organizer)


def _secured(organizer: Organizer) -> tuple[str, str]:
    return organizer.password, organizer.totp


def _entry(organizer: Organizer, action: Action, after: dict[str, str] | None = None) -> Entry:
    return Entry(organizer.actor, action, organizer.email, after=after or {})
