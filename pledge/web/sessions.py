"""The organizer's session: who is in, and the token that guards what they send."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.store.organizers import Organizer
from pledge.web.contexts import Desk
from pledge.web.forms import everything_posted
from pledge.web.services import services

SESSION = "session"
HOME = "/organizer/initiatives"

_FORM_SECONDS = 12 * 3600

Handler = Callable[[Request, Organizer], Awaitable[Response]]


def for_organizers(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Lets nobody in who is not logged in; what they post must carry the page's token."""

    async def guarded(request: Request) -> Response:
        token = request.cookies.get(SESSION, "")
        organizer = await services(request).organizing.organizer_of(token) if token else None
        if organizer is None:
            # Back to a page afterwards, but never to an action: it would have to be posted again.
            wanted = request.url.path if request.method == "GET" else HOME
            query = urlencode({"next": wanted})
            return RedirectResponse(f"/organizer/login?{query}", status_code=303)
        if request.method != "POST":
            return await handler(request, organizer)
        try:
            values = await everything_posted(request)
            require_token(request, token, values.get("token", ""))
            return await handler(request, organizer)
        finally:
            await request.close()

    return guarded


async def permitted(request: Request, organizer: Organizer, *, real: bool = False) -> int:
    """The initiative that the address names; without a role in it, it does not exist.

    `real`: nor do rehearsals, which are neither exported nor invited to.
    """
    slug = request.path_params["slug"]
    found = await services(request).organizing.permitted(organizer.id, slug)
    if found is None or (real and "~" in slug):
        raise HTTPException(404, "initiative")
    return found


def desk(request: Request, organizer: Organizer) -> Desk:
    return Desk(organizer.email, form_token(request, request.cookies[SESSION]))


def form_token(request: Request, visitor: str) -> str:
    return services(request).tokens.form(visitor)


def require_token(request: Request, visitor: str, token: str) -> None:
    tokens = services(request).tokens
    if not visitor or not tokens.form_is(visitor, token, seconds=_FORM_SECONDS):
        raise HTTPException(403)
