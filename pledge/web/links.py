"""`/organizer/links/{slug}`: the signing links, what each admits, and how it has been used."""

from itertools import groupby

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.codes import drawn_code, signing_address
from pledge.domain.initiatives import Meeting
from pledge.domain.links import LinkKind, SigningLink
from pledge.linking import Linked
from pledge.store.organizers import Organizer
from pledge.web.contexts import (
    LinkFormView,
    LinkPage,
    LinkRow,
    LinksPage,
    MeetingLinks,
    RevokeLinkPage,
)
from pledge.web.desks import desk
from pledge.web.forms import posted
from pledge.web.languages import language_of, translations
from pledge.web.link_forms import STAGE, changed_link_form, new_link_form, stored_view
from pledge.web.queries import whole_number
from pledge.web.responding import origin, page
from pledge.web.services import services
from pledge.web.sessions import permit
from pledge.web.views import initiative_view, meeting_view, meeting_views


async def show(request: Request, organizer: Organizer) -> Response:
    return await _page(request, organizer, LinkFormView())


async def make(request: Request, organizer: Organizer) -> Response:
    initiative_id = permit(request).initiative_id
    linking = services(request).linking
    initiative = (await linking.page(initiative_id, 1)).initiative
    form = await new_link_form(request, initiative)
    if form.errors or form.meeting is None:
        return await _page(request, organizer, form.view, status=422)
    link = await linking.create(
        initiative_id,
        form.kind,
        by=organizer.actor,
        meeting=form.meeting.key,
        company=form.company,
        stage=form.stage,
        name=form.name,
        limits=form.limits,
    )
    return RedirectResponse(f"{_home(request)}/{link.id}?done=made", status_code=303)


async def show_one(request: Request, organizer: Organizer) -> Response:
    linked = await _linked(request)
    meeting = linked.initiative.meeting(linked.link.meeting_id)
    return _link_page(request, organizer, linked, stored_view(linked.link, meeting))


async def change(request: Request, organizer: Organizer) -> Response:
    linked = await _linked(request)
    meeting = linked.initiative.meeting(linked.link.meeting_id)
    form = await changed_link_form(request, linked.link, meeting)
    if form.errors:
        return _link_page(request, organizer, linked, form.view, status=422)
    await services(request).linking.change(
        linked.initiative.id,
        linked.link.id,
        name=form.name,
        limits=form.limits,
        by=organizer.actor,
    )
    return RedirectResponse(f"{_home(request)}/{linked.link.id}?done=changed", status_code=303)


async def ask(request: Request, organizer: Organizer) -> Response:
    """The one confirmation before a link stops working for good."""
    linked = await _linked(request)
    if linked.link.revoked_at:
        return RedirectResponse(_home(request), status_code=303)
    language = language_of(request)
    meeting = linked.initiative.meeting(linked.link.meeting_id)
    context = RevokeLinkPage(
        desk=desk(request, organizer),
        initiative=initiative_view(linked.initiative, linked.standing, language),
        meeting=meeting_view(meeting, language),
        link=link_row(request, linked.link, meeting),
    )
    return page(request, context, private=True)


async def revoke(request: Request, organizer: Organizer) -> Response:
    if (await posted(request, ("action",)))["action"] != "revoke":
        raise HTTPException(400, "action")
    linked = await _linked(request)
    await services(request).linking.revoke(linked.initiative.id, linked.link.id, by=organizer.actor)
    return RedirectResponse(f"{_home(request)}?done=revoked", status_code=303)


def link_row(request: Request, link: SigningLink, meeting: Meeting) -> LinkRow:
    token = services(request).tokens.link(link.id)
    is_screen = link.kind is LinkKind.SCREEN
    wall = f"{origin(request)}/i/{request.path_params['slug']}/wall?meeting={meeting.key}"
    return LinkRow(
        id=link.id,
        kind=STAGE if link.stage else link.kind,
        name=link.name,
        company=link.company,
        address=f"{origin(request)}/s/{token}",
        code=None if is_screen else drawn_code(signing_address(origin(request), token)),
        wall=f"{wall}&key={token}" if is_screen else "",
        state=link.ended(services(request).clock()) or "admits",
        most=link.most,
        admits_from=meeting.local(link.admits_from) if link.admits_from else None,
        expires_at=meeting.local(link.expires_at) if link.expires_at else None,
        revoked_at=meeting.local(link.revoked_at) if link.revoked_at else None,
        used=link.used,
        used_at=meeting.local(link.used_at) if link.used_at else None,
    )


async def _page(
    request: Request, organizer: Organizer, form: LinkFormView, *, status: int = 200
) -> Response:
    number = whole_number(request, "page", default=1, least=1)
    found = await services(request).linking.page(permit(request).initiative_id, number)
    language, initiative = language_of(request), found.initiative
    context = LinksPage(
        desk=desk(request, organizer),
        initiative=initiative_view(initiative, found.standing, language),
        meetings=meeting_views(initiative, language),
        by_meeting=tuple(
            MeetingLinks(
                meeting_view(meeting, language),
                tuple(link_row(request, link, meeting) for link in links),
            )
            for meeting, links in (
                (initiative.meeting(key), links)
                for key, links in groupby(found.links, key=lambda link: link.meeting_id)
            )
        ),
        invited=found.invited,
        invited_used=found.invited_used,
        form=form,
        page=found.page,
        pages=found.pages,
        notice=_notice(request),
    )
    return page(request, context, status, private=True)


def _link_page(
    request: Request,
    organizer: Organizer,
    linked: Linked,
    form: LinkFormView,
    *,
    status: int = 200,
) -> Response:
    language = language_of(request)
    meeting = linked.initiative.meeting(linked.link.meeting_id)
    context = LinkPage(
        desk=desk(request, organizer),
        initiative=initiative_view(linked.initiative, linked.standing, language),
        meeting=meeting_view(meeting, language),
        zone=meeting.zone,
        link=link_row(request, linked.link, meeting),
        form=form,
        notice=_notice(request),
    )
    return page(request, context, status, private=True)


async def _linked(request: Request) -> Linked:
    initiative_id, link_id = permit(request).initiative_id, request.path_params["link"]
    linked = await services(request).linking.one(initiative_id, link_id)
    if linked is None:
        raise HTTPException(404)
    return linked


def _notice(request: Request) -> str:
    _ = translations(language_of(request)).gettext
    done = {
        "made": _("The link is made"),
        "changed": _("The link is changed"),
        "revoked": _("The link is revoked"),
    }
    return done.get(request.query_params.get("done", ""), "")


def _home(request: Request) -> str:
    return f"/organizer/links/{request.path_params['slug']}"
