"""Which browsers are screens of the hall: those that opened the wall with its key, and organizers'.

Only they are given the codes that rotate. To everybody else the wall shows the poster's code, or
whoever finds the address of the wall could sign as present from anywhere.
"""

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.secrets import random_name
from pledge.web.responding import set_cookie
from pledge.web.services import services
from pledge.web.sessions import SESSION

WALL = "wall"
SCREEN, TABLET = "screen", "tablet"
"""Cookies with the random name of a wall or of a tablet, by which organizers see that it is there.

Two, since one browser may be both.
"""
REHEARSING = "rehearsing"
"""Cookie of a phone that opened a link in a rehearsal: it may look at it."""

_DAYS = 7 * 24 * 3600
_NAME = re.compile("[0-9a-f]{32}|[a-z2-7]{26}")  # the latter were given out before


async def is_screen(request: Request, slug: str) -> bool:
    if await _opens(request, request.cookies.get(WALL, ""), slug):
        return True
    session = request.cookies.get(SESSION, "")
    organizer = await services(request).entering.organizer_of(session) if session else None
    if organizer is None:
        return False
    return await services(request).organizing.permitted(organizer.id, slug) is not None


def name_of(request: Request, cookie: str) -> str:
    """Of a wall or a tablet that has been named; else an empty string."""
    name = request.cookies.get(cookie, "")
    return name if _NAME.fullmatch(name) else ""


def give_name(request: Request, response: Response, cookie: str) -> str:
    """The name of this wall or tablet, which it keeps from now on."""
    name = name_of(request, cookie) or random_name()
    set_cookie(request, response, cookie, name, max_age=_DAYS)
    return name


async def rehearses(request: Request, slug: str) -> bool:
    """Whether this phone has come to that rehearsal by a link."""
    scanned = services(request).tokens.scanned(request.cookies.get(REHEARSING, ""))
    if scanned is None:
        return False
    found = await services(request).publishing.behind_link(scanned.link_id)
    return found is not None and found.initiative.slug == slug


async def admit(request: Request, slug: str, key: str) -> Response:
    """Remembers a screen that has come with its key, and takes the key out of the address."""
    if not await _opens(request, key, slug):
        raise HTTPException(404, "wall")
    response = RedirectResponse(
        str(request.url.remove_query_params("key").replace(scheme="", netloc="")), status_code=303
    )
    response.headers["Cache-Control"] = "no-store"
    set_cookie(request, response, WALL, key, max_age=_DAYS)
    return response


async def _opens(request: Request, key: str, slug: str) -> bool:
    """Whether the key is the token of a screen link of this initiative that still stands."""
    scanned = services(request).tokens.scanned(key) if key else None
    if scanned is None or scanned.made is not None:
        return False
    found = await services(request).publishing.behind_link(scanned.link_id)
    return (
        found is not None
        and found.link.opens_walls(services(request).clock())
        and found.initiative.base_slug == slug.partition("~")[0]
    )
