"""`/i/{slug}/wall`: the hall's screen, and what it asks for by itself."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pledge.codes import Code, drawn_code, signing_address
from pledge.domain.initiatives import Meeting, Status
from pledge.domain.links import LinkKind
from pledge.domain.presence import Screen, ScreenKind
from pledge.domain.scenes import Launch, Scene
from pledge.publishing import Published
from pledge.web.contexts import WallPage
from pledge.web.initiatives import chosen_meeting
from pledge.web.languages import language_of, translations
from pledge.web.moments import moment
from pledge.web.responding import origin, page
from pledge.web.screens import SCREEN, admit, give_name, is_screen, name_of
from pledge.web.services import services
from pledge.web.views import (
    initiative_view,
    meeting_view,
    passages_read_out,
    signatory_rows,
)

_LEAVES = 12
_SCREENS_ASK = 10
"""Seconds until a screen asks again: by that its organizers see that it is there."""
_OTHERS_ASK = 30


@dataclass(frozen=True)
class Showing:
    """What a wall shows: the initiative, or the rehearsal that stands in for it."""

    slug: str
    """Of the initiative that the address names."""
    published: Published
    at: Meeting
    chosen: Meeting | None
    """The meeting that the wall is narrowed to; a rehearsal has no other."""
    is_screen: bool

    @property
    def query(self) -> str:
        return f"?meeting={self.chosen.key}" if self.chosen else ""

    @property
    def narrowed(self) -> int | None:
        rehearsal = self.published.initiative.is_rehearsal
        return self.chosen.id if self.chosen and not rehearsal else None


async def wall(request: Request) -> Response:
    if key := request.query_params.get("key", ""):
        return await admit(request, request.path_params["slug"], key)
    showing = await _showing(request)
    published, language = showing.published, language_of(request)
    listing = await services(request).publishing.listing(
        published, q="", meeting_id=showing.narrowed, page=1
    )
    narrowed = showing.narrowed is not None
    context = WallPage(
        initiative=initiative_view(published.initiative, published.standing, language),
        meeting=meeting_view(showing.at, language),
        meeting_key=showing.at.key if narrowed else "",
        total=listing.found if narrowed else published.standing.total,
        newest=signatory_rows(published.initiative, listing.signatures[:_LEAVES]),
        cursor=published.standing.cursor,
        reading=passages_read_out(published.initiative, language),
        scene=published.standing.scene,
        state_address=f"/i/{showing.slug}/wall.json{showing.query}",
        revision=_revision(published),
    )
    response = page(request, context, private=True)
    if showing.is_screen:
        give_name(request, response, SCREEN)
    return response


async def wall_json(request: Request) -> Response:
    """How the wall stands right now. Times are told in seconds from now: clocks may differ."""
    showing = await _showing(request)
    if showing.is_screen and (name := name_of(request, SCREEN)):
        key = showing.chosen.key if showing.chosen else ""
        services(request).attending.seen(showing.slug, Screen(name, ScreenKind.WALL, key))
    published, now = showing.published, services(request).clock()
    initiative, standing = published.initiative, published.standing
    publishing = services(request).publishing
    direction = standing.direction
    launch = await publishing.launch(initiative.id)
    answer: dict[str, Any] = {
        "revision": _revision(published),
        "status": standing.status,
        "scene": standing.scene,
        "page": direction.page,
        "elapsed": _seconds(now, direction.at) if direction.at else 0,
        "left": _seconds(direction.ends_at, now) if direction.ends_at else None,
        "cursor": standing.cursor,
        "total": await publishing.total(published, showing.narrowed),
        "invited": await publishing.invited(
            showing.slug, showing.chosen.id if showing.chosen else None
        ),
        "launch": _launch(launch, showing.at) if launch else None,
        "code": await _code(request, showing, now),
        "ask": _SCREENS_ASK if showing.is_screen else _OTHERS_ASK,
    }
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


async def _showing(request: Request) -> Showing:
    slug = request.path_params["slug"]
    found = await services(request).publishing.by_slug(slug)
    if found is None or found.initiative.is_rehearsal:
        raise HTTPException(404, "initiative")
    screen = await is_screen(request, slug)
    if found.standing.status is Status.DRAFT and not screen:
        raise HTTPException(404, "initiative")
    chosen = chosen_meeting(request, found)
    at = chosen or found.initiative.latest_meeting
    if at.rehearsal and screen:  # whoever else is looking sees nothing of a rehearsal
        found = await services(request).publishing.by_slug(at.rehearsal) or found
    return Showing(slug, found, at, chosen, screen)


def _revision(published: Published) -> str:
    return f"{published.initiative.id}.{published.standing.revision}"


def _launch(launch: Launch, at: Meeting) -> dict[str, Any]:
    return {
        "total": launch.total,
        "at": at.local(launch.at).isoformat(timespec="microseconds"),
        "text": launch.text,
        "list": launch.list,
    }


async def _code(request: Request, showing: Showing, now: datetime) -> dict[str, Any] | None:
    """What to scan: to sign, to read before signing opens, to look up names after it has closed.

    Where the public is shown no names, the text is read instead.
    """
    standing = showing.published.standing
    if standing.scene is Scene.CLOSED or standing.status is Status.CLOSED:
        initiative = showing.published.initiative
        listed = initiative.shows.signatories
        address = f"{origin(request)}/i/{initiative.slug}"
        code = drawn_code(f"{address}/signatories" if listed else address)
        closed = standing.closed_at
        return {
            "kind": "list" if listed else "read",
            **_drawn(code),
            "note": _closed_at(request, showing.at.local(closed)) if closed else "",
        }
    kind = "read" if standing.status is Status.DRAFT else "sign"
    if showing.is_screen:
        rotating = await _rotating(request, showing, now)
        return {"kind": kind, **rotating} if rotating else None
    poster = await services(request).organizing.newest_link(
        showing.slug, LinkKind.POSTER, meeting=showing.chosen.key if showing.chosen else ""
    )
    if poster is None:
        return None
    token = services(request).tokens.link(poster.id)
    return {"kind": kind, **_drawn(drawn_code(signing_address(origin(request), token)))}


def _closed_at(request: Request, closed: datetime) -> str:
    language = language_of(request)
    _ = translations(language).gettext
    return _("Signing ended on %(when)s") % {"when": moment(closed, language)}


async def _rotating(request: Request, showing: Showing, now: datetime) -> dict[str, Any] | None:
    """The code of this moment: the same on every screen, since it begins with the clock's round."""
    rotation = services(request).rotation
    link = await services(request).organizing.screen_link(
        showing.slug, meeting=showing.chosen.key if showing.chosen else ""
    )
    if link is None:
        return None
    every = rotation.every.total_seconds()
    made = datetime.fromtimestamp(now.timestamp() // every * every, UTC)
    token = services(request).tokens.code(link.id, made)
    return {
        **_drawn(drawn_code(signing_address(origin(request), token))),
        "every": every,
        "next": _seconds(made + rotation.every, now),
        "admits": _seconds(made + rotation.admits, now),
    }


def _drawn(code: Code) -> dict[str, str]:
    return {"view_box": code.view_box, "path": code.path}


def _seconds(later: datetime, earlier: datetime) -> float:
    return round((later - earlier).total_seconds(), 3)
