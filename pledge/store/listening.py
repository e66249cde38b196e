"""Listening: a process hears at once what others commit, over a connection of its own.

Whether it does hear is tried every few seconds, by an echo through the pool: a connection that died
without a word, or a proxy that hands connections from one to another, is found out, and whoever
watches looks more often then.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from secrets import randbits
from typing import Any

import structlog

from pledge.store import wakeups
from pledge.store.database import Database
from pledge.store.wakeups import CHANNEL, Kind, WakeUp

_ECHO_EVERY = 5.0
_ECHO_WITHIN = 1.0
_PAUSE = 1.0

_log = structlog.get_logger()


class Listening:
    """`wake` is told what others, and this process itself, have committed."""

    def __init__(self, database: Database, wake: Callable[[WakeUp], None]):
        self._database = database
        self._wake = wake
        self._own = randbits(48)
        self._called = 0
        self._echoed = asyncio.Event()
        self._lost = asyncio.Event()
        self._hears = False
        self._worker: asyncio.Task[None] | None = None

    @property
    def hears(self) -> bool:
        """Whether what others commit is heard at once; never on SQLite."""
        return self._hears

    def start(self) -> None:
        if self._database.listener is not None:
            self._worker = asyncio.create_task(self._work(), name="listening")

    async def stop(self) -> None:
        if self._worker:
            self._worker.cancel()
            with suppress(asyncio.CancelledError):
                await self._worker

    async def _work(self) -> None:
        silent = False
        while True:
            try:
                await self._listen()
                fault = "NoEcho"
            except Exception as error:  # a database that is away for a while comes back
                fault = type(error).__name__
            finally:
                heard, self._hears = self._hears, False
            if heard or not silent:
                _log.warning("commits of other processes are not heard at once", error=fault)
            silent = True
            await asyncio.sleep(_PAUSE)

    async def _listen(self) -> None:
        """Returns when nothing is heard any more."""
        assert self._database.listener is not None  # noqa: S101 -- else it is not started
        self._lost.clear()
        async with self._database.listener.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            driver.add_termination_listener(self._end)
            await driver.add_listener(CHANNEL, self._hear)
            try:
                while await self._hears_itself():
                    self._hears = True
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_ECHO_EVERY):
                            await self._lost.wait()
                            return
            finally:
                if not driver.is_closed():
                    driver.terminate()

    async def _hears_itself(self) -> bool:
        self._echoed.clear()
        self._called += 1
        async with self._database.reading() as connection:
            await wakeups.tell(connection, Kind.ECHO, self._own, self._called)
        with suppress(TimeoutError):
            async with asyncio.timeout(_ECHO_WITHIN):
                await self._echoed.wait()
                return True
        return False

    def _hear(self, _connection: Any, _process: int, _channel: str, payload: str) -> None:
        woken = wakeups.read(payload)
        if woken is None:
            return
        if woken.kind is not Kind.ECHO:
            self._wake(woken)
        elif (woken.subject, woken.newest) == (self._own, self._called):
            self._echoed.set()

    def _end(self, _connection: Any) -> None:
        self._lost.set()
