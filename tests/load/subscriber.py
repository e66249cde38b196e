"""A subscriber to the events who is cut off now and then, as a hall screen is."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field

import httpx

from tests.server import Server
from tests.site import SLUG
from tests.web.test_events import Event, read_events


@dataclass
class Subscriber:
    """Reads the events from the first one on, and resumes after the last that it has seen."""

    server: Server
    hangs_up_after: Collection[int] = ()
    """How many events it has seen when it loses the connection."""
    seen: list[Event] = field(default_factory=list)
    connections: int = 0
    listening: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by the first connection."""

    async def see(self, count: int) -> None:
        """Returns once it has seen so many events."""
        async with asyncio.timeout(120), self.server.client() as client:
            while len(self.seen) < count:
                await self.server.up.wait()
                with suppress(httpx.TransportError):
                    await self._listen(client, count)

    async def _listen(self, client: httpx.AsyncClient, count: int) -> None:
        headers = {"Last-Event-ID": self.seen[-1].id} if self.seen else {}
        address = f"/i/{SLUG}/events?after=0"
        async with client.stream("GET", address, headers=headers) as response:
            assert response.status_code == 200
            self.connections += 1
            self.listening.set()
            async for event in read_events(response):
                self.seen.append(event)
                if len(self.seen) in {count, *self.hangs_up_after}:
                    return

    def has_seen_each_once_in_order(self, count: int) -> None:
        expected = list(range(1, count + 1))
        assert {event.kind for event in self.seen} == {"signed"}
        assert [int(event.id) for event in self.seen] == expected
        assert [event.data["index"] for event in self.seen] == expected
        assert [event.data["total"] for event in self.seen] == expected
