"""Signing links, and what is printed with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pledge.codes import Code
from pledge.web.contexts.desks import Desk
from pledge.web.contexts.views import InitiativeView, MeetingView


@dataclass(frozen=True)
class LinkRow:
    """A signing link as organizers see it."""

    id: int
    kind: str
    """Of the link, or `stage` for a kiosk on the stage."""
    name: str
    company: str
    """The invited one; only invitations have it."""
    address: str
    code: Code | None
    """None for a screen's link, whose codes change on the walls."""
    wall: str
    """Address with which a screen's link opens the wall; empty for any other."""
    state: str
    """`admits`, or why it does not: `not-yet`, `expired`, `used-up`, `revoked`."""
    most: int | None
    admits_from: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    used: int
    used_at: datetime | None


@dataclass(frozen=True)
class LinkFormView:
    """The form of a link: empty, as it is stored, or as it was typed with what is wrong."""

    kind: str = "poster"
    meeting: str = ""
    name: str = ""
    company: str = ""
    uscc: str = ""
    most: str = ""
    admits_from: str = ""
    expires_at: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    """By field name."""


@dataclass(frozen=True)
class MeetingLinks:
    meeting: MeetingView
    links: tuple[LinkRow, ...]


@dataclass(frozen=True)
class LinksPage:
    """The links of an initiative by meeting; those of its rosters are only counted."""

    desk: Desk
    initiative: InitiativeView
    meetings: tuple[MeetingView, ...]
    by_meeting: tuple[MeetingLinks, ...]
    invited: int
    invited_used: int
    form: LinkFormView
    page: int
    pages: int
    notice: str
    """What was done just now, or an empty string."""


@dataclass(frozen=True)
class LinkPage:
    """One link: its code, and the form that renames and limits it."""

    desk: Desk
    initiative: InitiativeView
    meeting: MeetingView
    zone: str
    """In which the times of the form are meant."""
    link: LinkRow
    form: LinkFormView
    notice: str


@dataclass(frozen=True)
class RevokeLinkPage:
    """Asks before a link is revoked, and says what stops working."""

    desk: Desk
    initiative: InitiativeView
    meeting: MeetingView
    link: LinkRow


@dataclass(frozen=True)
class UnsetCharacter:
    """A character that no font has, and the names that hold it."""

    character: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class PrintPage:
    """A sheet before it is printed: what can be chosen, and what the choice gives."""

    desk: Desk
    initiative: InitiativeView
    sheet: str
    """`poster`, `cards` or `labels`."""
    meetings: tuple[MeetingView, ...]
    meeting_key: str
    table: str
    tables: tuple[str, ...]
    """Seats of the roster, in their order."""
    missing: bool
    """Only companies that have not signed yet."""
    size: str
    sizes: tuple[str, ...]
    languages: tuple[str, ...]
    sheet_language: str
    invited: int
    cards: int
    """How many of the sheet are printed; 1 for a poster."""
    pages: int
    ended: int
    """Companies that are left out since their link has ended."""
    unset: tuple[UnsetCharacter, ...]
    query: str
    """The choice, as the addresses of the sheet and its preview take it."""
    leads_nowhere: bool
    """The codes would lead to this very machine, where no phone can follow."""
