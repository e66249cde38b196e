"""Processes are killed while delegates sign."""

import os
import signal
from pathlib import Path

import pytest

from tests.crash.sites import Base
from tests.server import Server

pytestmark = [pytest.mark.alone, pytest.mark.sqlite("runs on both engines by itself")]

KILLS = 2


async def test_a_worker_is_killed(base: Base) -> None:
    async with base.served(workers=2) as hall:
        async with hall.signing():
            for kill in range(1, KILLS + 1):
                await hall.until(kill / (KILLS + 1))
                os.kill(_workers(hall.servers[0])[0], signal.SIGKILL)
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


def _workers(server: Server) -> list[int]:
    found = [
        child
        for child in server.children
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]
    assert len(found) == server.workers
    return found
