"""Convening: the meetings at which an initiative is signed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.content import MeetingContent
from pledge.domain.audit import Action, Entry
from pledge.domain.initiatives import Initiative, Meeting
from pledge.domain.rights import Actor
from pledge.domain.standing import Standing
from pledge.errors import NotFound, PledgeError
from pledge.store import audit, heads, initiatives, meetings, revisions
from pledge.store.database import Database


@dataclass(frozen=True)
class Programme:
    """The meetings in their order, and what came of each."""

    initiative: Initiative
    standing: Standing
    signed: Mapping[int, int]
    invited: Mapping[int, int]


class KeyTaken(PledgeError):
    """Another meeting has this key."""


class KeyRehearsed(PledgeError):
    """The meeting is being rehearsed under its key, which can't change meanwhile."""


class StillReferred(PledgeError):
    """The meeting can't be removed: `by` counts what refers to it; empty if it is the only one."""

    def __init__(self, by: Mapping[str, int]):
        super().__init__("something refers to the meeting")
        self.by = by


class Convening:
    """Each change is told to whoever follows the initiative: every wall names its meeting."""

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

    async def programme(self, initiative_id: int) -> Programme:
        async with self._database.reading() as connection:
            return Programme(
                await initiatives.read(connection, initiative_id),
                await heads.standing_of(connection, initiative_id),
                await initiatives.totals_by_meeting(connection, initiative_id),
                await meetings.invited(connection, initiative_id),
            )

    async def add(self, initiative_id: int, details: MeetingContent, *, by: Actor) -> None:
        """As the last one, at which links sign that name no meeting. Raises `KeyTaken`."""
        async with self._database.writing() as connection:
            head = await heads.lock_head(connection, initiative_id)
            initiative = await initiatives.read(connection, initiative_id)
            if initiative.meeting_by_key(details.key):
                raise KeyTaken(details.key)
            await meetings.add(connection, initiative_id, asdict(details))
            entry = Entry(by, Action.MEETING_ADDED, details.key, after=described(details))
            cursor = await self._tell(connection, initiative_id, head, entry)
        self._announce(initiative_id, cursor)

    async def change(
        self, initiative_id: int, key: str, details: MeetingContent, *, by: Actor
    ) -> None:
        """Raises `NotFound`, `KeyTaken`, `KeyRehearsed`."""
        async with self._database.writing() as connection:
            head = await heads.lock_head(connection, initiative_id)
            initiative = await initiatives.read(connection, initiative_id)
            meeting = _named(initiative, key)
            if details.key != key and meeting.rehearsal:
                raise KeyRehearsed(key)
            if details.key != key and initiative.meeting_by_key(details.key):
                raise KeyTaken(details.key)
            old, new = described(details_of(meeting)), described(details)
            if old == new:
                return
            await meetings.change(connection, meeting.id, asdict(details))
            different = [name for name in {**old, **new} if old.get(name) != new.get(name)]
            entry = Entry(
                by,
                Action.MEETING_CHANGED,
                key,
                before={name: old.get(name, "") for name in different},
                after={name: new.get(name, "") for name in different},
            )
            cursor = await self._tell(connection, initiative_id, head, entry)
        self._announce(initiative_id, cursor)

    async def put_in_order(self, initiative_id: int, keys: Sequence[str], *, by: Actor) -> None:
        """Those that are not named keep their order, and come last."""
        async with self._database.writing() as connection:
            head = await heads.lock_head(connection, initiative_id)
            initiative = await initiatives.read(connection, initiative_id)
            place = {key: at for at, key in enumerate(keys)}
            old = [meeting.key for meeting in initiative.meetings]
            ordered = sorted(
                initiative.meetings, key=lambda meeting: place.get(meeting.key, len(keys))
            )
            new = [meeting.key for meeting in ordered]
            if old == new:
                return
            await meetings.put_in_order(connection, [meeting.id for meeting in ordered])
            entry = Entry(
                by,
                Action.MEETINGS_ORDERED,
                before={"order": ", ".join(old)},
                after={"order": ", ".join(new)},
            )
            cursor = await self._tell(connection, initiative_id, head, entry)
        self._announce(initiative_id, cursor)

    async def remove(self, initiative_id: int, key: str, *, by: Actor) -> None:
        """Raises `StillReferred`: what was signed, or given out to be signed, has its meeting."""
        async with self._database.writing() as connection:
            head = await heads.lock_head(connection, initiative_id)
            initiative = await initiatives.read(connection, initiative_id)
            meeting = _named(initiative, key)
            if len(initiative.meetings) == 1:
                raise StillReferred({})
            found = await meetings.references(connection, initiative_id, meeting.id)
            if any(found.values()):
                raise StillReferred({name: count for name, count in found.items() if count})
            await meetings.remove(connection, meeting.id)
            entry = Entry(by, Action.MEETING_REMOVED, key, before=described(details_of(meeting)))
            cursor = await self._tell(connection, initiative_id, head, entry)
        self._announce(initiative_id, cursor)

    async def _tell(
        self, connection: AsyncConnection, initiative_id: int, head: heads.Head, entry: Entry
    ) -> int:
        now = self._clock()
        await audit.record(connection, initiative_id, entry, now)
        return await revisions.tell(connection, initiative_id, head, now)


def details_of(meeting: Meeting) -> MeetingContent:
    return MeetingContent(
        key=meeting.key,
        place=dict(meeting.place),
        event=dict(meeting.event),
        date=str(meeting.date),
        zone=meeting.zone,
        venue=dict(meeting.venue),
        time=meeting.time,
    )


def described(details: MeetingContent) -> dict[str, str]:
    """Each detail by its name, as the audit log keeps it: `place.zh`, `date`, …"""
    words: dict[str, str] = {}
    for name, value in asdict(details).items():
        if isinstance(value, dict):
            words |= {f"{name}.{tag}": text for tag, text in value.items() if text}
        elif value:
            words[name] = value
    return words


def _named(initiative: Initiative, key: str) -> Meeting:
    if (found := initiative.meeting_by_key(key)) is None:
        raise NotFound("there is no such meeting")
    return found
