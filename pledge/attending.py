"""Attending: which walls and tablets are there. Phones are not counted, and cost nothing here."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from pledge.domain.presence import FORGOTTEN_AFTER, Presence, Screen
from pledge.store import initiatives, presence
from pledge.store.database import Database

_QUIET = timedelta(seconds=4)
"""What is heard of a screen so soon again says nothing new."""

_PAUSE = 1.0
"""Seconds between writes: however many screens there are, they share one."""

_log = structlog.get_logger()


@dataclass(frozen=True)
class _Heard:
    screen: Screen
    at: datetime
    left: bool


class Attending:
    """Remembers in memory what is heard, and writes it down a little later, all at once.

    A screen is there as long as it asks for something itself: a stream to a laptop whose network
    is gone stays open for many minutes. That a stream ends says at once that it has left.
    """

    def __init__(self, database: Database, *, clock: Callable[[], datetime]):
        self._database = database
        self._clock = clock
        self._heard: dict[tuple[str, str], _Heard] = {}
        self._news: set[tuple[str, str]] = set()
        self._streams: Counter[tuple[str, str]] = Counter()
        self._arrived = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._writer = asyncio.create_task(self._write(), name="attendance")

    def close(self) -> None:
        if self._writer:
            self._writer.cancel()

    def seen(self, slug: str, screen: Screen) -> None:
        """A screen of an initiative has asked for something."""
        now, known = self._clock(), self._heard.get((slug, screen.name))
        if known and known.screen == screen and not known.left and now < known.at + _QUIET:
            return
        self._hear(slug, _Heard(screen, now, left=False))

    def opened(self, slug: str, screen: Screen) -> None:
        """It has begun to follow what happens."""
        self._streams[slug, screen.name] += 1
        self.seen(slug, screen)

    def closed(self, slug: str, screen: Screen) -> None:
        """It follows no longer; it is there as long as another of its streams is open."""
        self._streams[slug, screen.name] -= 1
        if not self._streams[slug, screen.name]:
            del self._streams[slug, screen.name]
            self._hear(slug, _Heard(screen, self._clock(), left=True))

    async def write_down(self) -> None:
        """Stores what has been heard since the last time."""
        news, self._news = self._news, set()
        now = self._clock()
        async with self._database.writing() as connection:
            await presence.take_turns(connection)
            await presence.forget(connection, now - FORGOTTEN_AFTER)
            for slug, name in sorted(news):
                found = await initiatives.by_slug(connection, slug)
                if found is None:
                    continue
                heard = self._heard[slug, name]
                content = await initiatives.read(connection, found.id)
                meeting = content.meeting_by_key(heard.screen.meeting)
                await presence.put(
                    connection,
                    found.id,
                    Presence(
                        name,
                        heard.screen.kind,
                        meeting.id if meeting else None,
                        heard.at,
                        heard.at if heard.left else None,
                    ),
                )
        self._heard = {
            key: heard for key, heard in self._heard.items() if heard.at > now - FORGOTTEN_AFTER
        }

    def _hear(self, slug: str, heard: _Heard) -> None:
        self._heard[slug, heard.screen.name] = heard
        self._news.add((slug, heard.screen.name))
        self._arrived.set()

    async def _write(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            try:
                await self.write_down()
            except Exception as fault:  # a database that is away for a while comes back
                _log.warning("attendance can't be written", error=type(fault).__name__)
            await asyncio.sleep(_PAUSE)
