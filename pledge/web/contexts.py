"""What each template is given: one frozen dataclass a page.

A template gets exactly the fields of its dataclass (and the globals that `web.templating` lists),
so that a page's needs can be read here without opening its handler.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from markupsafe import Markup

from pledge.codes import Code
from pledge.domain.outlines import Outline
from pledge.official_text import Passage


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


@dataclass(frozen=True)
class MeetingView:
    key: str
    place: str
    event: str
    """The meeting's full name; may be empty."""
    date: str
    """In words of the reader's language: 2023年8月10日, 10 August 2023, or only the year."""


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


@dataclass(frozen=True)
class SignPage:
    initiative: InitiativeView
    meeting: MeetingView
    total: int
    form: FormView
    ink_required: bool
    station: str = ""
    """`kiosk` for a tablet that many sign on, `stage` for the one on the stage, else empty."""
    text_changed: str = ""
    """Why the form is shown anew: `text`, or a rehearsal has `begun` or `ended` meanwhile."""


@dataclass(frozen=True)
class NotSigningPage:
    """The text behind a link while it cannot be signed: `draft` (403) or `closed` (410)."""

    initiative: InitiativeView
    meeting: MeetingView
    total: int
    closed_at: datetime | None


@dataclass(frozen=True)
class LinkEndedPage:
    """The link has expired or was revoked (410)."""

    initiative: InitiativeView
    reason: str
    """`expired` or `revoked`."""


@dataclass(frozen=True)
class AlreadySignedPage:
    """A company's second try (409). Says when it signed, and nothing of who typed what."""

    initiative: InitiativeView
    meeting: MeetingView
    company: str
    """As the person trying now has typed it."""
    signed_at: datetime
    signed_meeting: MeetingView
    receipt: str
    """Path of the receipt, for the browser that signed; empty for every other."""
    next_form: str = ""
    """On a tablet that many sign on: where the next one signs."""


@dataclass(frozen=True)
class ReceiptPage:
    initiative: InitiativeView
    meeting: MeetingView
    number: int
    company: str
    uscc: str
    """Masked; empty if none was given."""
    representative: str
    published: bool
    """Whether the representative agreed to be named in public."""
    signed_at: datetime
    address: str
    """The absolute address of this page, to be kept."""
    ink: Outline | None
    taken_along: Code | None = None
    """On a kiosk: the address as a code, for the phone of whoever has signed."""
    next_form: str = ""
    """On a kiosk: where the next one signs."""


@dataclass(frozen=True)
class InitiativePage:
    initiative: InitiativeView
    meeting: MeetingView
    """The latest stop."""
    meetings: tuple[MeetingView, ...]
    total: int
    newest: tuple[SignatoryRow, ...]
    cursor: int
    """The feed's cursor when the page was made; live updates go on after it."""


@dataclass(frozen=True)
class SignatoriesPage:
    initiative: InitiativeView
    meetings: tuple[MeetingView, ...]
    total: int
    """All signatories of the initiative."""
    found: int
    """Those that match the search."""
    rows: tuple[SignatoryRow, ...]
    q: str
    meeting_key: str
    """The chosen meeting, or an empty string for all of them."""
    page: int
    pages: int
    cursor: int


@dataclass(frozen=True)
class IndexEntry:
    slug: str
    title: str
    organizers: tuple[OrganizerName, ...]
    total: int
    status: str


@dataclass(frozen=True)
class IndexPage:
    """The list of initiatives, where there is not exactly one open one; may be empty."""

    initiatives: tuple[IndexEntry, ...]


@dataclass(frozen=True)
class ErrorPage:
    """A page that says what happened and what to do."""

    heading: str
    explanation: str
    advice: str
    way_on: str = "/"
    """Where the button leads: the front page, or the organizers' login."""


@dataclass(frozen=True)
class WallPage:
    initiative: InitiativeView
    meeting: MeetingView
    meeting_key: str
    """The meeting that the wall is narrowed to, or an empty string."""
    total: int
    newest: tuple[SignatoryRow, ...]
    cursor: int
    reading: tuple[Passage, ...]
    scene: str
    state_address: str
    """Where the wall asks how it stands."""
    revision: str
    """Of what the page shows beside that; when it changes, the wall fetches the page anew."""


@dataclass(frozen=True)
class LoginPage:
    token: str
    """Guards the form against being posted from elsewhere."""
    email: str = ""
    error: str = ""
    next: str = ""


@dataclass(frozen=True)
class SetupPage:
    """The one-time page on which the first organizer chooses an e-mail address and a password."""

    action: str
    token: str
    shortest: int
    """Characters that a password needs."""
    email: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    """By field name: `email`, `password`, `again`."""


@dataclass(frozen=True)
class Tab:
    """One of an initiative's pages in the console."""

    href: str
    name: str
    current: bool


@dataclass(frozen=True)
class Desk:
    """What every page of the console shows around its content."""

    email: str
    token: str
    tabs: tuple[Tab, ...]
    """Of the initiative at hand, those that the organizer's role opens."""
    settings: tuple[Tab, ...]
    """The pages of its settings, within them."""
    may: frozenset[str]
    """The rights in it, by which a page leaves out what would be refused."""


@dataclass(frozen=True)
class OrganizerEntry:
    """An initiative in which an organizer has a role."""

    entry: IndexEntry
    role: str
    href: str
    """Where the role begins."""


@dataclass(frozen=True)
class OrganizerInitiativesPage:
    desk: Desk
    initiatives: tuple[OrganizerEntry, ...]


@dataclass(frozen=True)
class MeetingTotal:
    meeting: MeetingView
    total: int
    rehearsal: str = ""
    """The slug of its rehearsal while there is one."""
    rehearsed: int = 0
    """Signatures of that rehearsal."""


@dataclass(frozen=True)
class OrganizerSignature:
    number: int
    company: str
    representative: str
    title: str
    signed_at: datetime
    meeting: str
    vouched: str
    """`open`, `present` or `invited`."""
    state: str
    ink: Outline | None
    awaits: str
    """What has yet to be approved: `ink`, `all` or nothing."""


@dataclass(frozen=True)
class OrganizerLink:
    kind: str
    meeting: str
    address: str
    code: Code


@dataclass(frozen=True)
class OrganizerInitiativePage:
    desk: Desk
    initiative: InitiativeView
    total: int
    meetings: tuple[MeetingTotal, ...]
    newest: tuple[OrganizerSignature, ...]
    cursor: int
    approval: str
    """What waits before it is shown: `ink`, `all` or nothing."""
    attention: tuple[OrganizerSignature, ...]
    """What waits for approval or is hidden, the oldest first."""
    link: OrganizerLink | None
    """The newest poster link that still admits."""
    text_digest: str
    """SHA-256 of the text version that is signed now, in hex."""
    notice: str = ""
    """What the last action did; may be empty."""


@dataclass(frozen=True)
class LaunchView:
    """What was frozen at the launch."""

    at: str
    total: int
    text: str
    list: str


@dataclass(frozen=True)
class CeremonyPage:
    """From where the organizer leads the walls."""

    desk: Desk
    initiative: InitiativeView
    total: int
    scene: str
    page: int
    """The page of the text that is read out right now."""
    pages: int
    cursor: int
    seconds: int
    """Of the countdown, as the form suggests it."""
    most_seconds: int
    launch: LaunchView | None


@dataclass(frozen=True)
class EndRehearsalPage:
    """Asks before everything that was rehearsed is removed, and says how much that is."""

    desk: Desk
    initiative: InitiativeView
    meeting: MeetingView
    signatures: int
    total: int
    """Of the real signatories, which stay."""


@dataclass(frozen=True)
class RosterRow:
    company: str
    contact: str
    phone: str
    seat: str
    group: str
    note: str
    signed_at: datetime | None
    address: str
    """Of the company's own signing link."""


@dataclass(frozen=True)
class NearMatch:
    """A signature that may be an invited company's: an organizer says whether it is."""

    invitation: int
    invited: str
    number: int
    signed: str


@dataclass(frozen=True)
class RosterPage:
    desk: Desk
    initiative: InitiativeView
    meetings: tuple[MeetingView, ...]
    meeting_key: str
    q: str
    seat: str
    seats: tuple[str, ...]
    state: str
    """`missing`, `signed` or `all`."""
    invited: int
    signed: int
    found: int
    rows: tuple[RosterRow, ...]
    names: str
    """Of all that were found, one a line, to be copied into a chat."""
    near: tuple[NearMatch, ...]
    page: int
    pages: int
    added: int
    """By the last import; -1 if there was none just now."""
    changed: int
    error: str


@dataclass(frozen=True)
class RosterColumn:
    index: int
    heading: str
    sample: str
    chosen: str
    """What the column means, or an empty string."""


@dataclass(frozen=True)
class RosterProblem:
    number: int
    """The row, as the spreadsheet counts."""
    cells: tuple[tuple[str, str, str], ...]
    """Column, what stands there, and what is wrong with it (or an empty string)."""


@dataclass(frozen=True)
class RosterCheckPage:
    """A table before it is taken over: its columns, and every row with something wrong."""

    desk: Desk
    initiative: InitiativeView
    action: str
    file: str
    meeting: MeetingView
    header: int
    """The header's row, from 1; 0 if there is none."""
    columns: tuple[RosterColumn, ...]
    good: int
    wrong: int
    problems: tuple[RosterProblem, ...]
    kept: tuple[tuple[str, str], ...]
    """Corrections that were made already, as hidden fields."""


@dataclass(frozen=True)
class AuditLine:
    at: datetime
    who: str
    action: str
    subject: str
    number: int | None
    reason: str
    before: str
    after: str


@dataclass(frozen=True)
class AuditPage:
    """Who did what, when and why, newest first."""

    desk: Desk
    initiative: InitiativeView
    q: str
    action: str
    actions: tuple[tuple[str, str], ...]
    """What can be chosen: its value and its words."""
    found: int
    lines: tuple[AuditLine, ...]
    page: int
    pages: int


@dataclass(frozen=True)
class ExportOption:
    """Something that can be chosen of an export."""

    value: str
    words: str
    hint: str
    """May be empty."""
    chosen: bool


@dataclass(frozen=True)
class ExportJob:
    """An export that takes long."""

    name: str
    file: str
    """Its name once it is downloaded."""
    public: bool
    who: str
    begun_at: datetime
    state: str
    """`waiting`, `running`, `done` or `failed`."""
    percent: int
    rows: int
    size: str
    """With its unit."""
    sha256: str
    fault: str
    """Why it failed."""
    unset: tuple[str, ...]
    """Characters that no font has, with the names that they are in."""
    here: bool
    """Whether its file can be fetched from this machine."""


@dataclass(frozen=True)
class ExportsPage:
    """What of the signatures goes out, in which form; and what is being made."""

    desk: Desk
    initiative: InitiativeView
    groups: Mapping[str, tuple[ExportOption, ...]]
    """What can be chosen: `format`, `extent`, `meeting`, `state`, `column`, `language`, `ink`."""
    short: int
    """Signatures up to which a table is downloaded at once."""
    jobs: tuple[ExportJob, ...]
    busy: bool
    """Whether one of them is not done yet."""
    errors: Mapping[str, str]
    """By what they are about."""
