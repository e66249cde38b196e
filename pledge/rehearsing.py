"""Rehearsing: a meeting as it will be, of which nothing remains."""

from collections.abc import Callable
from datetime import datetime

from pledge.domain.audit import Action, Entry
from pledge.domain.initiatives import Meeting
from pledge.domain.rights import Actor
from pledge.errors import NotFound
from pledge.store import audit, heads, initiatives, rehearsals, revisions
from pledge.store.database import Database
from pledge.store.rehearsals import Rehearsal


class Rehearsing:
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

    async def start(self, initiative_id: int, meeting: str, *, by: Actor) -> bool:
        """The meeting's links and walls lead to a rehearsal from now on; False if they do."""
        async with self._database.writing() as connection:
            head = await heads.lock_head(connection, initiative_id)
            real = await initiatives.read(connection, initiative_id)
            rehearsed = _meeting(real.meeting_by_key(meeting))
            if real.is_rehearsal or rehearsed.rehearsal:
                return False
            await rehearsals.create(
                connection, real, rehearsed, cursor=head.standing.cursor, at=self._clock()
            )
            cursor = await revisions.tell(connection, initiative_id, head, self._clock())
            entry = Entry(by, Action.REHEARSAL_STARTED, meeting)
            await audit.record(connection, initiative_id, entry, self._clock())
        self._announce(initiative_id, cursor)
        return True

    async def under_way(self, initiative_id: int) -> dict[str, Rehearsal]:
        """The rehearsals of an initiative, by the meeting's key."""
        async with self._database.reading() as connection:
            real = await initiatives.read(connection, initiative_id)
            found = {
                meeting.key: await rehearsals.of_meeting(connection, meeting.id)
                for meeting in real.meetings
                if meeting.rehearsal
            }
        return {key: rehearsal for key, rehearsal in found.items() if rehearsal}

    async def end(self, initiative_id: int, meeting: str, *, by: Actor) -> int | None:
        """Removes everything that was rehearsed; how many signatures, or None if none was on."""
        async with self._database.writing() as connection:
            real = await initiatives.read(connection, initiative_id)
            rehearsed = _meeting(real.meeting_by_key(meeting))
            rehearsal = await rehearsals.of_meeting(connection, rehearsed.id)
            if rehearsal is None:
                return None
            # In the order of their ids, as signing does: those of rehearsals are negative.
            rehearsal_head = await heads.lock_head_if_any(connection, rehearsal.id)
            if rehearsal_head is None:
                return None  # somebody else was faster
            removed = rehearsal_head.last_number
            head = await heads.lock_head(connection, initiative_id)
            await rehearsals.remove(connection, rehearsal.id)
            cursor = await revisions.tell(connection, initiative_id, head, self._clock())
            entry = Entry(by, Action.REHEARSAL_ENDED, meeting, before={"signatures": str(removed)})
            await audit.record(connection, initiative_id, entry, self._clock())
        self._announce(initiative_id, cursor)
        return removed


def _meeting(found: Meeting | None) -> Meeting:
    if found is None:
        raise NotFound("there is no such meeting")
    return found
