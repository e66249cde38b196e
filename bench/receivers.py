"""Event streams, in a process of its own: `python -m bench.receivers`.

It reads an order (a line of JSON), says `ready` when every stream has begun, and takes what comes
until a second line says when each event was acknowledged, the first one first; then it prints what
came of it. One loop
over raw sockets, which parses no more than the ids, so that it costs little of the machine that it
shares with the server.
"""

import json
import re
import resource
import select
import socket
import statistics
import sys
import time
from dataclasses import asdict, dataclass, field

_IDS = re.compile(rb"(?m)^id: (\d+)\nevent: ")
_CHUNK = 256 * 1024


@dataclass(frozen=True)
class Order:
    port: int
    path: str
    streams: int


@dataclass(frozen=True)
class Received:
    """What the streams were told. Delays are from the acknowledgement."""

    delivered: int
    missing: int
    """Of the acknowledged events, over all streams; told twice counts as missing as well."""
    p50_ms: float
    p99_ms: float
    worst_ms: float
    seconds: float
    """From the first acknowledgement to the last arrival."""
    writes: int
    """How many pieces all this came in."""
    processor_seconds: float
    """Of this process, while it received."""


@dataclass
class _Stream:
    socket: socket.socket
    rest: bytes = b""
    last: int = 0
    """The id that came last."""


@dataclass
class _Arrivals:
    at: list[tuple[float, int, int]] = field(default_factory=list)
    """When, of which event to which: those of one piece come together."""
    disorder: int = 0
    """Ids that did not follow the one before."""


def main() -> None:
    _allow_open_files()
    order = Order(**json.loads(sys.stdin.readline()))
    streams = _open(order)
    print("ready", flush=True)
    began = time.process_time()
    arrivals = _receive(streams)
    took = time.process_time() - began
    acknowledged = json.loads(sys.stdin.readline())
    print(json.dumps(asdict(_result(order, arrivals, acknowledged, took))), flush=True)


def _open(order: Order) -> dict[int, _Stream]:
    """Connects them one after the other, each once the one before has begun."""
    request = (
        f"GET {order.path} HTTP/1.1\r\nHost: 127.0.0.1:{order.port}\r\n"
        "Accept: text/event-stream\r\nAccept-Encoding: gzip\r\n\r\n"
    ).encode()
    streams = {}
    for _ in range(order.streams):
        connection = socket.create_connection(("127.0.0.1", order.port), timeout=30)
        connection.sendall(request)
        began = b""
        while b"\nid: " not in began or not began.endswith(b"\n\n\r\n"):
            piece = connection.recv(_CHUNK)
            if not piece:
                raise RuntimeError(f"a stream was refused: {began.decode()}")
            began += piece
        connection.setblocking(False)
        streams[connection.fileno()] = _Stream(connection)
    return streams


def _receive(streams: dict[int, _Stream]) -> _Arrivals:
    """Until something comes on standard input."""
    arrivals = _Arrivals()
    poll = select.epoll()
    poll.register(0, select.EPOLLIN)
    for number in streams:
        poll.register(number, select.EPOLLIN)
    while True:
        ready = poll.poll()
        for number, _ in ready:
            if number:
                _take(streams[number], arrivals)
        if any(number == 0 for number, _ in ready):
            return arrivals


def _take(stream: _Stream, arrivals: _Arrivals) -> None:
    piece = stream.socket.recv(_CHUNK)
    if not piece:
        raise RuntimeError("a stream has ended")
    whole, mark, stream.rest = (stream.rest + piece).rpartition(b"\n\n")
    ids = _IDS.findall(whole + mark)
    if ids:
        first, last = int(ids[0]), int(ids[-1])
        if (stream.last and first != stream.last + 1) or last - first + 1 != len(ids):
            arrivals.disorder += 1
        stream.last = last
        arrivals.at.append((time.time(), first, last))


def _result(order: Order, arrivals: _Arrivals, acknowledged: list[float], took: float) -> Received:
    start = min(first for _, first, _ in arrivals.at)
    delays = [
        (at - acknowledged[event - start]) * 1000
        for at, first, last in arrivals.at
        for event in range(first, last + 1)
    ]
    if arrivals.disorder:
        raise RuntimeError(f"{arrivals.disorder} times events were lost or came twice")
    percentiles = statistics.quantiles(delays, n=100, method="inclusive")
    return Received(
        delivered=len(delays),
        missing=len(acknowledged) * order.streams - len(delays),
        p50_ms=percentiles[49],
        p99_ms=percentiles[98],
        worst_ms=max(delays),
        seconds=max(at for at, _, _ in arrivals.at) - acknowledged[0],
        writes=len(arrivals.at),
        processor_seconds=took,
    )


def _allow_open_files() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65536 if hard == resource.RLIM_INFINITY else min(65536, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    main()
