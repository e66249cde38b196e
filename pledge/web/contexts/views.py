"""What pages of several kinds show: the initiative, its meetings, who has signed, the form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from markupsafe import Markup

from pledge.domain.outlines import Outline


@dataclass(frozen=True)
class Lockup:
    """The outlined title as inline SVG paths, since many phones have no Chinese serif."""

    view_box: str
    paths: tuple[tuple[str, bool], ...]
    """Each path's `d` attribute, and whether it is set in the accent colour."""


@dataclass(frozen=True)
class OrganizerName:
    role: str
    """What it does for the initiative, such as 主办; may be empty."""
    name: str


@dataclass(frozen=True)
class PrivacyNotice:
    processor: str
    purpose: str
    retention: str


@dataclass(frozen=True)
class InitiativeView:
    """An initiative in the reader's language."""

    slug: str
    title: str
    organizers: tuple[OrganizerName, ...]
    note: str
    """A discreet line such as “this text is a sample”; may be empty."""
    contact: str
    privacy: PrivacyNotice
    lockup_stack: Lockup | None
    """The title on two lines, for phones; none where the language or the initiative has none."""
    lockup_line: Lockup | None
    """The title on one line, for wide pages and the hall."""
    lockup_ceremony: Lockup | None
    """The title with room for the seal at its lower right, for the launch."""
    status: str
    """`draft`, `open` or `closed`."""
    text: Markup
    """The text as HTML: `p.pledge__to`, `p`, `h2`, `p`, …, `p.pledge__sign`."""
    rehearsal: bool
    """Nothing of it counts: the page is marked."""
    listed: bool
    """Whether the public sees who has signed, or only how many."""
    shows: str
    """What the public sees of signatures, by which a live page learns that it has changed."""
    logo: str
    """Path of the organizers' logo; may be empty."""


@dataclass(frozen=True)
class MeetingView:
    key: str
    place: str
    event: str
    """The meeting's full name; may be empty."""
    date: str
    """In words of the reader's language: 2023年8月10日, 10 August 2023, or only the year."""
    time: str
    """When it begins, as 09:30; may be empty."""
    venue: str
    """May be empty."""


@dataclass(frozen=True)
class Stop:
    """A meeting, and how many companies have signed there."""

    meeting: MeetingView
    total: int


@dataclass(frozen=True)
class SignatoryRow:
    """One line of the public list: nothing in it is private."""

    index: int
    number: int
    company: str
    representative: str
    signed_at: datetime
    """In the meeting's time zone."""
    ink: Outline | None = None


@dataclass(frozen=True)
class FormView:
    """The signing form: what was typed, and what to say about it."""

    action: str
    attempt: str
    text: str
    terms: str
    """Marks what this form says is asked and published."""
    opened: str = ""
    """Says when the form was opened; only behind the hall's screen."""
    ink: str = ""
    company: str = ""
    company_locked: bool = False
    uscc: str = ""
    uscc_locked: bool = False
    representative: str = ""
    title: str = ""
    phone: str = ""
    consent: bool = False
    publish: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)
    """By field name (`company`, `uscc`, `representative`, `title`, `phone`, `ink`, `consent`), in
    the order of the form. `form` names the form as a whole."""
