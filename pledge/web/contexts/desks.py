"""The console's frame, its list of initiatives, and what an organizer watches on the day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pledge.codes import Code
from pledge.domain.outlines import Outline
from pledge.web.contexts.public import IndexEntry
from pledge.web.contexts.views import InitiativeView, MeetingView


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
