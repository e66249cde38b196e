"""`python -m bench.fanout`: event streams beside a bare broadcast.

The same number of events a second reaches as many streams of each server in turn: of Pledge as
signatures, posted and committed, of `broadcast.py` as the very frames that Pledge sends, posted and
put into queues. Delays count from the answer to the post to the arrival at each stream. Memory is
what the server has more than before the streams came, by stream. Where both deliver everything that
is offered, the processor's time a delivered event says which costs more; what Pledge uses to sign
as often without a crowd is taken off.
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
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

import httpx

from bench.processes import memory, processor_seconds
from bench.receivers import Order, Received
from bench.report import Line, table
from bench.servers import SLUG, Target, read_sign_page, serving_broadcast, serving_pledge
from tests.delegate import FILLED_IN
from tests.handwriting import handwriting, sent

RATE = 50
"""Events a second."""

MOST_MS = 250
MOST_KIB = 40
LEAST = 0.8
"""The limits, at so many streams: delay, memory a stream, of what the bare broadcast delivers."""
LIMITED_AT = 1000

_DRAIN_SECONDS = 20.0
_SETTLE_SECONDS = 0.5
_POSTERS = 8

Post = Callable[[httpx.AsyncClient], Awaitable[None]]
"""Posts an event, and returns once it is acknowledged."""


@dataclass(frozen=True)
class Crowd:
    streams: int
    rounds: int
    seconds: float


USUAL = (Crowd(100, 3, 4), Crowd(LIMITED_AT, 3, 5), Crowd(5000, 1, 5))
QUICK = (Crowd(100, 1, 2), Crowd(LIMITED_AT, 1, 2))


@dataclass(frozen=True)
class Fanned:
    """What one server did with one crowd."""

    received: Received
    memory_per_stream: float
    """Bytes, once every stream stands and nothing has happened yet."""
    memory_after: float
    """The same after all the events."""
    processor_seconds: float
    """Of the server, over all the events."""

    @property
    def delivered_per_second(self) -> float:
        return self.received.delivered / self.received.seconds


@dataclass(frozen=True)
class Pair:
    """Pledge and the bare broadcast, one after the other."""

    pledge: Fanned
    broadcast: Fanned
    signing: float
    """Seconds of the processor that Pledge uses for as many events without a crowd."""

    @property
    def deliveries(self) -> float:
        """Of Pledge's, where the broadcast's are 1.0."""
        return self.pledge.delivered_per_second / self.broadcast.delivered_per_second

    @property
    def microseconds(self) -> tuple[float, float]:
        """Of the processor, for telling one stream of one event; Pledge's without the signing."""
        return (
            (self.pledge.processor_seconds - self.signing) / self.pledge.received.delivered * 1e6,
            self.broadcast.processor_seconds / self.broadcast.received.delivered * 1e6,
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.fanout", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--streams", type=int, nargs="*", help="other crowds, one round each")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--ink", action="store_true", help="each signature with its ink")
    given = parser.parse_args()
    crowds = [Crowd(streams, 1, given.seconds) for streams in given.streams or ()]
    for crowd, pairs in measure(crowds or (QUICK if given.quick else USUAL), ink=given.ink):
        print(table(list(lines(crowd, pairs))), flush=True)


def lines(crowd: Crowd, pairs: Sequence[Pair]) -> Iterator[Line]:
    limited = crowd.streams == LIMITED_AT
    name = f"{crowd.streams:,} streams, {RATE} events/s"
    pledge, broadcast = (
        [pair.pledge.received for pair in pairs],
        [pair.broadcast.received for pair in pairs],
    )
    yield Line(
        f"{name}: delivered",
        median(pair.pledge.delivered_per_second for pair in pairs),
        "events/s",
        detail=f"missing {sum(one.missing for one in pledge)}, "
        f"{median(one.delivered / one.writes for one in pledge):.1f} events a write",
    )
    yield Line(
        f"{name}: delivered, of the bare broadcast",
        median(pair.deliveries for pair in pairs),
        "times",
        least=LEAST if limited else None,
        detail="of pairs: " + ", ".join(f"{pair.deliveries:.2f}" for pair in pairs),
    )
    yield Line(
        f"{name}: p99 from the answer to the arrival",
        median(one.p99_ms for one in pledge),
        "ms",
        most=MOST_MS if limited else None,
        detail=f"p50 {median(one.p50_ms for one in pledge):.0f}; bare broadcast "
        f"p50 {median(one.p50_ms for one in broadcast):.0f}, "
        f"p99 {median(one.p99_ms for one in broadcast):.0f}",
    )
    yield Line(
        f"{name}: memory a stream",
        median(pair.pledge.memory_after for pair in pairs) / 1024,
        "KiB",
        most=MOST_KIB if limited else None,
        detail=f"{median(pair.pledge.memory_per_stream for pair in pairs) / 1024:.1f} before the "
        "events; bare broadcast "
        f"{median(pair.broadcast.memory_after for pair in pairs) / 1024:.1f}",
    )
    yield Line(
        f"{name}: processor time a delivery, of the bare broadcast's",
        median(pair.microseconds[0] / pair.microseconds[1] for pair in pairs),
        "times",
        most=1 / LEAST if limited else None,
        detail="µs: " + ", ".join("{:.1f} to {:.1f}".format(*pair.microseconds) for pair in pairs),
    )


def measure(crowds: Sequence[Crowd], *, ink: bool = False) -> Iterator[tuple[Crowd, list[Pair]]]:
    for crowd in crowds:
        print(f"{crowd.streams} streams …", file=sys.stderr)
        yield crowd, [_pair(crowd, ink=ink) for _ in range(crowd.rounds)]


def _pair(crowd: Crowd, *, ink: bool) -> Pair:
    with TemporaryDirectory(prefix="pledge-bench-") as name:
        folder = Path(name)
        with serving_pledge(folder) as pledge:
            signing = _Signing(pledge, ink=ink)
            alone = asyncio.run(_measured(pledge, 1, crowd.seconds, signing))
            fanned = asyncio.run(_measured(pledge, crowd.streams, crowd.seconds, signing))
            frame = _frame(pledge)
        with serving_broadcast(folder) as broadcast:
            telling = _Telling(broadcast, frame)
            bare = asyncio.run(_measured(broadcast, crowd.streams, crowd.seconds, telling))
    return Pair(fanned, bare, alone.processor_seconds)


class _Signing:
    """Events as they come about: a company signs."""

    def __init__(self, pledge: Target, *, ink: bool):
        self.stream = f"/i/{SLUG}/events"
        self._address = pledge.origin + pledge.path
        text = read_sign_page(pledge).text
        self._bodies = [
            urlencode(
                {
                    **FILLED_IN,
                    "company": "示例压测SERIALNO有限公司",
                    "publish": "yes",
                    "attempt": "bench-fanout-SERIALNO",
                    "text": text,
                    "ink": sent(handwriting(number)) if ink else "",
                }
            )
            for number in range(20)
        ]
        self._numbers = count()

    async def post(self, client: httpx.AsyncClient) -> None:
        number = next(self._numbers)
        answer = await client.post(
            self._address,
            content=self._bodies[number % len(self._bodies)].replace("SERIALNO", f"{number:08}"),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        if answer.status_code != 303:
            raise RuntimeError(f"a signature was answered {answer.status_code}")


class _Telling:
    """The same event again and again, which the server numbers."""

    def __init__(self, broadcast: Target, frame: bytes):
        self.stream = broadcast.path
        self._address = broadcast.origin + broadcast.path
        self._frame = frame.partition(b"\n")[2]

    async def post(self, client: httpx.AsyncClient) -> None:
        answer = await client.post(self._address, content=self._frame)
        if answer.status_code != 204:
            raise RuntimeError(f"an event was answered {answer.status_code}")


def _frame(pledge: Target) -> bytes:
    """An event as Pledge sends it."""
    with httpx.stream("GET", f"{pledge.origin}/i/{SLUG}/events?after=0") as answer:
        for piece in answer.iter_raw():
            if found := re.search(rb"(?m)^id: \d+\nevent: signed\n.*\n\n", piece):
                return found[0]
    raise RuntimeError("there are no events")


async def _measured(
    target: Target, streams: int, seconds: float, events: _Signing | _Telling
) -> Fanned:
    await _until_idle(target.process)  # it has only just begun
    before = memory(target.process)
    with _receiving(Order(target.port, events.stream, streams)) as receivers:
        await asyncio.sleep(_SETTLE_SECONDS)
        standing = memory(target.process)
        used = processor_seconds(target.process)
        acknowledged = await _offer(events.post, round(seconds * RATE))
        await _until_idle(target.process)
        used = processor_seconds(target.process) - used
        after = memory(target.process)
        received = receivers(sorted(acknowledged))
    return Fanned(
        received,
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
                await post(client)
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
def _receiving(order: Order) -> Iterator[Callable[[list[float]], Received]]:
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

    def told(acknowledged: list[float]) -> Received:
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
