"""What the public and those who sign are shown: text, form, receipt, list, and what went wrong."""

from dataclasses import dataclass
from datetime import datetime

from pledge.codes import Code
from pledge.domain.initiatives import Asks, Publication, Shows
from pledge.domain.outlines import Outline
from pledge.web.contexts.views import (
    FormView,
    InitiativeView,
    MeetingView,
    OrganizerName,
    SignatoryRow,
    Stop,
)


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
    more: bool
    """More match it than are counted."""
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
class SendAgainPage:
    """What was sent to be signed and could not be taken just now (503, 429)."""

    busy: bool
    """Or else it was tried too often."""
    action: str
    fields: dict[str, str]
    """Everything that was sent, by the names of the form."""
    shown: dict[str, str]
    """What of it people read."""
    ink: Outline | None


@dataclass(frozen=True)
class ErrorPage:
    """A page that says what happened and what to do."""

    heading: str
    explanation: str
    advice: str
    way_on: str = "/"
    """Where the button leads: the front page, or the organizers' login."""
