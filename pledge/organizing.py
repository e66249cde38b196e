"""What organizers and operators do: initiatives, links, accounts."""

import asyncio
import re
import secrets
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.content import Content
from pledge.domain.audit import Action, Entry
from pledge.domain.initiatives import (
    Initiative,
    Status,
    TextVersion,
    digest_of,
)
from pledge.domain.links import LinkKind, SigningLink
from pledge.domain.rights import OPERATOR, Actor, Role
from pledge.domain.signatures import Company, Signature
from pledge.domain.standing import Standing
from pledge.errors import NotFound, PledgeError
from pledge.opening import change_status
from pledge.secrets import digest
from pledge.store import audit, heads, initiatives, links, organizers, revisions, signatures
from pledge.store.database import Database
from pledge.store.initiatives import lettering_values
from pledge.store.organizers import Organizer

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
NEWEST = 20
MOST_ATTENTION = 100

Clock = Callable[[], datetime]

_hasher = PasswordHasher()
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@[^\s@<>()\[\],;:\\\"]+\.[^\s@.]{2,}")


class BadAccount(PledgeError):
    """An e-mail address or a password that can't be taken; `field` says which."""

    def __init__(self, field: str, reason: str):
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True)
class Overview:
    """An initiative as its organizers see it."""

    initiative: Initiative
    standing: Standing
    totals: dict[int, int]
    """Signatories by meeting."""
    newest: list[Signature]
    attention: list[Signature]
    """What waits for approval or is hidden."""
    poster: SigningLink | None


class Organizing:
    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        announce: Callable[[int, int], None],
        session_hours: int,
    ):
        self._database = database
        self._clock = clock
        self._announce = announce
        self._session_hours = session_hours

    async def import_initiative(self, content: Content, owners: Sequence[str] = ()) -> str:
        """Stores what has changed since the last import; says in a word what was done.

        A changed text becomes a new version: whoever has the old one on the screen is shown the
        new one before signing. The status is that of the file only when the initiative is new.
        It belongs to whom the addresses name; a new one, where they name nobody, to the only
        organizer there is.
        """
        now = self._clock()
        async with self._database.writing() as connection:
            found = await initiatives.by_slug(connection, content.slug)
            values = _values(content)
            cursor = 0
            if found:
                await self._own_by(connection, found.id, owners)
            if found is None:
                initiative_id = await initiatives.create(
                    connection, content.slug, status=content.status, content=values, at=now
                )
                await self._own_by(connection, initiative_id, owners)
                if not owners and (only := await organizers.only_one(connection)):
                    await organizers.grant(connection, only, initiative_id, Role.OWNER)
                done = "created"
            else:
                initiative_id = found.id
                head = await heads.lock_head(connection, initiative_id)
                if content.shows:
                    shown = (await initiatives.read(connection, initiative_id)).shows
                    shows = shown.changed_to(content.shows, head.last_number)
                    values["shows"] = asdict(shows)
                if not await _differs(connection, initiative_id, content, values):
                    return "unchanged"
                await initiatives.change(connection, initiative_id, values)
                cursor = await revisions.tell(connection, initiative_id, head, now)
                done = "updated"
            await initiatives.put_meetings(connection, initiative_id, _meeting_values(content))
            await initiatives.add_text(
                connection, initiative_id, TextVersion(0, content.texts), now
            )
            await heads.revise(connection, initiative_id)
            entry = Entry(OPERATOR, Action.IMPORTED, content.slug, after={"done": done})
            await audit.record(connection, initiative_id, entry, now)
        self._announce(initiative_id, cursor)
        return done

    async def set_status(self, initiative_id: int, status: Status, *, by: Actor) -> bool:
        """Opens or closes signing; False if it already is so, or may not become so.

        Nothing opens that nobody could sign (`Initiative.lacks`).
        """
        async with self._database.writing() as connection:
            head = await heads.lock_head(connection, initiative_id)
            now = self._clock()
            if not head.standing.at(now).status.may_become(status):
                return False
            if status is Status.OPEN and (await initiatives.read(connection, initiative_id)).lacks:
                return False
            cursor = await change_status(connection, initiative_id, head, status, by=by, now=now)
        self._announce(initiative_id, cursor)
        return True

    async def create_link(
        self,
        slug: str,
        kind: LinkKind,
        *,
        meeting: str = "",
        company: Company | None = None,
        stage: bool = False,
    ) -> SigningLink:
        """A new link; without a meeting's key it signs at the latest meeting."""
        async with self._database.writing() as connection:
            initiative = await self._initiative(connection, slug)
            found = initiative.meeting_by_key(meeting) if meeting else initiative.latest_meeting
            if found is None:
                keys = ", ".join(one.key for one in initiative.meetings)
                raise NotFound(f"{slug} has no meeting {meeting}; its meetings: {keys}")
            return await links.create(
                connection,
                initiative_id=initiative.id,
                meeting_id=found.id,
                kind=kind,
                company=company,
                stage=stage,
                at=self._clock(),
            )

    async def newest_link(
        self, slug: str, kind: LinkKind, *, meeting: str = ""
    ) -> SigningLink | None:
        """The newest link of a kind that still stands, at a meeting or at the latest one."""
        async with self._database.reading() as connection:
            initiative = await self._initiative(connection, slug)
            at = initiative.meeting_by_key(meeting) if meeting else initiative.latest_meeting
            if at is None:
                return None
            return await links.newest(connection, initiative.id, kind, self._clock(), at.id)

    async def standing_link(self, slug: str, kind: LinkKind, *, meeting: str = "") -> SigningLink:
        """The same; made if there is none."""
        found = await self.newest_link(slug, kind, meeting=meeting)
        return found or await self.create_link(slug, kind, meeting=meeting)

    async def screen_link(self, slug: str, *, meeting: str = "") -> SigningLink | None:
        """Whose codes the walls show now; None where none admits, as organizers have limited it."""
        screens, now = await self._screens(slug, meeting), self._clock()
        return next((link for link in screens if link.ended(now) is None), None)

    async def wall_link(self, slug: str, *, meeting: str = "") -> SigningLink | None:
        """Whose token is the key of walls: it need not admit just now, but its time is not over."""
        screens, now = await self._screens(slug, meeting), self._clock()
        return next((link for link in screens if link.opens_walls(now)), None)

    async def _screens(self, slug: str, meeting: str) -> list[SigningLink]:
        """The screen links of a meeting that were not revoked, newest first; made if it has none.

        Where there is one, another one would let in whom its limits keep out.
        """
        async with self._database.reading() as connection:
            initiative = await self._initiative(connection, slug)
            at = initiative.meeting_by_key(meeting) if meeting else initiative.latest_meeting
            if at and (
                found := await links.standing(connection, initiative.id, LinkKind.SCREEN, at.id)
            ):
                return found
        return [await self.create_link(slug, LinkKind.SCREEN, meeting=meeting)]

    async def initiative_id(self, slug: str) -> int:
        async with self._database.reading() as connection:
            return (await self._initiative(connection, slug)).id

    async def overview(self, initiative_id: int) -> Overview:
        async with self._database.reading() as connection:
            return Overview(
                initiative=await initiatives.read(connection, initiative_id),
                standing=await heads.standing_of(connection, initiative_id),
                totals=await initiatives.totals_by_meeting(connection, initiative_id),
                newest=await signatures.newest(connection, initiative_id, NEWEST),
                attention=await signatures.needing_attention(
                    connection, initiative_id, MOST_ATTENTION
                ),
                poster=await links.newest(
                    connection, initiative_id, LinkKind.POSTER, self._clock()
                ),
            )

    async def mine(self, organizer_id: int) -> list[tuple[Initiative, Standing, Role]]:
        """The initiatives in which an organizer has a role."""
        async with self._database.reading() as connection:
            return [
                (await initiatives.read(connection, found.id), found.standing, role)
                for found, role in await initiatives.of_organizer(connection, organizer_id)
            ]

    async def permitted(self, organizer_id: int, slug: str) -> tuple[int, Role] | None:
        """The initiative's id and the organizer's role in it, if there are both."""
        async with self._database.reading() as connection:
            found = await initiatives.by_slug(connection, slug)
            if found is None:
                return None
            role = await organizers.role_of(connection, organizer_id, found.rights_of)
        return (found.id, role) if role else None

    async def no_organizer_yet(self) -> bool:
        async with self._database.reading() as connection:
            return not await organizers.any_exists(connection)

    async def first_organizer(self, email: str, password: str) -> Organizer | None:
        """The account that the one-time link makes, or None if somebody was faster."""
        email, hashed = await _checked(email, password)
        async with self._database.writing() as connection:
            if not await organizers.claim_first(connection):
                return None
            organizer = await organizers.create(connection, email, hashed, self._clock())
            await self._own(connection, organizer, ())
        return organizer

    async def add_organizer(
        self, email: str, password: str, slugs: Sequence[str] = ()
    ) -> Organizer:
        """Adds an account, or gives the existing one a new password, and ends its sessions.

        Owner of what is named; a new account, where nothing is named, of everything there is:
        whoever runs this command owns the machine.
        """
        email, hashed = await _checked(email, password)
        async with self._database.writing() as connection:
            organizer = await organizers.by_email(connection, email)
            if organizer is None:
                organizer = await organizers.create(connection, email, hashed, self._clock())
                await self._own(connection, organizer, slugs)
            else:
                await organizers.set_password(connection, organizer.id, hashed)
                if slugs:
                    await self._own(connection, organizer, slugs)
        return organizer

    async def log_in(self, email: str, password: str) -> str | None:
        """A new session's token, or None. Takes the same time whether the account exists."""
        async with self._database.reading() as connection:
            organizer = await organizers.by_email(connection, _as_stored(email))
        stored = organizer.password if organizer else _NOBODY
        if not await asyncio.to_thread(_matches, stored, password) or organizer is None:
            return None
        return await self.start_session(organizer)

    async def start_session(self, organizer: Organizer) -> str:
        token = secrets.token_urlsafe(24)
        now = self._clock()
        async with self._database.writing() as connection:
            await organizers.start_session(
                connection,
                digest(token),
                organizer.id,
                at=now,
                expires_at=now + timedelta(hours=self._session_hours),
            )
        return token

    async def log_out(self, token: str) -> None:
        async with self._database.writing() as connection:
            await organizers.end_session(connection, digest(token))

    async def organizer_of(self, token: str) -> Organizer | None:
        async with self._database.reading() as connection:
            return await organizers.by_session(connection, digest(token), self._clock())

    async def _own(
        self, connection: AsyncConnection, organizer: Organizer, slugs: Sequence[str]
    ) -> None:
        owned = (
            [(await self._initiative(connection, slug)).id for slug in slugs]
            if slugs
            else await initiatives.all_ids(connection)
        )
        for initiative_id in owned:
            await organizers.grant(connection, organizer.id, initiative_id, Role.OWNER)

    async def _own_by(
        self, connection: AsyncConnection, initiative_id: int, emails: Sequence[str]
    ) -> None:
        for email in emails:
            organizer = await organizers.by_email(connection, _as_stored(email))
            if organizer is None:
                raise NotFound(f"there is no organizer {email}: pledge organizer add {email}")
            await organizers.grant(connection, organizer.id, initiative_id, Role.OWNER)

    async def _initiative(self, connection: AsyncConnection, slug: str) -> Initiative:
        found = await initiatives.by_slug(connection, slug)
        if found is None:
            raise NotFound(f"there is no initiative {slug}")
        if found.rights_of != found.id:
            raise NotFound(f"{slug} is a rehearsal, which is led by the real one's links")
        return await initiatives.read(connection, found.id)


def account_flaws(email: str, password: str) -> list[str]:
    """The fields that can't be taken, all at once."""
    flaws = []
    for check, typed in ((_checked_email, email), (_checked_password, password)):
        try:
            check(typed)
        except BadAccount as bad:
            flaws.append(bad.field)
    return flaws


async def _checked(email: str, password: str) -> tuple[str, str]:
    """The address as it is stored, and the password's hash."""
    email, password = _checked_email(email), _checked_password(password)
    return email, await asyncio.to_thread(_hasher.hash, password)


def _as_stored(email: str) -> str:
    return unicodedata.normalize("NFKC", email).strip()


def _checked_email(email: str) -> str:
    email = _as_stored(email).encode(errors="replace").decode()
    if len(email) > 254 or not _EMAIL.fullmatch(email):
        raise BadAccount("email", f"“{email}” is not an e-mail address")
    return email


def _checked_password(password: str) -> str:
    """Long rather than intricate (NIST SP 800-63B, 5.1.1.2)."""
    if len(password) < SHORTEST_PASSWORD:
        raise BadAccount("password", f"the password needs {SHORTEST_PASSWORD} characters or more")
    if len(password) > LONGEST_PASSWORD:
        raise BadAccount("password", f"the password takes {LONGEST_PASSWORD} characters at most")
    return password


def _matches(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password[: LONGEST_PASSWORD + 1])
    except (Argon2Error, InvalidHashError):
        return False


# What a login is held against that names nobody, so that it takes as long as any other.
_NOBODY = _hasher.hash(secrets.token_urlsafe(24))


def _values(content: Content) -> dict[str, Any]:
    """What is stored of it; of asks and shows, only what the file speaks of."""
    chosen = {"asks": content.asks, "shows": content.shows}
    return {
        **{name: asdict(said) for name, said in chosen.items() if said},
        "organs": content.organs,
        "privacy": content.privacy,
        "contact": content.contact,
        "note": content.note,
        "letterings": {
            # Through JSON and back, lists stay lists: so they compare with what is stored.
            shape: {**lettering_values(drawn), "paths": [asdict(path) for path in drawn.paths]}
            for shape, drawn in content.letterings.items()
        },
    }


def _meeting_values(content: Content) -> list[dict[str, Any]]:
    return [asdict(meeting) for meeting in content.meetings]


async def _differs(
    connection: AsyncConnection, initiative_id: int, content: Content, values: dict[str, Any]
) -> bool:
    known = await initiatives.content_of(connection, initiative_id)
    if {**known, **values} != known:
        return True
    stored = await initiatives.read(connection, initiative_id)
    if stored.text.digest != digest_of(content.texts):
        return True
    meetings = await initiatives.meeting_values(connection, initiative_id)
    named = [
        {**meeting, "position": position}
        for position, meeting in enumerate(_meeting_values(content))
    ]
    return [meeting for meeting in meetings if meeting["position"] >= 0] != named
