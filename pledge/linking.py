"""Linking: signing links are made, named, limited and revoked; none is ever deleted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.audit import Action, Entry
from pledge.domain.initiatives import Initiative, Meeting
from pledge.domain.links import NO_LIMITS, Limits, LinkKind, SigningLink
from pledge.domain.rights import Actor
from pledge.domain.signatures import Company
from pledge.domain.standing import Standing
from pledge.errors import NotFound
from pledge.store import audit, feed, heads, initiatives, links
from pledge.store.database import Database

PAGE_SIZE = 50


@dataclass(frozen=True)
class Links:
    """One page of an initiative's links; those of its rosters are only counted."""

    initiative: Initiative
    standing: Standing
    links: list[SigningLink]
    found: int
    page: int
    pages: int
    invited: int
    """Companies on rosters, each of which has a link of its own."""
    invited_used: int
    """Those of them that have signed by it."""


@dataclass(frozen=True)
class Linked:
    """One link, and the initiative that it is of."""

    initiative: Initiative
    standing: Standing
    link: SigningLink


class Linking:
    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], datetime],
        announce: Callable[[int, int], None],
    ):
        self._database = database
        self._clock = clock
        self._announce = announce

    async def page(self, initiative_id: int, page: int) -> Links:
        """A page beyond the last one is the last one."""
        async with self._database.reading() as connection:
            found = await links.count(connection, initiative_id)
            pages = max(1, -(-found // PAGE_SIZE))
            page = min(page, pages)
            invited, invited_used = await links.of_rosters(connection, initiative_id)
            return Links(
                initiative=await initiatives.read(connection, initiative_id),
                standing=await heads.standing_of(connection, initiative_id),
                links=await links.page(
                    connection, initiative_id, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE
                ),
                found=found,
                page=page,
                pages=pages,
                invited=invited,
                invited_used=invited_used,
            )

    async def one(self, initiative_id: int, link_id: int) -> Linked | None:
        async with self._database.reading() as connection:
            link = await links.of_initiative(connection, initiative_id, link_id)
            if link is None:
                return None
            return Linked(
                await initiatives.read(connection, initiative_id),
                await heads.standing_of(connection, initiative_id),
                link,
            )

    async def meeting(self, initiative_id: int, key: str) -> Meeting:
        """Where a link signs that names this key; without one, the latest meeting."""
        async with self._database.reading() as connection:
            return _meeting(await initiatives.read(connection, initiative_id), key)

    async def create(
        self,
        initiative_id: int,
        kind: LinkKind,
        *,
        by: Actor,
        meeting: str = "",
        company: Company | None = None,
        stage: bool = False,
        name: str = "",
        limits: Limits = NO_LIMITS,
    ) -> SigningLink:
        """A new link; without a meeting's key it signs at the latest meeting."""
        async with self._database.writing() as connection:
            head = await heads.lock_head(connection, initiative_id)
            initiative = await initiatives.read(connection, initiative_id)
            found = _meeting(initiative, meeting)
            now = self._clock()
            link = await links.create(
                connection,
                initiative_id=initiative_id,
                meeting_id=found.id,
                kind=kind,
                company=company,
                stage=stage,
                name=name,
                limits=limits,
                at=now,
            )
            after = {"kind": kind, "meeting": found.key, **_words(initiative, link)}
            entry = Entry(by, Action.LINK_MADE, _subject(link), after=after)
            await audit.record(connection, initiative_id, entry, now)
            cursor = await self._tell_walls(connection, initiative_id, head, now)
        self._announce(initiative_id, cursor)
        return link

    async def change(
        self, initiative_id: int, link_id: int, *, name: str, limits: Limits, by: Actor
    ) -> bool:
        """Renames a link and sets its limits; False if there is no such link, or it is revoked."""
        async with self._database.writing() as connection:
            head = await heads.lock_head(connection, initiative_id)
            link = await links.of_initiative(connection, initiative_id, link_id)
            if link is None or link.revoked_at is not None:
                return False
            if (link.name, link.limits) == (name, limits):
                return True
            await links.change(connection, link_id, name=name, limits=limits)
            initiative = await initiatives.read(connection, initiative_id)
            changed = await links.of_initiative(connection, initiative_id, link_id)
            now = self._clock()
            entry = Entry(
                by,
                Action.LINK_CHANGED,
                _subject(link),
                before=_words(initiative, link),
                after=_words(initiative, changed or link),
            )
            await audit.record(connection, initiative_id, entry, now)
            cursor = await self._tell_walls(connection, initiative_id, head, now)
        self._announce(initiative_id, cursor)
        return True

    async def revoke(self, initiative_id: int, link_id: int, *, by: Actor) -> bool:
        """It never admits again, and walls take its code down; False if it was revoked before."""
        async with self._database.writing() as connection:
            head = await heads.lock_head(connection, initiative_id)
            link = await links.of_initiative(connection, initiative_id, link_id)
            if link is None or link.revoked_at is not None:
                return False
            now = self._clock()
            await links.revoke(connection, link_id, now)
            before = {"kind": link.kind, "used": str(link.used)}
            entry = Entry(by, Action.LINK_REVOKED, _subject(link), before=before)
            await audit.record(connection, initiative_id, entry, now)
            cursor = await self._tell_walls(connection, initiative_id, head, now)
        self._announce(initiative_id, cursor)
        return True

    async def _tell_walls(
        self, connection: AsyncConnection, initiative_id: int, head: heads.Head, now: datetime
    ) -> int:
        """Walls ask at once what is to be scanned."""
        cursor = head.standing.cursor + 1
        await heads.move_counts(connection, initiative_id, 0, cursor=cursor, by=0)
        event = feed.Event(cursor, feed.Kind.SCENE, head.standing.total, now)
        await feed.append(connection, initiative_id, event)
        return cursor


def _meeting(initiative: Initiative, key: str) -> Meeting:
    found = initiative.meeting_by_key(key) if key else initiative.latest_meeting
    if found is None:
        keys = ", ".join(one.key for one in initiative.meetings)
        raise NotFound(f"{initiative.slug} has no meeting {key}; its meetings: {keys}")
    return found


def _subject(link: SigningLink) -> str:
    """A link in words that will still be understood: its number, and what it was called."""
    called = link.company or link.name
    return f"{link.id} {called}".strip()


def _words(initiative: Initiative, link: SigningLink) -> dict[str, str]:
    meeting = initiative.meeting(link.meeting_id)
    times = {"from": link.admits_from, "until": link.expires_at}
    return {
        "name": link.name,
        "most": str(link.most) if link.most is not None else "",
        **{name: f"{meeting.local(at):%Y-%m-%d %H:%M}" if at else "" for name, at in times.items()},
    }
