"""Sweeping: what was erased leaves the files, too: of the database, and those made of the entries.

Each process of the site looks for what was erased, here or elsewhere, and removes what it keeps on
this machine; one of them has the database written anew. That something is still to be done is a
row of the table `erasure`: whoever is stopped in between, or can't, leaves it to the next one.
"""

import asyncio
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from pledge.store import erasures, pace
from pledge.store.database import Database
from pledge.store.erasures import Erasure
from pledge.store.vacuuming import Fault, NotVacuumed, size, vacuum

_STILL_MADE = timedelta(seconds=60)
"""For which a file may yet be written of what was read before it was erased."""

_LEASE = timedelta(seconds=30)
_SLOWEST = 10_000_000
"""Bytes that are written anew in a second, at least: so much longer one process is at it alone, for
two would keep people from signing for twice as long.
"""
_AGAIN = timedelta(seconds=60)
"""Until it is tried again."""
_LOOK_EVERY = 5.0
"""Seconds between looks for what others have erased, or left undone."""
_PAUSE = 0.2

_QUICK = 64 * 1024 * 1024
"""Bytes of a database that is written anew before anybody notices."""
_QUIET = timedelta(minutes=2)
"""Without a signature for so long, nobody is kept from signing by a larger one."""
_LATEST = timedelta(hours=1)
"""After which it is done whoever signs."""

_log = structlog.get_logger()


@dataclass(frozen=True)
class Swept:
    seconds: float
    """For which nobody could sign."""
    fault: Fault | None = None


class Sweeping:
    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], datetime],
        forget: Callable[[int, Collection[int]], None],
    ):
        """`forget` removes what this machine keeps of an initiative's signatures, by number."""
        self._database = database
        self._forget = forget
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

    async def sweep(self, *, when_quiet: bool = False) -> Swept | None:
        """What nobody else is at; None if there is nothing. `when_quiet`: what would keep people
        from signing for seconds waits until nobody does, for an hour at most.
        """
        await self._forget_files()
        now = self._clock()
        async with self._database.reading() as connection:
            left = await erasures.unswept(connection)
            signed = await pace.newest(connection)
        if not left:
            return None
        is_quiet = signed is None or signed < now - _QUIET or left[0].erased_at < now - _LATEST
        large = await size(self._database)
        if when_quiet and not is_quiet and large > _QUICK:
            return None
        until = now + _LEASE + timedelta(seconds=large / _SLOWEST)
        async with self._database.writing() as connection:
            ours = await erasures.claim(connection, now=now, until=until)
        if not ours:
            return None
        began = time.monotonic()
        try:
            await vacuum(self._database)
        except NotVacuumed as failed:
            async with self._database.writing() as connection:
                again_at = self._clock() + _AGAIN
                await erasures.fail(connection, ours, failed.fault, again_at=again_at)
            return Swept(time.monotonic() - began, failed.fault)
        async with self._database.writing() as connection:
            await erasures.settle(connection, ours, self._clock())
        return Swept(time.monotonic() - began)

    async def _forget_files(self) -> None:
        """What was made on this machine of entries that are erased."""
        async with self._database.reading() as connection:
            found = await erasures.after(connection, self._last)
        settled = self._clock() - _STILL_MADE
        for one in found:
            await asyncio.to_thread(self._forget, one.initiative_id, one.numbers)
            if one.erased_at < settled:
                self._last = one.id

    async def _work(self) -> None:
        while True:
            self._wanted.clear()
            try:
                swept = await self.sweep(when_quiet=True)
                if swept and swept.fault:
                    _log.error("erased data are still in files", fault=swept.fault)
                elif swept:
                    _log.info("erased data are gone from files", seconds=round(swept.seconds, 2))
            except Exception as fault:  # a database or a disk that is away comes back
                _log.warning("files can't be swept", error=type(fault).__name__)
            with suppress(TimeoutError):
                # Not `wait_for`: in Python 3.11 it may swallow that the task is broken off.
                async with asyncio.timeout(_LOOK_EVERY):
                    await self._wanted.wait()
