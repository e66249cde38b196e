"""Indexing: names that were signed a while ago are put into the index by which they are found.

Whoever signs does not wait for it. Each process looks every few seconds for entries that are not
indexed yet; two that are at the same ones do no harm, for only one of them can write.
"""

import asyncio
from array import array
from contextlib import suppress

import structlog

from pledge.store import name_index
from pledge.store.database import Database
from pledge.store.name_index import BLOCK, Terms, Waiting

_LOOK_EVERY = 2.0
"""Seconds."""
_ROWS = 2048
"""That are read at once."""

_log = structlog.get_logger()


class Indexing:
    def __init__(self, database: Database):
        self._database = database
        self._worker: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._worker = asyncio.create_task(self._work(), name="indexing")

    async def stop(self) -> None:
        """What is not indexed yet, the next start does."""
        if self._worker:
            self._worker.cancel()
            with suppress(asyncio.CancelledError):
                await self._worker

    async def index(self) -> None:
        """All there is, until so little is left that it is looked through as quickly."""
        while True:
            async with self._database.reading() as connection:
                waiting = await name_index.waiting(connection)
            if not waiting:
                return
            for one in waiting:
                await self._index(one)

    async def _index(self, waiting: Waiting) -> None:
        terms = await self._terms(waiting)
        async with self._database.writing() as connection:
            await name_index.add(connection, waiting, terms)

    async def _terms(self, waiting: Waiting) -> Terms:
        found: dict[bytes, array[int]] = {}
        async with self._database.reading() as connection:
            erased = await name_index.newest_erasure(connection)
        for after in range(waiting.indexed, waiting.until, _ROWS):
            until = min(waiting.until, after + _ROWS)
            # No connection is held between: this is for whenever nothing else is to be done.
            async with self._database.reading() as connection:
                rows = await name_index.names(connection, waiting.initiative_id, after, until)
            await asyncio.to_thread(name_index.add_terms, found, rows)
        return Terms(waiting.until // BLOCK, found, erased)

    async def _work(self) -> None:
        while True:
            try:
                await self.index()
            except Exception as fault:  # a database or a disk that is away comes back
                _log.warning("indexing_unavailable", error=type(fault).__name__)
            await asyncio.sleep(_LOOK_EVERY)
