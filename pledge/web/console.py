"""The organizer's console: an initiative with its numbers, opening and closing."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from pledge.domain.initiatives import Initiative, Status, in_language
from pledge.domain.links import LinkKind, SigningLink
from pledge.domain.outlines import outline
from pledge.domain.signatures import Signature
from pledge.exporting import FORMATS, MEDIA_TYPES
from pledge.organizing import Overview
from pledge.store.organizers import Organizer
from pledge.store.rehearsals import Rehearsal
from pledge.web.codes import drawn_code, signing_address
from pledge.web.contexts import (
    MeetingTotal,
    OrganizerEntry,
    OrganizerInitiativePage,
    OrganizerInitiativesPage,
    OrganizerLink,
    OrganizerSignature,
)
from pledge.web.desks import desk, home_of
from pledge.web.forms import posted
from pledge.web.languages import language_of, translations
from pledge.web.responding import origin, page
from pledge.web.services import services
from pledge.web.sessions import HOME, permit
from pledge.web.views import index_entry, initiative_view, meeting_view


async def front(_request: Request, _organizer: Organizer) -> Response:
    return RedirectResponse(HOME, status_code=303)


async def initiatives(request: Request, organizer: Organizer) -> Response:
    language = language_of(request)
    mine = await services(request).organizing.mine(organizer.id)
    entries = (
        OrganizerEntry(
            index_entry(initiative, standing, language), role, home_of(role, initiative.slug)
        )
        for initiative, standing, role in mine
    )
    context = OrganizerInitiativesPage(desk(request, organizer), tuple(entries))
    return page(request, context, private=True)


async def initiative(request: Request, organizer: Organizer) -> Response:
    initiative_id = permit(request).initiative_id
    overview = await services(request).organizing.overview(initiative_id)
    rehearsals = await services(request).rehearsing.under_way(initiative_id)
    context = _overview_page(request, organizer, overview, rehearsals)
    return page(request, context, private=True)


async def wall(request: Request, organizer: Organizer) -> Response:
    """Opens the wall with its key, so that it outlives this session."""
    slug, _tilde, rehearsed = request.path_params["slug"].partition("~")
    meeting = rehearsed or request.query_params.get("meeting", "")
    link = await services(request).organizing.standing_link(slug, LinkKind.SCREEN, meeting=meeting)
    query = {"meeting": meeting} if meeting else {}
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
    home = f"{HOME}/{request.path_params['slug']}"
    if values["back"] == "ceremony":
        return RedirectResponse(f"{home}/ceremony", status_code=303)
    return RedirectResponse(f"{home}?done={status}" if done else home, status_code=303)


async def export(request: Request, organizer: Organizer) -> Response:
    initiative_id = permit(request).initiative_id
    format = request.path_params["format"]
    if format not in FORMATS:
        raise HTTPException(404)
    name = f"{request.path_params['slug']}.{format}"
    return StreamingResponse(
        services(request).exporting.export(initiative_id, format, language_of(request)),
        media_type=MEDIA_TYPES[format],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def _overview_page(
    request: Request,
    organizer: Organizer,
    overview: Overview,
    rehearsals: Mapping[str, Rehearsal],
) -> OrganizerInitiativePage:
    language = language_of(request)
    initiative = overview.initiative
    _ = _messages(request)
    notices = {Status.OPEN: _("Signing is open"), Status.CLOSED: _("Signing is closed")}
    return OrganizerInitiativePage(
        desk=desk(request, organizer),
        initiative=initiative_view(initiative, overview.standing, language),
        total=overview.standing.total,
        meetings=tuple(
            MeetingTotal(
                meeting_view(meeting, language),
                overview.totals.get(meeting.id, 0),
                meeting.rehearsal,
                rehearsals[meeting.key].signatures if meeting.key in rehearsals else 0,
            )
            for meeting in initiative.meetings
        ),
        newest=tuple(_signature(initiative, one, language) for one in overview.newest),
        attention=tuple(_signature(initiative, one, language) for one in overview.attention),
        cursor=overview.standing.cursor,
        approval=overview.standing.approval,
        link=_link(request, overview, overview.poster, language) if overview.poster else None,
        text_digest=initiative.text.digest,
        notice=notices.get(request.query_params.get("done", ""), ""),  # type: ignore[call-overload]
    )


def _signature(initiative: Initiative, signature: Signature, language: str) -> OrganizerSignature:
    meeting = initiative.meeting(signature.meeting_id)
    return OrganizerSignature(
        number=signature.number,
        company=signature.company.name,
        representative=signature.person.name,
        title=signature.person.title,
        signed_at=meeting.local(signature.signed_at),
        meeting=in_language(meeting.place, language),
        vouched=signature.vouched,
        state="hidden" if signature.hidden else signature.state,
        ink=outline(signature.ink) if signature.ink else None,
        awaits=signature.awaits,
    )


def _link(request: Request, overview: Overview, link: SigningLink, language: str) -> OrganizerLink:
    token = services(request).tokens.link(link.id)
    meeting = overview.initiative.meeting(link.meeting_id)
    return OrganizerLink(
        link.kind,
        in_language(meeting.place, language),
        f"{origin(request)}/s/{token}",
        drawn_code(signing_address(origin(request), token)),
    )


def _messages(request: Request) -> Callable[[str], str]:
    return translations(language_of(request)).gettext
