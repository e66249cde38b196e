"""`/` and `/i/{slug}`: the text, and who has signed it of late."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pledge.domain.initiatives import Meeting, Status
from pledge.publishing import Published
from pledge.web import caching
from pledge.web.contexts import IndexPage, InitiativePage, Stop
from pledge.web.languages import language_of
from pledge.web.responding import page, public_page
from pledge.web.screens import is_screen, rehearses
from pledge.web.services import services
from pledge.web.views import (
    index_entry,
    initiative_view,
    meeting_view,
    signatory_rows,
)

_FOR_EVER = "public, max-age=31536000, immutable"


async def index(request: Request) -> Response:
    """The one open initiative, or the list of them."""
    published = await services(request).publishing.all()
    still_open = [one for one in published if one.standing.status is Status.OPEN]
    if len(still_open) == 1:
        return await _page(request, still_open[0])
    language = language_of(request)

    async def make() -> IndexPage:
        return IndexPage(
            tuple(index_entry(one.initiative, one.standing, language) for one in published)
        )

    return await public_page(request, IndexPage, [version(one) for one in published], make)


async def initiative(request: Request) -> Response:
    return await _page(request, await published(request))


async def published(request: Request) -> Published:
    """The initiative that the address names; a draft is not public.

    A rehearsal is for the hall's screens, organizers and the phones that rehearse.
    """
    slug = request.path_params["slug"]
    found = await services(request).publishing.by_slug(slug)
    if found is None or found.standing.status is Status.DRAFT:
        raise HTTPException(404, "initiative")
    if found.initiative.is_rehearsal and not (
        await rehearses(request, slug) or await is_screen(request, slug)
    ):
        raise HTTPException(404, "initiative")
    return found


async def logo(request: Request) -> Response:
    """Under an address that names its content it never changes; its own policy lets it do nothing.

    Whoever knows that address has been shown it, also of a draft.
    """
    found = await services(request).publishing.by_slug(request.path_params["slug"])
    asked = request.query_params.get("v", "")
    kept = found is not None and asked == found.initiative.logo[:16] != ""
    if found is None or not kept:
        found = await published(request)
    named = caching.tag(found.initiative.logo)
    headers = {
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        "Cache-Control": _FOR_EVER if kept else "no-cache",
        "ETag": named,
    }
    if caching.is_known(request, named):
        return Response(status_code=304, headers=headers)
    held = await services(request).arranging.logo(found.initiative.id)
    if held is None:
        raise HTTPException(404, "logo")
    return Response(held.content, media_type=held.media_type, headers=headers)


def chosen_meeting(request: Request, found: Published) -> Meeting | None:
    """The meeting of `?meeting=`, by its key; none if nothing was chosen."""
    key = request.query_params.get("meeting", "")
    if not key:
        return None
    meeting = found.initiative.meeting_by_key(key)
    if meeting is None:
        raise HTTPException(404, "meeting")
    return meeting


def version(found: Published) -> object:
    """Moves with everything that is public of an initiative."""
    return found.initiative.id, found.standing


async def _page(request: Request, found: Published) -> Response:
    signers = services(request).registering.signers(found.initiative.slug)
    language = language_of(request)

    async def make() -> InitiativePage:
        front = await services(request).publishing.front(found.initiative)
        return InitiativePage(
            initiative=initiative_view(found.initiative, found.standing, language),
            meeting=meeting_view(found.initiative.latest_meeting, language),
            stops=tuple(
                Stop(meeting_view(meeting, language), front.totals.get(meeting.id, 0))
                for meeting in found.initiative.meetings
            ),
            total=found.standing.total,
            newest=signatory_rows(found.initiative, front.newest),
            cursor=found.standing.cursor,
            key="" if found.initiative.is_rehearsal else str(signers[0]),
        )

    if found.initiative.is_rehearsal:
        return page(request, await make(), private=True)
    depends_on = version(found), [str(signer) for signer in signers]
    return await public_page(request, InitiativePage, depends_on, make)
