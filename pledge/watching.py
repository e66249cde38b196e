"""Watching: how the day goes, as its organizers see it on one page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.initiatives import Initiative, Meeting
from pledge.domain.links import LinkKind, SigningLink
from pledge.domain.pace import Chart, chart
from pledge.domain.presence import FORGOTTEN_AFTER, Presence
from pledge.domain.signatures import Signature
from pledge.domain.standing import Standing
from pledge.errors import NotFound
from pledge.store import (
    heads,
    initiatives,
    links,
    missing,
    pace,
    presence,
    rehearsals,
    signatures,
)
from pledge.store.database import Database
from pledge.store.missing import Missing, Progress
from pledge.store.rehearsals import Rehearsal

NEWEST = 20
MOST_ATTENTION = 100
MOST_MISSING = 40

_LARGE = 500
"""Invited companies; a longer roster is counted every two seconds at most."""
_KEPT = timedelta(seconds=2)


@dataclass(frozen=True)
class Day:
    """An initiative right now: at all of its meetings, or at one."""

    initiative: Initiative
    standing: Standing
    meeting: Meeting | None
    now: datetime
    totals: Mapping[int, int]
    """Signatories by meeting."""
    newest: list[Signature]
    attention: list[Signature]
    """What waits for approval or is hidden."""
    progress: Progress
    missing: Missing
    """Those that were looked for."""
    chart: Chart | None
    days: int
    """On how many days somebody has signed, as far as it matters: 0, 1, or 2 for more."""
    screens: list[Presence]
    poster: SigningLink | None
    """The newest poster link that admits."""
    rehearsals: Mapping[int, Rehearsal]
    """Those under way, by meeting."""

    @property
    def total(self) -> int:
        return self.totals.get(self.meeting.id, 0) if self.meeting else self.standing.total


class Watching:
    def __init__(self, database: Database, *, clock: Callable[[], datetime]):
        self._database = database
        self._clock = clock
        self._kept: dict[tuple[int, int | None, str], tuple[datetime, Progress, Missing]] = {}

    async def day(
        self, initiative_id: int, *, meeting: str = "", q: str = "", all_days: bool = False
    ) -> Day:
        """Every query is by index: it takes as long with a hundred thousand signatures."""
        now = self._clock()
        async with self._database.reading() as connection:
            initiative = await initiatives.read(connection, initiative_id)
            at = initiative.meeting_by_key(meeting) if meeting else None
            if meeting and at is None:
                raise NotFound(f"{initiative.slug} has no meeting {meeting}")
            meeting_id = at.id if at else None
            standing = await heads.standing_of(connection, initiative_id)
            newest = await signatures.newest(connection, initiative_id, NEWEST, meeting_id)
            drawn, days = await self._chart(connection, initiative, at, newest, now, all_days)
            progress, absent = await self._roster(connection, initiative_id, meeting_id, q, now)
            return Day(
                initiative=initiative,
                standing=standing,
                meeting=at,
                now=now,
                totals=await initiatives.totals_by_meeting(connection, initiative_id),
                newest=newest,
                attention=await signatures.needing_attention(
                    connection, initiative_id, MOST_ATTENTION
                ),
                progress=progress,
                missing=absent,
                chart=drawn,
                days=days,
                screens=await self._screens(connection, initiative, now),
                poster=await links.newest(
                    connection, initiative_id, LinkKind.POSTER, now, meeting_id
                ),
                rehearsals={
                    one.id: found
                    for one in initiative.meetings
                    if one.rehearsal and (found := await rehearsals.of_meeting(connection, one.id))
                },
            )

    async def _roster(
        self,
        connection: AsyncConnection,
        initiative_id: int,
        meeting_id: int | None,
        q: str,
        now: datetime,
    ) -> tuple[Progress, Missing]:
        key = (initiative_id, meeting_id, q)
        self._kept = {one: kept for one, kept in self._kept.items() if now < kept[0] + _KEPT}
        if kept := self._kept.get(key):
            return kept[1:]
        progress = await missing.progress(connection, initiative_id, meeting_id)
        absent = Missing(0, [])
        if progress.signed < progress.invited:
            absent = await missing.companies(
                connection, initiative_id, meeting_id=meeting_id, q=q, limit=MOST_MISSING
            )
        if progress.invited > _LARGE:
            self._kept[key] = (now, progress, absent)
        return progress, absent

    async def _chart(
        self,
        connection: AsyncConnection,
        initiative: Initiative,
        at: Meeting | None,
        newest: list[Signature],
        now: datetime,
        all_days: bool,
    ) -> tuple[Chart | None, int]:
        """Of the day on which somebody has signed last, or of all days; and how many there are."""
        if not newest:
            return None, 0
        clock = at or initiative.latest_meeting
        meeting_ids = [at.id] if at else [one.id for one in initiative.meetings]
        last = clock.local(newest[0].signed_at)
        midnight = last.replace(hour=0, minute=0, second=0, microsecond=0)
        earlier = await pace.any_before(connection, initiative.id, meeting_ids, midnight)
        since = None if all_days else midnight
        signed = await pace.by_minute(connection, initiative.id, meeting_ids, since)
        # As long as the day lasts, the chart goes on to where its clock stands.
        same_day = clock.local(now) < midnight + timedelta(days=1)
        until = clock.local(now if same_day else newest[0].signed_at)
        local = {clock.local(minute).replace(tzinfo=None): n for minute, n in signed.items()}
        return chart(local, until.replace(tzinfo=None)), 2 if earlier else 1

    async def _screens(
        self, connection: AsyncConnection, initiative: Initiative, now: datetime
    ) -> list[Presence]:
        """A rehearsal has those of the real initiative."""
        found = await initiatives.by_slug(connection, initiative.base_slug)
        if found is None:
            return []
        return await presence.since(connection, found.id, now - FORGOTTEN_AFTER)
