"""Processes are killed while delegates sign."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.crash.sites import Base
from tests.server import Server

pytestmark = [pytest.mark.alone, pytest.mark.sqlite("runs on both engines by itself")]

KILLS = 2
REPLACED_WITHIN = 20.0
"""Seconds: as one that has ended, not as one that only stalls."""


async def test_a_worker_is_killed(base: Base) -> None:
    async with base.served(workers=2) as hall:
        async with hall.signing():
            for kill in range(1, KILLS + 1):
                await hall.until(kill / (KILLS + 1))
                os.kill((await _all_workers(hall.servers[0]))[0], signal.SIGKILL)
        await hall.holds()


async def test_all_processes_are_killed(base: Base) -> None:
    async with base.served(workers=2) as hall:
        [server] = hall.servers
        async with hall.signing():
            for kill in range(1, KILLS + 1):
                await hall.until(kill / (KILLS + 1))
                await server.kill()
                server.workers = 3 - server.workers
                await server.start()
        assert hall.lost
        await hall.holds()


async def _all_workers(server: Server) -> list[int]:
    """Once the one that was killed last is replaced."""
    async with asyncio.timeout(REPLACED_WITHIN):
        while len(found := _workers(server)) != server.workers:  # noqa: ASYNC110 -- tells no event
            await asyncio.sleep(0.02)
    return found


def _workers(server: Server) -> list[int]:
    return [child for child in server.children if b"spawn_main" in _words(child)]


def _words(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):  # it has ended
        return b""
