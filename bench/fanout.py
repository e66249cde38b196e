"""`python -m bench.fanout`: event streams beside a bare broadcast.

The same number of events a second reaches as many streams of each server in turn: of Pledge as
signatures, posted and committed, of `broadcast.py` as the very frames that Pledge sends, posted and
put into queues. Delays count from the answer to the post to the arrival at each stream. Memory is
what the server has more than before the streams came, by stream. Where both deliver everything that
is offered, the processor's time a delivered event says which costs more; that of Pledge includes
the signing.
"""

import argparse
import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

import httpx

from bench.processes import memory, processor_seconds
from bench.receivers import Order, Received
from bench.servers import SLUG, Target, read_sign_page, serving_broadcast, serving_pledge
from tests.handwriting import handwriting, sent

STREAMS = (100, 1000, 5000)
RATE = 50
"""Events a second."""

_DRAIN_SECONDS = 20.0
_SETTLE_SECONDS = 0.5
_POSTERS = 8

Post = Callable[[httpx.AsyncClient, int], Awaitable[None]]
"""Posts the event of a number, and returns once it is acknowledged."""


@dataclass(frozen=True)
class Fanned:
    """What one server did with one crowd."""

    server: str
    streams: int
    received: Received
    offered: int
    memory_per_stream: float
    """Bytes, once every stream stands and nothing has happened yet."""
    memory_after: float
    """The same after all the events."""
    processor_seconds: float
    """Of the server, over all the events."""

    @property
    def delivered_per_second(self) -> float:
        return self.received.delivered / self.received.seconds

    @property
    def microseconds_per_delivery(self) -> float:
        return self.processor_seconds / self.received.delivered * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.fanout", description=__doc__)
    parser.add_argument("--streams", type=int, nargs="*", default=STREAMS)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--ink", action="store_true", help="each signature with its ink")
    parser.add_argument("--only", choices=["pledge", "broadcast"])
    given = parser.parse_args()
    with TemporaryDirectory(prefix="pledge-bench-") as folder:
        for fanned in measure(
            Path(folder), given.streams, given.seconds, ink=given.ink, only=given.only
        ):
            print(line(fanned), flush=True)


def line(fanned: Fanned) -> str:
    got = fanned.received
    return (
        f"{fanned.server:<10}{fanned.streams:>6} streams: {fanned.delivered_per_second:>9,.0f}/s, "
        f"p50 {got.p50_ms:.0f} p99 {got.p99_ms:.0f} worst {got.worst_ms:.0f} ms, "
        f"{fanned.memory_per_stream / 1024:.1f} then {fanned.memory_after / 1024:.1f} KiB, "
        f"{fanned.microseconds_per_delivery:.1f} µs a delivery, "
        f"{got.delivered / got.writes:.1f} events a piece, missing {got.missing}, "
        f"receivers {got.processor_seconds:.1f} s"
    )


def measure(
    folder: Path, crowds: Sequence[int], seconds: float, *, ink: bool, only: str | None = None
) -> Iterator[Fanned]:
    frames = [b"id: %d\nevent: signed\ndata: x\n\n"]
    if only != "broadcast":
        for streams in crowds:
            within = folder / f"{streams}"
            within.mkdir()
            with serving_pledge(within) as pledge:
                yield asyncio.run(_measured(pledge, streams, seconds, _signing(pledge, ink=ink)))
                frames = _frames(pledge)
    if only != "pledge":
        for streams in crowds:
            with serving_broadcast(folder) as broadcast:
                yield asyncio.run(
                    _measured(broadcast, streams, seconds, _telling(broadcast, frames[-1]))
                )


def _signing(pledge: Target, *, ink: bool) -> tuple[str, Post]:
    """The address of the events, and how to sign."""
    text = read_sign_page(pledge).text
    bodies = [
        urlencode(
            {
                "company": "示例压测SERIALNO有限公司",
                "representative": "张某某",
                "title": "质量负责人",
                "phone": "13800000000",
                "consent": "yes",
                "publish": "yes",
                "attempt": "bench-fanout-SERIALNO",
                "text": text,
                "ink": sent(handwriting(number)) if ink else "",
            }
        )
        for number in range(20)
    ]

    async def post(client: httpx.AsyncClient, number: int) -> None:
        answer = await client.post(
            pledge.origin + pledge.path,
            content=bodies[number % len(bodies)].replace("SERIALNO", f"{number:08}"),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        if answer.status_code != 303:
            raise RuntimeError(f"a signature was answered {answer.status_code}")

    return f"/i/{SLUG}/events", post


def _telling(broadcast: Target, frame: bytes) -> tuple[str, Post]:
    rest = frame.partition(b"\n")[2]

    async def post(client: httpx.AsyncClient, _number: int) -> None:
        answer = await client.post(broadcast.origin + broadcast.path, content=rest)
        if answer.status_code != 204:
            raise RuntimeError(f"an event was answered {answer.status_code}")

    return broadcast.path, post


def _frames(pledge: Target) -> list[bytes]:
    """The events as Pledge sends them."""
    with httpx.stream("GET", f"{pledge.origin}/i/{SLUG}/events?after=0") as answer:
        for piece in answer.iter_raw():
            if b"event: signed" in piece:
                return [b"id: " + one for one in re.split(rb"(?m)^id: ", piece) if b"data:" in one]
    raise RuntimeError("there are no events")


async def _measured(
    target: Target, streams: int, seconds: float, paths: tuple[str, Post]
) -> Fanned:
    path, post = paths
    await _until_idle(target.process)  # it has only just begun
    before = memory(target.process)
    with _receiving(Order(target.port, path, streams)) as receivers:
        await asyncio.sleep(_SETTLE_SECONDS)
        standing = memory(target.process)
        used = processor_seconds(target.process)
        acknowledged = await _offer(post, round(seconds * RATE))
        await _until_idle(target.process)
        used = processor_seconds(target.process) - used
        after = memory(target.process)
        received = receivers(dict(enumerate(sorted(acknowledged), start=1)))
    return Fanned(
        target.name,
        streams,
        received,
        len(acknowledged) * streams,
        (standing - before) / streams,
        (after - before) / streams,
        used,
    )


async def _offer(post: Post, count: int) -> list[float]:
    """Posts that many events in an even pace; when each was acknowledged.

    Late ones are not made up for in a burst: with as many posters as answers are outstanding, the
    offer holds as long as an answer takes less than the time of that many.
    """
    began = time.perf_counter()
    acknowledged: list[float] = []
    numbers = iter(range(1, count + 1))

    async with httpx.AsyncClient(timeout=60) as client:

        async def poster() -> None:
            for number in numbers:
                due = began + number / RATE
                await asyncio.sleep(max(0, due - time.perf_counter()))
                await post(client, number)
                acknowledged.append(time.time())

        await asyncio.gather(*(poster() for _ in range(_POSTERS)))
    return acknowledged


async def _until_idle(process: int) -> None:
    """What was told is on its way once the server has hardly anything to do."""
    deadline = time.monotonic() + _DRAIN_SECONDS
    while time.monotonic() < deadline:
        used = processor_seconds(process)
        await asyncio.sleep(0.5)
        if processor_seconds(process) - used < 0.05:
            return


@contextmanager
def _receiving(order: Order) -> Iterator[Callable[[dict[int, float]], Received]]:
    """Streams that have begun; asked with what was acknowledged, they end and tell."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.receivers"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    def told(acknowledged: dict[int, float]) -> Received:
        print(json.dumps(acknowledged), file=stdin, flush=True)
        return Received(**json.loads(stdout.readline()))

    try:
        print(json.dumps(asdict(order)), file=stdin, flush=True)
        if stdout.readline() != "ready\n":
            raise RuntimeError("the streams did not begin")
        yield told
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    main()
