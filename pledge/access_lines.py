"""The lines that say which requests were answered, in the form of the other logs.

There is one a request, so they are written without the machinery of the others, and some of them
together: what is told last may be lost when the process is killed, and nothing else.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from contextvars import ContextVar
from functools import lru_cache
from typing import NamedTuple, TextIO

from structlog.contextvars import STRUCTLOG_KEY_PREFIX

REQUEST: ContextVar[str] = ContextVar(f"{STRUCTLOG_KEY_PREFIX}request")
"""Id of the request that is served: whatever is logged meanwhile says it."""

_TOGETHER = 0.1
"""Seconds for which lines are gathered."""
_MOST_TOGETHER = 1000
_WHOLE = 4096
"""Bytes that a pipe takes in one piece (PIPE_BUF of Linux), whoever else writes to it: workers
share theirs, and one's lines must not begin in the middle of another's.
"""


class Answered(NamedTuple):
    """A request that was answered, until its line is written."""

    at: int
    """Nanoseconds since the epoch."""
    request: str
    method: str
    route: str
    status: int
    seconds: float


class AccessLines:
    def __init__(self) -> None:
        self._format = ""
        self._answered: list[Answered] = []

    def configure(self, format: str) -> None:
        """How lines are written from now on: `json` or `console`; not at all if it is empty."""
        self._format = format

    def add(self, request: str, method: str, route: str, status: int, seconds: float) -> None:
        if not self._format:
            return
        gathered = self._answered
        gathered.append(Answered(time.time_ns(), request, method, route, status, seconds))
        if len(gathered) == 1:
            asyncio.get_running_loop().call_later(_TOGETHER, self.flush)
        elif len(gathered) >= _MOST_TOGETHER:
            self.flush()

    def flush(self, file: TextIO | None = None) -> None:
        """Writes what was gathered; whoever writes other lines does so first.

        Where they can't be written (a full disk), they are lost, and whoever was served is served.
        """
        answered, self._answered = self._answered, []
        line = _json if self._format == "json" else _console
        with suppress(OSError):
            for piece in _pieces([line(one, _instant(one.at)) for one in answered]):
                print(piece, end="", file=file or sys.stderr, flush=True)


def _json(one: Answered, at: str) -> str:
    return (
        f'{{"method": {json.dumps(one.method)}, "route": {json.dumps(one.route)}, '
        f'"status": {one.status}, "ms": {one.seconds * 1000:.1f}, "event": "request", '
        f'"request": "{one.request}", "level": "info", "timestamp": "{at}"}}\n'
    )


def _console(one: Answered, at: str) -> str:
    return (
        f"{at} [info     ] request method={one.method} ms={one.seconds * 1000:.1f} "
        f"request={one.request} route={one.route} status={one.status}\n"
    )


def _instant(at: int) -> str:
    """In UTC with microseconds."""
    second, rest = divmod(at // 1000, 1_000_000)
    return f"{_second(second)}.{rest:06}Z"


@lru_cache(maxsize=2)
def _second(since_epoch: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(since_epoch))


def _pieces(lines: list[str]) -> Iterator[str]:
    """Whole lines, as many as are written in one piece; they are ASCII."""
    piece: list[str] = []
    size = 0
    for line in lines:
        if piece and size + len(line) > _WHOLE:
            yield "".join(piece)
            piece, size = [], 0
        piece.append(line)
        size += len(line)
    if piece:
        yield "".join(piece)


access_lines = AccessLines()
