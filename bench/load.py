"""The load generator, in a process of its own: `python -m bench.load`, an order in, a result out.

Each connection is kept alive and sends its next request when it has the whole answer to the last.
Answers are told apart by their Content-Length alone, so that the generator costs little of the
machine that it shares with the server.
"""

import asyncio
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import cast

import uvloop

from bench.requests import get_requests, post_requests

_DRAIN_SECONDS = 10


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
    text: str = ""
    run: int = 0
    """Tells the companies of this run from those of others."""


@dataclass(frozen=True)
class Result:
    """What came of it; rates and latencies are of the measured time, statuses of all."""

    requests_per_second: float
    p50_ms: float
    p99_ms: float
    statuses: dict[str, int]


@dataclass
class Course:
    """What the connections share while they run."""

    requests: Iterator[bytes]
    stopping: bool = False
    measuring: bool = False
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)

    def answered(self, status: bytes, seconds: float) -> None:
        self.statuses[status.decode()] += 1
        if self.measuring:
            self.latencies.append(seconds)


class Connection(asyncio.Protocol):
    """One phone: asks, waits for the whole answer, asks again."""

    def __init__(self, course: Course):
        self._course = course
        self._received = bytearray()
        self._asked_at = 0.0
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ended.done():
            self._course.statuses["lost"] += 1
            self.ended.set_result(None)

    def ask(self) -> None:
        self._received.clear()
        self._asked_at = time.perf_counter()
        self._transport.write(next(self._course.requests))

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not _is_whole(self._received):
            return
        self._course.answered(self._received[9:12], time.perf_counter() - self._asked_at)
        if self._course.stopping:
            self.ended.set_result(None)
            self._transport.close()
        else:
            self.ask()


def _is_whole(answer: bytearray) -> bool:
    head = answer.find(b"\r\n\r\n")
    if head < 0:
        return False
    field_start = answer.find(b"content-length: ", 0, head)
    if field_start < 0:
        raise ValueError("the answer has no Content-Length")
    length = int(answer[field_start + 16 : answer.find(b"\r", field_start)])
    return len(answer) >= head + 4 + length


async def measure(order: Order) -> Result:
    """Loads the server; at the end every request that was sent has been answered."""
    course = Course(_requests(order))
    connections = [await _connect(order.port, course) for _ in range(order.connections)]
    for connection in connections:
        connection.ask()
    await asyncio.sleep(order.warm_up)
    course.measuring, began = True, time.perf_counter()
    await asyncio.sleep(order.seconds)
    course.measuring, course.stopping = False, True
    elapsed = time.perf_counter() - began
    async with asyncio.timeout(_DRAIN_SECONDS):
        await asyncio.gather(*(connection.ended for connection in connections))
    return _result(course, elapsed)


def _requests(order: Order) -> Iterator[bytes]:
    host = f"127.0.0.1:{order.port}"
    if order.method == "GET":
        return get_requests(host, order.path)
    return post_requests(host, order.path, text=order.text, run=order.run)


async def _connect(port: int, course: Course) -> Connection:
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(lambda: Connection(course), "127.0.0.1", port)
    return connection


def _result(course: Course, elapsed: float) -> Result:
    percentiles = statistics.quantiles(course.latencies, n=100, method="inclusive")
    return Result(
        requests_per_second=len(course.latencies) / elapsed,
        p50_ms=percentiles[49] * 1000,
        p99_ms=percentiles[98] * 1000,
        statuses=dict(course.statuses),
    )


def main() -> None:
    order = Order(**json.load(sys.stdin))
    json.dump(asdict(uvloop.run(measure(order))), sys.stdout)


if __name__ == "__main__":
    main()
