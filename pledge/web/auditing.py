"""`/organizer/audit/{slug}`: who did what, when and why."""

from collections.abc import Mapping
from datetime import datetime
from gettext import NullTranslations

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pledge.cells import as_text
from pledge.domain.audit import Action, Recorded
from pledge.domain.rights import OPERATOR, SCHEDULE, WALL
from pledge.publishing import iso
from pledge.store.organizers import Organizer
from pledge.web.audit_words import action_words, change_words
from pledge.web.contexts import AuditLine, AuditPage
from pledge.web.desks import desk
from pledge.web.languages import language_of, translations
from pledge.web.queries import whole_number
from pledge.web.responding import page
from pledge.web.services import services
from pledge.web.sessions import permit
from pledge.web.views import initiative_view


async def show(request: Request, organizer: Organizer) -> Response:
    q = request.query_params.get("q", "").strip()[:100]
    action = request.query_params.get("action", "")
    action = action if action in set(Action) else ""
    log = await services(request).auditing.log(
        permit(request).initiative_id,
        q=q,
        action=action,
        page=whole_number(request, "page", default=1, least=1),
    )
    language = language_of(request)
    messages = translations(language)
    meeting = log.initiative.latest_meeting
    context = AuditPage(
        desk=desk(request, organizer),
        initiative=initiative_view(log.initiative, log.standing, language),
        q=q,
        action=action,
        actions=tuple((one, action_words(one, messages)) for one in Action),
        found=log.found,
        lines=tuple(_line(one, meeting.local(one.at), messages) for one in log.entries),
        page=log.page,
        pages=log.pages,
    )
    return page(request, context, private=True)


async def download(request: Request, _organizer: Organizer) -> Response:
    """The whole log as CSV, oldest first."""
    messages = translations(language_of(request))
    _ = messages.gettext

    def row(entry: Recorded) -> list[str]:
        words = [
            iso(entry.at),
            who(entry.who, messages),
            action_words(entry.action, messages),
            entry.subject,
            str(entry.number or ""),
            entry.reason,
            change_words(entry.before, messages),
            change_words(entry.after, messages),
        ]
        return [as_text(word) for word in words]

    headings = [_("Time (UTC)"), _("Who"), _("What"), _("Of what"), _("No.")]
    headings += [_("Reason"), _("Before"), _("After")]
    name = f"{request.path_params['slug']}-audit.csv"
    return StreamingResponse(
        services(request).auditing.csv(permit(request).initiative_id, headings, row),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def who(name: str, messages: NullTranslations) -> str:
    _ = messages.gettext
    names: Mapping[str, str] = {
        OPERATOR.name: _("Operator"),
        SCHEDULE.name: _("Schedule"),
        WALL.name: _("Hall screen"),
    }
    return names.get(name, name)


def _line(entry: Recorded, at: datetime, messages: NullTranslations) -> AuditLine:
    return AuditLine(
        at=at,
        who=who(entry.who, messages),
        action=action_words(entry.action, messages),
        subject=entry.subject,
        number=entry.number,
        reason=entry.reason,
        before=change_words(entry.before, messages),
        after=change_words(entry.after, messages),
    )
