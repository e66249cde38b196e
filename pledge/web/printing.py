"""`/organizer/print/{slug}`: which sheet, for whom, how it will look, and the sheet itself."""

from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.errors import NotFound
from pledge.printing import SIZES, Choice, NothingToPrint, Sheet, leads_nowhere
from pledge.store.organizers import Organizer
from pledge.web.contexts import PrintPage, UnsetCharacter
from pledge.web.desks import desk
from pledge.web.languages import LANGUAGES, language_of
from pledge.web.responding import origin, page
from pledge.web.services import services
from pledge.web.sessions import permit
from pledge.web.views import initiative_view, meeting_views

_PREVIEW = 90
"""Pixels an inch: enough to see what is where."""
_LONGEST = 100


async def show(request: Request, organizer: Organizer) -> Response:
    chosen = request.query_params.get("sheet", "")
    choice = _choice(request, Sheet(chosen) if chosen in set(Sheet) else Sheet.POSTER)
    try:
        outlook = await services(request).printing.outlook(permit(request).initiative_id, choice)
    except NotFound:
        raise HTTPException(404, "meeting") from None
    published = await services(request).publishing.by_slug(request.path_params["slug"])
    if published is None:
        raise HTTPException(404, "initiative")
    language = language_of(request)
    context = PrintPage(
        desk=desk(request, organizer),
        initiative=initiative_view(outlook.initiative, published.standing, language),
        sheet=choice.sheet,
        meetings=meeting_views(outlook.initiative, language),
        meeting_key=choice.meeting,
        table=choice.table,
        tables=outlook.tables,
        missing=choice.missing,
        size=choice.size,
        sizes=SIZES,
        languages=outlook.initiative.languages,
        sheet_language=choice.language,
        invited=outlook.invited,
        cards=outlook.cards,
        pages=-(-outlook.cards // choice.sheet.a_page),
        ended=outlook.ended,
        unset=tuple(UnsetCharacter(one.name, one.lines) for one in outlook.unset),
        query=_query(choice),
        leads_nowhere=leads_nowhere(origin(request)),
    )
    return page(request, context, private=True)


async def pdf(request: Request, organizer: Organizer) -> Response:
    return await _sheet(request, organizer, "application/pdf")


async def preview(request: Request, organizer: Organizer) -> Response:
    """Its first page, as a small picture."""
    return await _sheet(request, organizer, "image/png", picture=_PREVIEW)


async def _sheet(
    request: Request, organizer: Organizer, media_type: str, *, picture: int = 0
) -> Response:
    named = request.path_params["sheet"]
    if named not in set(Sheet):
        raise HTTPException(404)
    choice = _choice(request, Sheet(named))
    printing = services(request).printing
    try:
        document = await printing.sheet(
            permit(request).initiative_id,
            choice,
            origin(request),
            by=organizer.actor,
            picture=picture,
        )
    except NotFound:
        raise HTTPException(404, "meeting") from None
    except NothingToPrint:
        # The page says what is missing.
        slug = request.path_params["slug"]
        query = urlencode({"sheet": choice.sheet}) + "&" + _query(choice)
        return RedirectResponse(f"/organizer/print/{slug}?{query}", status_code=303)
    headers = {"Cache-Control": "no-store"}
    if not picture:
        name = f"{request.path_params['slug']}-{choice.sheet}.pdf"
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return Response(document.content, media_type=media_type, headers=headers)


def _choice(request: Request, sheet: Sheet) -> Choice:
    """What is chosen; whatever is none of the choices is as if it had not been."""
    query = request.query_params
    size, language = query.get("size", ""), query.get("language", "")
    companies = sheet is not Sheet.POSTER
    return Choice(
        sheet,
        meeting=query.get("meeting", "")[:_LONGEST],
        table=query.get("table", "").strip()[:_LONGEST] if companies else "",
        missing=companies and query.get("missing", "") == "yes",
        size=size if size in SIZES and not companies else SIZES[0],
        language=language if language in LANGUAGES else language_of(request),
    )


def _query(choice: Choice) -> str:
    """The choice as the addresses of its sheet name it."""
    named = {
        "meeting": choice.meeting,
        "table": choice.table,
        "missing": "yes" if choice.missing else "",
        "size": choice.size,
        "language": choice.language,
    }
    return urlencode({name: value for name, value in named.items() if value})
