"""What each template is given: one frozen dataclass a page.

A template gets exactly the fields of its dataclass (and the globals that `web.templating` lists),
so that a page's needs can be read here without opening its handler.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from markupsafe import Markup

from pledge.codes import Code
from pledge.domain.initiatives import Asks, Publication, Shows
from pledge.domain.outlines import Outline
from pledge.domain.signatures import Company
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


@dataclass(frozen=True)
class SignPage:
    initiative: InitiativeView
    meeting: MeetingView
    total: int
    form: FormView
    asks: Asks
    shows: Shows
    publication: Publication
    """What the second consent is about; nothing where there is none to be asked."""
    station: str = ""
    """`kiosk` for a tablet that many sign on, `stage` for the one on the stage, else empty."""
    text_changed: str = ""
    """Why the form is shown anew: `text`, `terms`, or a rehearsal has `begun` or `ended`."""
    signed_before: datetime | None = None
    """When the invited company signed a text that it is asked to sign anew."""


@dataclass(frozen=True)
class NotSigningPage:
    """The text behind a link while it cannot be signed: `draft` (403) or `closed` (410)."""

    initiative: InitiativeView
    meeting: MeetingView
    total: int
    closed_at: datetime | None
    opens_at: datetime | None = None
    """When signing opens by itself; in the meeting's zone, as the other."""


@dataclass(frozen=True)
class LinkEndedPage:
    """The link no longer admits (410), or does not yet (403)."""

    initiative: InitiativeView
    reason: str
    """`expired`, `used-up`, `revoked` or `not-yet`."""
    admits_from: datetime | None
    """When it begins to admit, if that was set."""


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
    asks: str = ""
    """The text has been revised since, and the company is asked to sign it: `invited` or `present`
    says how strongly whoever does so must be vouched for."""


@dataclass(frozen=True)
class ReceiptPage:
    initiative: InitiativeView
    meeting: MeetingView
    number: int
    company: str
    uscc: str
    """Masked; empty if none was given."""
    representative: str
    published: str
    """What the public sees of the representative: `name`, `surname` or nothing."""
    signed_at: datetime
    address: str
    """The absolute address of this page, to be kept."""
    ink: Outline | None
    certificate: str = ""
    """Its number; empty if there is none of this signature."""
    picture: str = ""
    """The path of the certificate as a picture; empty where nobody could keep it."""
    picture_size: tuple[int, int] = (0, 0)
    withheld: str = ""
    """Why there is no certificate (`domain.certificates.Withheld`)."""
    public_representative: str = ""
    """As the certificate names them; may be empty."""
    taken_along: Code | None = None
    """On a kiosk: the address as a code, for the phone of whoever has signed."""
    next_form: str = ""
    """On a kiosk: where the next one signs."""
    became: str = ""
    """What became of it: `corrected`, `replaced`, `withdrawn`, or nothing."""
    successor: int | None = None
    """The number of the entry that stands in its place."""
    successor_receipt: str = ""
    """The path of that one's receipt, if it is of the same person: of a correction."""
    erased: bool = False
    """Whether the personal data was erased: of the company as well, if it has no name."""


@dataclass(frozen=True)
class InitiativePage:
    initiative: InitiativeView
    meeting: MeetingView
    """The latest stop."""
    stops: tuple[Stop, ...]
    total: int
    newest: tuple[SignatoryRow, ...]
    cursor: int
    """The feed's cursor when the page was made; live updates go on after it."""
    key: str
    """The register's verifier key, the newest; empty in a rehearsal, which has none."""


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
class CertificateView:
    """What a certificate must say: one that says otherwise is not genuine."""

    number: str
    code: str
    """核验码."""
    title: str
    """Of the initiative, as it was signed."""
    text_address: str
    """Of the text that was signed."""
    company: str
    """Empty where it is not published, or no longer stands."""
    representative: str
    """As far as was consented to; may be empty."""
    ink: Outline | None
    meeting: MeetingView
    signed_at: datetime
    """In the meeting's time zone."""


@dataclass(frozen=True)
class RegisterPlace:
    """Where a signature stands in the register."""

    index: int
    """From 0."""
    ended_by: int | None
    """Index of the entry by which it was withdrawn or replaced."""
    size: int
    """Of the newest checkpoint."""
    root: str
    """In base 64, as checkpoints have it."""
    checkpoint: str
    """Path of the checkpoint."""


@dataclass(frozen=True)
class CertificatePage:
    """What the number of a certificate stands for."""

    fate: str
    """`genuine`, `corrected`, `replaced`, `withdrawn`, `hidden` or `waits`."""
    initiative: InitiativeView
    certificate: CertificateView
    ended_at: datetime | None
    """When it was withdrawn or replaced; in the meeting's zone, as `checked_at`."""
    successor: str
    """The number of what stands in its place, if the public sees that."""
    place: RegisterPlace
    checked_at: datetime


@dataclass(frozen=True)
class NoCertificatePage:
    """Nothing has this number (404)."""

    why: str
    """`unknown`, `check` (mistyped) or `shape` (not a number of a certificate at all)."""
    number: str
    """As it was typed."""


@dataclass(frozen=True)
class HolderRow:
    """A company that was looked for, and its certificate."""

    number: str
    company: str
    initiative: str
    place: str
    signed_at: datetime
    """In the meeting's time zone."""


@dataclass(frozen=True)
class KnownRegister:
    """By what the page recognises receipts of this site."""

    slug: str
    title: str
    id: int
    """Of the initiative, as certificates' numbers have it."""
    keys: tuple[str, ...]
    """Verifier keys, newest first."""


@dataclass(frozen=True)
class VerifyPage:
    q: str
    too_short: bool
    """What was typed would find half of everybody."""
    holders: tuple[HolderRow, ...]
    more: bool
    """More were found than are listed."""
    registers: tuple[KnownRegister, ...]


@dataclass(frozen=True)
class IndexEntry:
    slug: str
    title: str
    organizers: tuple[OrganizerName, ...]
    total: int
    status: str


@dataclass(frozen=True)
class StampView:
    """A time stamp of a register's checkpoint."""

    id: int
    authority: str
    """Its host."""
    size: int
    at: datetime
    """When the authority says it was, in the meeting's time zone."""


@dataclass(frozen=True)
class RegisterView:
    """A register, as both its pages show it."""

    size: int
    checkpoint: str
    """The signed note, byte for byte."""
    keys: tuple[str, ...]
    """Verifier keys of those that sign, newest first."""
    retired: tuple[str, ...]
    """Of those that no longer sign."""
    stamps: tuple[StampView, ...]
    """The newest ones."""
    older: int
    """How many more there are."""


@dataclass(frozen=True)
class RegisterPage:
    initiative: InitiativeView
    register: RegisterView


@dataclass(frozen=True)
class StampFault:
    """What keeps an authority from stamping."""

    authority: str
    words: str
    advice: str
    said: str
    """By the authority or the check; may be empty."""
    at: datetime
    attempts: int
    next_at: datetime | None


@dataclass(frozen=True)
class AuthorityView:
    name: str
    """Its host."""
    last: StampView | None
    fault: StampFault | None


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
class CodePage:
    """The second step of login: the code of the second factor."""

    token: str
    next: str
    error: str = ""


@dataclass(frozen=True)
class JoinPage:
    """Where somebody comes in by an invitation."""

    action: str
    token: str
    state: str
    """`new`: a password is chosen; `login`: there is an account, which has to be logged in;
    `accept`: it is; `other`: another one is."""
    initiative: str
    role: str
    email: str
    """The invited address."""
    invited_by: str
    visitor: str
    """Who is logged in; empty if nobody is."""
    login: str
    """Where to log in and come back from."""
    shortest: int
    errors: Mapping[str, str]
    """By field name: `password`, `again`."""


@dataclass(frozen=True)
class ResetPage:
    """Where a new password is chosen after an account was reset."""

    action: str
    token: str
    email: str
    shortest: int
    errors: Mapping[str, str]
    """By field name: `password`, `again`."""


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
    copies: bool
    """Whether this organizer may duplicate it."""


@dataclass(frozen=True)
class FoundingForm:
    """A new initiative, or the duplicate of one: what was typed, and what is wrong with it."""

    model: str
    """The slug of what is to be duplicated, or an empty string."""
    model_title: str
    titles: tuple[tuple[str, str], ...]
    """The languages in which a title is asked for: field and name."""
    values: Mapping[str, str]
    """By field name: `title_zh`, `title_en`, `slug`, `place`, `date`."""
    errors: Mapping[str, str]


@dataclass(frozen=True)
class OrganizerInitiativesPage:
    desk: Desk
    initiatives: tuple[OrganizerEntry, ...]
    form: FoundingForm | None
    """None for an account that may not make initiatives."""


@dataclass(frozen=True)
class DiffLine:
    """One line of two versions: its runs, each `kept`, `added` or `removed`."""

    runs: tuple[tuple[str, str], ...]

    @property
    def altered(self) -> bool:
        return any(change != "kept" for change, _text in self.runs)


@dataclass(frozen=True)
class TextDiff:
    """How the text in one language differs; without lines it does not."""

    language: str
    """As pages declare it: `zh-CN` or `en`."""
    name: str
    lines: tuple[DiffLine, ...]


@dataclass(frozen=True)
class TextPreview:
    """The text in one language as phones will show it."""

    tag: str
    language: str
    name: str
    initiative: InitiativeView
    blank: bool
    """Nothing is written in this language: it is left out."""


@dataclass(frozen=True)
class TextPreviewPage:
    """What is fetched while somebody types; not a page by itself."""

    previews: tuple[TextPreview, ...]


@dataclass(frozen=True)
class TextField:
    """What is being written in one language, and beside it how it will look."""

    title: str
    text: str
    preview: TextPreview


@dataclass(frozen=True)
class VersionRow:
    number: int
    digest: str
    at: datetime
    signed: int
    """Signatures that stand and refer to it."""
    current: bool
    superseded: bool
    """Whoever has signed it is asked to sign the current one."""


@dataclass(frozen=True)
class DraftView:
    """Who has last saved, and when."""

    at: datetime
    by: str


@dataclass(frozen=True)
class TextPage:
    """The text in all its languages, to be written, and its versions."""

    desk: Desk
    initiative: InitiativeView
    fields: tuple[TextField, ...]
    errors: Mapping[str, str]
    """By field name: `title_zh`, `text_zh`, …"""
    edition: str
    """Names what the form began with: whoever saves in between is not overwritten unawares."""
    draft: DraftView | None
    versions: tuple[VersionRow, ...]
    notice: str
    overtaken: tuple[TextDiff, ...] | None
    """From what another organizer has saved meanwhile to what this one has typed."""


@dataclass(frozen=True)
class TextPublishPage:
    """Asks before a draft becomes the text that is signed: what changes, and for whom."""

    desk: Desk
    initiative: InitiativeView
    diffs: tuple[TextDiff, ...]
    lettering_lost: bool
    """The title has changed, and with it goes its drawing."""
    edition: str
    number: int
    """Of the version that is signed now; 0 if nothing has been published yet."""
    signed: int
    """Signatures that stand, whatever version they refer to."""
    signed_now: int
    """Those that refer to the version that is signed now."""
    ask: str
    """Whether they are to be asked to sign again: `yes`, `no`, or not chosen yet."""
    error: str


@dataclass(frozen=True)
class TextVersionPage:
    """One version, as it was signed or could be, or compared with another."""

    desk: Desk
    initiative: InitiativeView
    version: VersionRow
    previews: tuple[TextPreview, ...]
    others: tuple[int, ...]
    """The versions that it can be compared with."""
    compared: int
    """The one that it is compared with; 0: none."""
    diffs: tuple[TextDiff, ...]


@dataclass(frozen=True)
class SchedulePage:
    """When signing opens and closes by itself."""

    desk: Desk
    initiative: InitiativeView
    place: str
    zone: str
    now: datetime
    values: Mapping[str, str]
    """`opens_at` and `closes_at`, as a date and time input has them."""
    errors: Mapping[str, str]


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
    erased: bool
    """Whether the representative's data is."""
    awaits: str
    """What has yet to be approved: `ink`, `all` or nothing."""


@dataclass(frozen=True)
class OrganizerLink:
    kind: str
    meeting: str
    address: str
    code: Code


@dataclass(frozen=True)
class ChartBar:
    """A bar of a chart; its place and size are in percent of the drawing."""

    x: float
    y: float
    width: float
    height: float
    starts: str
    ends: str
    signed: int
    is_peak: bool


@dataclass(frozen=True)
class ChartTick:
    """A label of an axis, and where it stands in percent."""

    at: float
    words: str


@dataclass(frozen=True)
class ChartView:
    """How many signed, over time."""

    minutes: int
    """That each bar stands for."""
    bars: tuple[ChartBar, ...]
    levels: tuple[ChartTick, ...]
    """From above; the lowest, nought, is not among them."""
    times: tuple[ChartTick, ...]
    left: float
    bottom: float
    """Where the axes are, in percent."""
    peak: ChartBar
    day: str
    """The day that is drawn; empty if it is more than one."""
    other_span: str
    """Query of the chart of all days, or of the last one; empty where they are the same."""


@dataclass(frozen=True)
class MissingRow:
    """An invited company that has not signed yet."""

    company: str
    contact: str
    address: str
    """Of its own signing link."""


@dataclass(frozen=True)
class MissingSeat:
    """A table, and who of it is missing; `count` says how many, of whom some may be left out."""

    seat: str
    count: int
    rows: tuple[MissingRow, ...]


@dataclass(frozen=True)
class ScreenRow:
    """A wall or a tablet of the hall."""

    kind: str
    """`wall`, `kiosk` or `stage`."""
    mark: str
    """Tells it from others of its kind: the beginning of its random name."""
    meeting: str
    lost_at: datetime | None
    """Since when it is not connected; None while it is."""


@dataclass(frozen=True)
class OrganizerInitiativePage:
    """The dashboard of the day."""

    desk: Desk
    initiative: InitiativeView
    as_of: datetime
    meetings: tuple[MeetingTotal, ...]
    meeting: MeetingView | None
    """The one that the page is narrowed to."""
    query: str
    """What keeps it narrowed, with its question mark; may be empty."""
    everywhere: int
    """Signatories at all meetings."""
    total: int
    invited: int
    invited_signed: int
    share: int
    """Of the invited who have signed, in percent."""
    off_roster: int
    """Signatories that nobody has invited."""
    chart: ChartView | None
    missing: int
    """Of the invited, or of those of them that were looked for."""
    missing_q: str
    seats: tuple[MissingSeat, ...]
    """The first of them, by table."""
    unlisted: int
    """How many more there are."""
    screens: tuple[ScreenRow, ...]
    newest: tuple[OrganizerSignature, ...]
    attention: tuple[OrganizerSignature, ...]
    """What waits for approval or is hidden, the oldest first."""
    cursor: int
    scene: str
    rehearsal: str
    """Slug of the rehearsal that the walls follow; empty if there is none."""
    opens_at: datetime | None
    closes_at: datetime | None
    closed_at: datetime | None
    approval: str
    """What waits before it is shown: `ink`, `all` or nothing."""
    link: OrganizerLink | None
    """The newest poster link that admits."""
    text_digest: str
    """SHA-256 of the text version that is signed now, in hex."""
    lacks: tuple[str, ...]
    """What must be there before anybody may sign: `text`, `privacy`, `contact`."""
    stamp_faults: tuple[StampFault, ...]
    """Time stamping authorities that fail, until they stamp again."""
    notice: str = ""
    """What the last action did; may be empty."""


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
    id: int
    """Of the invitation."""
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
    removed: str
    """The company that was taken off just now; may be empty."""
    error: str


@dataclass(frozen=True)
class RosterColumn:
    index: int
    heading: str
    sample: str
    chosen: str
    """What the column means, or an empty string."""


@dataclass(frozen=True)
class RosterLine:
    """A row of the table, as the spreadsheet counts."""

    number: int
    cells: tuple[tuple[str, str, str], ...]
    """Column, what stands there, and what is wrong with it (or an empty string)."""
    repeats: bool = False


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
    names: Mapping[str, str]
    """Of all that a column can mean."""
    shown: tuple[str, ...]
    """What the table is shown with: the columns that mean something."""
    good: int
    wrong: int
    repeated: int
    """Those of the wrong ones that name a company once more."""
    skipped: int
    problems: tuple[RosterLine, ...]
    fine: tuple[RosterLine, ...]
    """The first of those that can be invited: to see whether the columns are read rightly."""
    kept: tuple[tuple[str, str], ...]
    """Corrections that were made already and rows that were left out, as hidden fields."""


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
class EntryRow:
    """One signature in a list of the console."""

    number: int
    company: str
    uscc: str
    representative: str
    title: str
    phone: str
    signed_at: datetime
    meeting: str
    vouched: str
    """In words, as `state`."""
    shown: str
    """`standing`, `waiting`, `hidden`, `replaced` or `withdrawn`."""
    state: str
    assisted: bool
    ink: Outline | None
    short: str
    """What is left of the name without place and legal form."""
    erased: bool
    chosen: bool


@dataclass(frozen=True)
class SignaturesPage:
    """The signatures that a search has found; several can be changed at once."""

    desk: Desk
    initiative: InitiativeView
    total: int
    meetings: tuple[tuple[str, str], ...]
    """What can be chosen, as are the three below: its value and its words."""
    links: tuple[tuple[str, str], ...]
    states: tuple[tuple[str, str], ...]
    vouchings: tuple[tuple[str, str], ...]
    q: str
    chosen: Mapping[str, str]
    """The search, by the names of its fields."""
    query: str
    """The same for an address, without the page."""
    found: int
    rows: tuple[EntryRow, ...]
    page: int
    pages: int
    cursor: int
    changed: int
    """By the last action; -1 if there was none just now."""
    left: int
    """How many could not be changed."""
    all: bool
    """Every box is ticked."""
    reason: str
    errors: Mapping[str, str]
    """By name: `chosen`, `reason`."""


@dataclass(frozen=True)
class AmendForm:
    """What was typed into one of an entry's forms, and what is wrong with it."""

    action: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    taken: int | None = None
    """The entry that stands for the company already."""
    doubt: Company | None = None
    """The company of the other entry, where the two do not look like one."""


@dataclass(frozen=True)
class PersonalLink:
    address: str
    code: Code


@dataclass(frozen=True)
class ErasedView:
    """That personal data of an entry was erased, and whether files still hold it."""

    at: datetime
    swept_at: datetime | None
    """When nothing of it was left in the files of the database."""
    fault: str
    """Why that came to nothing so far: `busy`, `full`, `broken`; empty while it is under way."""


@dataclass(frozen=True)
class ErasePage:
    """What erasing takes, what it leaves, and the form that has it done."""

    desk: Desk
    initiative: InitiativeView
    number: int
    company: str
    person_erased: bool
    """Only the company is left to be erased."""
    person: tuple[int, ...]
    """Numbers of the entries whose personal data goes."""
    whole: tuple[int, ...]
    """Those of which everything goes, with the company's name."""
    stands: int | None
    """The one that would be withdrawn with the company's name."""
    namesakes: tuple[int, ...]
    """Others that somebody of the same name has signed; they stay."""
    form: AmendForm


@dataclass(frozen=True)
class EntryPage:
    """All that is known of an entry, what was done to it, and what may be done."""

    desk: Desk
    initiative: InitiativeView
    number: int
    company: str
    uscc: str
    representative: str
    title: str
    phone: str
    publish: bool
    ink: Outline | None
    signed_at: datetime
    meeting: str
    link: str
    """Kind and name of the link, in words, as `vouched` and `state`."""
    vouched: str
    assisted: bool
    text_number: int
    text_digest: str
    receipt: str
    """Its address."""
    shown: str
    state: str
    awaits: str
    replaces: int | None
    merged: tuple[int, ...]
    """Other entries in whose place it stands."""
    replaced_by: int | None
    device: bool
    """Whether it is known in which browser it was signed."""
    unset: tuple[UnsetCharacter, ...]
    """Characters of its names that no font has."""
    same_device: tuple[int, ...]
    alike: tuple[EntryRow, ...]
    history: tuple[AuditLine, ...]
    is_erased: bool
    """Whether the person's data is."""
    erased: ErasedView | None
    may_erase: bool
    form: AmendForm
    may_sign_anew: bool
    personal: PersonalLink | None
    """By which its company may sign anew."""
    cursor: int
    notice: str


@dataclass(frozen=True)
class AssistPage:
    """Staff signs for a delegate without a phone."""

    desk: Desk
    initiative: InitiativeView
    meetings: tuple[MeetingView, ...]
    meeting_key: str
    companies: tuple[str, ...]
    """On the roster, to choose from."""
    form: FormView
    asks: Asks
    publication: Publication
    status: str
    """Of the initiative: nothing is signed unless it is `open`."""
    taken: int | None
    """The entry that stands for the company already."""
    signed: int
    """The number that was signed just now, or 0."""


@dataclass(frozen=True)
class AnswerView:
    """What came of the last message to a target."""

    taken: bool
    words: str
    said: str
    """What it has answered, its beginning."""
    seconds: str
    at: datetime
    test: bool


@dataclass(frozen=True)
class TargetView:
    """A target of notices, as its list shows it."""

    id: int
    name: str
    """May be empty."""
    address: str
    """Masked: the host, and how the address ends."""
    kind: str
    events: tuple[str, ...]
    active: bool
    failing: bool
    waiting: int
    """Events that have yet to be told."""
    next_at: datetime | None
    delivered_at: datetime | None
    answer: AnswerView | None


@dataclass(frozen=True)
class TargetForm:
    """A target of notices as its form shows it: what was typed, and what is wrong with it."""

    kinds: tuple[tuple[str, str], ...]
    """What can be chosen: its value and its words."""
    kind: str
    name: str
    address: str
    secret: str
    has_secret: bool
    """One is stored already; left empty, it stays."""
    language: str
    events: tuple[tuple[str, str, bool], ...]
    """Value, words, and whether it is ticked."""
    errors: Mapping[str, str]
    """By field name, in the order of the form. `form` names the form as a whole."""


@dataclass(frozen=True)
class OrganizerRegisterPage:
    desk: Desk
    initiative: InitiativeView
    register: RegisterView
    authorities: tuple[AuthorityView, ...]
    minutes: int
    """After which a register that has grown is stamped again."""
    named_after: str
    """The host in its name, if that is only where the site was last reached; else empty."""


@dataclass(frozen=True)
class NoticesPage:
    desk: Desk
    initiative: InitiativeView
    targets: tuple[TargetView, ...]
    full: bool
    """There may be no more of them."""
    form: TargetForm
    notice: str
    """What the last action did; may be empty."""


@dataclass(frozen=True)
class NoticeTargetPage:
    desk: Desk
    initiative: InitiativeView
    target: TargetView
    form: TargetForm
    secret: str
    """What a program checks signatures with; empty for robots."""


@dataclass(frozen=True)
class MemberRow:
    """Somebody with a role in an initiative."""

    id: int
    email: str
    role: str
    me: bool
    last_owner: bool
    """Who can't be given another role."""
    second_factor: bool
    seen_at: datetime | None


@dataclass(frozen=True)
class InvitedRow:
    """Somebody who has yet to accept."""

    id: int
    email: str
    role: str
    invited_by: str
    expires_at: datetime


@dataclass(frozen=True)
class TeamPage:
    """Who has which role, and a form that invites: with what was typed, and what is wrong."""

    desk: Desk
    initiative: InitiativeView
    members: tuple[MemberRow, ...]
    invited: tuple[InvitedRow, ...]
    email: str
    role: str
    creates: bool
    lets_create: bool
    """Whether the organizer may let others make initiatives."""
    mails: bool
    """Whether invitations go out by mail too."""
    errors: Mapping[str, str]
    """By field name: `email`, `role`; `team` names the list."""
    notice: str


@dataclass(frozen=True)
class FormLines:
    """What stands in the fields of a form, by their names, and what is wrong with it."""

    values: Mapping[str, str]
    errors: Mapping[str, str]
    labels: Mapping[str, str]
    """Of the fields that the summary of errors links to."""


@dataclass(frozen=True)
class ArrangementPage:
    """Who calls for the initiative, what its form asks, what is public, its logo."""

    desk: Desk
    initiative: InitiativeView
    languages: tuple[str, ...]
    lines: FormLines
    organs: tuple[int, ...]
    """The rows of organizers, the last ones empty."""
    asked: tuple[tuple[str, str], ...]
    """The fields that can be chosen: name and label."""
    seen: str
    """Marks what is shown, so that nobody overwrites what they have not seen."""
    logo_error: str
    notice: str


@dataclass(frozen=True)
class InvitedPage:
    """A one-time link, the only time that it is shown; to be printed, copied or scanned."""

    desk: Desk
    title: str
    team: str
    """The page to go on to."""
    email: str
    role: str
    address: str
    code: Code
    expires_at: datetime
    mailed: str
    """`sent`, `failed`, or nothing where there is no mail server."""


@dataclass(frozen=True)
class SessionRow:
    id: str
    browser: str
    created_at: datetime
    seen_at: datetime
    own: bool
    """The one in which the page is looked at."""


@dataclass(frozen=True)
class AccountPage:
    """One's own account."""

    desk: Desk
    shortest: int
    second_factor: bool
    sessions: tuple[SessionRow, ...]
    errors: Mapping[str, str]
    """By field name: `current`, `password`, `again`; `confirm`, `code`."""
    notice: str


@dataclass(frozen=True)
class ProgrammeRow:
    meeting: MeetingView
    zone: str
    signed: int
    invited: int


@dataclass(frozen=True)
class ProgrammePage:
    """The meetings in their order, with what came of each, and a form for one more."""

    desk: Desk
    initiative: InitiativeView
    languages: tuple[str, ...]
    rows: tuple[ProgrammeRow, ...]
    signed: int
    """Over all meetings."""
    invited: int
    lines: FormLines
    zones: tuple[str, ...]
    notice: str


@dataclass(frozen=True)
class SecondFactorPage:
    """The secret for an authenticator app, which counts once a code has come back."""

    desk: Desk
    action: str
    secret: str
    code: Code
    error: str


@dataclass(frozen=True)
class MeetingPage:
    """One meeting, to be changed or removed."""

    desk: Desk
    initiative: InitiativeView
    languages: tuple[str, ...]
    meeting: MeetingView
    lines: FormLines
    zones: tuple[str, ...]
    obstacle: str
    """Why it could not be removed; may be empty."""


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
    barred: bool
    """Whether it holds the audit log, and whoever looks may not see that."""


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
