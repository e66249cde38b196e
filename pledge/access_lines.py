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
from typing import TextIO

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


class AccessLines:
    def __init__(self) -> None:
        self._format = ""
        self._lines: list[str] = []
        self._second = (0, "")

    def configure(self, format: str) -> None:
        """How lines are written from now on: `json` or `console`; not at all if it is empty."""
        self._format = format

    def add(self, request: str, method: str, route: str, status: int, seconds: float) -> None:
        if not self._format:
            return
        at, ms = self._now(), round(seconds * 1000, 1)
        if self._format == "json":
            line = (
                f'{{"method": {json.dumps(method)}, "route": {json.dumps(route)}, '
                f'"status": {status}, "ms": {ms}, "event": "request", "request": "{request}", '
                f'"level": "info", "timestamp": "{at}"}}\n'
            )
        else:
            line = (
                f"{at} [info     ] request method={method} ms={ms} "
                f"request={request} route={route} status={status}\n"
            )
        self._lines.append(line)
        if len(self._lines) == 1:
            asyncio.get_running_loop().call_later(_TOGETHER, self.flush)
        elif len(self._lines) >= _MOST_TOGETHER:
            self.flush()

    def flush(self, file: TextIO | None = None) -> None:
        """Writes what was gathered; whoever writes other lines does so first.

        Where they can't be written (a full disk), they are lost, and whoever was served is served.
        """
        lines, self._lines = self._lines, []
        with suppress(OSError):
            for piece in _pieces(lines):
                print(piece, end="", file=file or sys.stderr, flush=True)

    def _now(self) -> str:
        """In UTC with microseconds."""
        microseconds = time.time_ns() // 1000
        second, rest = divmod(microseconds, 1_000_000)
        if second != self._second[0]:
            self._second = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._second[1]}.{rest:06}Z"


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
