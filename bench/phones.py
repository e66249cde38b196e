"""Phones that arrive together, in a process of its own: `python -m bench.phones`, an order in, what
came of it out.

Each has a connection and cookies of its own, opens the form, posts it as it came with a drawn
signature, and follows to the receipt. They do no more than a test of the answers needs, so that
they cost little of the machine that they share with the server.
"""

import asyncio
import gzip
import json
import random
import re
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from urllib.parse import urlencode

import uvloop

from tests.delegate import FILLED_IN
from tests.handwriting import handwriting, sent

_HIDDEN = re.compile(rb'<input type="hidden" name="(\w+)" value="([^"]*)"')
_COOKIE = re.compile(rb"(?i)\r\nset-cookie: ([^;\r]+)")
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_LOCATION = re.compile(rb"(?i)\r\nlocation: *(\S+)")
_PATIENCE = 120


@dataclass(frozen=True)
class Order:
    port: int
    path: str
    phones: int
    within: float
    """Seconds in which they arrive, one as likely at any moment as at any other."""
    run: int
    """Tells the companies of this run from those of others."""


@dataclass(frozen=True)
class Step:
    p50_ms: float
    p99_ms: float
    worst_ms: float


@dataclass
class _Phone:
    order: Order
    number: int
    cookies: dict[bytes, bytes] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    """Seconds of each step; the first one connects."""

    async def sign(self, ink: str) -> None:
        began = time.perf_counter()
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.order.port)
        page = await self._ask(b"GET", self.order.path, b"200", began)
        fields = {name.decode(): value.decode() for name, value in _HIDDEN.findall(page)}
        form = {
            **FILLED_IN,
            **fields,
            "company": f"示例潮涌{self.order.run}之{self.number}有限公司",
            "publish": "yes",
            "ink": ink,
        }
        body = urlencode(form).encode()
        receipt = await self._ask(b"POST", self.order.path, b"303", time.perf_counter(), body)
        await self._ask(b"GET", receipt.decode(), b"200", time.perf_counter())
        self._writer.close()

    async def _ask(
        self, method: bytes, path: str, expected: bytes, began: float, body: bytes = b""
    ) -> bytes:
        """The page of an answer, or where it leads."""
        lines = [
            b"%s %s HTTP/1.1" % (method, path.encode()),
            b"Host: 127.0.0.1:%d" % self.order.port,
            b"Accept: text/html",
            b"Accept-Language: zh-CN,zh;q=0.9",
            b"Accept-Encoding: gzip",
        ]
        if self.cookies:
            pairs = (name + b"=" + value for name, value in self.cookies.items())
            lines.append(b"Cookie: " + b"; ".join(pairs))
        if body:
            lines.append(b"Content-Type: application/x-www-form-urlencoded")
            lines.append(b"Content-Length: %d" % len(body))
        self._writer.write(b"\r\n".join(lines) + b"\r\n\r\n" + body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if head[9:12] != expected or length is None:
            raise RuntimeError(f"{method.decode()} was answered {head.decode()}")
        page = await self._reader.readexactly(int(length[1]))
        self.took.append(time.perf_counter() - began)
        self.cookies.update(pair.split(b"=", 1) for pair in _COOKIE.findall(head))
        if location := _LOCATION.search(head):
            return location[1]
        return gzip.decompress(page) if method == b"GET" and b"gzip" in head else page


async def storm(order: Order) -> dict[str, Step]:
    """How long each step took, and all of them together."""
    chance = random.Random(order.run)
    arrivals = sorted(chance.uniform(0, order.within) for _ in range(order.phones))
    inks = [sent(handwriting(seed)) for seed in range(50)]
    phones = [_Phone(order, number) for number in range(order.phones)]
    began = time.perf_counter()

    async def arrive(phone: _Phone, at: float) -> None:
        await asyncio.sleep(at - (time.perf_counter() - began))
        await phone.sign(inks[phone.number % len(inks)])

    async with asyncio.timeout(_PATIENCE):
        await asyncio.gather(*map(arrive, phones, arrivals))
    steps = {
        name: [phone.took[place] for phone in phones]
        for place, name in enumerate(("GET the form", "POST with ink", "GET the receipt"))
    }
    steps["the whole"] = [sum(phone.took) for phone in phones]
    return {name: _step(took) for name, took in steps.items()}


def _step(seconds: Sequence[float]) -> Step:
    percentiles = statistics.quantiles(seconds, n=100, method="inclusive")
    return Step(percentiles[49] * 1000, percentiles[98] * 1000, max(seconds) * 1000)


def main() -> None:
    order = Order(**json.load(sys.stdin))
    steps = uvloop.run(storm(order))
    json.dump({name: asdict(step) for name, step in steps.items()}, sys.stdout)


if __name__ == "__main__":
    main()
