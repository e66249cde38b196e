"""`python -m bench.hall`: how soon the hall sees what happens, and what a wall costs in a day.

Delays count from the moment when the phone has its answer, that is from the acknowledged POST, to
the frame in which the wall has drawn it; both clocks are this machine's.
"""

import asyncio
import re
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

import httpx
from playwright.async_api import Page, async_playwright

from bench.servers import SLUG
from tests.browser.conftest import chromium_path
from tests.delegate import FILLED_IN, Delegate
from tests.handwriting import handwriting, sent
from tests.server import Server, served
from tests.web.test_ink import HOSTILE

SIGNATURES = 40
EVERY = 0.9
"""Seconds between signatures: a wall that shows one column each 800 ms is not paced by it."""

VIEWERS = 1000
HOUR = 3600
STEP = 30
"""Seconds of the wall's hour that pass at once, with a signature for each of them."""


def main() -> None:
    with TemporaryDirectory(prefix="pledge-hall-") as folder:
        asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> None:
    async with served(folder) as server:
        await _hostile_ink(server)
        async with _wall(server) as wall:
            await _delay_to_the_frame(server, wall)
            await _delay_of_strokes(server, wall)
        await _delay_to_viewers(server)
        async with _wall(server, clock=True) as wall:
            await _an_hour(server, wall)


@asynccontextmanager
async def _wall(server: Server, *, clock: bool = False) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path(),
            args=["--no-sandbox", "--disable-background-networking", "--js-flags=--expose-gc"],
        )
        page = await browser.new_page(viewport={"width": 1920, "height": 1080})
        if clock:
            await page.clock.install()
        await page.goto(server.printed["Wall"])
        await page.wait_for_selector(".hall__frame [data-code] svg")
        yield page
        await browser.close()


async def _hostile_ink(server: Server) -> None:
    """Each kind of it is refused within 50 ms; the answer's time, over a real connection."""
    slowest: dict[str, float] = {}
    async with server.client() as client:
        form = await Delegate(client, server.link).open()
        for kind, ink in HOSTILE.items():
            body = urlencode({**FILLED_IN, **form.hidden, "ink": ink}).encode()
            took = []
            for _ in range(7):
                began = time.perf_counter()
                answer = await client.post(
                    server.link,
                    content=body,
                    headers={"Content-Type": "application/x-www-form-urlencoded"},
                )
                took.append((time.perf_counter() - began) * 1000)
                assert answer.status_code == 422, (kind, answer.status_code)
            slowest[kind] = statistics.median(took)
    worst = max(slowest, key=lambda kind: slowest[kind])
    print(f"hostile ink ({len(HOSTILE)} kinds): refused within {slowest[worst]:.1f} ms ({worst})")


async def _sign(client: httpx.AsyncClient, link: str, number: int, form: Any) -> float:
    """Signs, and says when it was acknowledged (seconds since the epoch)."""
    answer = await Delegate(client, link).post(
        form,
        company=f"示例第{number}号有限公司",
        attempt=f"bench-of-the-hall-{number:07}",
        ink=sent(handwriting(number % 50)),
        publish="yes",
    )
    acknowledged = time.time()
    assert answer.status_code == 303, answer.status_code
    return acknowledged


async def _delay_to_the_frame(server: Server, wall: Page) -> None:
    await wall.evaluate(
        """() => {
          window.drawn = {}
          const note = leaf => requestAnimationFrame(() => {
            drawn[leaf.querySelector('[data-number]').textContent] = Date.now()
          })
          new MutationObserver(all => all.forEach(change => change.addedNodes.forEach(note)))
            .observe(document.querySelector('[data-leaves]'), {childList: true})
        }"""
    )
    async with server.client() as client:
        form = await Delegate(client, server.link).open()
        acknowledged = []
        for number in range(1, SIGNATURES + 1):
            acknowledged.append(await _sign(client, server.link, number, form))
            await asyncio.sleep(EVERY)
    drawn = await wall.evaluate("window.drawn")
    delays = [drawn[str(number)] - at * 1000 for number, at in enumerate(acknowledged, start=1)]
    _say("acknowledged POST to the frame on the wall, Chromium, 1 viewer", delays)


async def _delay_of_strokes(server: Server, wall: Page) -> None:
    stage = (await server.command("link", SLUG, "--kind", "kiosk", "--stage")).strip()
    path = stage.removeprefix(server.origin)
    await wall.evaluate(
        """() => {
          window.strokes = []
          const path = document.querySelector('[data-stage] path')
          new MutationObserver(() => requestAnimationFrame(() => strokes.push(Date.now())))
            .observe(path, {attributes: true, attributeFilter: ['d']})
        }"""
    )
    whole = handwriting(7)
    sent_at = []
    async with server.client() as client:
        for count in range(1, SIGNATURES + 1):
            ink = [stroke[: count + 2] for stroke in whole[: 1 + count // 3]]
            sent_at.append(time.time())
            await client.post(
                f"{path}/strokes",
                data={"ink": sent(ink), "width": 320, "height": 180, "publish": "yes"},
            )
            await asyncio.sleep(0.1)
    await asyncio.sleep(0.5)
    drawn = await wall.evaluate("window.strokes")
    _say(
        "strokes on the stage to the frame on the wall, Chromium",
        [shown - at * 1000 for shown, at in zip(drawn, sent_at, strict=True)],
    )


@dataclass
class _Viewers:
    """Plain connections that follow the feed; each notes when it is told of a signature."""

    told: dict[int, list[float]] = field(default_factory=dict)

    async def follow(self, server: Server, connected: Callable[[], None]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(f"GET /i/{SLUG}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        await reader.readuntil(b"\n\n")
        connected()
        try:
            while True:
                event = await reader.readuntil(b"\n\n")
                if found := re.search(rb'"number":(\d+)', event):
                    self.told.setdefault(int(found[1]), []).append(time.time())
        finally:
            writer.close()


async def _delay_to_viewers(server: Server) -> None:
    viewers, connected = _Viewers(), 0

    def count() -> None:
        nonlocal connected
        connected += 1

    following = [asyncio.create_task(viewers.follow(server, count)) for _ in range(VIEWERS)]
    await _until(lambda: connected == VIEWERS)
    async with server.client() as client:
        form = await Delegate(client, server.link).open()
        first = SIGNATURES + 1
        acknowledged = {
            number: await _after(0.4, _sign(client, server.link, number, form))
            for number in range(first, first + SIGNATURES)
        }
    await _until(lambda: all(len(viewers.told.get(n, [])) == VIEWERS for n in acknowledged))
    for task in following:
        task.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    _say(
        f"acknowledged POST to each of {VIEWERS:,} plain connections",
        [(at - acknowledged[n]) * 1000 for n in acknowledged for at in viewers.told[n]],
    )


async def _an_hour(server: Server, wall: Page) -> None:
    """The wall's own clock runs as fast as it can: all its timers, a signature each second."""
    session = await wall.context.new_cdp_session(wall)

    async def size() -> tuple[float, int]:
        await session.send("HeapProfiler.collectGarbage")
        counters = await session.send("Memory.getDOMCounters")
        heap = await session.send("Runtime.getHeapUsage")
        return heap["usedSize"] / 2**20, counters["nodes"]

    sizes = [await size()]
    async with server.client() as client:
        form = await Delegate(client, server.link).open()
        client.cookies.clear()  # many devices, not one
        for second in range(0, HOUR, STEP):
            await asyncio.gather(
                *(_sign(client, server.link, 1000 + second + place, form) for place in range(STEP))
            )
            await wall.clock.run_for(STEP * 1000)
            if (second + STEP) % (HOUR // 6) == 0:
                sizes.append(await size())
    total = await wall.locator(".hall__side [data-total]").text_content()
    heaps = ", ".join(f"{heap:.1f}" for heap, _ in sizes)
    nodes = ", ".join(str(count) for _, count in sizes)
    print(f"a wall's hour with {HOUR} signatures (total shown: {total}), every ten minutes:")
    print(f"  heap after collection, MiB: {heaps}")
    print(f"  DOM nodes: {nodes}")


async def _after(seconds: float, work: Awaitable[float]) -> float:
    await asyncio.sleep(seconds)
    return await work


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110 -- counts what others do, there is no event
            await asyncio.sleep(0.02)


def _say(what: str, delays: Sequence[float]) -> None:
    percentiles = statistics.quantiles(delays, n=100, method="inclusive")
    print(
        f"{what}: p50 {percentiles[49]:.0f} ms, p99 {percentiles[98]:.0f} ms,"
        f" worst {max(delays):.0f} ms ({len(delays)} measured)"
    )


if __name__ == "__main__":
    main()
