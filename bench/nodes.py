"""Two nodes on one PostgreSQL: from the answer of one to the event on the other's streams.

`python -m bench.nodes` starts a PostgreSQL and two nodes as they are installed. Phones sign on the
first; streams follow on the second. The delay counts from the moment in which the phone has its
answer: the event may well be there before it. The limit is 250 ms for 99 of 100.
"""

import argparse
import asyncio
import base64
import json
import statistics
import tempfile
import time
from pathlib import Path

import httpx

from bench.report import Line
from tests.delegate import Delegate
from tests.ports import free_port
from tests.postgres import Postgres, postgres
from tests.server import Server
from tests.site import SLUG
from tests.web.test_events import read_events

LIMIT_MS = 250.0
STREAMS = 50
AT_ONCE = 10
"""Phones."""


async def measure(database: Postgres, folder: Path, signatures: int) -> dict[str, float]:
    shared = {
        "PLEDGE_DATABASE_URL": database.url(),
        "PLEDGE_SECRET_KEYS": "a key for benchmarks alone",
        "PLEDGE_REGISTER_KEYS": base64.b64encode(bytes(32)).decode(),
        "PLEDGE_LINK_LIMIT": "0",
        "PLEDGE_DEVICE_LIMIT": "0",
    }
    nodes = []
    for name in ("a", "b"):
        (folder / name).mkdir()
        nodes.append(Server(folder / name / "data", free_port(), settings=shared))
    try:
        for node in nodes:
            await node.start()
        return await _delays(*nodes, signatures)
    finally:
        for node in nodes:
            await node.kill()


async def _delays(a: Server, b: Server, signatures: int) -> dict[str, float]:
    answered: dict[str, float] = {}
    told: list[tuple[str, float]] = []
    open_streams = asyncio.Semaphore(0)
    following = [
        asyncio.create_task(_follow(b, told, signatures, open_streams)) for _ in range(STREAMS)
    ]
    for _ in following:
        await open_streams.acquire()
    waiting = iter(range(signatures))

    async def phone() -> None:
        async with a.client() as client:
            delegate = Delegate(client, a.link)
            for place in waiting:
                company = f"示例{place}有限公司"
                answer = await delegate.sign(company=company)
                assert answer.status_code == 303, answer.status_code
                answered[company] = time.perf_counter()

    await asyncio.gather(*(phone() for _ in range(AT_ONCE)))
    await asyncio.gather(*following)
    delays = sorted(max(0.0, at - answered[company]) * 1000 for company, at in told)
    return {
        "signatures": signatures,
        "streams": STREAMS,
        "median_ms": round(statistics.median(delays), 1),
        "p99_ms": round(delays[int(len(delays) * 0.99)], 1),
        "longest_ms": round(delays[-1], 1),
        "limit_ms": LIMIT_MS,
    }


async def _follow(
    server: Server, told: list[tuple[str, float]], count: int, opened: asyncio.Semaphore
) -> None:
    async with (
        httpx.AsyncClient(base_url=server.origin, timeout=60) as client,
        client.stream("GET", f"/i/{SLUG}/events?after=0") as response,
    ):
        opened.release()
        seen = 0
        async for event in read_events(response):
            told.append((event.data["company"], time.perf_counter()))
            seen += 1
            if seen == count:
                return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer signatures")
    print(json.dumps(figures(quick=parser.parse_args().quick), indent=2))


def figures(*, quick: bool) -> dict[str, float]:
    with postgres() as database, tempfile.TemporaryDirectory() as folder:
        return asyncio.run(measure(database, Path(folder), 100 if quick else 1000))


def line(found: dict[str, float]) -> Line:
    return Line(
        "signed on one node, told by another: p99",
        found["p99_ms"],
        "ms",
        most=LIMIT_MS,
        detail=f"p50 {found['median_ms']:.0f}, {STREAMS} streams",
    )


if __name__ == "__main__":
    main()
