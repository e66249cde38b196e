"""Four hundred delegates sign at once, each three times, over connections that drop."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from tests.delegate import FILLED_IN, Delegate, Page
from tests.invariants import check_invariants
from tests.load.published import by_number, exported, listed
from tests.load.subscriber import Subscriber
from tests.server import Server, served

pytestmark = pytest.mark.alone

DELEGATES = 400
COMPANIES = [f"示例消防器材{place}有限公司" for place in range(1, DELEGATES + 1)]


@pytest.fixture(params=[1, 2], ids=["one-worker", "two-workers"])
async def server(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Server]:
    async with served(tmp_path, workers=request.param) as running:
        yield running


async def test_four_hundred_delegates_sign_three_times_and_stand_once(server: Server) -> None:
    subscriber = Subscriber(server, hangs_up_after=(DELEGATES // 3, DELEGATES // 3 * 2))
    watching = asyncio.create_task(subscriber.see(DELEGATES))
    answers = await asyncio.gather(
        *(_sign_three_times(server, place) for place in range(DELEGATES))
    )
    await watching

    _each_has_one_receipt_of_its_own(answers)
    subscriber.has_seen_each_once_in_order(DELEGATES)
    assert subscriber.connections == 3
    items = await listed(server, slice_=150)
    _each_company_has_one_number(items)
    assert [event.data for event in subscriber.seen] == [
        {**item, "total": item["index"]} for item in items
    ]
    assert await exported(server) == by_number(items)
    await server.stop()
    check_invariants(server.database)


def _each_has_one_receipt_of_its_own(answers: list[list[httpx.Response]]) -> None:
    assert {answer.status_code for three in answers for answer in three} == {303}
    receipts = [{answer.headers["location"] for answer in three} for three in answers]
    assert all(len(addresses) == 1 for addresses in receipts)
    assert len(set().union(*receipts)) == DELEGATES


def _each_company_has_one_number(items: list[dict[str, object]]) -> None:
    assert [item["number"] for item in items] == list(range(1, DELEGATES + 1))
    assert sorted(str(item["company"]) for item in items) == sorted(COMPANIES)


async def _sign_three_times(server: Server, place: int) -> list[httpx.Response]:
    """The three answers. One delegate in three taps thrice, one retries, one is cut off first."""
    async with server.client() as client:
        delegate = Delegate(client, server.link)
        page = await server.until_answered(delegate.open)

        async def post() -> httpx.Response:
            return await delegate.post(page, company=COMPANIES[place])

        if place % 3 == 0:
            return list(await asyncio.gather(*(server.until_answered(post) for _ in range(3))))
        if place % 3 == 1:
            await _post_and_hang_up(server, page, COMPANIES[place])
        return [await server.until_answered(post) for _ in range(3)]


async def _post_and_hang_up(server: Server, page: Page, company: str) -> None:
    """Sends the form, and loses the connection before the answer."""
    body = urlencode({**FILLED_IN, **page.hidden, "company": company}).encode()
    head = (
        f"POST {server.link} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(head.encode() + body)
    await writer.drain()
    writer.transport.abort()
