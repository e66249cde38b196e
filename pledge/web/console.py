"""The organizer's console: an initiative with its numbers, opening and closing."""

from collections.abc import Callable
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.domain.initiatives import Status
from pledge.errors import NotFound
from pledge.store.organizers import Organizer
from pledge.web.dashboard import to_progress
from pledge.web.forms import posted
from pledge.web.languages import language_of, translations
from pledge.web.services import services
from pledge.web.sessions import HOME, permit


async def front(_request: Request, _organizer: Organizer) -> Response:
    return RedirectResponse(HOME, status_code=303)


async def wall(request: Request, organizer: Organizer) -> Response:
    """Opens the wall with its key, so that it outlives this session."""
    slug, _tilde, rehearsed = request.path_params["slug"].partition("~")
    meeting = rehearsed or request.query_params.get("meeting", "")
    try:
        link = await services(request).organizing.wall_link(slug, meeting=meeting)
    except NotFound:
        raise HTTPException(404, "meeting") from None
    query = {"meeting": meeting} if meeting else {}
    if link:
        query["key"] = services(request).tokens.link(link.id)
    return RedirectResponse(f"/i/{slug}/wall?{urlencode(query)}", status_code=303)


async def set_status(request: Request, organizer: Organizer) -> Response:
    """Opens or closes signing, whichever button was pressed."""
    initiative_id = permit(request).initiative_id
    values = await posted(request, ("status", "back"))
    if values["status"] not in (Status.OPEN, Status.CLOSED):
        raise HTTPException(400, "status")
    status = Status(values["status"])
    done = await services(request).organizing.set_status(initiative_id, status, by=organizer.actor)
    if values["back"] == "ceremony":
        address = f"{HOME}/{request.path_params['slug']}/ceremony"
        return RedirectResponse(address, status_code=303)
    return to_progress(request, **({"done": status} if done else {}))


def _messages(request: Request) -> Callable[[str], str]:
    return translations(language_of(request)).gettext
