"""Sessions of organizers: who is in, what they may do, the token that guards what they send."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.domain.rights import Right, Role
from pledge.store.organizers import Organizer
from pledge.web.forms import everything_posted
from pledge.web.services import services

SESSION = "session"
HOME = "/organizer/initiatives"

_FORM_SECONDS = 12 * 3600

Handler = Callable[[Request, Organizer], Awaitable[Response]]


@dataclass(frozen=True)
class Permit:
    """What whoever asks may do in the initiative that the address names."""

    initiative_id: int
    role: Role


def for_organizers(
    handler: Handler,
    right: Right | None = None,
    *,
    send: Right | None = None,
    real: bool = False,
) -> Callable[[Request], Awaitable[Response]]:
    """Lets nobody in who is not logged in; what they post must carry the page's token.

    `right` is what the address asks for in the initiative that it names, `send` what posting to it
    does, where that is more. `real`: rehearsals are not found there.
    """
    rights = {"GET": right, "POST": send or right}

    async def guarded(request: Request) -> Response:
        organizer = await visitor(request)
        if organizer is None:
            # Back to a page afterwards, but never to an action: it would have to be posted again.
            wanted = request.url.path if request.method == "GET" else HOME
            query = urlencode({"next": wanted})
            return RedirectResponse(f"/organizer/login?{query}", status_code=303)
        if request.method != "POST":
            await _let_in(request, organizer, rights["GET"], real=real)
            return await handler(request, organizer)
        try:
            values = await everything_posted(request)
            require_token(request, request.cookies[SESSION], values.get("token", ""))
            await _let_in(request, organizer, rights["POST"], real=real)
            return await handler(request, organizer)
        finally:
            await request.close()

    guarded.rights = rights  # type: ignore[attr-defined]  # for the test that tries them all
    return guarded


async def visitor(request: Request) -> Organizer | None:
    """Who is logged in, if somebody is."""
    token = request.cookies.get(SESSION, "")
    return await services(request).entering.organizer_of(token) if token else None


def permit(request: Request) -> Permit:
    """Of the initiative that the address names, for handlers whose route asks for a right."""
    found: Permit = request.state.permit
    return found


async def _let_in(
    request: Request, organizer: Organizer, right: Right | None, *, real: bool
) -> None:
    """Without a role in it, an initiative does not exist."""
    if right is None:
        return
    slug = request.path_params["slug"]
    found = await services(request).organizing.permitted(organizer.id, slug)
    if found is None or (real and "~" in slug):
        raise HTTPException(404, "initiative")
    if right not in found[1].rights:
        raise HTTPException(403, "role")
    request.state.permit = Permit(*found)


def form_token(request: Request, visitor: str) -> str:
    return services(request).tokens.form(visitor)


def require_token(request: Request, visitor: str, token: str) -> None:
    tokens = services(request).tokens
    if not visitor or not tokens.form_is(visitor, token, seconds=_FORM_SECONDS):
        raise HTTPException(403)
