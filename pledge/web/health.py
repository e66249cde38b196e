"""`/healthz` and `/readyz`, for operators."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from pledge.web.services import services


async def healthz(_request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


async def readyz(request: Request) -> Response:
    """The database answers too; otherwise `web.problems` says 503."""
    await services(request).publishing.cursors([])
    return PlainTextResponse("ready\n", headers={"Cache-Control": "no-store"})
