"""The server is killed while delegates sign, and again, and again: nothing acknowledged is lost."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.delegate import Delegate
from tests.invariants import check_invariants
from tests.load.published import by_number, exported, listed
from tests.load.subscriber import Subscriber
from tests.server import Server, served

pytestmark = pytest.mark.alone

DELEGATES = 300
AT_ONCE = 60
KILLS = 3
ACKNOWLEDGED_BEFORE_A_KILL = 30
"""With at most `AT_ONCE` more on their way, enough delegates are left for every kill."""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with served(tmp_path) as running:
        yield running


async def test_no_acknowledged_signature_is_lost_and_none_is_made_twice(server: Server) -> None:
    subscriber = Subscriber(server)
    watching = asyncio.create_task(subscriber.see(DELEGATES))
    await subscriber.listening.wait()
    hall = Hall(server)
    killing = asyncio.create_task(hall.kill_and_restart())
    await asyncio.gather(*(hall.sign(place) for place in range(DELEGATES)))
    cut_off = await killing
    await watching

    assert len(cut_off) == KILLS
    assert all(cut_off), "each kill must have left somebody without an answer"
    await hall.every_receipt_still_answers()
    subscriber.has_seen_each_once_in_order(DELEGATES)
    assert subscriber.connections > 1
    items = await listed(server, slice_=150)
    assert by_number(items) == {number: company for company, number in hall.numbers.items()}
    assert sorted(hall.numbers.values()) == list(range(1, DELEGATES + 1))
    assert await exported(server) == by_number(items)
    await server.stop()
    check_invariants(server.database)


@dataclass
class Hall:
    """The delegates, what they were told, and whoever pulls the plug."""

    server: Server
    receipts: dict[str, str] = field(default_factory=dict)
    """By company, the address that the first acknowledgement named."""
    numbers: dict[str, int] = field(default_factory=dict)
    """By company, what the receipt said at once."""
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _acknowledged: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def sign(self, place: int) -> None:
        """Signs until it is acknowledged, with the same attempt, and once more after that."""
        company = f"示例断电{place}有限公司"
        async with self._places, self.server.client() as client:
            delegate = Delegate(client, self.server.link)
            page = await self.server.until_answered(delegate.open)

            async def post() -> httpx.Response:
                return await delegate.post(page, company=company)

            await self._acknowledge(company, await self.server.until_answered(post))
            self.numbers[company] = await self._number(client, company)
            again = await self.server.until_answered(post)
            assert again.headers["location"] == self.receipts[company]

    async def kill_and_restart(self) -> list[int]:
        """Kills after every so many acknowledgements; how many each kill left without an answer.

        One worker and two take turns, so that each number of them meets what the other has left.
        """
        cut_off = []
        for _ in range(KILLS):
            unanswered = self.server.unanswered
            wanted = len(self.receipts) + ACKNOWLEDGED_BEFORE_A_KILL
            async with self._acknowledged:
                await self._acknowledged.wait_for(lambda: len(self.receipts) >= wanted)  # noqa: B023
            await self.server.kill()
            self.server.workers = 3 - self.server.workers
            await self.server.start()
            cut_off.append(self.server.unanswered - unanswered)
        return cut_off

    async def every_receipt_still_answers(self) -> None:
        async with self.server.client() as client:
            for company, number in self.numbers.items():
                assert await self._number(client, company) == number
        assert len(self.numbers) == DELEGATES

    async def _acknowledge(self, company: str, answer: httpx.Response) -> None:
        assert answer.status_code == 303
        async with self._acknowledged:
            self.receipts[company] = answer.headers["location"]
            self._acknowledged.notify_all()

    async def _number(self, client: httpx.AsyncClient, company: str) -> int:
        async def read() -> httpx.Response:
            return await client.get(self.receipts[company])

        answer = await self.server.until_answered(read)
        assert answer.status_code == 200
        [number] = re.findall(r"第<b>(\d+)</b>家", answer.text)
        return int(number)
