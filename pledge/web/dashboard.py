"""`/organizer/initiatives/{slug}`: the dashboard of the day."""

from collections.abc import Iterable
from itertools import groupby
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.codes import drawn_code, signing_address
from pledge.domain.initiatives import Initiative, Status, in_language
from pledge.domain.links import SigningLink
from pledge.domain.outlines import outline
from pledge.domain.presence import Presence
from pledge.domain.signatures import Signature
from pledge.errors import NotFound
from pledge.store.missing import MissingCompany
from pledge.store.organizers import Organizer
from pledge.watching import Day
from pledge.web.charts import chart_view
from pledge.web.contexts import (
    ChartView,
    MeetingTotal,
    MissingRow,
    MissingSeat,
    OrganizerInitiativePage,
    OrganizerLink,
    OrganizerSignature,
    ScreenRow,
    StampFault,
)
from pledge.web.desks import desk
from pledge.web.languages import language_of, translations
from pledge.web.register_pages import stamp_faults
from pledge.web.responding import origin, page
from pledge.web.services import services
from pledge.web.sessions import HOME, permit
from pledge.web.views import initiative_view, meeting_view

_MARK = 4
_LONGEST_Q = 100


async def show(request: Request, organizer: Organizer) -> Response:
    query = request.query_params
    try:
        day = await services(request).watching.day(
            permit(request).initiative_id,
            meeting=query.get("meeting", ""),
            q=_q(request),
            all_days=query.get("span") == "all",
        )
    except NotFound:
        raise HTTPException(404, "meeting") from None
    faults = await stamp_faults(request, day.initiative)
    return page(request, _page(request, organizer, day, faults), private=True)


def to_progress(request: Request, *, place: str = "", **said: str) -> Response:
    """Back to the dashboard, as it was narrowed, from where something was done."""
    query = {name: request.query_params.get(name, "") for name in ("meeting", "q")} | said
    kept = urlencode({name: value for name, value in query.items() if value})
    address = f"{HOME}/{request.path_params['slug']}"
    return RedirectResponse(
        f"{address}{'?' if kept else ''}{kept}{'#' if place else ''}{place}", status_code=303
    )


def _page(
    request: Request, organizer: Organizer, day: Day, faults: tuple[StampFault, ...]
) -> OrganizerInitiativePage:
    language, initiative, standing = language_of(request), day.initiative, day.standing
    clock = day.meeting or initiative.latest_meeting
    invited, signed = day.progress.invited, day.progress.signed
    return OrganizerInitiativePage(
        desk=desk(request, organizer),
        initiative=initiative_view(initiative, standing, language),
        as_of=clock.local(day.now),
        meetings=tuple(_totals(day, language)),
        meeting=meeting_view(day.meeting, language) if day.meeting else None,
        query=f"?{urlencode({'meeting': day.meeting.key})}" if day.meeting else "",
        everywhere=standing.total,
        total=day.total,
        invited=invited,
        invited_signed=signed,
        share=signed * 100 // invited if invited else 0,
        off_roster=max(0, day.total - day.progress.on_roster),
        chart=_chart(request, day, language),
        missing=day.missing.found,
        missing_q=_q(request),
        seats=tuple(_seats(request, day.missing.companies)),
        unlisted=day.missing.found - len(day.missing.companies),
        screens=tuple(_screen(day, one, language) for one in day.screens),
        newest=tuple(_signature(initiative, one, language) for one in day.newest),
        attention=tuple(_signature(initiative, one, language) for one in day.attention),
        cursor=standing.cursor,
        scene=standing.scene,
        rehearsal=initiative.latest_meeting.rehearsal,
        opens_at=clock.local(standing.opens_at) if standing.opens_at else None,
        closes_at=clock.local(standing.closes_at) if standing.closes_at else None,
        closed_at=clock.local(standing.closed_at) if standing.closed_at else None,
        approval=standing.approval,
        link=_link(request, initiative, day.poster, language) if day.poster else None,
        text_digest=initiative.text.digest,
        lacks=initiative.lacks,
        stamp_faults=faults,
        notice=_notice(request),
    )


def _totals(day: Day, language: str) -> Iterable[MeetingTotal]:
    for meeting in day.initiative.meetings:
        rehearsal = day.rehearsals.get(meeting.id)
        yield MeetingTotal(
            meeting_view(meeting, language),
            day.totals.get(meeting.id, 0),
            meeting.rehearsal,
            rehearsal.signatures if rehearsal else 0,
        )


def _chart(request: Request, day: Day, language: str) -> ChartView | None:
    if day.chart is None:
        return None
    query = {"meeting": day.meeting.key} if day.meeting else {}
    other = "" if request.query_params.get("span") == "all" else "all"
    several = day.days > 1
    return chart_view(
        day.chart,
        language,
        other_span=f"?{urlencode({**query, 'span': other})}" if several else "",
    )


def _seats(request: Request, companies: Iterable[MissingCompany]) -> Iterable[MissingSeat]:
    tokens = services(request).tokens
    for seat, found in groupby(companies, key=lambda one: one.seat):
        at_seat = list(found)
        rows = (
            MissingRow(one.company, one.contact, f"{origin(request)}/s/{tokens.link(one.link_id)}")
            for one in at_seat
        )
        yield MissingSeat(seat, at_seat[0].at_seat, tuple(rows))


def _screen(day: Day, presence: Presence, language: str) -> ScreenRow:
    # In a rehearsal the meeting is that of the real initiative, which has others than it.
    meeting = next((one for one in day.initiative.meetings if one.id == presence.meeting_id), None)
    lost = presence.lost_at(day.now)
    clock = meeting or day.meeting or day.initiative.latest_meeting
    return ScreenRow(
        kind=presence.kind,
        mark=presence.name[:_MARK].upper(),
        meeting=in_language(meeting.place, language) if meeting else "",
        lost_at=clock.local(lost) if lost else None,
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
        erased=signature.erased_at is not None,
        awaits=signature.awaits,
    )


def _link(
    request: Request, initiative: Initiative, link: SigningLink, language: str
) -> OrganizerLink:
    token = services(request).tokens.link(link.id)
    meeting = initiative.meeting(link.meeting_id)
    return OrganizerLink(
        link.kind,
        in_language(meeting.place, language),
        f"{origin(request)}/s/{token}",
        drawn_code(signing_address(origin(request), token)),
    )


def _notice(request: Request) -> str:
    _ = translations(language_of(request)).gettext
    notices = {Status.OPEN: _("Signing is open"), Status.CLOSED: _("Signing is closed")}
    done = request.query_params.get("done", "")
    return notices[Status(done)] if done in notices else ""


def _q(request: Request) -> str:
    return request.query_params.get("q", "").strip()[:_LONGEST_Q]
