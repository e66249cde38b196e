"""Streams of events: responses that go on for hours, by the thousand.

What a stream holds, it holds for as long as it lasts. So only its beginning passes the handlers and
the middleware; once it has begun they return, and it goes on from `Streams`, near the server. One
task waits for what comes, a second one for the client to leave.

A client that takes nothing makes its stream wait; what is kept for it has a bound, and it resumes
after the last event that it has seen. The server's socket ends the connections of those that are
gone (`pledge.serving.listen`).
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

_GOES_ON = "pledge.goes_on"

HEARTBEAT = b": still here\n\n"


class EventStream(Response):
    """Begins with `first`, and goes on with what `pieces` yield; an empty one is a heartbeat."""

    media_type = "text/event-stream"

    def __init__(
        self,
        first: bytes,
        pieces: Callable[[], AsyncGenerator[bytes]],
        *,
        headers: Mapping[str, str],
    ):
        self.status_code = 200
        self.background = None
        self.init_headers(headers)
        self._first = first
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self._first, "more_body": True})
        scope[_GOES_ON] = self._pieces


class Streams:
    """Where streams go on once they have begun."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)
        if pieces := scope.pop(_GOES_ON, None):
            await _go_on(pieces(), receive, send)


async def _go_on(pieces: AsyncGenerator[bytes], receive: Receive, send: Send) -> None:
    stream, left = asyncio.current_task(), False

    async def listen() -> None:
        nonlocal left
        while (await receive())["type"] != "http.disconnect":
            pass
        left = True
        if stream:
            stream.cancel()

    listening = asyncio.create_task(listen())
    try:
        async with aclosing(pieces):
            async for piece in pieces:
                body = piece or HEARTBEAT
                await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    except asyncio.CancelledError:
        if not left or stream is None:
            raise
        stream.uncancel()
    finally:
        listening.cancel()
