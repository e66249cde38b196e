"""`/healthz` and `/readyz`, for operators."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from pledge.web.services import services


async def healthz(_request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


async def readyz(request: Request) -> Response:
    """The database answers too, else `web.problems` says 503; and it was not told to stop."""
    if services(request).stopping.begun:
        return PlainTextResponse("stopping\n", 503, headers={"Cache-Control": "no-store"})
    await services(request).publishing.cursors([])
    return PlainTextResponse("ready\n", headers={"Cache-Control": "no-store"})
