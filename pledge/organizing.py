"""What organizers and operators do: initiatives, links, accounts."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from pledge import passwords
from pledge.content import Content
from pledge.domain.accounts import as_stored, email_address
from pledge.domain.audit import Action, Entry
from pledge.domain.initiatives import (
    Initiative,
    Meeting,
    Status,
    TextVersion,
    digest_of,
)
from pledge.domain.links import LinkKind, SigningLink
from pledge.domain.rights import OPERATOR, WALL, Actor, NoOwnerLeft, Role, is_last_owner
from pledge.domain.signatures import Company
from pledge.domain.standing import Standing
from pledge.errors import NotFound
from pledge.opening import change_status
from pledge.store import audit, heads, initiatives, links, organizers, revisions, sessions
from pledge.store.database import Database
from pledge.store.initiatives import lettering_values
from pledge.store.organizers import Organizer

_IMPORTING = 0x1A90275

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Overview:
    """An initiative, and how it stands."""

    initiative: Initiative
    standing: Standing


class Organizing:
    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        announce: Callable[[int, int], None],
    ):
        self._database = database
        self._clock = clock
        self._announce = announce

    async def import_initiative(self, content: Content, owners: Sequence[str] = ()) -> str:
        """Stores what has changed since the last import; says in a word what was done.

        A changed text becomes a new version: whoever has the old one on the screen is shown the
        new one before signing. The status is that of the file only when the initiative is new.
        It belongs to whom the addresses name; a new one, where they name nobody, to the only
        organizer there is.
        """
        now = self._clock()
        async with self._database.writing() as connection:
            await initiatives.one_by_one(connection)
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
        by: Actor = OPERATOR,
    ) -> SigningLink:
        """A new link; without a meeting's key it signs at the latest meeting."""
        async with self._database.writing() as connection:
            initiative = await self._initiative(connection, slug)
            await heads.lock_head(connection, initiative.id)
            at = self._meeting(initiative, meeting)
            return await self._make_link(
                connection, initiative.id, at, kind, by=by, company=company, stage=stage
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

    async def standing_link(
        self, slug: str, kind: LinkKind, *, meeting: str = "", by: Actor = OPERATOR
    ) -> SigningLink:
        """The same; made if there is none."""
        if found := await self.newest_link(slug, kind, meeting=meeting):
            return found
        async with self._database.writing() as connection:
            initiative = await self._initiative(connection, slug)
            await heads.lock_head(connection, initiative.id)
            at = self._meeting(initiative, meeting)
            now = self._clock()
            # Several nodes, or organizers, may have asked at once.
            if found := await links.newest(connection, initiative.id, kind, now, at.id):
                return found
            return await self._make_link(connection, initiative.id, at, kind, by=by)

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
            if at is None:
                raise NotFound(f"{slug} has no meeting {meeting}")
            found = await links.standing(connection, initiative.id, LinkKind.SCREEN, at.id)
        if found:
            return found
        async with self._database.writing() as connection:
            await heads.lock_head(connection, initiative.id)
            found = await links.standing(connection, initiative.id, LinkKind.SCREEN, at.id)
            if found:  # several walls have asked at once
                return found
            return [await self._make_link(connection, initiative.id, at, LinkKind.SCREEN, by=WALL)]

    @staticmethod
    def _meeting(initiative: Initiative, key: str) -> Meeting:
        """By its key, or the latest one."""
        found = initiative.meeting_by_key(key) if key else initiative.latest_meeting
        if found is None:
            keys = ", ".join(one.key for one in initiative.meetings)
            raise NotFound(f"{initiative.slug} has no meeting {key}; its meetings: {keys}")
        return found

    async def _make_link(
        self,
        connection: AsyncConnection,
        initiative_id: int,
        at: Meeting,
        kind: LinkKind,
        *,
        by: Actor,
        company: Company | None = None,
        stage: bool = False,
    ) -> SigningLink:
        """While the initiative's head is locked."""
        now = self._clock()
        link = await links.create(
            connection,
            initiative_id=initiative_id,
            meeting_id=at.id,
            kind=kind,
            company=company,
            stage=stage,
            at=now,
        )
        made = {"kind": link.kind, "meeting": at.key}
        entry = Entry(by, Action.LINK_MADE, str(link.id), after=made)
        await audit.record(connection, initiative_id, entry, now)
        return link

    async def initiative_id(self, slug: str) -> int:
        async with self._database.reading() as connection:
            return (await self._initiative(connection, slug)).id

    async def registered_id(self, slug: str) -> int:
        """The same, of one that has a register: a rehearsal has none."""
        if "~" in slug:
            raise NotFound(f"{slug} is a rehearsal, which has no register")
        return await self.initiative_id(slug)

    async def only_slug(self) -> str:
        """Of the initiative that is meant if none is named. Raises NotFound unless there is one."""
        async with self._database.reading() as connection:
            slugs = await initiatives.slugs(connection)
        if len(slugs) != 1:
            raise NotFound(
                f"name an initiative: {', '.join(slugs)}" if slugs else "there is no initiative yet"
            )
        return slugs[0]

    async def overview(self, initiative_id: int) -> Overview:
        async with self._database.reading() as connection:
            return Overview(
                initiative=await initiatives.read(connection, initiative_id),
                standing=await heads.standing_of(connection, initiative_id),
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
        """The account that the one-time link makes, or None if somebody was faster.

        Raises BadAccount.
        """
        email, hashed = email_address(email), await passwords.hashed(password)
        async with self._database.writing() as connection:
            if not await organizers.claim_first(connection):
                return None
            organizer = await organizers.create(connection, email, hashed, self._clock())
            await self._added(connection, organizer, by=organizer.actor)
            await self._give(connection, organizer, Role.OWNER, (), by=organizer.actor)
        return organizer

    async def add_organizer(
        self, email: str, password: str, slugs: Sequence[str] = (), role: Role = Role.OWNER
    ) -> Organizer:
        """Adds an account, or gives the existing one a new password, and ends its sessions.

        It has the role in what is named; a new account, where nothing is named, in everything
        there is: whoever runs this command owns the machine. Only whoever is made as an owner may
        make initiatives. Raises BadAccount, NotFound and NoOwnerLeft.
        """
        email, hashed = email_address(email), await passwords.hashed(password)
        async with self._database.writing() as connection:
            await organizers.one_by_one(connection)
            organizer = await organizers.by_email(connection, email)
            if organizer is None:
                organizer = await organizers.create(
                    connection, email, hashed, self._clock(), creates=role is Role.OWNER
                )
                await self._added(connection, organizer, by=OPERATOR)
                await self._give(connection, organizer, role, slugs, by=OPERATOR)
            else:
                await organizers.set_password(connection, organizer.id, hashed)
                await sessions.end_all(connection, organizer.id)
                entry = Entry(OPERATOR, Action.PASSWORD_SET, organizer.email)
                await audit.record(connection, None, entry, self._clock())
                if slugs:
                    await self._give(connection, organizer, role, slugs, by=OPERATOR)
        return organizer

    async def _added(self, connection: AsyncConnection, organizer: Organizer, *, by: Actor) -> None:
        entry = Entry(by, Action.ORGANIZER_ADDED, organizer.email)
        await audit.record(connection, None, entry, self._clock())

    async def _give(
        self,
        connection: AsyncConnection,
        organizer: Organizer,
        role: Role,
        slugs: Sequence[str],
        *,
        by: Actor,
    ) -> None:
        given = (
            [(await self._initiative(connection, slug)).id for slug in slugs]
            if slugs
            else await initiatives.all_ids(connection)
        )
        for initiative_id in sorted(given):  # as signing locks heads, in the order of their ids
            await self._set_role(connection, organizer, initiative_id, role, by=by)

    async def _own_by(
        self, connection: AsyncConnection, initiative_id: int, emails: Sequence[str]
    ) -> None:
        for email in emails:
            organizer = await organizers.by_email(connection, as_stored(email))
            if organizer is None:
                raise NotFound(f"there is no organizer {email}: pledge organizer add {email}")
            await self._set_role(connection, organizer, initiative_id, Role.OWNER, by=OPERATOR)

    async def _set_role(
        self,
        connection: AsyncConnection,
        organizer: Organizer,
        initiative_id: int,
        role: Role,
        *,
        by: Actor,
    ) -> None:
        await heads.lock_head(connection, initiative_id)
        team = await organizers.team(connection, initiative_id)
        roles = {one.organizer.id: one.role for one in team}
        held = roles.get(organizer.id)
        if held is role:
            return
        if role is not Role.OWNER and is_last_owner(roles, organizer.id):
            raise NoOwnerLeft(f"{organizer.email} is the only owner: make somebody else one first")
        await organizers.grant(connection, organizer.id, initiative_id, role)
        entry = Entry(
            by,
            Action.ROLE,
            organizer.email,
            before={"role": held} if held else {},
            after={"role": role},
        )
        await audit.record(connection, initiative_id, entry, self._clock())

    async def _initiative(self, connection: AsyncConnection, slug: str) -> Initiative:
        found = await initiatives.by_slug(connection, slug)
        if found is None:
            raise NotFound(f"there is no initiative {slug}")
        if found.rights_of != found.id:
            raise NotFound(f"{slug} is a rehearsal, which is led by the real one's links")
        return await initiatives.read(connection, found.id)


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
