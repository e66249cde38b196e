"""A site is started anew while a thousand walls and phones follow its events."""

import asyncio
import time
from collections.abc import Callable, Iterable

import pytest

from tests.crash.sites import Base
from tests.server import Server
from tests.site import SLUG

pytestmark = [pytest.mark.alone, pytest.mark.sqlite("runs on both engines by itself")]

Recorded = Callable[[str, object], None]

STREAMS = 1000
GRACE = 10.0
"""Seconds in which a server that is told to stop must have ended."""
_AT_ONCE = 100
_PATIENCE = 120.0


async def test_streams_resume_after_a_restart(base: Base, record_property: Recorded) -> None:
    """They are told that it ends, and miss nothing and get nothing twice."""
    async with base.served() as hall:
        [server] = hall.servers
        opening = asyncio.Semaphore(_AT_ONCE)
        streams = [Stream(server, opening) for _ in range(STREAMS)]
        followed = [asyncio.create_task(stream.follow()) for stream in streams]
        await _all(stream.open for stream in streams)
        async with hall.signing():
            await hall.until(0.3)
            began = time.monotonic()
            await server.stop()
            seconds = time.monotonic() - began
            record_property("stopped after", seconds)
            assert seconds < GRACE
            await _all(stream.ended for stream in streams)
            assert all(stream.ended_well for stream in streams)
            await server.start()
        for stream in streams:
            stream.want(hall.signatures)
        await _all(stream.complete for stream in streams)
        for task in followed:
            task.cancel()
        await asyncio.gather(*followed, return_exceptions=True)
        expected = list(range(1, hall.signatures + 1))
        assert all(stream.seen == expected for stream in streams)
        assert all(stream.connections == 2 for stream in streams)
        await hall.holds()


async def _all(events: Iterable[asyncio.Event]) -> None:
    async with asyncio.timeout(_PATIENCE):
        for event in events:
            await event.wait()


class Stream:
    """One that follows, by bare sockets: a thousand of them cost little."""

    def __init__(self, server: Server, opening: asyncio.Semaphore):
        self.seen: list[int] = []
        self.connections = 0
        self.ended_well = False
        """The answer was ended as such, not cut off."""
        self.open = asyncio.Event()
        self.ended = asyncio.Event()
        """A connection was."""
        self.complete = asyncio.Event()
        self._wanted: int | None = None
        self._server = server
        self._opening = opening

    def want(self, last: int) -> None:
        """It is complete once it has seen this one."""
        self._wanted = last
        self._look()

    def _look(self) -> None:
        if self._wanted is not None and self.seen and self.seen[-1] >= self._wanted:
            self.complete.set()

    async def follow(self) -> None:
        """Comes back whenever its connection ends, until it is cancelled."""
        while True:
            await self._server.up.wait()
            try:
                await self._connection()
            except OSError:
                await asyncio.sleep(0.1)

    async def _connection(self) -> None:
        async with self._opening:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._server.port)
            head = f"GET /i/{SLUG}/events?after=0 HTTP/1.1\r\nHost: sign.example.org\r\n"
            if self.seen:
                head += f"Last-Event-ID: {self.seen[-1]}\r\n"
            writer.write(f"{head}\r\n".encode())
            answer = await reader.readuntil(b"\r\n\r\n")
        if answer.startswith(b"HTTP/1.1 503"):
            writer.transport.abort()
            raise ConnectionError("to come back later")  # as static/js/feed.js does
        assert answer.startswith(b"HTTP/1.1 200"), answer
        self.connections += 1
        self.open.set()
        self.ended_well = False
        try:
            while line := await reader.readline():
                if line.startswith(b"id: ") and (cursor := int(line[4:])):
                    if (await reader.readline()).startswith(b"event: "):
                        self.seen.append(cursor)
                        self._look()
                elif line == b"0\r\n":
                    self.ended_well = True
        finally:
            self.ended.set()
            writer.transport.abort()
