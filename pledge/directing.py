"""Directing: the organizer leads the walls through their scenes."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.audit import Action, Entry
from pledge.domain.rights import SCHEDULE, Actor
from pledge.domain.scenes import Direction, Launch, Scene, list_line
from pledge.store import audit, feed, heads, launches, signatures
from pledge.store.database import Database

_LOOK_EVERY = 1.0
"""Seconds between looks for countdowns that another process began and did not end."""

_CHUNK = 1000

_log = structlog.get_logger()


class Directing:
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
        self._due: dict[int, datetime] = {}
        self._began = asyncio.Event()

    def start(self) -> None:
        self._watcher = asyncio.create_task(self._watch(), name="countdowns")

    def close(self) -> None:
        if self._watcher:
            self._watcher.cancel()

    async def show(
        self,
        initiative_id: int,
        scene: Scene | None,
        *,
        by: Actor,
        page: int | None = None,
        seconds: int = 0,
    ) -> None:
        """Moves all walls to a scene; None: to whatever goes with the status."""
        async with self._database.writing() as connection:
            head = await heads.lock_head(connection, initiative_id)
            if scene is Scene.LAUNCH and head.standing.direction.scene is Scene.LAUNCH:
                return  # pressed twice: what was frozen stays so
            now = self._clock()
            ends_at = now + timedelta(seconds=seconds) if scene is Scene.COUNTDOWN else None
            direction = Direction(scene, page, now, ends_at)
            cursor = await self._move(connection, initiative_id, head, direction)
            await _record(connection, initiative_id, by, head, direction)
        self._announce(initiative_id, cursor)
        if ends_at:
            self._due[initiative_id] = ends_at
            self._began.set()

    async def launch_what_is_due(self) -> None:
        """Ends countdowns that are over; of several processes one is first."""
        looked_at = self._clock()
        async with self._database.reading() as connection:
            due = await heads.count_down_is_over(connection, looked_at)
        # Also those that were called off, or that somebody else has ended.
        self._due = {key: at for key, at in self._due.items() if at > looked_at}
        for initiative_id in due:
            async with self._database.writing() as connection:
                head = await heads.lock_head(connection, initiative_id)
                now = self._clock()
                if not head.standing.direction.is_due(now):
                    continue
                direction = Direction(Scene.LAUNCH, None, now)
                cursor = await self._move(connection, initiative_id, head, direction)
                await _record(connection, initiative_id, SCHEDULE, head, direction)
            self._announce(initiative_id, cursor)

    async def _move(
        self,
        connection: AsyncConnection,
        initiative_id: int,
        head: heads.Head,
        direction: Direction,
    ) -> int:
        assert direction.at is not None  # noqa: S101 -- whoever directs says when
        cursor = head.standing.cursor + 1
        if direction.scene is Scene.LAUNCH:
            frozen = Launch(
                direction.at,
                head.standing.total,
                head.text,
                await _list_digest(connection, initiative_id),
            )
            await launches.record(connection, initiative_id, frozen, cursor=cursor)
        await heads.set_direction(connection, initiative_id, direction, cursor=cursor)
        await feed.append(
            connection,
            initiative_id,
            feed.Event(cursor, feed.Kind.SCENE, head.standing.total, direction.at),
        )
        return cursor

    async def _watch(self) -> None:
        """Looks when a countdown that began here is over, and now and then for others."""
        while True:
            self._began.clear()
            left = [(due - self._clock()).total_seconds() for due in self._due.values()]
            pause = max(0.0, min([_LOOK_EVERY, *left]))
            try:
                async with asyncio.timeout(pause):
                    await self._began.wait()
                continue
            except TimeoutError:
                pass
            try:
                await self.launch_what_is_due()
            except Exception as fault:  # a database that is away for a while comes back
                _log.warning("countdowns can't be watched", error=type(fault).__name__)
                await asyncio.sleep(_LOOK_EVERY)


async def _record(
    connection: AsyncConnection,
    initiative_id: int,
    by: Actor,
    head: heads.Head,
    direction: Direction,
) -> None:
    before, after = head.standing.direction.scene, direction.scene
    assert direction.at is not None  # noqa: S101 -- whoever directs says when
    if before is not after:  # turning pages is not worth a line each
        entry = Entry(
            by, Action.SCENE, before={"scene": before or ""}, after={"scene": after or ""}
        )
        await audit.record(connection, initiative_id, entry, direction.at)


async def _list_digest(connection: AsyncConnection, initiative_id: int) -> str:
    """Of everything that the public sees, under the lock that keeps it as it is."""
    digest = sha256()
    number = 0
    while found := await signatures.numbered_after(connection, initiative_id, number, _CHUNK):
        for signature in found:
            if signature.is_public:
                digest.update(
                    list_line(signature.number, signature.company.name, signature.signed_at)
                )
        number = found[-1].number
    return digest.hexdigest()
