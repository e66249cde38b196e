"""The load generator, in a process of its own: `python -m bench.load`, an order in, a result out.

Each connection is kept alive, where the server keeps it, and sends its next request when it has the
whole answer to the last. Answers are told apart by their Content-Length alone, so that the
generator costs little of the machine that it shares with the server.
"""

import asyncio
import json
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import cast

import uvloop

from bench.processes import processor_seconds
from bench.requests import COOKIE, PROOF, get_requests, newcomers_requests, post_requests

_DRAIN_SECONDS = 30


@dataclass(frozen=True)
class Order:
    """What to measure."""

    method: str
    port: int
    path: str
    connections: int
    seconds: float
    warm_up: float
    """Seconds of the same load before the clock starts."""
    processes: list[int]
    """The server's, whose processor time is read at the beginning and at the end."""
    text: str = ""
    run: int = 0
    """Tells the companies of this run from those of others."""
    among: int = 0
    """Companies that have signed, and anywhere among whose names those of this run stand,"""
    first: int = 0
    """counted from this number on."""
    proves: bool = False
    """The server's forms bring a proof of their origin, and a cookie (Django's CSRF protection):
    each connection opens the form first, and reuses both."""


@dataclass(frozen=True)
class Result:
    """What came of it; rates and latencies are of the measured time, statuses of all."""

    requests_per_second: float
    p50_ms: float
    p99_ms: float
    statuses: dict[str, int]
    requests_per_processor_second: float
    """What one core of the server's answers a second, if it does nothing else."""


@dataclass
class Course:
    """What the connections share while they run."""

    order: Order
    requests: Iterator[bytes]
    stopping: bool = False
    measuring: bool = False
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)

    def answered(self, status: bytes, seconds: float) -> None:
        self.statuses[status.decode()] += 1
        if self.measuring:
            self.latencies.append(seconds)


class Phone:
    """Asks, waits for the whole answer, asks again; over a new connection if the last was closed.

    With a new connection the time to connect belongs to the answer.
    """

    def __init__(self, course: Course):
        self._course = course
        self._received = bytearray()
        self._asked_at = 0.0
        self._transport: asyncio.Transport | None = None
        self._proof: tuple[bytes, bytes] | None = None
        self.ended = asyncio.get_running_loop().create_future()

    async def prove(self) -> None:
        """Opens the form, and keeps what proves that its post comes from it."""
        order = self._course.order
        reader, writer = await asyncio.open_connection("127.0.0.1", order.port)
        writer.write(
            f"GET {order.path} HTTP/1.1\r\nHost: 127.0.0.1:{order.port}\r\n"
            "Accept: text/html\r\nConnection: close\r\n\r\n".encode()
        )
        page = await reader.read()
        writer.close()
        [cookie] = re.findall(rb"(?i)set-cookie: csrftoken=(\w+)", page)
        [proof] = re.findall(rb'name="csrfmiddlewaretoken" value="(\w+)"', page)
        self._proof = cookie, proof

    async def ask(self) -> None:
        """Over a new connection."""
        request = self._next_request()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(
            lambda: _Connection(self), "127.0.0.1", self._course.order.port
        )
        transport.write(request)

    def connected(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def received(self, data: bytes) -> None:
        self._received += data
        head = _head_of_whole(self._received)
        if not head:
            return
        self._course.answered(head[9:12], time.perf_counter() - self._asked_at)
        if b"connection: close" in head.lower() and self._transport is not None:
            self._transport.abort()
            self._transport = None
        if self._course.stopping:
            self.ended.set_result(None)
            if self._transport is not None:
                self._transport.close()
        elif self._transport is None:
            self._asking = asyncio.ensure_future(self.ask())
        else:
            self._transport.write(self._next_request())

    def _next_request(self) -> bytes:
        self._received.clear()
        self._asked_at = time.perf_counter()
        request = next(self._course.requests)
        if self._proof:
            cookie, proof = self._proof
            request = request.replace(COOKIE, cookie).replace(PROOF, proof)
        return request

    def lost(self, transport: asyncio.BaseTransport) -> None:
        if transport is self._transport and not self.ended.done():
            self._course.statuses["lost"] += 1
            self.ended.set_result(None)


class _Connection(asyncio.Protocol):
    def __init__(self, phone: Phone):
        self._phone = phone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._phone.connected(self._transport)

    def data_received(self, data: bytes) -> None:
        self._phone.received(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._phone.lost(self._transport)


def _head_of_whole(answer: bytearray) -> bytes:
    """The head of an answer that is there to its end; nothing of one that is not."""
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return b""
    head = bytes(answer[:end])
    length = re.search(rb"(?i)\ncontent-length: *(\d+)", head)
    if length is None:
        raise ValueError("the answer has no Content-Length")
    return head if len(answer) >= end + 4 + int(length[1]) else b""


async def measure(order: Order) -> Result:
    """Loads the server; at the end every request that was sent has been answered."""
    course = Course(order, _requests(order))
    phones = [Phone(course) for _ in range(order.connections)]
    for phone in phones:
        if order.proves and order.method == "POST":
            await phone.prove()
    await asyncio.gather(*(phone.ask() for phone in phones))
    await asyncio.sleep(order.warm_up)
    course.measuring, began, used = True, time.perf_counter(), _used(order)
    await asyncio.sleep(order.seconds)
    async with asyncio.timeout(_DRAIN_SECONDS):  # a slow server's figures need as many answers
        while len(course.latencies) < order.connections:  # noqa: ASYNC110 -- counts answers
            await asyncio.sleep(0.05)
    course.measuring, course.stopping = False, True
    elapsed, used = time.perf_counter() - began, _used(order) - used
    async with asyncio.timeout(_DRAIN_SECONDS):
        await asyncio.gather(*(phone.ended for phone in phones))
    percentiles = statistics.quantiles(course.latencies, n=100, method="inclusive")
    return Result(
        requests_per_second=len(course.latencies) / elapsed,
        p50_ms=percentiles[49] * 1000,
        p99_ms=percentiles[98] * 1000,
        statuses=dict(course.statuses),
        requests_per_processor_second=len(course.latencies) / used,
    )


def _used(order: Order) -> float:
    return sum(map(processor_seconds, order.processes))


def _requests(order: Order) -> Iterator[bytes]:
    host = f"127.0.0.1:{order.port}"
    if order.method == "GET":
        return get_requests(host, order.path)
    if order.among:
        return newcomers_requests(
            host, order.path, text=order.text, among=order.among, first=order.first
        )
    return post_requests(host, order.path, text=order.text, run=order.run, proves=order.proves)


def main() -> None:
    order = Order(**json.load(sys.stdin))
    json.dump(asdict(uvloop.run(measure(order))), sys.stdout)


if __name__ == "__main__":
    main()
