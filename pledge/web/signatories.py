"""`/i/{slug}/signatories`: the public list, as a page and by cursor."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pledge.domain.names import LONGEST
from pledge.publishing import LARGEST_SLICE
from pledge.web import caching
from pledge.web.contexts import SignatoriesPage
from pledge.web.initiatives import chosen_meeting, published, version
from pledge.web.languages import language_of
from pledge.web.queries import whole_number
from pledge.web.responding import page, public_page
from pledge.web.services import services
from pledge.web.views import initiative_view, meeting_views, signatory_rows


async def signatories(request: Request) -> Response:
    found = await published(request)
    meeting = chosen_meeting(request, found)
    wanted = whole_number(request, "page", default=1, least=1)
    q = _search(request)

    async def make() -> SignatoriesPage:
        listing = await services(request).publishing.listing(
            found, q=q, meeting_id=meeting.id if meeting else None, page=wanted
        )
        language = language_of(request)
        return SignatoriesPage(
            initiative=initiative_view(found.initiative, found.standing, language),
            meetings=meeting_views(found.initiative, language),
            total=found.standing.total,
            found=listing.found,
            more=listing.more,
            rows=signatory_rows(found.initiative, listing.signatures),
            q=q,
            meeting_key=meeting.key if meeting else "",
            page=listing.page,
            pages=listing.pages,
            cursor=found.standing.cursor,
        )

    if found.initiative.is_rehearsal:
        return page(request, await make(), private=True)
    return await public_page(request, SignatoriesPage, version(found), make)


async def signatories_json(request: Request) -> Response:
    found = await published(request)
    meeting = chosen_meeting(request, found)
    after = whole_number(request, "after", default=0, least=0)
    limit = min(whole_number(request, "limit", default=100, least=1), LARGEST_SLICE)
    named = caching.tag("signatories.json", version(found), request.url.query)
    if caching.is_known(request, named) and not found.initiative.is_rehearsal:
        response = Response(status_code=304, headers={"Vary": "Cookie, Accept-Encoding"})
    else:
        answer = await services(request).publishing.after(
            found,
            after=after,
            limit=limit,
            q=_search(request),
            meeting_id=meeting.id if meeting else None,
        )
        response = JSONResponse(answer, headers={"Vary": "Cookie"})
    if found.initiative.is_rehearsal:
        response.headers["Cache-Control"] = "no-store"
    else:
        caching.let_keep(request, response, named)
    return response


def _search(request: Request) -> str:
    return request.query_params.get("q", "").strip()[:LONGEST]
