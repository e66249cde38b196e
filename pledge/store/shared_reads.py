"""Reads that are shared by whoever waits for the same thing, as commits are by group commit.

A read is joined only before it has begun: nobody gets an answer that is older than the question.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")


class SharedReads(Generic[Key, Found]):
    def __init__(self, read: Callable[[Key], Awaitable[Found]]):
        self._read = read
        self._running: dict[Key, asyncio.Task[Found]] = {}
        self._next: dict[Key, asyncio.Task[Found]] = {}

    async def of(self, key: Key) -> Found:
        """What is found by a read that begins from now on, or the error that it ends in."""
        reading = self._next.get(key)
        if reading is None:
            reading = asyncio.create_task(self._read_after(key, self._running.get(key)))
            self._next[key] = reading
        # Shielded: a phone that hangs up must not take the others' answer with it.
        return await asyncio.shield(reading)

    async def _read_after(self, key: Key, earlier: "asyncio.Task[Found] | None") -> Found:
        if earlier is not None:
            await asyncio.wait([earlier])
        own = self._running[key] = self._next.pop(key)
        try:
            return await self._read(key)
        finally:
            if self._running.get(key) is own:
                del self._running[key]
