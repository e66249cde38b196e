"""`/i/{slug}/events`: what happens, as server-sent events (HTML Standard, 9.2)."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from random import randint

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pledge.domain.initiatives import Status
from pledge.domain.presence import Screen, ScreenKind
from pledge.publishing import Published
from pledge.web.initiatives import published
from pledge.web.queries import whole_number
from pledge.web.screens import SCREEN, is_screen, name_of
from pledge.web.services import services
from pledge.web.streams import EventStream

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_COME_AGAIN = (500, 4000)
"""Milliseconds."""


async def events(request: Request) -> Response:
    """Goes on after `Last-Event-ID`, else after `?after=`, else from now on."""
    found = await _readable(request)
    cursor = _cursor(request)
    if request.method == "HEAD":
        return Response(headers=_HEADERS, media_type="text/event-stream")
    staged = "stage" in request.query_params
    screen = await _screen(request) if staged else None

    feed, attending = services(request).feed, services(request).attending
    initiative_id, slug = found.initiative.id, request.path_params["slug"]
    newest = found.standing.cursor
    start = newest if cursor is None else min(cursor, newest)

    async def pieces() -> AsyncGenerator[bytes]:
        """Holds nothing of the request: it goes on for hours."""
        if screen:
            attending.opened(slug, screen)
        try:
            following = feed.follow(initiative_id, start, newest=newest, staged=staged)
            async with aclosing(following):
                async for piece in following:
                    yield piece
            # The site stops or a rehearsal is over: not all of them shall come again at once.
            yield b"retry: %d\n\n" % randint(*_COME_AGAIN)  # noqa: S311
        finally:
            if screen:
                attending.closed(slug, screen)

    # An id without data dispatches nothing: it only makes the very first reconnect exact.
    return EventStream(f"retry: 2000\nid: {start}\n\n".encode(), pieces, headers=_HEADERS)


async def _readable(request: Request) -> Published:
    """A draft's events are for the hall's own screens."""
    slug = request.path_params["slug"]
    found = await services(request).publishing.by_slug(slug)
    if found and found.standing.status is Status.DRAFT and await is_screen(request, slug):
        return found
    return await published(request)


async def _screen(request: Request) -> Screen | None:
    """The wall that follows, if it is one of the hall's own."""
    name = name_of(request, SCREEN)
    if not name or not await is_screen(request, request.path_params["slug"]):
        return None
    return Screen(name, ScreenKind.WALL, request.query_params.get("meeting", ""))


def _cursor(request: Request) -> int | None:
    """A browser that reconnects sends the header along with the page's first address."""
    sent = request.headers.get("last-event-id", "").strip()
    if sent:
        if not (sent.isascii() and sent.isdecimal()) or len(sent) > 16:
            raise HTTPException(400, "Last-Event-ID")
        return int(sent)
    if "after" in request.query_params:
        return whole_number(request, "after", default=0, least=0)
    return None
