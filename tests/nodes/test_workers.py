"""Several processes on one machine are one site, on either engine."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.delegate import Delegate
from tests.invariants import check_invariants
from tests.load.subscriber import Subscriber
from tests.server import Server, served

pytestmark = pytest.mark.alone

SIGNED = 60


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with served(tmp_path, workers=3) as running:
        yield running


async def test_each_worker_tells_what_all_have_taken_in_once_and_in_order(server: Server) -> None:
    """Every request is a connection of its own, and goes to whichever worker is first."""
    subscribers = [Subscriber(server, hangs_up_after=(7, 23)) for _ in range(6)]
    seen = [asyncio.create_task(one.see(SIGNED)) for one in subscribers]
    await asyncio.gather(*(one.listening.wait() for one in subscribers))

    async def sign(place: int) -> str:
        async with server.client() as client:
            page = await Delegate(client, server.link).open()
        receipts = set()
        for _twice in range(2):
            async with server.client() as client:
                answer = await Delegate(client, server.link).post(
                    page, company=f"示例{place}有限公司"
                )
            assert answer.status_code == 303
            receipts.add(answer.headers["location"])
        [receipt] = receipts
        return receipt

    receipts = await asyncio.gather(*(sign(place) for place in range(SIGNED)))
    await asyncio.gather(*seen)
    assert len(set(receipts)) == SIGNED
    for subscriber in subscribers:
        subscriber.has_seen_each_once_in_order(SIGNED)
    await server.stop()
    await asyncio.to_thread(check_invariants, server.address)
