"""`/i/{slug}/signatories`: the public list, as a page and by cursor."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pledge.domain.names import LONGEST
from pledge.publishing import LARGEST_SLICE
from pledge.web.contexts import SignatoriesPage
from pledge.web.initiatives import chosen_meeting, published
from pledge.web.languages import language_of
from pledge.web.responding import page
from pledge.web.services import services
from pledge.web.views import initiative_view, meeting_views, signatory_rows

_LARGEST_NUMBER = 2**53


async def signatories(request: Request) -> Response:
    found = await published(request)
    meeting = chosen_meeting(request, found)
    q = _search(request)
    listing = await services(request).publishing.listing(
        found,
        q=q,
        meeting_id=meeting.id if meeting else None,
        page=whole_number(request, "page", default=1, least=1),
    )
    language = language_of(request)
    context = SignatoriesPage(
        initiative=initiative_view(found.initiative, found.standing, language),
        meetings=meeting_views(found.initiative, language),
        total=found.standing.total,
        found=listing.found,
        rows=signatory_rows(found.initiative, listing.signatures),
        q=q,
        meeting_key=meeting.key if meeting else "",
        page=listing.page,
        pages=listing.pages,
        cursor=found.standing.cursor,
    )
    return page(request, context)


async def signatories_json(request: Request) -> Response:
    found = await published(request)
    meeting = chosen_meeting(request, found)
    answer = await services(request).publishing.after(
        found.initiative,
        after=whole_number(request, "after", default=0, least=0),
        limit=min(whole_number(request, "limit", default=100, least=1), LARGEST_SLICE),
        q=_search(request),
        meeting_id=meeting.id if meeting else None,
    )
    return JSONResponse(answer, headers={"Cache-Control": "no-cache"})


def whole_number(request: Request, name: str, *, default: int, least: int) -> int:
    """A number of the query; anything else there is a mistake that is answered with 400."""
    typed = request.query_params.get(name, "").strip()
    if not typed:
        return default
    if not (typed.isascii() and typed.isdecimal()) or not least <= int(typed) < _LARGEST_NUMBER:
        raise HTTPException(400, name)
    return int(typed)


def _search(request: Request) -> str:
    return request.query_params.get("q", "").strip()[:LONGEST]
