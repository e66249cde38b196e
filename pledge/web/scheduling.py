"""`/organizer/initiatives/{slug}/schedule`: when signing opens and closes by itself."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.domain.initiatives import Meeting, in_language
from pledge.domain.standing import ScheduleFlaw
from pledge.store.organizers import Organizer
from pledge.web.contexts import SchedulePage
from pledge.web.desks import desk
from pledge.web.forms import posted
from pledge.web.languages import language_of, translations
from pledge.web.responding import page
from pledge.web.services import services
from pledge.web.sessions import HOME, permit
from pledge.web.views import initiative_view

_FIELDS = ("opens_at", "closes_at")
_TYPED = re.compile(r"2\d{3}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?", re.ASCII)


async def show(request: Request, organizer: Organizer) -> Response:
    return await _page(request, organizer)


async def change(request: Request, organizer: Organizer) -> Response:
    initiative_id = permit(request).initiative_id
    sent = await posted(request, _FIELDS)
    initiative = await services(request).founding.model(initiative_id)
    _ = translations(language_of(request)).gettext
    times: dict[str, datetime | None] = {}
    errors: dict[str, str] = {}
    for field in _FIELDS:
        try:
            times[field] = _instant(sent[field].strip(), initiative.latest_meeting)
        except ValueError:
            errors[field] = _("Please enter a date and time that exist, such as 2026-08-10 09:30")
    if not errors:
        flaws = await services(request).scheduling.set(
            initiative_id,
            opens_at=times["opens_at"],
            closes_at=times["closes_at"],
            by=organizer.actor,
        )
        errors = {field: _flaw(request, flaw) for field, flaw in flaws.items()}
    if errors:
        return await _page(request, organizer, sent, errors, status=422)
    return RedirectResponse(f"{HOME}/{request.path_params['slug']}", status_code=303)


async def _page(
    request: Request,
    organizer: Organizer,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] = MappingProxyType({}),
    *,
    status: int = 200,
) -> Response:
    overview = await services(request).organizing.overview(permit(request).initiative_id)
    language = language_of(request)
    meeting = overview.initiative.latest_meeting
    standing = overview.standing
    context = SchedulePage(
        desk=desk(request, organizer),
        initiative=initiative_view(overview.initiative, standing, language),
        place=in_language(meeting.place, language),
        zone=meeting.zone,
        now=meeting.local(services(request).clock()),
        values=typed
        or {
            "opens_at": _as_typed(standing.opens_at, meeting),
            "closes_at": _as_typed(standing.closes_at, meeting),
        },
        errors=errors,
    )
    return page(request, context, status, private=True)


def _instant(typed: str, meeting: Meeting) -> datetime | None:
    """From what an input for date and time sends, in the meeting's zone; None for nothing.

    Raises ValueError, also for an hour that is left out when clocks go forward.
    """
    if not typed:
        return None
    if not _TYPED.fullmatch(typed):
        raise ValueError(typed)
    wanted = datetime.fromisoformat(typed)
    instant = wanted.replace(tzinfo=ZoneInfo(meeting.zone)).astimezone(UTC)
    if meeting.local(instant).replace(tzinfo=None) != wanted:
        raise ValueError(typed)
    return instant


def _as_typed(at: datetime | None, meeting: Meeting) -> str:
    return meeting.local(at).strftime("%Y-%m-%dT%H:%M") if at else ""


def _flaw(request: Request, flaw: ScheduleFlaw) -> str:
    _ = translations(language_of(request)).gettext
    match flaw:
        case ScheduleFlaw.PAST:
            return _("This time has passed")
        case ScheduleFlaw.OPEN_ALREADY:
            return _("Signing is open already; leave this empty")
        case ScheduleFlaw.BEFORE_OPENING:
            return _("Signing must close later than it opens")
        case ScheduleFlaw.NOT_READY:
            return _("Nobody could sign yet: first publish a text and fill in the privacy notice")
