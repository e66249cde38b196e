"""The feed with a store of its own: what many and slow readers are told, and what it costs."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from pledge import feed as feeds
from pledge.feed import Feed, Frame

INITIATIVE = 1


@dataclass
class Stored:
    """What a database would hold."""

    frames: list[Frame] = field(default_factory=list)
    fetched: int = 0
    away: bool = False

    def add(self, count: int = 1) -> int:
        for _ in range(count):
            cursor = len(self.frames) + 1
            self.frames.append(Frame(cursor, b"%d " % cursor))
        return len(self.frames)

    async def fetch(self, initiative_id: int, cursor: int, most: int) -> Sequence[Frame]:
        self.fetched += 1
        await asyncio.sleep(0)
        if self.away:
            raise ConnectionError
        return self.frames[cursor : cursor + most]

    async def newest(self, ids: Sequence[int]) -> dict[int, int]:
        return dict.fromkeys(ids, len(self.frames))

    async def staged(self, ids: Sequence[int]) -> dict[int, tuple[int, bytes]]:
        return {}


@asynccontextmanager
async def following(stored: Stored) -> AsyncIterator[Feed]:
    feed = Feed(stored.fetch, stored.newest, stored.staged)
    feed.start()
    yield feed
    feed.close()


class Reader:
    """Notes what it is told."""

    def __init__(
        self, feed: Feed, *, after: int | None = None, newest: int = 0, wall: bool = False
    ):
        self.told: list[bytes] = []
        self._arrived = asyncio.Event()
        self._pieces = feed.follow(INITIATIVE, after, newest=newest, staged=wall)
        self.task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for piece in self._pieces:
            self.told.append(piece)
            self._arrived.set()

    @property
    def cursors(self) -> list[int]:
        return list(map(int, b"".join(self.told).split()))

    async def until(self, cursor: int) -> None:
        async with asyncio.timeout(20):
            while cursor not in self.cursors[-1:]:
                self._arrived.clear()
                await self._arrived.wait()


async def test_an_event_is_fetched_once_for_a_thousand_readers() -> None:
    stored = Stored()
    async with following(stored) as feed:
        readers = [Reader(feed) for _ in range(1000)]
        await asyncio.sleep(0)
        for _ in range(3):
            feed.announce(INITIATIVE, cursor := stored.add())
            await asyncio.gather(*(reader.until(cursor) for reader in readers))
        assert all(reader.cursors == [1, 2, 3] for reader in readers)
        assert stored.fetched == 3


async def test_what_happens_while_a_crowd_is_told_reaches_it_together_and_in_order() -> None:
    stored = Stored()
    async with following(stored) as feed:
        readers = [Reader(feed) for _ in range(1000)]
        await asyncio.sleep(0)
        for _ in range(200):
            feed.announce(INITIATIVE, stored.add())
            await asyncio.sleep(0)
        await asyncio.gather(*(reader.until(200) for reader in readers))
        assert all(reader.cursors == list(range(1, 201)) for reader in readers)
        assert max(len(reader.told) for reader in readers) < 50


async def test_a_wall_is_told_before_the_crowd_and_each_event_by_itself() -> None:
    stored = Stored()
    async with following(stored) as feed:
        wall, *readers = [Reader(feed, wall=not place) for place in range(1000)]
        await asyncio.sleep(0)
        for _ in range(20):
            feed.announce(INITIATIVE, cursor := stored.add())
            await wall.until(cursor)
        assert len(wall.told) == 20
        await asyncio.gather(*(reader.until(20) for reader in readers))
        assert max(len(reader.told) for reader in readers) < 20


async def test_a_slow_reader_gets_everything_in_pieces_that_have_a_bound() -> None:
    stored = Stored()
    async with following(stored) as feed:
        slow = feed.follow(INITIATIVE, 0, newest=0)
        quick = Reader(feed)
        stored.add()
        feed.announce(INITIATIVE, 1)
        told = [await anext(slow)]  # and is then busy with it
        for _ in range(10):
            feed.announce(INITIATIVE, stored.add(400))
            await quick.until(len(stored.frames))
        while sum(len(piece.split()) for piece in told) < len(stored.frames):
            told.append(await anext(slow))
        await slow.aclose()
        assert b"".join(told) == b"".join(frame.data for frame in stored.frames)
        assert max(len(piece.split()) for piece in told) <= 500


async def test_what_was_taken_back_is_not_told_to_who_comes_later() -> None:
    stored = Stored()
    async with following(stored) as feed:
        first = Reader(feed)
        await asyncio.sleep(0)
        feed.announce(INITIATIVE, stored.add(2))
        await first.until(2)
        stored.frames[0] = Frame(1, b"")
        stored.frames.append(Frame(3, b"3 ", retracts=True))
        feed.announce(INITIATIVE, 3)
        await first.until(3)
        later = Reader(feed, after=0, newest=3)
        await later.until(3)
        assert later.cursors == [2, 3]


async def test_a_database_that_was_away_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "_PAUSE", 0.01)
    stored = Stored()
    async with following(stored) as feed:
        reader = Reader(feed)
        await asyncio.sleep(0)
        stored.away = True
        with capture_logs() as logs:
            feed.announce(INITIATIVE, stored.add())
            while not logs:  # noqa: ASYNC110 -- there is no event to wait for
                await asyncio.sleep(0)
        stored.away = False
        await reader.until(1)
        assert reader.cursors == [1]


async def test_whoever_is_told_nothing_is_told_that_the_feed_lives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feeds, "HEARTBEAT", 0.01)
    async with following(Stored()) as feed:
        for wall in (False, True):
            pieces = feed.follow(INITIATIVE, None, newest=0, staged=wall)
            assert [await anext(pieces), await anext(pieces)] == [b"", b""]
            await pieces.aclose()


async def test_readers_are_counted_and_closing_ends_them() -> None:
    stored = Stored()
    async with following(stored) as feed:
        readers = [Reader(feed, wall=not place) for place in range(3)]
        await asyncio.sleep(0)
        assert feed.readers == 3
        feed.close()
        await asyncio.gather(*(reader.task for reader in readers))
        assert feed.readers == 0
