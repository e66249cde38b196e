"""`/organizer/settings/{slug}`: who calls for it, what its form asks, what is public, the logo."""

import re
from collections.abc import Callable, Mapping
from gettext import NullTranslations
from types import MappingProxyType

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.arranging import Arranged, Arrangement, ChangedMeanwhile
from pledge.domain.initiatives import SHOWN, Ask, Asks, MoreThanTold, Organ, Privacy, Shows
from pledge.logos import InvalidLogo, LogoFlaw
from pledge.store.organizers import Organizer
from pledge.web.contexts import ArrangementPage, FormLines
from pledge.web.desks import desk
from pledge.web.form_lines import Reader, in_each_language
from pledge.web.forms import everything_posted, ticked
from pledge.web.languages import language_of, translations
from pledge.web.responding import page
from pledge.web.services import services
from pledge.web.sessions import permit
from pledge.web.views import initiative_view

_MOST_ORGANS = 20
_EMPTY_ROWS = 2
_LENGTHS = MappingProxyType(
    {"contact": 200, "note": 300, "processor": 200, "purpose": 500, "retention": 300}
)
_ASKED = ("uscc", "title", "phone", "ink")


async def show(request: Request, organizer: Organizer) -> Response:
    arranged = await services(request).arranging.arranged(permit(request).initiative_id)
    return _page(request, organizer, arranged)


async def save(request: Request, organizer: Organizer) -> Response:
    initiative_id = permit(request).initiative_id
    arranging = services(request).arranging
    arranged = await arranging.arranged(initiative_id)
    typed = await everything_posted(request)
    messages = translations(language_of(request))
    _ = messages.gettext
    wanted, errors = _read(typed, arranged, messages)
    if errors:
        return _page(request, organizer, arranged, typed, errors)
    try:
        await arranging.arrange(
            initiative_id, wanted, seen=typed.get("seen", ""), by=organizer.actor
        )
    except MoreThanTold as more:
        told = _(
            "Companies have signed that were told otherwise. To hold names back for a while, use "
            "the approval on the page Progress."
        )
        errors = {f"show-{part}": told for part in more.parts}
        return _page(request, organizer, arranged, typed, errors)
    except ChangedMeanwhile:
        changed = _(
            "Somebody else has changed this page meanwhile. What you entered is below; look it "
            "through and save again, and it replaces theirs."
        )
        return _page(request, organizer, arranged, typed, {"form": changed})
    return RedirectResponse(f"{request.url.path}?done=saved", status_code=303)


async def put_logo(request: Request, organizer: Organizer) -> Response:
    """Takes a picture in, or removes the one that there is."""
    initiative_id = permit(request).initiative_id
    arranging = services(request).arranging
    sent = await request.form()
    home = request.url.path.removesuffix("/logo")
    if sent.get("action") == "remove":
        await arranging.remove_logo(initiative_id, by=organizer.actor)
        return RedirectResponse(f"{home}?done=removed", status_code=303)
    file = sent.get("logo")
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise InvalidLogo(LogoFlaw.EMPTY_FILE)
        await arranging.take_logo(initiative_id, await file.read(), by=organizer.actor)
    except InvalidLogo as invalid:
        arranged = await arranging.arranged(initiative_id)
        return _page(request, organizer, arranged, logo_error=_logo_flaw(request, invalid.flaw))
    return RedirectResponse(f"{home}?done=logo", status_code=303)


def _read(
    typed: Mapping[str, str], arranged: Arranged, messages: NullTranslations
) -> tuple[Arrangement, dict[str, str]]:
    _ = messages.gettext
    languages = arranged.initiative.languages
    reader = Reader(typed, messages)
    organs = _read_organs(reader, typed, languages)
    words = {
        name: reader.words(name, languages, most, required=name != "note")
        for name, most in _LENGTHS.items()
    }
    asks = {}
    for name in _ASKED:
        chosen = typed.get(f"ask-{name}", "")
        if chosen in set(Ask):
            asks[name] = Ask(chosen)
        else:
            reader.errors[f"ask-{name}"] = _("Please choose one")
    if not organs and not reader.errors:
        reader.errors[f"organ-0-name-{languages[0]}"] = _("Please name one organizer at least")
    arrangement = Arrangement(
        organs=tuple(organs),
        contact=words["contact"],
        note=words["note"],
        privacy=Privacy(words["processor"], words["purpose"], words["retention"]),
        asks=Asks(**asks),
        shows=_read_shows(typed),
    )
    return arrangement, reader.errors


def _read_shows(typed: Mapping[str, str]) -> Shows:
    shown = {part: ticked(typed.get(f"show-{part}", "")) for part in SHOWN}
    return Shows(shown["signatories"], shown["representatives"], shown["ink"])


def _read_organs(
    reader: Reader, typed: Mapping[str, str], languages: tuple[str, ...]
) -> list[Organ]:
    """The rows in which something stands, in the order of their numbers."""
    found = []
    for row in _rows(typed):
        parts = [f"organ-{row}-{part}-{tag}" for part in ("role", "name") for tag in languages]
        if not any(typed.get(name, "").strip() for name in parts):
            continue
        role = reader.words(f"organ-{row}-role", languages, 40)
        name = reader.words(f"organ-{row}-name", languages, 100, required=True)
        place = typed.get(f"organ-{row}-place", "").strip()
        order = int(place) if re.fullmatch("[0-9]{1,3}", place) else _MOST_ORGANS
        found.append((order, row, Organ(role, name)))
    return [organ for _order, _row, organ in sorted(found, key=lambda one: one[:2])]


def _rows(typed: Mapping[str, str]) -> list[int]:
    matches = (re.fullmatch(r"organ-(\d{1,2})-name-\w+", name) for name in typed)
    return sorted({int(found[1]) for found in matches if found} & set(range(_MOST_ORGANS)))


def _page(
    request: Request,
    organizer: Organizer,
    arranged: Arranged,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] = MappingProxyType({}),
    *,
    logo_error: str = "",
) -> Response:
    language = language_of(request)
    messages = translations(language)
    _ = messages.gettext
    languages = arranged.initiative.languages
    values = _values(arranged.arrangement) if typed is None else typed
    rows = _rows(values)
    empty = range(len(rows), min(len(rows) + _EMPTY_ROWS, _MOST_ORGANS))
    asked = (
        ("uscc", _("Unified Social Credit Code")),
        ("title", _("Position")),
        ("phone", _("Mobile number")),
        ("ink", _("Handwritten signature")),
    )
    notices = {
        "saved": _("Saved. Phones and walls show it from now on."),
        "logo": _("The logo is in place. Please look at it: what is no drawing was left out."),
        "removed": _("The logo has been removed."),
    }
    context = ArrangementPage(
        desk=desk(request, organizer),
        initiative=initiative_view(arranged.initiative, arranged.standing, language),
        languages=languages,
        lines=FormLines(values, errors, _labels(rows, languages, dict(asked), messages)),
        organs=tuple([*rows, *empty] if typed is None else rows or empty),
        asked=asked,
        seen=arranged.arrangement.mark,
        logo_error=logo_error,
        notice=notices.get(request.query_params.get("done", ""), ""),
    )
    return page(request, context, 422 if errors or logo_error else 200, private=True)


def _values(arrangement: Arrangement) -> dict[str, str]:
    """What the form shows of an arrangement, field by field."""
    values: dict[str, str] = {}
    for row, organ in enumerate(arrangement.organs):
        values[f"organ-{row}-place"] = str(row + 1)
        for part, localized in (("role", organ.role), ("name", organ.name)):
            values |= {f"organ-{row}-{part}-{tag}": text for tag, text in localized.items()}
    texts = {"contact": arrangement.contact, "note": arrangement.note}
    texts |= {
        part: getattr(arrangement.privacy, part) for part in ("processor", "purpose", "retention")
    }
    for name, localized in texts.items():
        values |= {f"{name}-{tag}": text for tag, text in localized.items()}
    values |= {f"ask-{name}": str(arrangement.asks.of(name)) for name in _ASKED}
    return values | {f"show-{part}": "yes" for part in arrangement.shows.parts}


def _labels(
    rows: list[int],
    languages: tuple[str, ...],
    asked: Mapping[str, str],
    messages: NullTranslations,
) -> dict[str, str]:
    _ = messages.gettext
    labels = {f"ask-{name}": words for name, words in asked.items()}
    labels |= {
        "show-signatories": _("The companies that have signed"),
        "show-representatives": _("Their representatives"),
        "show-ink": _("Handwriting"),
    }
    words = {
        "contact": _("Whom to ask"),
        "note": _("Note on the page"),
        "processor": _("Controller"),
        "purpose": _("Purpose"),
        "retention": _("Kept for"),
    }
    for row in rows or [0]:
        words[f"organ-{row}-role"] = _("Role %(number)s") % {"number": row + 1}
        words[f"organ-{row}-name"] = _("Organizer %(number)s") % {"number": row + 1}
    return labels | in_each_language(words, languages, messages)


def _logo_flaw(request: Request, flaw: LogoFlaw) -> str:
    _: Callable[[str], str] = translations(language_of(request)).gettext
    return {
        LogoFlaw.EMPTY_FILE: _("Please choose a file"),
        LogoFlaw.TOO_LARGE: _("The file is larger than 1 MB; please make it smaller"),
        LogoFlaw.TOO_MANY_PIXELS: _("The picture has too many pixels; 1000 a side are ample"),
        LogoFlaw.NEITHER: _("Neither PNG nor JPEG nor SVG; please save it as one of these"),
        LogoFlaw.BROKEN: _("The file can't be read; please save it anew"),
        LogoFlaw.TOO_INTRICATE: _("The drawing has too many parts; please simplify it or use PNG"),
        LogoFlaw.EMPTY: _(
            "The drawing has no outlines; letters must be turned into outlines, or use PNG"
        ),
    }[flaw]
