"""The cable between a site and its database is cut, or swallows everything; a node falls silent."""

import os
import signal
import time
from collections.abc import Callable

import pytest

from tests.crash.network import cable
from tests.crash.sites import Base

pytestmark = [pytest.mark.alone, pytest.mark.sqlite("PostgreSQL's own faults")]

Recorded = Callable[[str, object], None]

SOON = 8.0
"""Seconds after which a site must answer, once the network is there again."""
GIVEN_UP = 20.0
"""Seconds after which whoever asks is told to come again: never minutes."""
LET_GO = 12.0
"""Seconds for which a node that fell silent may hold up those of another one."""


async def test_the_cable_is_cut(postgresql: Base, record_property: Recorded) -> None:
    async with (
        cable(postgresql.postgres.port) as led,
        postgresql.served(url=postgresql.by_way_of(led.port)) as hall,
    ):
        async with hall.signing():
            for share in (0.3, 0.6):
                await hall.until(share)
                led.cut()
                await hall.until_refused()
                led.mend()
                seconds = await hall.until_ready()
                record_property("ready after", seconds)
                assert seconds < SOON
        await hall.holds()


async def test_the_cable_swallows_what_is_sent(postgresql: Base, record_property: Recorded) -> None:
    """Of two nodes one is cut off, perhaps in the middle of signing: the other one goes on."""
    async with cable(postgresql.postgres.port) as led:
        urls = [postgresql.by_way_of(led.port), postgresql.url]
        async with postgresql.served(nodes=2, urls=urls) as hall:
            async with hall.signing():
                await hall.until(0.3)
                led.swallow()
                hall.pace = 0.2  # who reaches the other one does not sign hundreds meanwhile
                began = time.monotonic()
                await hall.until_acknowledged(len(hall.acknowledged) + 10)
                record_property("held up for", time.monotonic() - began)
                assert time.monotonic() - began < LET_GO
                await hall.until_refused()
                led.mend()
                seconds = await hall.until_ready()
                record_property("ready after", seconds)
                assert seconds < SOON
            record_property("slowest answer", hall.slowest)
            assert hall.slowest < GIVEN_UP
            await hall.holds()


async def test_a_node_falls_silent(postgresql: Base, record_property: Recorded) -> None:
    """As a machine does that swaps, or is moved to another host."""
    async with postgresql.served(nodes=2) as hall:
        async with hall.signing():
            await hall.until(0.3)
            os.kill(hall.servers[0].pid, signal.SIGSTOP)
            began = time.monotonic()
            try:
                await hall.until_acknowledged(len(hall.acknowledged) + 10)
            finally:
                os.kill(hall.servers[0].pid, signal.SIGCONT)
            record_property("held up for", time.monotonic() - began)
            assert time.monotonic() - began < LET_GO
        await hall.holds()
