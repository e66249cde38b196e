"""`/i/{slug}/events`: what happens, as server-sent events (HTML Standard, 9.2)."""

from collections.abc import AsyncIterator

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pledge.domain.initiatives import Status
from pledge.publishing import Published
from pledge.web.initiatives import published
from pledge.web.queries import whole_number
from pledge.web.screens import is_screen
from pledge.web.services import services

_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
_HEARTBEAT = b": still here\n\n"


async def events(request: Request) -> Response:
    """Goes on after `Last-Event-ID`, else after `?after=`, else from now on."""
    found = await _readable(request)
    cursor = _cursor(request)
    if request.method == "HEAD":
        return Response(headers=_HEADERS, media_type="text/event-stream")

    async def stream() -> AsyncIterator[bytes]:
        newest = found.standing.cursor
        start = newest if cursor is None else min(cursor, newest)
        # An id without data dispatches nothing: it only makes the very first reconnect exact.
        yield f"retry: 2000\nid: {start}\n\n".encode()
        async for frames in services(request).feed.follow(
            found.initiative.id, start, newest=newest, staged="stage" in request.query_params
        ):
            yield b"".join(frame.data for frame in frames) or _HEARTBEAT

    return StreamingResponse(stream(), headers=_HEADERS, media_type="text/event-stream")


async def _readable(request: Request) -> Published:
    """A draft's events are for the hall's own screens."""
    slug = request.path_params["slug"]
    found = await services(request).publishing.by_slug(slug)
    if found and found.standing.status is Status.DRAFT and await is_screen(request, slug):
        return found
    return await published(request)


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
