"""Sweeping: what was erased leaves the files, too: of the database, and those made of the entries.

Each process of the site looks for what was erased, here or elsewhere, and removes what it keeps on
this machine; one of them has the database written anew. That something is still to be done is a
row of the table `erasure`: whoever is stopped in between, or can't, leaves it to the next one.
"""

import asyncio
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from pledge.certificate_files import FOLDER
from pledge.store import erasures
from pledge.store.database import Database
from pledge.store.erasures import Erasure
from pledge.store.vacuuming import Fault, NotVacuumed, vacuum

_STILL_MADE = timedelta(seconds=60)
"""For which a file may yet be written of what was read before it was erased."""

_LEASE = timedelta(seconds=30)
"""For which one process is at it; two at once would only take longer."""
_AGAIN = timedelta(seconds=60)
"""Until it is tried again."""
_LOOK_EVERY = 5.0
"""Seconds between looks for what others have erased, or left undone."""
_PAUSE = 0.2

_log = structlog.get_logger()


class Sweeping:
    def __init__(self, database: Database, data: Path, *, clock: Callable[[], datetime]):
        self._database = database
        self._certificates = data / FOLDER
        self._clock = clock
        self._last = 0
        """The id of the last erasure of whose entries nothing is made any more on this machine."""
        self._wanted = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._worker = asyncio.create_task(self._work(), name="sweeping")

    async def stop(self) -> None:
        """What is not done yet, the next start does."""
        if self._worker:
            self._worker.cancel()
            with suppress(asyncio.CancelledError):
                await self._worker

    def want(self) -> None:
        """Something was erased."""
        self._wanted.set()

    async def of_entry(self, initiative_id: int, number: int) -> Erasure | None:
        """How far it has got with an entry that was erased."""
        async with self._database.reading() as connection:
            return await erasures.of_entry(connection, initiative_id, number)

    async def finish(self, *, within: float) -> Fault | None:
        """Sweeps all there is, or waits for whoever is at it; why it is not done, so many seconds
        later.
        """
        ends = time.monotonic() + within
        while True:
            await self.sweep()
            async with self._database.reading() as connection:
                left = await erasures.unswept(connection)
            if not left:
                return None
            faults = [Fault(one.fault) for one in left if one.fault]
            if faults or time.monotonic() > ends:
                return faults[0] if faults else Fault.BUSY
            await asyncio.sleep(_PAUSE)

    async def sweep(self) -> None:
        """What nobody else is at."""
        await self._forget_files()
        async with self._database.reading() as connection:
            if not await erasures.unswept(connection):
                return
        now = self._clock()
        async with self._database.writing() as connection:
            ours = await erasures.claim(connection, now=now, until=now + _LEASE)
        if not ours:
            return
        began = time.monotonic()
        try:
            await vacuum(self._database)
        except NotVacuumed as failed:
            _log.error("erased_data_is_still_in_files", fault=failed.fault)
            async with self._database.writing() as connection:
                again_at = self._clock() + _AGAIN
                await erasures.fail(connection, ours, failed.fault, again_at=again_at)
            return
        async with self._database.writing() as connection:
            await erasures.settle(connection, ours, self._clock())
        _log.info("erased_data_swept", seconds=round(time.monotonic() - began, 2))

    async def _forget_files(self) -> None:
        """What was made on this machine of entries that are erased."""
        async with self._database.reading() as connection:
            found = await erasures.after(connection, self._last)
        settled = self._clock() - _STILL_MADE
        for one in found:
            folders = [
                self._certificates / str(one.initiative_id) / str(number) for number in one.numbers
            ]
            await asyncio.to_thread(_remove, folders)
            if one.erased_at < settled:
                self._last = one.id

    async def _work(self) -> None:
        while True:
            self._wanted.clear()
            try:
                await self.sweep()
            except Exception as fault:  # a database or a disk that is away comes back
                _log.warning("sweeping_unavailable", error=type(fault).__name__)
            with suppress(TimeoutError):
                # Not `wait_for`: in Python 3.11 it may swallow that the task is broken off.
                async with asyncio.timeout(_LOOK_EVERY):
                    await self._wanted.wait()


def _remove(folders: list[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
