"""Scheduling: signing opens and closes by itself."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime

import structlog

from pledge.domain.audit import Action, Entry
from pledge.domain.rights import SCHEDULE, Actor
from pledge.domain.standing import ScheduleFlaw, Standing, schedule_flaws
from pledge.opening import change_status
from pledge.store import audit, heads, initiatives
from pledge.store.database import Database

_LOOK_EVERY = 1.0
"""Seconds between looks for what another process has scheduled."""

_log = structlog.get_logger()


class Scheduling:
    """Nothing depends on how soon it is noted: `Standing.at` says how it stands at any moment."""

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
        self._watcher: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    def start(self) -> None:
        self._watcher = asyncio.create_task(self._watch(), name="schedule")

    def close(self) -> None:
        if self._watcher:
            self._watcher.cancel()

    async def set(
        self,
        initiative_id: int,
        *,
        opens_at: datetime | None,
        closes_at: datetime | None,
        by: Actor,
    ) -> Mapping[str, ScheduleFlaw]:
        """When signing opens and closes (None: by hand alone). What is wrong, by field."""
        async with self._database.writing() as connection:
            head = await heads.lock_head(connection, initiative_id)
            initiative = await initiatives.read(connection, initiative_id)
            now = self._clock()
            flaws = schedule_flaws(
                head.standing.at(now), opens_at, closes_at, now, is_ready=not initiative.lacks
            )
            before = (head.standing.opens_at, head.standing.closes_at)
            if flaws or before == (opens_at, closes_at):
                return flaws
            await heads.set_schedule(
                connection, initiative_id, opens_at=opens_at, closes_at=closes_at
            )
            local = initiative.latest_meeting.local
            entry = Entry(
                by,
                Action.SCHEDULED,
                before=_words(local, *before),
                after=_words(local, opens_at, closes_at),
            )
            await audit.record(connection, initiative_id, entry, now)
        self._changed.set()
        return {}

    async def carry_out(self) -> datetime | None:
        """Notes what is due, once among all processes; when the next of it is."""
        looked_at = self._clock()
        async with self._database.reading() as connection:
            scheduled = await heads.scheduled(connection)
        for initiative_id, standing in scheduled.items():
            if standing.at(looked_at) != standing:
                await self._note(initiative_id)
        coming = [at for one in scheduled.values() for at in (one.opens_at, one.closes_at) if at]
        return min((at for at in coming if at > looked_at), default=None)

    async def _note(self, initiative_id: int) -> None:
        async with self._database.writing() as connection:
            head = await heads.lock_head(connection, initiative_id)
            now = self._clock()
            after = head.standing.at(now)
            if after == head.standing:
                return  # another process was first
            if after.status is head.standing.status:  # it has opened and closed unnoticed
                await heads.set_schedule(
                    connection, initiative_id, opens_at=after.opens_at, closes_at=after.closes_at
                )
                return
            cursor = await change_status(
                connection,
                initiative_id,
                head,
                after.status,
                by=SCHEDULE,
                now=now,
                since=_since(head.standing, after),
            )
        self._announce(initiative_id, cursor)

    async def _watch(self) -> None:
        """Looks when something is due, and every now and then for what others have scheduled."""
        while True:
            self._changed.clear()
            try:
                due = await self.carry_out()
            except Exception as fault:  # a database that is away for a while comes back
                _log.warning("schedules can't be watched", error=type(fault).__name__)
                due = None
            left = (due - self._clock()).total_seconds() if due else _LOOK_EVERY
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, min(_LOOK_EVERY, left))):
                    await self._changed.wait()


def _since(before: Standing, after: Standing) -> datetime | None:
    return after.closed_at if after.closed_at != before.closed_at else before.opens_at


def _words(
    local: Callable[[datetime], datetime], opens_at: datetime | None, closes_at: datetime | None
) -> dict[str, str]:
    return {
        name: local(at).isoformat(sep=" ", timespec="minutes") if at else ""
        for name, at in (("opens_at", opens_at), ("closes_at", closes_at))
    }
