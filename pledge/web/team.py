"""`/organizer/settings/{slug}/team`: who has which role, and the invitations that are open."""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.admitting import Behind, Governed, Team
from pledge.codes import drawn_code
from pledge.domain.accounts import BadAccount
from pledge.domain.rights import Right, Role, is_last_owner
from pledge.store.organizers import Organizer
from pledge.web.contexts import InvitedPage, InvitedRow, MemberRow, TeamPage
from pledge.web.desks import desk
from pledge.web.entrance import email_flaw
from pledge.web.forms import posted, ticked
from pledge.web.languages import language_of, translations
from pledge.web.moments import instant
from pledge.web.responding import origin, page, set_cookie
from pledge.web.role_words import role_words
from pledge.web.services import services
from pledge.web.sessions import HOME, permit
from pledge.web.views import initiative_view

SHOWN_ONCE = "invited"
"""Cookie that carries a new link to the page that shows it, and no further."""

_SHOWN_SECONDS = 300
_NOTHING_TYPED: Mapping[str, str] = MappingProxyType({"email": "", "role": "", "creates": ""})
_NOTHING_WRONG: Mapping[str, str] = MappingProxyType({})


async def show(request: Request, organizer: Organizer) -> Response:
    team = await services(request).admitting.team(permit(request).initiative_id)
    return _team_page(request, organizer, team)


async def invite(request: Request, organizer: Organizer) -> Response:
    """Makes a one-time link, mails it where that is set up, and shows it on the next page."""
    admitting = services(request).admitting
    initiative_id = permit(request).initiative_id
    values = await posted(request, ("email", "role", "creates"))
    _ = translations(language_of(request)).gettext
    errors, link = {}, None
    if values["role"] not in set(Role):
        errors["role"] = _("Please choose a role")
    try:
        if not errors:
            link = await admitting.invite(
                initiative_id,
                values["email"],
                Role(values["role"]),
                creates=ticked(values["creates"]),
                by=organizer,
            )
            if link is None:
                errors["email"] = _("Has a role already; it can be changed in the list")
    except BadAccount:
        errors["email"] = email_flaw(request)
    if link is None:
        team = await admitting.team(initiative_id)
        return _team_page(request, organizer, team, values, errors, status=422)
    mailed = await _mail(request, organizer, link)
    here = _here(request)
    response = RedirectResponse(f"{here}/invited?{urlencode({'mail': mailed})}", status_code=303)
    set_cookie(request, response, SHOWN_ONCE, link, max_age=_SHOWN_SECONDS)
    return response


async def show_invited(request: Request, organizer: Organizer) -> Response:
    """The link, once: it is stored nowhere, and asked for again this page leads to the team."""
    behind = await services(request).admitting.behind(request.cookies.get(SHOWN_ONCE, ""))
    if behind is None or behind.admission.initiative_id != permit(request).initiative_id:
        return RedirectResponse(_here(request), status_code=303)
    admission, initiative = behind.admission, behind.initiative
    language = language_of(request)
    address = _address(request, request.cookies[SHOWN_ONCE])
    mailed = request.query_params.get("mail", "")
    context = InvitedPage(
        desk=desk(request, organizer),
        title=initiative.title(language),
        team=_here(request),
        email=admission.email,
        role=admission.role,
        address=address,
        code=drawn_code(address),
        expires_at=initiative.latest_meeting.local(admission.expires_at),
        mailed=mailed if mailed in ("sent", "failed") else "",
    )
    response = page(request, context, private=True)
    response.delete_cookie(SHOWN_ONCE, httponly=True, samesite="lax")
    return response


async def change(request: Request, organizer: Organizer) -> Response:
    """Gives a member another role, or takes it away."""
    values = await posted(request, ("action", "role"))
    taken = values["action"] == "remove"
    if not taken and values["role"] not in set(Role):
        raise HTTPException(400, "role")
    member_id = request.path_params["organizer"]
    role = None if taken else Role(values["role"])
    initiative_id = permit(request).initiative_id
    done = await services(request).admitting.set_role(
        initiative_id, member_id, role, by=organizer.actor
    )
    if done is Governed.NOT_A_MEMBER:
        raise HTTPException(404, "member")
    if done is Governed.LAST_OWNER:
        _ = translations(language_of(request)).gettext
        team = await services(request).admitting.team(initiative_id)
        errors = {"team": _("An initiative always has an owner. Make somebody else one first.")}
        return _team_page(request, organizer, team, errors=errors, status=422)
    if member_id == organizer.id and (role is None or Right.GOVERN not in role.rights):
        return RedirectResponse(HOME, status_code=303)
    notice = "removed" if taken else "changed"
    return RedirectResponse(f"{_here(request)}?done={notice}", status_code=303)


async def revoke(request: Request, organizer: Organizer) -> Response:
    revoked = await services(request).admitting.revoke(
        permit(request).initiative_id, request.path_params["admission"], by=organizer.actor
    )
    done = "?done=revoked" if revoked else ""
    return RedirectResponse(f"{_here(request)}{done}", status_code=303)


def _team_page(
    request: Request,
    organizer: Organizer,
    team: Team,
    typed: Mapping[str, str] = _NOTHING_TYPED,
    errors: Mapping[str, str] = _NOTHING_WRONG,
    *,
    status: int = 200,
) -> Response:
    language = language_of(request)
    _ = translations(language).gettext
    notices = {
        "changed": _("The role has been changed"),
        "removed": _("The role has been taken away"),
        "revoked": _("The invitation has been revoked; its link admits nobody any more"),
    }
    local = team.initiative.latest_meeting.local
    roles = {member.organizer.id: member.role for member in team.members}
    context = TeamPage(
        desk=desk(request, organizer),
        initiative=initiative_view(team.initiative, team.standing, language),
        members=tuple(
            MemberRow(
                id=member.organizer.id,
                email=member.organizer.email,
                role=member.role,
                me=member.organizer.id == organizer.id,
                last_owner=is_last_owner(roles, member.organizer.id),
                second_factor=bool(member.organizer.totp),
                seen_at=local(member.organizer.seen_at) if member.organizer.seen_at else None,
            )
            for member in team.members
        ),
        invited=tuple(
            InvitedRow(one.id, one.email, one.role, one.invited_by, local(one.expires_at))
            for one in team.invited
        ),
        email=typed["email"],
        role=typed["role"],
        creates=ticked(typed["creates"]),
        lets_create=organizer.creates,
        mails=services(request).mailing.configured,
        errors=errors,
        notice=notices.get(request.query_params.get("done", ""), ""),
    )
    return page(request, context, status, private=True)


async def _mail(request: Request, organizer: Organizer, link: str) -> str:
    """`sent`, `failed`, or nothing where no mail server is set up; the link stands in any case."""
    if not services(request).mailing.configured:
        return ""
    behind = await services(request).admitting.behind(link)
    if behind is None:
        return "failed"
    subject, text = _letter(request, organizer, behind, _address(request, link))
    sent = await services(request).mailing.send(behind.admission.email, subject, text)
    return "sent" if sent else "failed"


def _letter(
    request: Request, organizer: Organizer, behind: Behind, address: str
) -> tuple[str, str]:
    """The invitation's subject and text, in the language of whoever invites."""
    admission, initiative = behind.admission, behind.initiative
    language = language_of(request)
    messages = translations(language)
    _ = messages.gettext
    title = initiative.title(language)
    role = role_words(admission.role, messages)
    until = instant(initiative.latest_meeting.local(admission.expires_at), language)
    paragraphs = (
        _("%(who)s invites you to work on “%(title)s” as: %(role)s.")
        % {"who": organizer.email, "title": title, "role": role},
        _("Open this link to accept. It works once, for you alone, until %(until)s.")
        % {"until": until},
        address,
        _("If you did not expect this letter, do nothing."),
    )
    return _("Invitation: %(title)s") % {"title": title}, "\n\n".join(paragraphs) + "\n"


def _address(request: Request, link: str) -> str:
    return f"{origin(request)}/organizer/join/{link}"


def _here(request: Request) -> str:
    return f"/organizer/settings/{request.path_params['slug']}/team"
