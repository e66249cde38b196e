"""`/organizer/meetings/{slug}`: the meetings, added, changed, put in order, removed."""

import re
from collections.abc import Mapping
from functools import cache
from gettext import NullTranslations
from types import MappingProxyType
from zoneinfo import available_timezones

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.content import MeetingContent
from pledge.convening import (
    KeyRehearsed,
    KeyTaken,
    Programme,
    StillReferred,
    details_of,
)
from pledge.domain.initiatives import DEFAULT_ZONE, Meeting
from pledge.domain.meetings import meeting_date, meeting_key, meeting_time, meeting_zone
from pledge.errors import NotFound
from pledge.store.organizers import Organizer
from pledge.web.contexts import FormLines, MeetingPage, ProgrammePage, ProgrammeRow
from pledge.web.desks import desk
from pledge.web.form_lines import Reader, in_each_language
from pledge.web.forms import everything_posted
from pledge.web.languages import language_of, translations
from pledge.web.responding import page
from pledge.web.services import services
from pledge.web.sessions import permit
from pledge.web.views import initiative_view, meeting_view

_LENGTHS = MappingProxyType({"place": 60, "venue": 100, "event": 200})
_NEW = MappingProxyType({"zone": DEFAULT_ZONE})


async def show(request: Request, organizer: Organizer) -> Response:
    return _programme_page(request, organizer, await _programme(request))


async def add(request: Request, organizer: Organizer) -> Response:
    programme = await _programme(request)
    typed = await everything_posted(request)
    details, errors = _read(request, typed, programme)
    if not errors:
        try:
            await services(request).convening.add(
                permit(request).initiative_id, details, by=organizer.actor
            )
        except KeyTaken:
            errors["key"] = _taken(request)
    if errors:
        return _programme_page(request, organizer, programme, typed, errors)
    return RedirectResponse(f"{_home(request)}?done=added", status_code=303)


async def put_in_order(request: Request, organizer: Organizer) -> Response:
    """By the numbers that stand beside them; what has none comes last."""
    programme = await _programme(request)
    typed = await everything_posted(request)

    def place(key: str) -> int:
        number = typed.get(f"place-{key}", "").strip()
        return int(number) if re.fullmatch("[0-9]{1,3}", number) else 1000

    keys = sorted((meeting.key for meeting in programme.initiative.meetings), key=place)
    await services(request).convening.put_in_order(
        permit(request).initiative_id, keys, by=organizer.actor
    )
    return RedirectResponse(f"{_home(request)}?done=ordered", status_code=303)


async def show_one(request: Request, organizer: Organizer) -> Response:
    programme = await _programme(request)
    return _meeting_page(request, organizer, programme, _named(request, programme))


async def change(request: Request, organizer: Organizer) -> Response:
    """Saves what was typed, or removes the meeting."""
    programme = await _programme(request)
    meeting = _named(request, programme)
    typed = await everything_posted(request)
    convening, initiative_id = services(request).convening, permit(request).initiative_id
    if typed.get("action") == "remove":
        try:
            await convening.remove(initiative_id, meeting.key, by=organizer.actor)
        except StillReferred as still:
            obstacle = _obstacle(still, translations(language_of(request)))
            return _meeting_page(request, organizer, programme, meeting, obstacle=obstacle)
        except NotFound:
            raise HTTPException(404, "meeting") from None
        return RedirectResponse(f"{_home(request)}?done=removed", status_code=303)
    details, errors = _read(request, typed, programme)
    if not errors:
        try:
            await convening.change(initiative_id, meeting.key, details, by=organizer.actor)
        except KeyTaken:
            errors["key"] = _taken(request)
        except KeyRehearsed:
            _ = translations(language_of(request)).gettext
            errors["key"] = _("A rehearsal of this meeting is on; please end it first")
        except NotFound:
            raise HTTPException(404, "meeting") from None
    if errors:
        return _meeting_page(request, organizer, programme, meeting, typed, errors)
    return RedirectResponse(f"{_home(request)}?done=changed", status_code=303)


def _read(
    request: Request, typed: Mapping[str, str], programme: Programme
) -> tuple[MeetingContent, dict[str, str]]:
    messages = translations(language_of(request))
    _ = messages.gettext
    languages = programme.initiative.languages
    reader = Reader(typed, messages)
    words = {
        name: dict(reader.words(name, languages, most, required=name == "place"))
        for name, most in _LENGTHS.items()
    }
    details = MeetingContent(
        key=reader.value("key", meeting_key, _("Letters a to z, digits and hyphens, at most 80")),
        place=words["place"],
        event=words["event"],
        date=reader.value(
            "date", meeting_date, _("Not a date; write 2023-08-10, 2023-08 or only the year")
        ),
        zone=reader.value("zone", meeting_zone, _("Not a time zone; choose one of the list")),
        venue=words["venue"],
        time=reader.value("time", meeting_time, _("Not a time; write it as 09:30")),
    )
    return details, reader.errors


def _values(details: MeetingContent) -> dict[str, str]:
    values = {"key": details.key, "date": details.date, "time": details.time, "zone": details.zone}
    localized = {"place": details.place, "venue": details.venue, "event": details.event}
    for name, words in localized.items():
        values |= {f"{name}-{tag}": text for tag, text in words.items()}
    return values


def _programme_page(
    request: Request,
    organizer: Organizer,
    programme: Programme,
    typed: Mapping[str, str] = _NEW,
    errors: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    language = language_of(request)
    _ = translations(language).gettext
    initiative = programme.initiative
    notices = {
        "added": _("The meeting has been added."),
        "changed": _("The meeting has been changed."),
        "ordered": _("The meetings are in their new order."),
        "removed": _("The meeting has been removed."),
    }
    context = ProgrammePage(
        desk=desk(request, organizer),
        initiative=initiative_view(initiative, programme.standing, language),
        languages=initiative.languages,
        rows=tuple(
            ProgrammeRow(
                meeting_view(meeting, language),
                meeting.zone,
                programme.signed.get(meeting.id, 0),
                programme.invited.get(meeting.id, 0),
            )
            for meeting in initiative.meetings
        ),
        signed=programme.standing.total,
        invited=sum(programme.invited.values()),
        lines=_lines(request, typed, errors, initiative.languages),
        zones=_zones(),
        notice=notices.get(request.query_params.get("done", ""), ""),
    )
    return page(request, context, 422 if errors else 200, private=True)


def _meeting_page(
    request: Request,
    organizer: Organizer,
    programme: Programme,
    meeting: Meeting,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] = MappingProxyType({}),
    *,
    obstacle: str = "",
) -> Response:
    language = language_of(request)
    initiative = programme.initiative
    values = _values(details_of(meeting)) if typed is None else typed
    context = MeetingPage(
        desk=desk(request, organizer),
        initiative=initiative_view(initiative, programme.standing, language),
        languages=initiative.languages,
        meeting=meeting_view(meeting, language),
        lines=_lines(request, values, errors, initiative.languages),
        zones=_zones(),
        obstacle=obstacle,
    )
    return page(request, context, 422 if errors or obstacle else 200, private=True)


def _lines(
    request: Request,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    languages: tuple[str, ...],
) -> FormLines:
    messages = translations(language_of(request))
    _ = messages.gettext
    labels = {"key": _("Key"), "date": _("Date"), "time": _("Time"), "zone": _("Time zone")}
    words = {"place": _("City"), "venue": _("Venue"), "event": _("Name of the meeting")}
    return FormLines(values, errors, labels | in_each_language(words, languages, messages))


def _obstacle(still: StillReferred, messages: NullTranslations) -> str:
    _, ngettext = messages.gettext, messages.ngettext
    if not still.by:
        return _("This is the only meeting; an initiative has one at least.")
    said = {
        "signatures": lambda n: ngettext("%(n)d signature", "%(n)d signatures", n),
        "invitations": lambda n: ngettext("%(n)d invitation", "%(n)d invitations", n),
        "links": lambda n: ngettext("%(n)d signing link", "%(n)d signing links", n),
        "rehearsals": lambda n: ngettext("%(n)d rehearsal", "%(n)d rehearsals", n),
    }
    found = [said[name](count) % {"n": count} for name, count in still.by.items()]
    return _("It can't be removed, since it has: %(what)s.") % {"what": _(", ").join(found)}


def _taken(request: Request) -> str:
    return translations(language_of(request)).gettext("Another meeting has this key")


async def _programme(request: Request) -> Programme:
    return await services(request).convening.programme(permit(request).initiative_id)


def _named(request: Request, programme: Programme) -> Meeting:
    found = programme.initiative.meeting_by_key(request.path_params["key"])
    if found is None:
        raise HTTPException(404, "meeting")
    return found


def _home(request: Request) -> str:
    return f"/organizer/meetings/{request.path_params['slug']}"


@cache
def _zones() -> tuple[str, ...]:
    """Those of places, which is what people look for."""
    areas = {"Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe"}
    areas |= {"Indian", "Pacific"}
    return tuple(sorted(zone for zone in available_timezones() if zone.split("/")[0] in areas))
