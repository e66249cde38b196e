"""From domain values to what the pages show, in the reader's language."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from babel.dates import format_date, format_skeleton
from markupsafe import Markup

from pledge.domain.initiatives import (
    Initiative,
    Lettering,
    Meeting,
    PartialDate,
    in_language,
)
from pledge.domain.outlines import outline
from pledge.domain.signatures import Signature
from pledge.domain.standing import Standing
from pledge.official_text import Passage, official_text, passages
from pledge.web.contexts import (
    IndexEntry,
    InitiativeView,
    Lockup,
    MeetingView,
    OrganizerName,
    PrivacyNotice,
    SignatoryRow,
)
from pledge.web.languages import LOCALES


def initiative_view(initiative: Initiative, standing: Standing, language: str) -> InitiativeView:
    text = initiative.text.texts.get(language) or next(iter(initiative.text.texts.values()))
    drawn = initiative.letterings if language == initiative.languages[0] else {}
    return InitiativeView(
        slug=initiative.slug,
        title=text.title,
        organizers=organizer_names(initiative, language),
        note=in_language(initiative.note, language),
        contact=in_language(initiative.contact, language),
        privacy=PrivacyNotice(
            processor=in_language(initiative.privacy.processor, language),
            purpose=in_language(initiative.privacy.purpose, language),
            retention=in_language(initiative.privacy.retention, language),
        ),
        lockup_stack=_lockup(drawn.get("stack")),
        lockup_line=_lockup(drawn.get("line")),
        lockup_ceremony=_lockup(drawn.get("ceremony")),
        status=standing.status,
        text=_html(text.markdown),
        rehearsal=initiative.is_rehearsal,
        listed=initiative.shows.signatories,
        shows=" ".join(initiative.shows.parts),
        logo=logo_path(initiative),
    )


def logo_path(initiative: Initiative) -> str:
    """Names the logo's content, so that it can be kept for ever."""
    if not initiative.logo:
        return ""
    return f"/i/{initiative.base_slug}/logo?v={initiative.logo[:16]}"


def organizer_names(initiative: Initiative, language: str) -> tuple[OrganizerName, ...]:
    return tuple(
        OrganizerName(in_language(organ.role, language), in_language(organ.name, language))
        for organ in initiative.organs
    )


def index_entry(initiative: Initiative, standing: Standing, language: str) -> IndexEntry:
    return IndexEntry(
        slug=initiative.slug,
        title=initiative.title(language),
        organizers=organizer_names(initiative, language),
        total=standing.total,
        status=standing.status,
    )


def meeting_view(meeting: Meeting, language: str) -> MeetingView:
    return MeetingView(
        key=meeting.key,
        place=in_language(meeting.place, language),
        event=in_language(meeting.event, language),
        date=date_in_words(meeting.date, language),
        time=meeting.time,
        venue=in_language(meeting.venue, language),
    )


def meeting_views(initiative: Initiative, language: str) -> tuple[MeetingView, ...]:
    return tuple(meeting_view(meeting, language) for meeting in initiative.meetings)


def signatory_rows(
    initiative: Initiative, signatures: Iterable[Signature]
) -> tuple[SignatoryRow, ...]:
    return tuple(
        SignatoryRow(
            index=signature.index,
            number=signature.number,
            company=signature.company.name,
            representative=signature.representative_shown(initiative.shows),
            signed_at=initiative.meeting(signature.meeting_id).local(signature.signed_at),
            ink=outline(ink) if (ink := signature.ink_shown(initiative.shows)) else None,
        )
        for signature in signatures
    )


def date_in_words(when: PartialDate, language: str) -> str:
    """2023年8月10日, 10 August 2023; with as much of it as is known."""
    day = date(when.year, when.month or 1, when.day or 1)
    if when.day:
        return format_date(day, "long", locale=LOCALES[language])
    if when.month:
        return format_skeleton("yMMMM", day, locale=LOCALES[language])
    return format_skeleton("y", day, locale=LOCALES[language])


def passages_read_out(initiative: Initiative, language: str) -> tuple[Passage, ...]:
    text = initiative.text.texts.get(language) or next(iter(initiative.text.texts.values()))
    return passages(text.markdown)


@lru_cache(maxsize=64)
def _html(markdown: str) -> Markup:
    return official_text(markdown)


def _lockup(lettering: Lettering | None) -> Lockup | None:
    if lettering is None:
        return None
    return Lockup(lettering.view_box, tuple((path.d, path.accent) for path in lettering.paths))
