"""The organizer's console: set-up, login, an initiative with its numbers, opening and closing."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.codes import drawn_code, signing_address
from pledge.domain.initiatives import Initiative, Status, in_language
from pledge.domain.links import LinkKind, SigningLink
from pledge.domain.outlines import outline
from pledge.domain.signatures import Signature
from pledge.organizing import LONGEST_PASSWORD, SHORTEST_PASSWORD, Overview, account_flaws
from pledge.secrets import random_name
from pledge.store.organizers import Organizer
from pledge.store.rehearsals import Rehearsal
from pledge.web.contexts import (
    LoginPage,
    MeetingTotal,
    OrganizerEntry,
    OrganizerInitiativePage,
    OrganizerInitiativesPage,
    OrganizerLink,
    OrganizerSignature,
    SetupPage,
)
from pledge.web.desks import desk, home_of
from pledge.web.forms import posted
from pledge.web.languages import language_of, translations
from pledge.web.problems import too_many
from pledge.web.responding import origin, page, set_cookie
from pledge.web.services import services
from pledge.web.sessions import HOME, SESSION, form_token, permit, require_token
from pledge.web.views import index_entry, initiative_view, meeting_view

VISIT = "visit"


async def show_setup(request: Request) -> Response:
    await _require_setup(request)
    return _set_up_page(request)


async def set_up(request: Request) -> Response:
    await _require_setup(request)
    values = await posted(request, ("email", "password", "again", "token"))
    require_token(request, request.cookies.get(VISIT, ""), values["token"])
    _ = _messages(request)
    errors = {
        field: _account_flaw(request, field, values["password"])
        for field in account_flaws(values["email"], values["password"])
    }
    if values["password"] != values["again"]:
        errors["again"] = _("The two passwords differ")
    if errors:
        return _set_up_page(request, values["email"], errors, status=422)
    organizer = await services(request).organizing.first_organizer(
        values["email"], values["password"]
    )
    if organizer is None:
        raise HTTPException(410)
    return await _begin_session(request, organizer, HOME)


def _set_up_page(
    request: Request,
    email: str = "",
    errors: Mapping[str, str] = MappingProxyType({}),
    *,
    status: int = 200,
) -> Response:
    return _visited(
        request,
        lambda visit: SetupPage(
            request.url.path, form_token(request, visit), SHORTEST_PASSWORD, email, errors
        ),
        status=status,
    )


async def show_login(request: Request) -> Response:
    wanted = _inside(request.query_params.get("next", ""))
    return _visited(request, lambda visit: LoginPage(form_token(request, visit), next=wanted))


async def log_in(request: Request) -> Response:
    values = await posted(request, ("email", "password", "token", "next"))
    require_token(request, request.cookies.get(VISIT, ""), values["token"])
    address = request.client.host if request.client else ""
    account = f"{values['email'].strip().lower()} {address}"
    limit = services(request).limits.login
    # Counted before it is known whether it is right: many at once must not slip through.
    if wait := limit.wait(account):
        return too_many(request, wait)
    session = await services(request).organizing.log_in(values["email"], values["password"])
    if session is None:
        _ = _messages(request)
        error = _("The e-mail address or the password is not right")
        return _visited(
            request,
            lambda visit: LoginPage(
                form_token(request, visit), values["email"], error, _inside(values["next"])
            ),
            status=422,
        )
    limit.forget(account)
    return _enter(request, session, _inside(values["next"]))


async def log_out(request: Request, _organizer: Organizer) -> Response:
    await services(request).organizing.log_out(request.cookies[SESSION])
    response = RedirectResponse("/organizer/login", status_code=303)
    response.delete_cookie(SESSION, httponly=True, samesite="lax")
    return response


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


async def _require_setup(request: Request) -> None:
    if not services(request).tokens.setup_is(request.path_params["token"]):
        raise HTTPException(404)
    if not await services(request).organizing.no_organizer_yet():
        raise HTTPException(410)


def _visited(request: Request, context: Callable[[str], object], *, status: int = 200) -> Response:
    """A page before login; its form is bound to a cookie of its own."""
    visit = request.cookies.get(VISIT) or random_name()
    response = page(request, context(visit), status, private=True)
    set_cookie(request, response, VISIT, visit)
    return response


async def _begin_session(request: Request, organizer: Organizer, home: str) -> Response:
    return _enter(request, await services(request).organizing.start_session(organizer), home)


def _enter(request: Request, session: str, home: str) -> Response:
    response = RedirectResponse(home or HOME, status_code=303)
    hours = services(request).settings.session_hours
    set_cookie(request, response, SESSION, session, max_age=hours * 3600)
    return response


def _inside(wanted: str) -> str:
    """Where to go after login: only ever into the console."""
    inside = wanted.startswith("/organizer/") and "\\" not in wanted and "//" not in wanted
    return wanted if inside else ""


def _account_flaw(request: Request, field: str, password: str) -> str:
    _ = _messages(request)
    if field == "email":
        return _("Please enter an e-mail address")
    if len(password) > LONGEST_PASSWORD:
        return _("The password takes %(most)d characters at most") % {"most": LONGEST_PASSWORD}
    return _("The password needs at least %(least)d characters") % {"least": SHORTEST_PASSWORD}


def _messages(request: Request) -> Callable[[str], str]:
    return translations(language_of(request)).gettext
