"""Notifying: whoever is to be told of something is told, behind everybody's back.

Nobody who signs waits for it: `announce` sets a flag, and the feed, which is written anyway, is
the outbox.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import structlog

from pledge.domain.notices import Target
from pledge.store import notices
from pledge.store.database import Database
from pledge.store.notices import Behind
from pledge.telling import Telling

_LOOK_EVERY = 5.0
"""Seconds between looks for what another process has written or left undone."""
_LOOK_AT_MOST_EVERY = 0.2
"""Seconds for which many announcements are one look."""

_MOST_PASSED = 1000
"""Events that concern a target not at all, after which its cursor is moved nevertheless."""

_AT_ONCE = 20
"""Targets that are told at the same time: one that hangs holds up nobody else."""
_PAUSE = 2.0

_log = structlog.get_logger()


class Notifying:
    def __init__(self, database: Database, telling: Telling, *, clock: Callable[[], datetime]):
        self._database = database
        self._telling = telling
        self._clock = clock
        self._moved = asyncio.Event()
        self._watcher: asyncio.Task[None] | None = None
        self._told: dict[int, asyncio.Task[None]] = {}
        """Those who are being told, by target."""
        self._passed: dict[int, int] = {}
        """By target, how far the feed holds nothing more that it wants to know."""

    def start(self) -> None:
        self._watcher = asyncio.create_task(self._watch(), name="notices")

    async def stop(self) -> None:
        """What is under way is broken off, and told again at the next start."""
        if self._watcher:
            await _broken_off([self._watcher])
        await _broken_off([*self._told.values()])

    def announce(self) -> None:
        """There may be something to tell."""
        self._moved.set()

    async def _watch(self) -> None:
        while True:
            self._moved.clear()
            try:
                pause = await self._look()
            except Exception as fault:  # a database that is away for a while comes back
                _log.warning("notices can't be watched", error=type(fault).__name__)
                pause = _PAUSE
            await asyncio.sleep(_LOOK_AT_MOST_EVERY)
            with suppress(TimeoutError):
                # Not `wait_for`: in Python 3.11 it may swallow that the task is broken off.
                async with asyncio.timeout(pause):
                    await self._moved.wait()

    async def _look(self) -> float:
        """Begins to tell whoever is behind; in how many seconds somebody else is due."""
        async with self._database.reading() as connection:
            behind = await notices.behind(connection)
        now = self._clock()
        pause = _LOOK_EVERY
        for one in filter(self._is_news, behind):
            if one.ready_at and one.ready_at > now:
                pause = min(pause, (one.ready_at - now).total_seconds())
            elif len(self._told) < _AT_ONCE:
                self._begin(one.target)
        return pause

    def _is_news(self, one: Behind) -> bool:
        known = max(one.target.cursor, self._passed.get(one.target.id, 0))
        return one.newest > known and one.target.id not in self._told

    def _begin(self, target: Target) -> None:
        def ended(_task: asyncio.Task[None]) -> None:
            del self._told[target.id]
            self._moved.set()

        task = asyncio.create_task(self._tell(target), name=f"notices to {target.id}")
        self._told[target.id] = task
        task.add_done_callback(ended)

    async def _tell(self, target: Target) -> None:
        try:
            if await self._wants_to_know(target):
                await self._telling.tell(target.id)
        except Exception as fault:
            _log.warning("notices can't be told", target=target.id, error=type(fault).__name__)
            await asyncio.sleep(_PAUSE)

    async def _wants_to_know(self, target: Target) -> bool:
        """Looks before anything is written: much of a feed concerns walls alone."""
        cursor = max(target.cursor, self._passed.get(target.id, 0))
        while not (unread := await self._telling.unread(target, cursor)).notices:
            if unread.upto == cursor:
                return cursor - target.cursor > _MOST_PASSED
            cursor = self._passed[target.id] = unread.upto
        return True


async def _broken_off(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
